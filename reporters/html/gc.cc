#include "reporters/html/gc.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "reporters/gc_words.h"
#include "reporters/html/gc_chart.h"
#include "reporters/html/markup.h"

namespace tidemark::reporters {
namespace {

using analysis::GcGenerationReport;
using analysis::GcReport;
using analysis::ScenarioReport;

std::string cell(std::string_view element, const std::string& words, bool is_number) {
  return fmt::format("<{0}{1}>{2}</{0}>", element, is_number ? " class=\"number\"" : "",
                     html(words));
}

std::string table(const std::string& head, const std::string& rows) {
  return "<div class=\"wide\"><table><thead>" + head + "</thead><tbody>" + rows +
         "</tbody></table></div>";
}

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

std::string chart(const GcReport& gc) {
  const std::string svg = gc_chart_svg(gc);
  if (svg.empty()) return svg;
  return "<figure>" + svg +
         "<figcaption>by iterations, since the growth phase began; Tidemark's own collections are "
         "left out, and stretches in which processes came or went</figcaption></figure>";
}

bool is_worth_opening(const ScenarioReport& scenario) {
  return !scenario.gc->advice.empty() || scenario.gc->threshold_set ||
         std::any_of(scenario.gates.begin(), scenario.gates.end(),
                     [](const auto& gate) { return plan::is_gc(gate.gate); });
}

}  // namespace

std::string gc_section(const ScenarioReport& scenario) {
  if (!scenario.gc) return {};
  const GcReport& gc = *scenario.gc;
  const std::string set = gc.threshold_set ? "<p>gc_threshold, as the scenario sets it: <code>" +
                                                 html(*gc.threshold_set) + "</code></p>"
                                           : std::string();
  return fmt::format(
             "<details class=\"load\"{}><summary>Python's collector <span "
             "class=\"faint\">{}</span></summary>",
             is_worth_opening(scenario) ? " open" : "", html(collector_words(gc))) +
         set + advice_list(gc) + generations_table(gc) + chart(gc) + "</details>";
}

std::string sweep_section(const analysis::RunReport& report) {
  std::string text;
  for (const analysis::SweepReport& sweep : report.sweeps) {
    const SweepTable sweep_cells = sweep_table(sweep);
    std::string head = "<tr>";
    for (std::size_t i = 0; i < sweep_cells.head.size(); ++i)
      head += cell("th", sweep_cells.head[i], i > 0 && i + 1 < sweep_cells.head.size());
    std::string rows;
    for (std::size_t i = 0; i < sweep_cells.rows.size(); ++i) {
      const auto& cells = sweep_cells.rows[i];
      rows += fmt::format("<tr><td><a href=\"#{}\">{}</a></td>", html(sweep.rows[i].folder),
                          html(cells.front()));
      for (std::size_t j = 1; j + 1 < cells.size(); ++j) rows += cell("td", cells[j], true);
      rows += fmt::format("<td><span class=\"badge {0}\">{0}</span></td></tr>", cells.back());
    }
    text += "<section class=\"load\"><h3>" + html(sweep_cells.title) + "</h3>" +
            table(head + "</tr>", rows) + "</section>";
  }
  return text;
}

}  // namespace tidemark::reporters
