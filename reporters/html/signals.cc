#include "reporters/html/signals.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "reporters/html/markup.h"
#include "reporters/html/plot.h"

namespace tidemark::reporters {
namespace {

using analysis::GateReport;
using analysis::ProcessReport;
using analysis::ScenarioReport;
using analysis::Series;
using analysis::SeriesPoint;
using analysis::TreeChart;

// More lines than that can be told apart by nobody.
constexpr std::size_t kMostProcesses = 12;
constexpr double kCutBelow = 0.6;  // of the growth phase's range
constexpr double kPadding = 0.15;

std::string spaced_name(record::Signal signal) {
  std::string name(record::signal_name(signal));
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

// From where on changes are counted: the first point of the growth phase.
double base_of(const std::vector<SeriesPoint>& points, std::int64_t growth_began) {
  const SeriesPoint* first = nullptr;
  for (const SeriesPoint& point : points) {
    if (!std::isfinite(point.value)) continue;
    if (point.iteration >= growth_began) return point.value;
    if (!first) first = &point;
  }
  return first ? first->value : 0;
}

// The sum over all processes where they are as many as at most checkpoints. While one is replaced
// the sum lacks it: that is no change of memory, but a gap.
Series without_replacements(const ScenarioReport& scenario, Series sum) {
  // Of each iteration, at its first point: several checkpoints may be there, where some are blank.
  const std::size_t count = sum.points.size();
  std::vector<std::size_t> readings(count);
  std::vector<std::size_t> checkpoints(count);
  const auto add = [&](const std::vector<SeriesPoint>& points, std::vector<std::size_t>& counts) {
    std::size_t at = 0;
    for (const SeriesPoint& point : points) {
      while (at < count && sum.points[at].iteration < point.iteration) ++at;
      if (at < count && sum.points[at].iteration == point.iteration) ++counts[at];
    }
  };
  add(sum.points, checkpoints);
  for (const ProcessReport& process : scenario.processes)
    for (const Series& series : process.series)
      if (series.signal == sum.signal) add(series.points, readings);
  std::vector<double> processes(count);
  std::map<double, std::size_t> counts;
  for (std::size_t i = 0; i < count; ++i) {
    processes[i] = checkpoints[i] > 0
                       ? static_cast<double>(readings[i]) / static_cast<double>(checkpoints[i])
                       : processes[i - 1];
    ++counts[processes[i]];
  }
  const auto usual =
      std::max_element(counts.begin(), counts.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  for (std::size_t i = 0; i < count; ++i)
    if (processes[i] != usual->first) sum.points[i].value = kPlotGap;
  return sum;
}

PlotLine line_of(std::string name, PlotStyle style, const Series& series,
                 std::int64_t growth_began) {
  PlotLine line{std::move(name), style, {}, base_of(series.points, growth_began)};
  for (const SeriesPoint& point : series.points)
    line.points.push_back({static_cast<double>(point.iteration), point.value - line.base});
  return line;
}

// A line for each process that has the signal; one alone is the whole tree.
std::vector<PlotLine> process_lines(const ScenarioReport& scenario, record::Signal signal) {
  std::vector<PlotLine> lines;
  for (const ProcessReport& process : scenario.processes)
    for (const Series& series : process.series)
      if (series.signal == signal && series.points.size() > 1)
        lines.push_back(line_of(fmt::format("{} {}", process.process.pid, process.role),
                                PlotStyle::kProcess, series, scenario.growth_began));
  if (lines.size() < 2) return {};
  return lines;
}

// Of too many, those that lived longest.
void keep_longest(std::vector<PlotLine>& lines) {
  std::stable_sort(lines.begin(), lines.end(), [](const PlotLine& a, const PlotLine& b) {
    return a.points.size() > b.points.size();
  });
  lines.resize(std::min(lines.size(), kMostProcesses));
}

double last_value(const PlotLine& line) {
  for (auto point = line.points.rbegin(); point != line.points.rend(); ++point)
    if (std::isfinite(point->y)) return point->y;
  return 0;
}

// Warm-up often climbs by far more than what follows; the growth phase sets the scale, and what
// lies far below it is cut off.
std::pair<double, double> view_of(const Plot& plot, double growth_began) {
  double low = 0;
  double high = 0;
  for (const PlotLine& line : plot.lines)
    for (const PlotPoint& point : line.points)
      if (point.x >= growth_began && std::isfinite(point.y)) {
        low = std::min(low, point.y);
        high = std::max(high, point.y);
      }
  const double span = std::max(high - low, plot.unit == Unit::kBytes ? 4096.0 : 4.0);
  const double least = low - (kPadding + kCutBelow) * span;
  low -= kPadding * span;
  high += kPadding * span;
  for (const PlotLine& line : plot.lines)
    for (const PlotPoint& point : line.points) {
      if (!std::isfinite(point.y)) continue;
      low = std::min(low, std::max(point.y, least));
      high = std::max(high, point.y);
    }
  return {low, high};
}

struct SignalPlot {
  Plot plot;
  std::size_t processes = 0;  // that have the signal, drawn or not; 0: the tree is one
};

SignalPlot plot_of(const ScenarioReport& scenario, const TreeChart& chart,
                   std::optional<double> limit) {
  const auto began = static_cast<double>(scenario.growth_began);
  Plot plot;
  plot.x_label = "iteration";
  plot.unit = record::signal_unit(chart.series.signal);
  plot.changes = true;
  plot.lines = {line_of("all processes", PlotStyle::kMain,
                        without_replacements(scenario, chart.series), scenario.growth_began)};
  const PlotLine& all = plot.lines.front();
  plot.title = fmt::format("{}: {} since iteration {}, from {}", spaced_name(chart.series.signal),
                           plot_words(plot, last_value(all)), scenario.growth_began,
                           format_quantity({all.base, plot.unit}));
  if (scenario.growth_began > 0) plot.shaded_until = began;
  if (const auto& slope = chart.slope)
    plot.fit = {static_cast<double>(chart.fitted_from),
                slope->middle_iteration,
                slope->middle_value - all.base,
                slope->per_iteration,
                slope->low,
                slope->high};
  if (limit) {
    const double last = all.points.back().x;
    plot.limit = {{began, 0}, {last, *limit * (last - began)}};
  }
  std::vector<PlotLine> processes = process_lines(scenario, chart.series.signal);
  const std::size_t count = processes.size();
  keep_longest(processes);
  for (PlotLine& line : processes) plot.lines.push_back(std::move(line));
  plot.view = view_of(plot, began);
  return {std::move(plot), count};
}

const GateReport* growth_gate(const ScenarioReport& scenario) {
  for (const GateReport& gate : scenario.gates)
    if (gate.gate == plan::Gate::kGrowth && scenario.growth_began > 0) return &gate;
  return nullptr;
}

std::string caption_of(const SignalPlot& signal, bool is_main) {
  const Plot& plot = signal.plot;
  std::string caption = html(plot.title);
  if (is_main && plot.shaded_until) caption += "; shaded: warm-up";
  if (is_main && plot.fit) caption += "; dashed: the fit and its band";
  if (is_main && plot.limit) caption += "; dotted: the limit";
  const std::size_t drawn = plot.lines.size() - 1;
  if (is_main && drawn > 0)
    caption += fmt::format("; thin: {}{} processes, each from its own beginning", drawn,
                           signal.processes > drawn ? fmt::format(" of {}", signal.processes) : "");
  return caption;
}

}  // namespace

std::size_t signal_lines(const ScenarioReport& scenario) {
  const std::size_t processes = std::min(scenario.processes.size(), kMostProcesses);
  return scenario.charts.size() * (processes > 1 ? 1 + processes : 1);
}

std::string signals_section(const ScenarioReport& scenario, std::size_t most_points) {
  const GateReport* growth = growth_gate(scenario);
  std::string main;
  std::string others;
  for (const TreeChart& chart : scenario.charts) {
    if (chart.series.points.size() < 2) continue;
    const bool is_main = growth && signal_name(chart.series.signal) == growth->signal;
    const SignalPlot signal =
        plot_of(scenario, chart,
                is_main && growth->limit ? std::optional(growth->limit->value) : std::nullopt);
    const std::string figure = plot_figure(signal.plot, spaced_name(chart.series.signal),
                                           caption_of(signal, is_main), most_points);
    if (is_main)
      main = figure + plot_values(signal.plot);
    else
      others += figure;
  }
  if (!others.empty())
    others = "<details><summary>" + std::string(main.empty() ? "Signals" : "All other signals") +
             "</summary><div class=\"small\">" + others + "</div></details>";
  return main.empty() && others.empty()
             ? ""
             : "<div class=\"signals\" data-signals>" + main + others + "</div>";
}

}  // namespace tidemark::reporters
