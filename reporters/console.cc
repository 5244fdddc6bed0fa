#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "harness/base/text.h"
#include "reporters/findings_lines.h"
#include "reporters/gate_lines.h"
#include "reporters/gate_table.h"
#include "reporters/load_lines.h"
#include "reporters/pen.h"
#include "reporters/reporters.h"
#include "reporters/sweep_lines.h"
#include "reporters/words.h"

namespace tidemark::reporters {
namespace {

using analysis::GateReport;
using analysis::Outcome;
using analysis::RunReport;
using analysis::ScenarioReport;

// Columns of a finding's file: its line shall not be longer than others.
constexpr std::size_t kLongestFile = 40;

bool is_good(const ScenarioReport& scenario) {
  return scenario.outcome == Outcome::kPass || scenario.outcome == Outcome::kSkipped;
}

std::string indented(std::string_view text, std::string_view indentation) {
  std::string lines;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    lines += fmt::format("{}{}\n", indentation, line);
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return lines;
}

std::string title_line(const ScenarioReport& scenario, const Pen& pen) {
  return fmt::format(
      "  {} {}  {}\n", pen(ink_of(scenario.outcome), mark_of(scenario.outcome)),
      pen(Ink::kStrong, printable_line(scenario.name)),
      pen(Ink::kFaint, scenario.outcome == Outcome::kSkipped
                           ? "skipped: " + printable_line(scenario.message)
                           : fmt::format("{}, {} iterations in {}", outcome_words(scenario),
                                         scenario.iterations, format_duration(scenario.duration))));
}

// What is to be said of a gate beside its figures.
std::string gate_details(const ScenarioReport& scenario, const GateReport& gate, const Pen& pen,
                         bool color) {
  const std::string indentation(6, ' ');
  const std::string found = findings_lines(scenario, gate, {indentation, kLongestFile, color});
  std::string reasons;
  if (gate.outcome != Outcome::kPass) reasons = reason_line(gate, indentation, pen);
  if (const std::string words = exhaustion_words(scenario, gate); !words.empty())
    reasons += indentation + words + "\n";
  if (reasons.empty() && found.empty()) return {};
  return "    " + gate_line(gate, columns_of({gate}), pen) + "\n" + reasons + found;
}

std::string warning_lines(const ScenarioReport& scenario, const Pen& pen) {
  std::string lines;
  for (const analysis::AuditCheck& check : scenario.audit)
    if (!check.ok)
      lines += fmt::format("    {} {}: {}\n", pen(Ink::kDoubtful, "!"), check.check,
                           printable_line(check.detail, 400));
  return lines;
}

// What went wrong, why, at which line, and how to see it again. Of a scenario that is as it should
// be what its gates accept and what is to be read with care; where it is the only one, also what it
// was there to show.
std::string details(const ScenarioReport& scenario, const ConsoleStyle& style, bool is_only_one) {
  const Pen pen(style.color);
  // When nothing was measured the message says all there is to say.
  const bool has_run = scenario.outcome != Outcome::kInvalid || scenario.iterations > 0;
  std::string text;
  if (has_run) {
    for (const GateReport& gate : scenario.gates)
      if (!is_good(scenario) || is_only_one || gate.outcome == Outcome::kPass)
        text += gate_details(scenario, gate, pen, style.color);
    const bool has_figures = is_only_one && !style.only_problems;
    if (has_figures) text += time_lines(scenario.load, "    ");
    text += failure_line(scenario.load, "    ");
    if (has_figures) text += request_lines(scenario.load, "      ");
    text += warning_lines(scenario, pen);
  }
  if (!is_good(scenario)) {
    if (!scenario.message.empty()) text += indented(printable(scenario.message), "      ");
    text += repeat_line(scenario.repeat_command, std::string(6, ' '), pen);
  }
  return text.empty() ? text : title_line(scenario, pen) + text;
}

}  // namespace

std::string render_console_line(const ScenarioReport& scenario, const ConsoleStyle& style) {
  return title_line(scenario, Pen(style.color));
}

std::string render_console(const RunReport& report, const ConsoleStyle& style) {
  const Pen pen(style.color);
  std::string text;
  const auto add = [&](const std::string& part) {
    if (!part.empty() && !text.empty() && !style.only_problems) text += "\n";
    text += part;
  };
  if (!style.only_problems) add(gate_table(report, style));
  for (const ScenarioReport& scenario : report.scenarios)
    if (!style.only_problems || !is_good(scenario))
      add(details(scenario, style, report.scenarios.size() == 1));
  add(sweep_lines(report, style));
  const std::string_view verdict =
      report.interrupted ? "interrupted" : outcome_name(report.outcome);
  add(fmt::format("{}  {} in {}\n", pen(ink_of(report.outcome), verdict), summary_words(report),
                  format_duration(report.duration)));
  return text;
}

}  // namespace tidemark::reporters
