#include "reporters/html/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <string_view>

#include "harness/base/json.h"
#include "harness/base/text.h"
#include "reporters/html/markup.h"

namespace tidemark::reporters {
namespace {

using Points = std::vector<PlotPoint>;

std::string_view style_name(PlotStyle style) {
  switch (style) {
    case PlotStyle::kMain:
      return "main";
    case PlotStyle::kSecondary:
      return "secondary";
    case PlotStyle::kThird:
      return "third";
    case PlotStyle::kProcess:
      return "process";
    case PlotStyle::kDots:
      return "dots";
    case PlotStyle::kBadDots:
      return "bad-dots";
    case PlotStyle::kOtherDots:
      return "other-dots";
    case PlotStyle::kFit:
      return "fit";
  }
  return "main";
}

constexpr std::size_t kMostRows = 20;  // of a table

std::string x_words(const Plot& plot, double x) {
  return plot.x_unit == Unit::kSeconds ? format_duration(Seconds(x))
                                       : format_count(static_cast<std::int64_t>(x));
}

// Short, because there are many: whole numbers as such, others with six digits.
std::string number(double value) {
  if (!std::isfinite(value)) return "null";
  if (std::abs(value) < 9e15 && value == std::round(value)) return fmt::format("{:.0f}", value);
  return fmt::format("{:.6g}", value);
}

// Bytes and objects are whole; more digits of their sums would say nothing.
std::string y_number(const Plot& plot, double value) {
  const bool is_whole = plot.unit == Unit::kBytes;
  return number(is_whole ? std::round(value) : value);
}

template <typename Text>
std::string array(const Points& points, const Text& text_of) {
  std::string text = "[";
  for (const PlotPoint& point : points) text += (text.size() > 1 ? "," : "") + text_of(point);
  return text + "]";
}

// Lines of the same checkpoints say their iterations once: one without "x" has that of the line
// before.
std::string lines_data(const Plot& plot, std::size_t most_points) {
  std::string text;
  std::string last_x;
  for (const PlotLine& line : plot.lines) {
    const Points points = downsampled(line.points, most_points);
    const std::string x = array(points, [](const PlotPoint& point) { return number(point.x); });
    text +=
        fmt::format("{}{{\"name\":{},\"style\":\"{}\",\"base\":{}", text.empty() ? "" : ",",
                    json_text(Json(line.name)), style_name(line.style), y_number(plot, line.base));
    if (x != last_x || text.empty()) text += ",\"x\":" + x;
    text +=
        ",\"y\":" + array(points, [&](const PlotPoint& point) { return y_number(plot, point.y); }) +
        "}";
    last_x = x;
  }
  return text;
}

std::string numbers(std::initializer_list<double> values) {
  std::string text;
  for (const double value : values)
    text += (text.empty() ? "" : ",") + fmt::format("{:.9g}", value);
  return "[" + text + "]";
}

std::string interval(const PlotInterval& at) {
  return numbers({at.x, at.low, at.middle, at.high});
}

}  // namespace

std::string plot_data(const Plot& plot, std::size_t most_points) {
  std::string text =
      fmt::format("{{\"x_label\":{},\"x_unit\":\"{}\",\"unit\":\"{}\"",
                  json_text(Json(plot.x_label)), unit_symbol(plot.x_unit), unit_symbol(plot.unit));
  if (plot.changes) text += ",\"changes\":true";
  if (plot.logarithmic) text += ",\"logarithmic\":true";
  if (plot.shaded_until) text += ",\"shaded_until\":" + number(*plot.shaded_until);
  if (const auto& fit = plot.fit)
    text += ",\"fit\":" +
            numbers({fit->from, fit->middle_x, fit->middle_y, fit->slope, fit->low, fit->high});
  if (const auto& limit = plot.limit)
    text +=
        ",\"limit\":" + numbers({limit->first.x, limit->first.y, limit->second.x, limit->second.y});
  if (plot.view) text += ",\"view\":" + numbers({plot.view->first, plot.view->second});
  if (const auto& view = plot.logarithmic_view)
    text += ",\"logarithmic_view\":" + numbers({view->first, view->second});
  if (!plot.band.empty()) {
    std::vector<std::string> band;
    for (const PlotInterval& at : plot.band) band.push_back(interval(at));
    text += ",\"band\":[" + join(band, ",") + "]";
  }
  if (plot.marked) text += ",\"marked\":" + interval(*plot.marked);
  text += ",\"lines\":[" + lines_data(plot, most_points) + "]}";
  // Inside a script element only "<" can do harm.
  for (std::size_t at = text.find('<'); at != std::string::npos; at = text.find('<', at))
    text.replace(at, 1, "\\u003c");
  return "<script type=\"application/json\">" + text + "</script>";
}

Points downsampled(const Points& points, std::size_t most) {
  most = std::max<std::size_t>(most, 4);
  if (points.size() <= most) return points;
  const std::size_t stretches = (most - 2) / 2;
  const std::size_t inner = points.size() - 2;
  Points kept = {points.front()};
  for (std::size_t i = 0; i < stretches; ++i) {
    const auto begin = points.begin() + 1 + static_cast<std::ptrdiff_t>(i * inner / stretches);
    const auto end = points.begin() + 1 + static_cast<std::ptrdiff_t>((i + 1) * inner / stretches);
    auto least = end;
    auto largest = end;
    for (auto point = begin; point != end; ++point) {
      if (std::isnan(point->y)) continue;
      if (least == end || point->y < least->y) least = point;
      if (largest == end || point->y > largest->y) largest = point;
    }
    if (least == end) continue;
    kept.push_back(*std::min(least, largest));
    if (least != largest) kept.push_back(*std::max(least, largest));
  }
  kept.push_back(points.back());
  return kept;
}

std::string plot_words(const Plot& plot, double value) {
  const std::string words = plot.unit == Unit::kSeconds
                                ? format_duration(Seconds(std::abs(value)))
                                : format_quantity({std::abs(value), plot.unit});
  if (value < 0) return "−" + words;
  return plot.changes && value > 0 ? "+" + words : words;
}

std::string plot_values(const Plot& plot) {
  std::string head = cell("th", plot.x_label, true);
  std::map<double, std::vector<double>> by_x;
  std::vector<const PlotLine*> lines;
  for (const PlotLine& line : plot.lines)
    if (line.style != PlotStyle::kProcess) lines.push_back(&line);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    head += cell("th", lines[i]->name, true) + (plot.changes ? cell("th", "change", true) : "");
    for (const PlotPoint& point : lines[i]->points)
      by_x.try_emplace(point.x, lines.size(), kPlotGap).first->second[i] = point.y;
  }
  std::erase_if(by_x, [](const auto& row) {
    return std::none_of(row.second.begin(), row.second.end(),
                        [](double value) { return std::isfinite(value); });
  });
  if (by_x.empty()) return {};
  const std::size_t every = (by_x.size() + kMostRows - 1) / kMostRows;
  const auto words = [&](double value, const std::string& text) {
    return cell("td", std::isfinite(value) ? text : "-", true);
  };
  std::string rows;
  std::size_t at = 0;
  for (const auto& [x, values] : by_x) {
    if (at++ % every != 0 && at != by_x.size()) continue;
    rows += "<tr>" + cell("td", x_words(plot, x), true);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const double value = values[i];
      if (plot.changes) rows += words(value, format_quantity({value + lines[i]->base, plot.unit}));
      rows += words(value, plot_words(plot, value));
    }
    rows += "</tr>";
  }
  return "<details class=\"values\"><summary>The same in numbers</summary>" +
         table("<tr>" + head + "</tr>", rows) + "</details>";
}

std::string plot_figure(const Plot& plot, const std::string& name, const std::string& caption,
                        std::size_t most_points) {
  const std::string svg = plot_svg(plot, most_points);
  if (svg.empty()) return svg;
  return fmt::format("<figure data-plot=\"{}\">{}<figcaption>{}</figcaption>{}</figure>",
                     html(name), svg, caption, plot_data(plot, most_points));
}

}  // namespace tidemark::reporters
