#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "reporters/html/markup.h"
#include "reporters/html/plot.h"
#include "reporters/html/ticks.h"

namespace tidemark::reporters {
namespace {

using Points = std::vector<PlotPoint>;

constexpr double kWidth = 720;
constexpr double kLeft = 76;
constexpr double kRight = 12;
constexpr double kTop = 12;
constexpr double kLegendHeight = 18;
constexpr double kBottom = 28;
constexpr double kTickDistance = 40;
constexpr std::size_t kMostShown = 360;  // two in a column of pixels would not be told apart
constexpr int kMostTicks = 20;

struct Range {
  double low = INFINITY;
  double high = -INFINITY;

  void include(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool has_values() const { return low <= high; }
};

// Where values lie in the picture.
struct Axes {
  Range x;
  Range y;  // of logarithms, where the axis is one
  double top = kTop;
  double bottom = 0;
  bool logarithmic = false;

  double at_x(double value) const {
    return kLeft + (value - x.low) / (x.high - x.low) * (kWidth - kLeft - kRight);
  }
  double at_y(double value) const {
    if (logarithmic) value = std::log10(std::max(value, 1e-300));
    return bottom - (value - y.low) / (y.high - y.low) * (bottom - top);
  }
};

bool has_legend(const PlotLine& line) {
  return line.style != PlotStyle::kProcess && !line.name.empty();
}

bool needs_legend(const Plot& plot) {
  return std::count_if(plot.lines.begin(), plot.lines.end(), has_legend) > 1;
}

std::optional<Axes> axes_of(const Plot& plot) {
  Axes axes;
  axes.logarithmic = plot.logarithmic;
  axes.top = kTop + (needs_legend(plot) ? kLegendHeight : 0);
  axes.bottom = plot.height - kBottom;
  for (const PlotLine& line : plot.lines)
    for (const PlotPoint& point : line.points) {
      axes.x.include(point.x);
      if (!plot.logarithmic || point.y > 0) axes.y.include(point.y);
    }
  if (!axes.x.has_values() || !axes.y.has_values()) return std::nullopt;
  if (plot.shaded_until) axes.x.include(0);
  if (plot.view) axes.y = {plot.view->first, plot.view->second};
  if (axes.x.high <= axes.x.low) axes.x.high = axes.x.low + 1;
  if (plot.logarithmic) {
    const std::vector<double> ticks = logarithmic_ticks(axes.y.low, axes.y.high);
    axes.y = {std::log10(ticks.front()), std::log10(ticks.back())};
  } else if (axes.y.high <= axes.y.low) {
    axes.y = {axes.y.low - 1, axes.y.low + 1};
  }
  return axes;
}

std::string text(double x, double y, std::string_view anchor, const std::string& words) {
  return fmt::format("<text class=\"tick\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>",
                     x, y, anchor, html(words));
}

std::string grid_line(double y, const std::string& words) {
  return fmt::format("<path class=\"grid\" d=\"M{:.1f} {:.1f}H{:.1f}\"/>", kLeft, y,
                     kWidth - kRight) +
         text(kLeft - 6, y + 4, "end", words);
}

std::string y_ticks(const Plot& plot, const Axes& axes) {
  const auto most = static_cast<std::size_t>((axes.bottom - axes.top) / (kTickDistance / 2));
  std::string svg;
  if (plot.logarithmic) {
    const auto ticks = logarithmic_ticks(std::pow(10, axes.y.low), std::pow(10, axes.y.high));
    const std::size_t every = (ticks.size() + most - 1) / std::max<std::size_t>(most, 1);
    for (std::size_t i = 0; i < ticks.size(); i += std::max<std::size_t>(every, 1))
      svg += grid_line(axes.at_y(ticks[i]), plot_words(plot, ticks[i]));
    return svg;
  }
  // A low picture has few lines.
  const double stretch = std::max(1.0, 5 * kTickDistance / (axes.bottom - axes.top));
  double step = tick_step((axes.y.high - axes.y.low) * stretch, plot.unit == Unit::kBytes);
  if (plot.unit == Unit::kCount && axes.y.high - axes.y.low > 4) step = std::max(1.0, step);
  const double first = std::ceil(axes.y.low / step);
  for (int i = 0; i < kMostTicks && (first + i) * step <= axes.y.high + step * 1e-9; ++i)
    svg += grid_line(axes.at_y((first + i) * step), plot_words(plot, (first + i) * step));
  return svg;
}

std::string x_ticks(const Plot& plot, const Axes& axes) {
  const bool is_time = plot.x_unit == Unit::kSeconds;
  double step = tick_step(axes.x.high - axes.x.low, false);
  if (!is_time) step = std::max(1.0, step);
  const double first = std::ceil(axes.x.low / step);
  std::string svg;
  // Counted, because a step may be too small to add to a time.
  for (int i = 0; i < kMostTicks && (first + i) * step <= axes.x.high; ++i) {
    const double tick = (first + i) * step;
    svg += text(
        axes.at_x(tick), axes.bottom + 18, "middle",
        is_time ? format_duration(Seconds(tick)) : format_count(static_cast<std::int64_t>(tick)));
  }
  return svg;
}

std::string_view class_of(PlotStyle style) {
  switch (style) {
    case PlotStyle::kMain:
      return "series";
    case PlotStyle::kSecondary:
      return "largest";
    case PlotStyle::kThird:
      return "third";
    case PlotStyle::kProcess:
      return "process";
    case PlotStyle::kDots:
      return "dot";
    case PlotStyle::kBadDots:
      return "failed";
    case PlotStyle::kOtherDots:
      return "other";
    case PlotStyle::kFit:
      return "fit";
  }
  return "series";
}

bool is_dots(const PlotLine& line) {
  return line.style == PlotStyle::kDots || line.style == PlotStyle::kBadDots ||
         line.style == PlotStyle::kOtherDots;
}

std::string dots(const Plot& plot, const PlotLine& line, const Axes& axes, std::size_t most) {
  std::string svg;
  for (const PlotPoint& point : downsampled(line.points, most))
    if (std::isfinite(point.y))
      svg += fmt::format(
          "<circle class=\"{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"><title>{}</title></circle>",
          class_of(line.style), axes.at_x(point.x), axes.at_y(point.y),
          html(plot_words(plot, point.y)));
  return svg;
}

// Broken where a point has no value.
std::string curve(const PlotLine& line, const Axes& axes, std::size_t most) {
  std::string path;
  bool is_drawing = false;
  for (const PlotPoint& point : downsampled(line.points, most)) {
    const bool has_value = std::isfinite(point.y);
    if (has_value)
      path += fmt::format("{}{:.1f} {:.1f}", is_drawing ? "L" : "M", axes.at_x(point.x),
                          axes.at_y(point.y));
    is_drawing = has_value;
  }
  return fmt::format("<path class=\"{}\" d=\"{}\"/>", class_of(line.style), path);
}

std::string straight(std::string_view kind, const Axes& axes, PlotPoint from, PlotPoint to) {
  return fmt::format("<path class=\"{}\" d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\"/>", kind,
                     axes.at_x(from.x), axes.at_y(from.y), axes.at_x(to.x), axes.at_y(to.y));
}

std::string fitted(const PlotFit& fit, const Axes& axes) {
  const double to = axes.x.high;
  const auto at = [&](double x, double slope) {
    return PlotPoint{x, fit.middle_y + slope * (x - fit.middle_x)};
  };
  std::string svg = "<polygon class=\"band\" points=\"";
  for (const PlotPoint& corner :
       {at(fit.from, fit.high), at(fit.middle_x, fit.high), at(to, fit.low), at(to, fit.high),
        at(fit.middle_x, fit.low), at(fit.from, fit.low)})
    svg += fmt::format("{:.1f},{:.1f} ", axes.at_x(corner.x), axes.at_y(corner.y));
  return svg + "\"/>" + straight("fit", axes, at(fit.from, fit.slope), at(to, fit.slope));
}

std::string legend(const Plot& plot) {
  if (!needs_legend(plot)) return {};
  std::string svg;
  double x = kLeft;
  for (const PlotLine& line : plot.lines) {
    if (!has_legend(line)) continue;
    svg += is_dots(line) ? fmt::format("<circle class=\"{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"/>",
                                       class_of(line.style), x + 11, kTop)
                         : fmt::format("<path class=\"{}\" d=\"M{:.1f} {:.1f}h22\"/>",
                                       class_of(line.style), x, kTop);
    svg += text(x + 28, kTop + 4, "start", line.name);
    x += 44 + 6.5 * static_cast<double>(line.name.size());
  }
  return svg;
}

}  // namespace

std::string plot_svg(const Plot& plot, std::size_t most_points) {
  most_points = std::min(most_points, kMostShown);
  const bool has_picture = std::any_of(
      plot.lines.begin(), plot.lines.end(),
      [](const PlotLine& line) { return line.points.size() >= (is_dots(line) ? 1U : 2U); });
  const std::optional<Axes> axes = axes_of(plot);
  if (!has_picture || !axes) return {};
  const double height = axes->bottom - axes->top;
  std::string svg = fmt::format(
      "<svg class=\"chart\" viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"{}\">", kWidth,
      plot.height, html(plot.title));
  if (plot.shaded_until && *plot.shaded_until > axes->x.low)
    svg += fmt::format(
        "<rect class=\"warmup\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
        "height=\"{:.1f}\"><title>warm-up</title></rect>",
        kLeft, axes->top,
        axes->at_x(std::min(*plot.shaded_until, axes->x.high)) - axes->at_x(axes->x.low), height);
  svg += legend(plot) + y_ticks(plot, *axes) + x_ticks(plot, *axes);
  // What leaves the plot is cut off. A clip would need a name, and each picture one of its own.
  svg += fmt::format(
      "<svg x=\"{0:.0f}\" y=\"{1:.0f}\" width=\"{2:.0f}\" height=\"{3:.0f}\" "
      "viewBox=\"{0:.0f} {1:.0f} {2:.0f} {3:.0f}\">",
      kLeft - 4, axes->top - 2, kWidth - kLeft - kRight + 8, height + 4);
  if (plot.fit) svg += fitted(*plot.fit, *axes);
  if (plot.limit) svg += straight("limit", *axes, plot.limit->first, plot.limit->second);
  for (const PlotLine& line : plot.lines)
    if (is_dots(line)) svg += dots(plot, line, *axes, most_points);
  // What matters most is drawn last, over the others.
  for (auto line = plot.lines.rbegin(); line != plot.lines.rend(); ++line)
    if (!is_dots(*line)) svg += curve(*line, *axes, most_points);
  return svg + "</svg></svg>";
}

}  // namespace tidemark::reporters
