#include "reporters/html/scaling_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "reporters/html/markup.h"
#include "reporters/html/ticks.h"
#include "reporters/words/sweep_words.h"
#include "reporters/words/words.h"

namespace tidemark::reporters {
namespace {

using analysis::ScalingPoint;
using analysis::ScalingPrediction;
using analysis::ScalingReport;

// Narrower than other pictures, so that what it says can still be read on a phone.
constexpr double kWidth = 440;
constexpr double kHeight = 300;
constexpr double kLeft = 68;
constexpr double kRight = 14;
constexpr double kTop = 30;
constexpr double kBottom = 46;
constexpr double kRightEdge = kWidth - kRight;
constexpr double kBottomEdge = kHeight - kBottom;
constexpr double kLeastLabelDistance = 70;  // of sizes
constexpr double kRadius = 3.2;
constexpr double kDiamond = 5.5;
constexpr double kWhisker = 5;
constexpr double kPadding = 0.05;   // of an axis, on either side
constexpr double kLeastFactor = 8;  // between the ends of a logarithmic axis: noise is not growth
constexpr double kMostAbove = 4;    // times what was measured and is predicted: a limit or an
constexpr double kMostAboveLog = 1e4;  // interval's end further away would leave no room for them

struct Range {
  double low = INFINITY;
  double high = -INFINITY;

