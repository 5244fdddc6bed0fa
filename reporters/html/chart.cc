#include "reporters/html/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reporters/html/markup.h"
#include "reporters/html/ticks.h"

namespace tidemark::reporters {
namespace {

using analysis::SeriesPoint;
using analysis::TreeChart;

constexpr double kWidth = 720;
constexpr double kHeight = 220;
constexpr double kLeft = 76;
constexpr double kRight = 12;
constexpr double kTop = 12;
constexpr double kBottom = 28;

struct Range {
  double low = 0;
  double high = 1;

  void include(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

struct Scale {
  Range x;
  Range y;

  double at_x(double value) const {
    return kLeft + (value - x.low) / (x.high - x.low) * (kWidth - kLeft - kRight);
  }
  double at_y(double value) const {
    return kHeight - kBottom - (value - y.low) / (y.high - y.low) * (kHeight - kTop - kBottom);
  }
};

std::vector<double> ticks(const Range& range, bool bytes, bool whole) {
  double step = tick_step(range.high - range.low, bytes);
  if (whole) step = std::max(1.0, std::round(step));
  std::vector<double> values;
  for (double tick = std::ceil(range.low / step) * step; tick <= range.high + step * 1e-9;
       tick += step)
    values.push_back(tick);
  return values;
}

std::string growth_words(double value, Unit unit) {
  const std::string text = format_quantity({std::abs(value), unit});
  return value > 0 ? "+" + text : value < 0 ? "−" + text : text;
}

Scale scale_of(const TreeChart& chart, const ChartOptions& options, double base) {
  Scale scale;
  scale.x = {0, std::max<double>(1, static_cast<double>(chart.series.points.back().iteration))};
  scale.y = {0, 0};
  // Warm-up often climbs by far more than what follows; the growth phase sets the scale, and what
  // lies far below it is cut off.
  Range growth{0, 0};
  for (const SeriesPoint& point : chart.series.points)
    if (point.iteration >= options.growth_began) growth.include(point.value - base);
  const bool bytes = record::signal_unit(chart.series.signal) == Unit::kBytes;
  const double least = bytes ? 4096 : 4;
  const double span = std::max(growth.high - growth.low, least);
  scale.y = {growth.low - span * 0.15, growth.high + span * 0.15};
  for (const SeriesPoint& point : chart.series.points)
    scale.y.include(std::max(point.value - base, scale.y.low - 0.6 * span));
  return scale;
}

std::string grid(const Scale& scale, Unit unit) {
  std::string svg;
  for (const double tick : ticks(scale.y, unit == Unit::kBytes, unit == Unit::kCount))
    svg += fmt::format(
        "<line class=\"grid\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>"
        "<text class=\"tick\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>",
        kLeft, kWidth - kRight, scale.at_y(tick), scale.at_y(tick), kLeft - 6, scale.at_y(tick) + 4,
        html(growth_words(tick, unit)));
  for (const double tick : ticks(scale.x, false, true))
    svg += fmt::format(
        "<text class=\"tick\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{:.0f}</text>",
        scale.at_x(tick), kHeight - kBottom + 18, tick);
  return svg;
}

// A straight line between two iterations, as SVG attributes.
std::string line(const Scale& scale, std::string_view kind, double from, double from_value,
                 double to, double to_value) {
  return fmt::format("<line class=\"{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>",
                     kind, scale.at_x(from), scale.at_y(from_value), scale.at_x(to),
                     scale.at_y(to_value));
}

std::string fit(const TreeChart& chart, const Scale& scale, double base) {
  if (!chart.slope) return {};
  const auto from = static_cast<double>(chart.fitted_from);
  const double to = scale.x.high;
  const double middle = chart.slope->middle_iteration;
  const auto value = [&](double slope, double at) {
    return chart.slope->middle_value - base + slope * (at - middle);
  };
  const double low = chart.slope->low;
  const double high = chart.slope->high;
  std::string svg = "<polygon class=\"band\" points=\"";
  for (const auto& [at, slope] :
       {std::pair(from, high), std::pair(middle, high), std::pair(to, low), std::pair(to, high),
        std::pair(middle, low), std::pair(from, low)})
    svg += fmt::format("{:.1f},{:.1f} ", scale.at_x(at), scale.at_y(value(slope, at)));
  svg += "\"/>";
  return svg + line(scale, "fit", from, value(chart.slope->per_iteration, from), to,
                    value(chart.slope->per_iteration, to));
}

std::string curve(const TreeChart& chart, const Scale& scale, double base) {
  std::string svg = "<polyline class=\"series\" points=\"";
  for (const SeriesPoint& point : chart.series.points)
    svg += fmt::format("{:.1f},{:.1f} ", scale.at_x(static_cast<double>(point.iteration)),
                       scale.at_y(point.value - base));
  return svg + "\"/>";
}

std::string spaced_name(record::Signal signal) {
  std::string name(record::signal_name(signal));
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

}  // namespace

double chart_base(const TreeChart& chart, const ChartOptions& options) {
  for (const SeriesPoint& point : chart.series.points)
    if (point.iteration >= options.growth_began) return point.value;
  return chart.series.points.empty() ? 0 : chart.series.points.front().value;
}

std::string chart_title(const TreeChart& chart, const ChartOptions& options) {
  const Unit unit = record::signal_unit(chart.series.signal);
  const double base = chart_base(chart, options);
  return fmt::format("{}: {} since iteration {}, from {}", spaced_name(chart.series.signal),
                     growth_words(chart.series.points.back().value - base, unit),
                     options.growth_began, format_quantity({base, unit}));
}

std::string chart_svg(const TreeChart& chart, const ChartOptions& options) {
  if (chart.series.points.empty()) return {};
  const double base = chart_base(chart, options);
  const Scale scale = scale_of(chart, options, base);
  const auto began = static_cast<double>(options.growth_began);
  std::string svg = fmt::format(
      "<svg class=\"chart\" viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"{}\">", kWidth,
      kHeight, html(chart_title(chart, options)));
  // What leaves the plot is cut off; each picture needs a name of its own for that, so clip by
  // nesting.
  if (began > 0)
    svg += fmt::format(
        "<rect class=\"warmup\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
        "height=\"{:.1f}\"><title>warm-up</title></rect>",
        kLeft, kTop, scale.at_x(began) - kLeft, kHeight - kTop - kBottom);
  svg += grid(scale, record::signal_unit(chart.series.signal));
  svg += fmt::format(
      "<svg x=\"{0:.0f}\" y=\"{1:.0f}\" width=\"{2:.0f}\" height=\"{3:.0f}\" "
      "viewBox=\"{0:.0f} {1:.0f} {2:.0f} {3:.0f}\">",
      kLeft, kTop, kWidth - kLeft - kRight, kHeight - kTop - kBottom);
  svg += fit(chart, scale, base);
  if (options.limit)
    svg += line(scale, "limit", began, 0, scale.x.high, *options.limit * (scale.x.high - began));
  svg += curve(chart, scale, base);
  return svg + "</svg></svg>";
}

}  // namespace tidemark::reporters
