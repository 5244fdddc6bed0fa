#include "reporters/html/load_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

#include "reporters/html/markup.h"
#include "reporters/html/ticks.h"

namespace tidemark::reporters {
namespace {

using analysis::LoadPoint;
using analysis::LoadReport;
using Points = std::vector<LoadPoint>;

constexpr double kWidth = 720;
constexpr double kLeft = 76;
constexpr double kRight = 12;
constexpr double kHeading = 18;  // above each of the two plots
constexpr double kThroughputHeight = 80;
constexpr double kTimesHeight = 110;
constexpr double kBetween = 14;
constexpr double kBottom = 24;
constexpr double kThroughputTop = kHeading;
constexpr double kTimesTop = kThroughputTop + kThroughputHeight + kBetween + kHeading;
constexpr double kHeight = kTimesTop + kTimesHeight + kBottom;
constexpr Seconds kShortest{1e-6};  // a logarithmic axis has no zero
constexpr std::size_t kMostTimeTicks = 5;
constexpr int kMostTicks = 10;

// Where a value lies in the picture.
using Axis = std::function<double(double)>;

Axis time_axis(const Points& points) {
  const double from = (points.front().elapsed - points.front().load).count();
  const double to = points.back().elapsed.count();
  return [from, span = std::max(to - from, 1e-9)](double at) {
    return kLeft + (at - from) / span * (kWidth - kLeft - kRight);
  };
}

std::string text(double x, double y, std::string_view anchor, const std::string& words) {
  return fmt::format("<text class=\"tick\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>",
                     x, y, anchor, html(words));
}

std::string grid_line(double y, const std::string& label) {
  return fmt::format(
             "<line class=\"grid\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>",
             kLeft, kWidth - kRight, y, y) +
         text(kLeft - 6, y + 4, "end", label);
}

// A line through the points that have a value; where one has none, the line is broken.
std::string curve(const Points& points, std::string_view kind, const Axis& x, const Axis& y,
                  const std::function<std::optional<double>(const LoadPoint&)>& value_of) {
  std::string path;
  bool is_drawing = false;
  for (const LoadPoint& point : points) {
    const std::optional<double> value = value_of(point);
    if (value)
      path += fmt::format("{}{:.1f} {:.1f}", is_drawing ? "L" : "M", x(point.elapsed.count()),
                          y(*value));
    is_drawing = value.has_value();
  }
  return fmt::format("<path class=\"{}\" d=\"{}\"/>", kind, path);
}

// A sample of a line and what it stands for.
std::string legend(double x, double y, std::string_view kind, const std::string& words) {
  return fmt::format("<path class=\"{}\" d=\"M{:.1f} {:.1f}h22\"/>", kind, x, y - 4) +
         text(x + 28, y, "start", words);
}

std::string throughput_plot(const Points& points, const Axis& x) {
  double most = 0;
  for (const LoadPoint& point : points) most = std::max(most, point.throughput_per_second());
  const double bottom = kThroughputTop + kThroughputHeight;
  const double span = std::max(most, 1e-9) * 1.05;
  const Axis y = [=](double value) { return bottom - value / span * kThroughputHeight; };
  std::string svg = text(kLeft, kThroughputTop - 6, "start", "requests a second");
  const double step = tick_step(span * 1.6, false);  // the plot is low: few lines
  for (double tick = 0; tick <= span; tick += step)
    svg += grid_line(y(tick), tick == 0 ? "0" : format_rate(tick));
  svg += curve(points, "series", x, y,
               [](const LoadPoint& point) { return point.throughput_per_second(); });
  for (const LoadPoint& point : points)
    if (point.failed > 0)
      svg += fmt::format(
          "<circle class=\"failed\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"><title>{} of {} requests "
          "not answered as expected</title></circle>",
          x(point.elapsed.count()), y(point.throughput_per_second()), point.failed, point.requests);
  return svg;
}

struct TimesRange {
  Seconds least{0};  // the smallest p95
  Seconds most{0};   // the largest of all
};

std::optional<TimesRange> range_of(const Points& points) {
  std::optional<TimesRange> range;
  for (const LoadPoint& point : points) {
    if (!point.times) continue;
    if (!range) range = {point.times->p95, point.times->max};
    range->least = std::min(range->least, point.times->p95);
    range->most = std::max(range->most, point.times->max);
  }
  return range;
}

std::string times_plot(const Points& points, const Axis& x, const TimesRange& range) {
  const std::vector<double> ticks = logarithmic_ticks(std::max(range.least, kShortest).count(),
                                                      std::max(range.most, kShortest).count());
  const double low = std::log10(ticks.front());
  const double high = std::log10(ticks.back());
  const Axis y = [=](double seconds) {
    const double share = (std::log10(std::max(seconds, kShortest.count())) - low) / (high - low);
    return kTimesTop + kTimesHeight * (1 - share);
  };
  std::string svg = text(kLeft, kTimesTop - 6, "start", "response time, logarithmic:") +
                    legend(kLeft + 160, kTimesTop - 6, "series", "p95") +
                    legend(kLeft + 230, kTimesTop - 6, "largest", "longest");
  const std::size_t every = (ticks.size() + kMostTimeTicks - 1) / kMostTimeTicks;
  for (std::size_t i = 0; i < ticks.size(); i += every)
    svg += grid_line(y(ticks[i]), format_duration(Seconds(ticks[i])));
  const auto time = [](Seconds LoadPoint::Times::*which) {
    return [which](const LoadPoint& point) {
      return point.times ? std::optional(((*point.times).*which).count()) : std::nullopt;
    };
  };
  return svg + curve(points, "largest", x, y, time(&LoadPoint::Times::max)) +
         curve(points, "series", x, y, time(&LoadPoint::Times::p95));
}

std::string time_ticks(const Points& points, const Axis& x, double height) {
  const double from = (points.front().elapsed - points.front().load).count();
  const double to = points.back().elapsed.count();
  const double step = tick_step(std::max(to - from, 1e-9), false);
  const double first = std::ceil(from / step);
  std::string svg;
  // Counted, because a step may be too small to add to a time.
  for (int i = 0; i < kMostTicks && (first + i) * step <= to; ++i) {
    const double tick = (first + i) * step;
    svg += text(x(tick), height - kBottom + 16, "middle", format_duration(Seconds(tick)));
  }
  return svg;
}

// What the picture shows, for who cannot see it.
std::string description(const Points& points, const std::optional<TimesRange>& range) {
  const auto [least, most] =
      std::minmax_element(points.begin(), points.end(), [](const LoadPoint& a, const LoadPoint& b) {
        return a.throughput_per_second() < b.throughput_per_second();
      });
  std::string words = fmt::format(
      "From {} to {} after the launch, between {} and {} requests were answered.",
      format_duration(points.front().elapsed - points.front().load),
      format_duration(points.back().elapsed), format_rate(least->throughput_per_second()),
      format_rate(most->throughput_per_second()));
  if (!range) return words;
  Seconds largest_p95{0};
  for (const LoadPoint& point : points)
    if (point.times) largest_p95 = std::max(largest_p95, point.times->p95);
  return words +
         fmt::format(" The p95 of response times was between {} and {}, the longest took {}.",
                     format_duration(range->least), format_duration(largest_p95),
                     format_duration(range->most));
}

}  // namespace

std::string load_chart_svg(const LoadReport& load) {
  const Points& points = load.over_time;
  if (points.size() < 2) return {};
  const Axis x = time_axis(points);
  const std::optional<TimesRange> range = range_of(points);
  const double height = range ? kHeight : kThroughputTop + kThroughputHeight + kBottom;
  std::string svg = fmt::format(
      "<svg class=\"chart\" viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\"><title>Throughput and "
      "response times over time</title><desc>{}</desc>",
      kWidth, height, html(description(points, range)));
  svg += throughput_plot(points, x) + time_ticks(points, x, height);
  if (range) svg += times_plot(points, x, *range);
  return svg + "</svg>";
}

}  // namespace tidemark::reporters
