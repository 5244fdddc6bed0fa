#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "harness/base/text.h"
#include "reporters/html/evidence.h"
#include "reporters/html/findings.h"
#include "reporters/html/gates.h"
#include "reporters/html/gc.h"
#include "reporters/html/load.h"
#include "reporters/html/markup.h"
#include "reporters/html/overview.h"
#include "reporters/html/peaks.h"
#include "reporters/html/policy.h"
#include "reporters/html/signals.h"
#include "reporters/html/sweep.h"
#include "reporters/reporters.h"
#include "reporters/words/words.h"

namespace tidemark::embedded {
std::string_view dygraphs_js();
std::string_view dygraphs_css();
std::string_view report_css();
std::string_view report_js();
}  // namespace tidemark::embedded

namespace tidemark::reporters {
namespace {

using analysis::GateReport;
using analysis::Outcome;
using analysis::RunReport;
using analysis::ScenarioReport;

// All pictures together keep so many points to zoom in: the page stays below 3 MB however long a
// run was, and opens at once.
constexpr std::size_t kMostPoints = 80'000;
constexpr std::size_t kMostPointsOfLine = 1'000;
constexpr std::size_t kLeastPointsOfLine = 40;
constexpr std::size_t kOtherLines = 8;  // of a scenario: load, collector, peaks

std::size_t points_of_line(const RunReport& report) {
  std::size_t lines = 1;
  for (const ScenarioReport& scenario : report.scenarios)
    lines += signal_lines(scenario) + kOtherLines;
  return std::clamp(kMostPoints / lines, kLeastPointsOfLine, kMostPointsOfLine);
}

std::string section(const ScenarioReport& scenario, std::size_t most_points) {
  std::string text = fmt::format(
      "<section class=\"scenario\" id=\"{0}\" aria-labelledby=\"title.{0}\"><header>"
      "<h2 id=\"title.{0}\">{1}</h2>{2}<span class=\"faint\">{3}</span></header>",
      html(scenario_id(scenario.folder)), html(scenario.name),
      badge(scenario.outcome, outcome_words(scenario)),
      scenario.outcome == Outcome::kSkipped
          ? ""
          : html(fmt::format("{} iterations in {}", scenario.iterations,
                             format_duration(scenario.duration))));
  if (!scenario.description.empty()) text += "<p>" + html(scenario.description) + "</p>";
  if (!scenario.message.empty()) text += "<pre>" + html(scenario.message) + "</pre>";
  text += gate_list(scenario.gates, [&](const GateReport& gate) {
    return GateRemarks{is_expected(scenario, gate), exhaustion_words(scenario, gate)};
  });
  text += findings_section(scenario) + signals_section(scenario, most_points) +
          peaks_section(scenario, most_points) + load_section(scenario, most_points) +
          gc_section(scenario, most_points) + evidence_sections(scenario);
  if (!scenario.repeat_command.empty())
    text += "<p class=\"faint\">again: <code>" + html(scenario.repeat_command) + "</code></p>";
  return text + "</section>";
}

std::string footer(const RunReport& report) {
  std::string facts;
  for (const auto& [name, value] : report.environment)
    facts += fmt::format("<dt>{}</dt><dd>{}</dd>", html(name), html(value));
  return "<footer><h2>Measured on</h2><dl>" + facts +
         "</dl><p>Charts: dygraphs (MIT licence).</p></footer>";
}

}  // namespace

std::string render_html(const RunReport& report) {
  const std::string_view verdict = verdict_word(report);
  std::string page = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">"
      "<title>{}: {} - Tidemark</title><style>{}{}</style></head><body>\n"
      "<a class=\"skip\" href=\"#main\">to the results</a>\n",
      content_security_policy({embedded::dygraphs_js(), embedded::report_js()}), html(verdict),
      html(report.name), embedded::dygraphs_css(), embedded::report_css());
  page += fmt::format(
      "<header class=\"verdict {}\"><h1><strong>{}</strong> {}</h1><p>{}</p>{}"
      "<p class=\"faint\">{} · {}</p></header><main id=\"main\">\n",
      outcome_name(report.outcome), html(verdict), html(report.name), html(summary_words(report)),
      report.not_run.empty() ? "" : "<p>" + html(not_run_words(report)) + "</p>",
      html(report.started), html(format_duration(report.duration)));
  page += overview_section(report) + sweep_sections(report) + "\n";
  const std::size_t most_points = points_of_line(report);
  for (const ScenarioReport& scenario : report.scenarios)
    page += section(scenario, most_points) + "\n";
  page += "</main>" + footer(report);
  page += fmt::format("<script>{}</script>\n<script>{}</script></body></html>\n",
                      embedded::dygraphs_js(), embedded::report_js());
  return page;
}

}  // namespace tidemark::reporters
