#include "reporters/html/overview.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "harness/base/text.h"
#include "reporters/html/gates.h"
#include "reporters/html/markup.h"
#include "reporters/html/sweep.h"
#include "reporters/words/sweep_words.h"
#include "reporters/words/words.h"

namespace tidemark::reporters {
namespace {

using analysis::GateReport;
using analysis::Outcome;
using analysis::RunReport;
using analysis::ScenarioReport;

// "growth 12 B/iteration of 64 B/iteration".
std::string measured_of(const GateReport& gate) {
  return fmt::format("{} {} <span class=\"faint\">of {}</span>", html(gate.id),
                     html(value_words(gate)), html(limit_words(gate)));
}

std::string overview_row(const std::string& id, const std::string& name,
                         const std::vector<std::string>& measured, const std::string& outcome) {
  return fmt::format("<tr><td><a href=\"#{}\">{}</a></td><td>{}</td><td>{}</td></tr>", html(id),
                     html(name), join(measured, "<br>"), outcome);
}

// The rows of the sweeps that are judged and have their first point in this scenario.
std::string overview_of_sweeps(const RunReport& report, const ScenarioReport& scenario) {
  std::string rows;
  for (std::size_t i = 0; i < report.sweeps.size(); ++i) {
    const analysis::SweepReport& sweep = report.sweeps[i];
    if (sweep.gates.empty() || sweep.rows.front().folder != scenario.folder) continue;
    std::vector<std::string> measured;
    for (const GateReport& gate : sweep.gates) measured.push_back(measured_of(gate));
    rows += overview_row(sweep_id(i), sweep_title(sweep), measured,
                         badge(sweep.outcome, outcome_words(sweep)));
  }
  return rows;
}

// Nothing is to be said of it but what its sweep says.
bool is_only_a_point(const ScenarioReport& scenario) {
  return scenario.sweep && !scenario.scaling.empty() && scenario.gates.empty() &&
         scenario.outcome == Outcome::kPass;
}

std::string overview_row(const ScenarioReport& scenario) {
  std::vector<std::string> measured;
  for (const GateReport& gate : scenario.gates) {
    if (scenario.gates.size() > 1 && gate.outcome == Outcome::kPass &&
        gate.gate != plan::Gate::kGrowth && gate.gate != plan::Gate::kPeakMemory)
      continue;
    measured.push_back(measured_of(gate));
  }
  return overview_row(scenario_id(scenario.folder), scenario.name, measured,
                      badge(scenario.outcome, outcome_words(scenario)));
}

// Where several runs are reported: the name of the next one above its scenarios.
std::string run_row(const std::string& run) {
  return "<tr><th colspan=\"3\" scope=\"rowgroup\"><code>" + html(run) + "</code></th></tr>";
}

std::string runs_table(const RunReport& report) {
  const auto cells = run_rows(report);
  if (cells.empty()) return {};
  // The two before the outcome are numbers.
  const auto row = [](std::string_view element, const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t i = 0; i + 1 < words.size(); ++i)
      text += cell(element, words[i], i + 3 >= words.size());
    return text;
  };
  std::string rows;
  for (std::size_t i = 1; i < cells.size(); ++i)
    rows += "<tr>" + row("td", cells[i]) + "<td>" +
            badge(report.runs[i - 1].outcome, cells[i].back()) + "</td></tr>";
  return table(
      "<tr>" + row("th", cells.front()) + cell("th", cells.front().back(), false) + "</tr>", rows);
}

}  // namespace

std::string overview_section(const RunReport& report) {
  std::string rows;
  std::string run;
  for (const ScenarioReport& scenario : report.scenarios) {
    if (scenario.run != run) rows += run_row(run = scenario.run);
    rows += overview_of_sweeps(report, scenario);
    if (!is_only_a_point(scenario)) rows += overview_row(scenario);
  }
  return "<nav aria-label=\"All scenarios\">" + runs_table(report) +
         "<table><thead><tr><th>scenario</th><th>measured, of what is "
         "allowed</th><th>outcome</th></tr></thead><tbody>" +
         rows + "</tbody></table></nav>";
}

}  // namespace tidemark::reporters
