#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "harness/base/text.h"
#include "reporters/findings_lines.h"
#include "reporters/gc_lines.h"
#include "reporters/load_lines.h"
#include "reporters/pen.h"
#include "reporters/reporters.h"
#include "reporters/words.h"

namespace tidemark::reporters {
namespace {

using analysis::GateReport;
using analysis::Outcome;
using analysis::RunReport;
using analysis::ScenarioReport;

// Columns of a finding's file: its line shall not be longer than others.
constexpr std::size_t kLongestFile = 40;

Ink ink_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPass:
      return Ink::kGood;
    case Outcome::kFail:
    case Outcome::kInvalid:
      return Ink::kBad;
    case Outcome::kInconclusive:
      return Ink::kDoubtful;
    case Outcome::kSkipped:
      return Ink::kFaint;
  }
  return Ink::kPlain;
}

std::string_view mark_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPass:
      return "✓";
    case Outcome::kFail:
      return "✗";
    case Outcome::kInvalid:
      return "!";
    case Outcome::kInconclusive:
      return "?";
    case Outcome::kSkipped:
      return "-";
  }
  return " ";
}

std::string gate_lines(const ScenarioReport& scenario, const ConsoleStyle& style) {
  const Pen pen(style.color);
  std::size_t id_width = 0;
  std::size_t measured_width = 0;
  for (const GateReport& gate : scenario.gates) {
    id_width = std::max(id_width, columns(printable_line(gate.id)));
    measured_width = std::max(measured_width, columns(measured_words(gate)));
  }
  std::string lines;
  for (const GateReport& gate : scenario.gates) {
    if (style.only_problems && gate.outcome == Outcome::kPass) continue;
    const std::string limit = limit_words(gate);
    lines += fmt::format(
        "    {} {}  {}  {}{}\n", pen(ink_of(gate.outcome), mark_of(gate.outcome)),
        padded(printable_line(gate.id), id_width), padded(measured_words(gate), measured_width),
        limit.empty() ? "" : "limit " + limit,
        gate.classification ? fmt::format("  {}", shape_name(*gate.classification)) : "");
    if (gate.outcome != Outcome::kPass && !gate.reason.empty())
      lines += "      " + pen(Ink::kFaint, printable_line(gate.reason, 1000)) + "\n";
    if (const std::string words = exhaustion_words(scenario, gate); !words.empty())
      lines += "      " + words + "\n";
    lines += findings_lines(scenario, gate, {std::string(6, ' '), kLongestFile, style.color});
  }
  return lines;
}

// Figures are for who reads on; a quiet run shows only what was not answered as expected.
std::string load_lines(const analysis::LoadReport& load, const ConsoleStyle& style) {
  const std::string indentation(4, ' ');
  const std::string failures = failure_line(load, indentation);
  if (style.only_problems) return failures;
  return time_lines(load, indentation) + failures + request_lines(load, indentation + "  ");
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

}  // namespace

std::string render_console(const ScenarioReport& scenario, const ConsoleStyle& style) {
  const bool is_good = scenario.outcome == Outcome::kPass || scenario.outcome == Outcome::kSkipped;
  if (style.only_problems && is_good) return {};
  const Pen pen(style.color);
  std::string text = fmt::format(
      "  {} {}  {}\n", pen(ink_of(scenario.outcome), mark_of(scenario.outcome)),
      pen(Ink::kStrong, printable_line(scenario.name)),
      pen(Ink::kFaint, scenario.outcome == Outcome::kSkipped
                           ? "skipped: " + printable_line(scenario.message)
                           : fmt::format("{}, {} iterations in {}", outcome_words(scenario),
                                         scenario.iterations, format_duration(scenario.duration))));
  if (scenario.outcome == Outcome::kSkipped) return text;
  // When nothing was measured the message says all there is to say.
  const bool has_run = scenario.outcome != Outcome::kInvalid || scenario.iterations > 0;
  if (has_run) text += gate_lines(scenario, style) + load_lines(scenario.load, style);
  for (const analysis::AuditCheck& check : scenario.audit)
    if (has_run && !check.ok)
      text += fmt::format("    {} {}: {}\n", pen(Ink::kDoubtful, "!"), check.check,
                          printable_line(check.detail, 400));
  if (!is_good) {
    if (!scenario.message.empty()) text += indented(printable(scenario.message), "      ");
    text += fmt::format(
        "      {}\n", pen(Ink::kFaint, "again: " + printable_line(scenario.repeat_command, 1000)));
  }
  return text;
}

std::string render_console_summary(const RunReport& report, const ConsoleStyle& style) {
  const Pen pen(style.color);
  const std::string_view verdict =
      report.interrupted ? "interrupted" : outcome_name(report.outcome);
  const std::string sweeps = style.only_problems ? std::string() : sweep_lines(report, "  ");
  return sweeps + fmt::format("{}  {} in {}\n", pen(ink_of(report.outcome), verdict),
                              summary_words(report), format_duration(report.duration));
}

}  // namespace tidemark::reporters