  void include(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

class Axis {
 public:
  Axis(Range range, Axes axes, double from, double to)
      : is_logarithmic_(axes == Axes::kLogarithmic), from_(from), to_(to), range_(range) {
    if (!is_logarithmic_) range_ = {0, range.high * (1 + kPadding)};
    if (range_.high <= range_.low) range_.high = range_.low * (1 + kPadding);
    low_ = scaled(range_.low);
    span_ = scaled(range_.high) - low_;
    if (!is_logarithmic_) return;
    low_ -= kPadding * span_;
    span_ *= 1 + 2 * kPadding;
    range_ = {std::exp(low_), std::exp(low_ + span_)};
  }

  const Range& range() const { return range_; }

  // What lies outside is at the edge, or not far beyond it.
  double at(double value) const {
    const double share = is_logarithmic_ && value <= 0 ? -1 : (scaled(value) - low_) / span_;
    return from_ + std::clamp(share, -1.0, 2.0) * (to_ - from_);
  }

  std::vector<double> ticks(bool bytes) const {
    if (is_logarithmic_) return bytes ? powers_of_two(range_.low, range_.high) : round_numbers();
    std::vector<double> values;
    const double step = tick_step(range_.high * 1.2, bytes);
    for (double tick = 0; tick <= range_.high; tick += step) values.push_back(tick);
    return values;
  }

 private:
  double scaled(double value) const { return is_logarithmic_ ? std::log(value) : value; }

  static std::vector<double> powers_of_two(double low, double high) {
    constexpr std::size_t kMost = 6;
    std::vector<double> values;
    for (const int step : {1, 2, 5, 10, 20}) {
      values.clear();
      for (double power = std::ceil(std::log2(low) / step) * step; power <= std::log2(high);
           power += step)
        values.push_back(std::exp2(power));
      if (values.size() <= kMost) break;
    }
    return values;
  }

  // 1, 2 and 5 times powers of ten; powers alone where there are many.
  std::vector<double> round_numbers() const {
    constexpr std::size_t kMost = 6;
    std::vector<double> values = logarithmic_ticks(range_.low, range_.high);
    std::erase_if(values, [&](double value) { return value < range_.low || value > range_.high; });
    if (values.size() > kMost)
      std::erase_if(values, [](double value) {
        const double power = std::log10(value);
        return std::abs(power - std::round(power)) > 1e-6;
      });
    return values;
  }

  bool is_logarithmic_;
  double from_, to_;
  Range range_;
  double low_ = 0, span_ = 1;
};

struct Canvas {
  Axis x;
  Axis y;
};

// Nothing above 0 has no place on a logarithmic axis, and what is not above it is no size.
std::optional<Range> measured_values(const ScalingReport& scaling) {
  Range range;
  for (const ScalingPoint& point : scaling.points)
    for (const double value : point.values)
      if (value > 0) range.include(value);
  if (range.high <= 0) return std::nullopt;
  return range;
}

Range sizes_of(const ScalingReport& scaling) {
  Range range;
  for (const ScalingPoint& point : scaling.points) range.include(point.size);
  for (const ScalingPrediction& at : scaling.band) range.include(at.size);
  if (scaling.prediction) range.include(scaling.prediction->size);
  return range;
}

Range values_of(const ScalingReport& scaling, Range range, std::optional<double> limit, Axes axes) {
  const bool is_logarithmic = axes == Axes::kLogarithmic;
  const auto include = [&](double value) {
    if (value > 0) range.include(value);
  };
  for (const ScalingPrediction& at : scaling.band) include(at.value);
  if (scaling.prediction) include(scaling.prediction->value);
  const double most = range.high * (is_logarithmic ? kMostAboveLog : kMostAbove);
  if (limit && *limit <= most) include(*limit);
  if (scaling.prediction) include(std::min(scaling.prediction->high, range.high * kMostAbove));
  if (!is_logarithmic || range.high >= kLeastFactor * range.low) return range;
  const double factor = std::sqrt(kLeastFactor * range.low / range.high);
  return {range.low / factor, range.high * factor};
}

std::string label(double x, double y, std::string_view anchor, std::string_view kind,
                  const std::string& words) {
  return fmt::format("<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>",
                     kind, x, y, anchor, html(words));
}

std::string line(std::string_view kind, double x1, double y1, double x2, double y2) {
  return fmt::format("<line class=\"{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>",
                     kind, x1, y1, x2, y2);
}

std::string tick_words(double value, Unit unit) {
  return value == 0 ? "0" : format_quantity({value, unit});
}

std::string grid(const Canvas& canvas, Unit unit) {
  std::string svg;
  for (const double tick : canvas.y.ticks(unit == Unit::kBytes)) {
    const double y = canvas.y.at(tick);
    svg += line("grid", kLeft, y, kRightEdge, y) +
           label(kLeft - 6, y + 4, "end", "tick", tick_words(tick, unit));
  }
  double last = -INFINITY;
  for (const double tick : canvas.x.ticks(false)) {
    const double x = canvas.x.at(tick);
    svg += line("grid", x, kTop, x, kBottomEdge);
    if (x - last < kLeastLabelDistance) continue;
    last = x;
    svg += label(x, kBottomEdge + 18, "middle", "tick", size_words(tick));
  }
  return svg;
}

std::string fit(const ScalingReport& scaling, const Canvas& canvas) {
  if (scaling.band.size() < 2) return {};
  std::string upper;
  std::string lower;
  std::string middle;
  for (const ScalingPrediction& at : scaling.band) {
    const double x = canvas.x.at(at.size);
    upper += fmt::format("{:.1f},{:.1f} ", x, canvas.y.at(at.high));
    lower = fmt::format("{:.1f},{:.1f} ", x, canvas.y.at(at.low)) + lower;
    middle += fmt::format("{:.1f},{:.1f} ", x, canvas.y.at(at.value));
  }
  return fmt::format("<polygon class=\"band\" points=\"{}{}\"/>", upper, lower) +
         fmt::format("<polyline class=\"fit\" fill=\"none\" points=\"{}\"/>", middle);
}

std::string dots(const ScalingReport& scaling, const Canvas& canvas) {
  std::string svg;
  for (const ScalingPoint& point : scaling.points)
    for (const double value : point.values)
      svg += fmt::format(
          "<circle class=\"dot\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:.1f}\"><title>{}: "
          "{}</title></circle>",
          canvas.x.at(point.size), std::min(canvas.y.at(value), kBottomEdge), kRadius,
          html(size_words(point.size)), html(format_quantity({value, scaling.unit})));
  return svg;
}

std::string limit_line(double limit, Unit unit, const Canvas& canvas) {
  const std::string words = "limit " + format_quantity({limit, unit});
  if (limit > canvas.y.range().high)
    return label(kLeft + 6, kTop + 15, "start", "mark bad", words + ", above the picture");
  const double y = canvas.y.at(limit);
  return line("limit", kLeft, y, kRightEdge, y) +
         label(kLeft + 6, y < kTop + 20 ? y + 15 : y - 6, "start", "mark bad", words);
}

// A diamond with the interval as whiskers, on a line down to the size.
std::string production(const ScalingReport& scaling, const Canvas& canvas) {
  if (!scaling.prediction) return {};
  const ScalingPrediction& at = *scaling.prediction;
  const double x = canvas.x.at(at.size);
  const double y = canvas.y.at(at.value);
  const auto within = [](double value) { return std::clamp(value, kTop, kBottomEdge); };
  const double low = within(canvas.y.at(at.low));
  const double high = within(canvas.y.at(at.high));
  std::string svg = line("production", x, kTop, x, kBottomEdge) + line("whisker", x, low, x, high);
  for (const double end : {low, high}) svg += line("whisker", x - kWhisker, end, x + kWhisker, end);
  svg += fmt::format("<path class=\"predicted\" d=\"M{:.1f} {:.1f}l{} {} {} {} {} {}z\"/>", x,
                     y - kDiamond, kDiamond, kDiamond, -kDiamond, kDiamond, -kDiamond, -kDiamond);
  const bool is_left = x < (kLeft + kRightEdge) / 2;
  svg += label(is_left ? x + 10 : x - 10, std::max(y + 4, kTop + 14), is_left ? "start" : "end",
               "mark", format_quantity({at.value, scaling.unit}));
  return svg + label(is_left ? x : std::min(x + 20, kRightEdge), kTop - 8,
                     is_left ? "start" : "end", "mark", "production: " + size_words(at.size));
}

// What the picture shows, for who cannot see it.
std::string description(const ScalingReport& scaling, const ScalingMarks& marks) {
  const auto middle = [&](const ScalingPoint& point) {
    std::vector<double> values = point.values;
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), at, values.end());
    return fmt::format("{} at {}", format_quantity({*at, scaling.unit}), size_words(point.size));
  };
  std::string words;
  for (const ScalingPoint& point : scaling.points)
    words += (words.empty() ? "Measured: " : ", ") + middle(point);
  if (const auto& at = scaling.prediction)
    words += fmt::format(". Predicted: {} at {}",
                         interval_words({{at->value, scaling.unit}, at->low, at->high}),
                         size_words(at->size));
  if (marks.limit)
    words += fmt::format(". The limit is {}", format_quantity({*marks.limit, scaling.unit}));
  return words + ".";
}

}  // namespace

std::string scaling_chart_svg(const ScalingReport& scaling, const ScalingMarks& marks, Axes axes) {
  const std::optional<Range> measured = measured_values(scaling);
  if (scaling.points.size() < 2 || !measured) return {};
  const Canvas canvas = {
      Axis(sizes_of(scaling), axes, kLeft, kRightEdge),
      Axis(values_of(scaling, *measured, marks.limit, axes), axes, kBottomEdge, kTop)};
  const std::string quantity = quantity_words(scaling.quantity);
  const std::string_view kind = axes == Axes::kLogarithmic ? "logarithmic" : "linear";
  std::string svg = fmt::format(
      "<svg class=\"chart {0}\" viewBox=\"0 0 {1:.0f} {2:.0f}\" role=\"img\"><title>{3} against "
      "{4}, "
      "{0} axes</title><desc>{5}</desc>",
      kind, kWidth, kHeight, html(quantity), html(marks.variable),
      html(description(scaling, marks)));
  svg += grid(canvas, scaling.unit);
  // What leaves the plot is cut off; each picture needs a name of its own for that, so clip by
  // nesting.
  svg += fmt::format(
      "<svg x=\"{0:.0f}\" y=\"{1:.0f}\" width=\"{2:.0f}\" height=\"{3:.0f}\" "
      "viewBox=\"{0:.0f} {1:.0f} {2:.0f} {3:.0f}\">{4}</svg>",
      kLeft, kTop, kRightEdge - kLeft, kBottomEdge - kTop, fit(scaling, canvas));
  svg += dots(scaling, canvas);
  if (marks.limit) svg += limit_line(*marks.limit, scaling.unit, canvas);
  svg += production(scaling, canvas);
  svg += label(4, kTop - 8, "start", "tick", quantity) +
         label(kRightEdge, kHeight - 8, "end", "tick", marks.variable);
  return svg + "</svg>";
}

Plot scaling_plot(const ScalingReport& scaling, const ScalingMarks& marks) {
  Plot plot;
  plot.x_label = marks.variable;
  plot.unit = scaling.unit;
  PlotLine single{"single iterations", PlotStyle::kDots, {}};
  for (const ScalingPoint& point : scaling.points)
    for (const double value : point.values) single.points.push_back({point.size, value});
  PlotLine fitted{"the fit", PlotStyle::kFit, {}};
  for (const ScalingPrediction& at : scaling.band) {
    fitted.points.push_back({at.size, at.value});
    plot.band.push_back({at.size, at.low, at.value, at.high});
  }
  PlotLine predicted{"production", PlotStyle::kOtherDots, {}};
  if (const auto& at = scaling.prediction) {
    predicted.points.push_back({at->size, at->value});
    plot.marked = {at->size, at->low, at->value, at->high};
  }
  for (PlotLine* line : {&single, &fitted, &predicted})
    if (!line->points.empty()) plot.lines.push_back(std::move(*line));
  const std::optional<Range> measured = measured_values(scaling);
  if (!measured) return plot;
  const auto view = [&](Axes axes) {
    const Range range = Axis(values_of(scaling, *measured, marks.limit, axes), axes, 0, 1).range();
    return std::pair(range.low, range.high);
  };
  plot.view = view(Axes::kLinear);
  plot.logarithmic_view = view(Axes::kLogarithmic);
  const Range sizes = sizes_of(scaling);
  if (marks.limit) plot.limit = {{sizes.low, *marks.limit}, {sizes.high, *marks.limit}};
  return plot;
}

}  // namespace tidemark::reporters
