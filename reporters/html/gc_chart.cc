#include "reporters/html/gc_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "reporters/html/markup.h"
#include "reporters/html/ticks.h"

namespace tidemark::reporters {
namespace {

using analysis::GcPoint;
using analysis::GcReport;
using Points = std::vector<GcPoint>;

constexpr double kWidth = 720;
constexpr double kLeft = 76;
constexpr double kRight = 12;
constexpr double kTop = 20;
constexpr double kPlotHeight = 110;
constexpr double kBottom = 24;
constexpr double kHeight = kTop + kPlotHeight + kBottom;
constexpr int kMostTicks = 10;
constexpr double kLegendWidth = 110;
// One kind of line a generation, the youngest first.
constexpr std::array<std::string_view, 3> kKinds = {"series", "largest", "fit"};

using Axis = std::function<double(double)>;

// A generation over all points; one that came later counts as nothing before.
std::int64_t value_of(const GcPoint& point, std::size_t generation) {
  return generation < point.collections.size() ? point.collections[generation] : 0;
}

std::string text(double x, double y, std::string_view anchor, const std::string& words) {
  return fmt::format("<text class=\"tick\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>",
                     x, y, anchor, html(words));
}

std::string_view kind_of(std::size_t generation) {
  return kKinds[std::min(generation, kKinds.size() - 1)];
}

std::string legend(const GcReport& gc) {
  std::string svg;
  for (std::size_t i = 0; i < gc.generations.size(); ++i) {
    const double x = kLeft + static_cast<double>(i) * kLegendWidth;
    svg += fmt::format("<path class=\"{}\" fill=\"none\" d=\"M{:.1f} {:.1f}h22\"/>", kind_of(i), x,
                       kTop - 10);
    svg +=
        text(x + 28, kTop - 6, "start", fmt::format("generation {}", gc.generations[i].generation));
  }
  return svg;
}

std::string curve(const Points& points, std::size_t generation, const Axis& x, const Axis& y) {
  std::string path;
  for (const GcPoint& point : points)
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L",
                        x(static_cast<double>(point.iteration)),
                        y(static_cast<double>(value_of(point, generation))));
  return fmt::format("<path class=\"{}\" fill=\"none\" d=\"{}\"/>", kind_of(generation), path);
}

// What the picture shows, for who cannot see it.
std::string description(const GcReport& gc) {
  std::string words = fmt::format("From iteration {} to {}:", gc.over_time.front().iteration,
                                  gc.over_time.back().iteration);
  for (std::size_t i = 0; i < gc.generations.size(); ++i)
    words +=
        fmt::format("{} {} collections of generation {}", i == 0 ? "" : ",",
                    format_count(value_of(gc.over_time.back(), i)), gc.generations[i].generation);
  return words + ".";
}

}  // namespace

std::string gc_chart_svg(const GcReport& gc) {
  const Points& points = gc.over_time;
  if (points.size() < 2) return {};
  const auto from = static_cast<double>(points.front().iteration);
  const auto to = static_cast<double>(points.back().iteration);
  std::int64_t most = 0;
  for (std::size_t i = 0; i < gc.generations.size(); ++i)
    most = std::max(most, value_of(points.back(), i));
  if (most <= 0 || to <= from) return {};
  const double span = static_cast<double>(most) * 1.05;
  const Axis x = [=](double at) {
    return kLeft + (at - from) / (to - from) * (kWidth - kLeft - kRight);
  };
  const Axis y = [=](double value) { return kTop + kPlotHeight * (1 - value / span); };
  std::string svg = fmt::format(
      "<svg class=\"chart\" viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\"><title>Collections by "
      "generation</title><desc>{}</desc>",
      kWidth, kHeight, html(description(gc)));
  svg += legend(gc);
  const double step = std::max(1.0, tick_step(span * 1.4, false));
  for (double tick = 0; tick <= span; tick += step)
    svg += fmt::format(
               "<line class=\"grid\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>",
               kLeft, kWidth - kRight, y(tick), y(tick)) +
           text(kLeft - 6, y(tick) + 4, "end", format_count(static_cast<std::int64_t>(tick)));
  const double across = std::max(1.0, tick_step(to - from, false));
  const double first = std::ceil(from / across);
  for (int i = 0; i < kMostTicks && (first + i) * across <= to; ++i)
    svg += text(x((first + i) * across), kHeight - kBottom + 16, "middle",
                format_count(static_cast<std::int64_t>((first + i) * across)));
  for (std::size_t i = 0; i < gc.generations.size(); ++i) svg += curve(points, i, x, y);
  return svg + "</svg>";
}

}  // namespace tidemark::reporters
