#include "reporters/html/gc.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "reporters/html/markup.h"
#include "reporters/html/plot.h"
#include "reporters/words/gc_words.h"

namespace tidemark::reporters {
namespace {

using analysis::GcGenerationReport;
using analysis::GcReport;
using analysis::ScenarioReport;

// The first cell is a name, all others are numbers.
std::string row(std::string_view element, const std::vector<std::string>& cells) {
  std::string text = "<tr>";
  for (std::size_t i = 0; i < cells.size(); ++i) text += cell(element, cells[i], i > 0);
  return text + "</tr>";
}

std::string generations_table(const GcReport& gc) {
  std::string rows;
  for (const GcGenerationReport& each : gc.generations) {
    const auto& per_iteration = each.collections_per_iteration;
    rows += row(
        "td",
        {std::to_string(each.generation), threshold_words(each), format_count(each.collections),
         per_iteration ? format_quantity({*per_iteration, Unit::kCount}) : "-",
         format_count(each.collected), format_count(each.uncollectable), seconds_words(each.paused),
         seconds_words(each.mean_pause()), longest_words(each.longest_pause)});
  }
  return table(row("th", {"generation", "threshold", "collections", "an iteration", "collected",
                          "uncollectable", "stopped", "mean", "longest"}),
               rows);
}

std::string advice_list(const GcReport& gc) {
  if (gc.advice.empty()) return {};
  std::string items;
  for (const std::string& advice : gc.advice) items += "<li>" + html(advice) + "</li>";
  return "<ul>" + items + "</ul>";
}

// Collections by generation, the youngest first. A generation that came later counts as nothing
// before.
Plot collections_plot(const GcReport& gc) {
  Plot plot;
  plot.x_label = "iteration";
  plot.unit = Unit::kCount;
  plot.height = 160;
  const analysis::GcPoint& first = gc.over_time.front();
  const analysis::GcPoint& last = gc.over_time.back();
  plot.title = fmt::format("collections from iteration {} to {}:", first.iteration, last.iteration);
  double most = 0;
  for (std::size_t i = 0; i < gc.generations.size(); ++i) {
    constexpr std::array kStyles = {PlotStyle::kMain, PlotStyle::kSecondary, PlotStyle::kThird};
    PlotLine line{fmt::format("generation {}", gc.generations[i].generation),
                  kStyles[std::min(i, kStyles.size() - 1)],
                  {}};
    for (const analysis::GcPoint& point : gc.over_time)
      line.points.push_back(
          {static_cast<double>(point.iteration),
           i < point.collections.size() ? static_cast<double>(point.collections[i]) : 0.0});
    const double count = line.points.back().y;
    most = std::max(most, count);
    plot.title +=
        fmt::format("{} {} of generation {}", i == 0 ? "" : ",",
                    format_count(static_cast<std::int64_t>(count)), gc.generations[i].generation);
    plot.lines.push_back(std::move(line));
  }
  if (most <= 0) plot.lines.clear();
  plot.view = {0, most * 1.05};
  return plot;
}

std::string chart(const GcReport& gc, std::size_t most_points) {
  if (gc.over_time.size() < 2) return {};
  const Plot plot = collections_plot(gc);
  const std::string figure = plot_figure(
      plot, "collections",
      html(plot.title) +
          "; Tidemark's own are left out, and stretches in which processes came or went",
      most_points);
  return figure.empty() ? figure : figure + plot_values(plot);
}

bool is_worth_opening(const ScenarioReport& scenario) {
  return !scenario.gc->advice.empty() || scenario.gc->threshold_set ||
         std::any_of(scenario.gates.begin(), scenario.gates.end(),
                     [](const auto& gate) { return plan::is_gc(gate.gate); });
}

}  // namespace

std::string gc_section(const ScenarioReport& scenario, std::size_t most_points) {
  if (!scenario.gc) return {};
  const GcReport& gc = *scenario.gc;
  const std::string set = gc.threshold_set ? "<p>gc_threshold, as the scenario sets it: <code>" +
                                                 html(*gc.threshold_set) + "</code></p>"
                                           : std::string();
  return fmt::format(
             "<details class=\"load\"{}><summary>Python's collector <span "
             "class=\"faint\">{}</span></summary>",
             is_worth_opening(scenario) ? " open" : "", html(collector_words(gc))) +
         set + advice_list(gc) + generations_table(gc) + chart(gc, most_points) + "</details>";
}

}  // namespace tidemark::reporters
