#include <fmt/format.h>

#include <string_view>

#include "harness/base/text.h"
#include "reporters/reporters.h"
#include "reporters/words.h"

namespace tidemark::reporters {
namespace {

using analysis::GateReport;
using analysis::Outcome;
using analysis::RunReport;
using analysis::ScenarioReport;

// GitHub takes 1 MiB; a merge request's comment rather less, and nobody reads more.
constexpr std::size_t kLongest = 60 * 1024;

// No character of the text can begin markup, a link, a mention or a table cell.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : printable_line(text, 600)) {
    if (std::string_view("\\`*_{}[]<>#!|~&@").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

std::string_view mark_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPass:
      return "✅";
    case Outcome::kFail:
      return "❌";
    case Outcome::kInvalid:
      return "⛔";
    case Outcome::kInconclusive:
      return "❔";
    case Outcome::kSkipped:
      return "⏭️";
  }
  return "";
}

std::string gate_row(const ScenarioReport& scenario, const GateReport& gate) {
  return fmt::format("| {} {} | {} | {} | {} | {}{} |\n", mark_of(gate.outcome),
                     escaped(scenario.name), escaped(gate.id), escaped(measured_words(gate)),
                     escaped(limit_words(gate)), outcome_name(gate.outcome),
                     is_expected(scenario, gate) ? ", as expected" : "");
}

std::string problem(const ScenarioReport& scenario) {
  std::string text =
      fmt::format("\n**{}**: {}\n\n", escaped(scenario.name), escaped(outcome_words(scenario)));
  if (!scenario.message.empty()) {
    text += "```text\n";
    for (const char c : printable(scenario.message).substr(0, 4000)) text += c == '`' ? '\'' : c;
    text += "\n```\n\n";
  }
  for (const GateReport& gate : scenario.gates)
    if (gate.outcome != Outcome::kPass)
      text += fmt::format("- {} {}: {}\n", mark_of(gate.outcome), escaped(gate.id),
                          escaped(gate.reason));
  return text + fmt::format("- again: `{}`\n", printable_line(scenario.repeat_command, 400));
}

}  // namespace

std::string render_markdown(const RunReport& report) {
  std::string text = fmt::format("## {} Tidemark: {}\n\n{}\n\n", mark_of(report.outcome),
                                 escaped(report.name), escaped(summary_words(report)));
  text += "| scenario | gate | measured | limit | outcome |\n| --- | --- | --- | --- | --- |\n";
  for (const ScenarioReport& scenario : report.scenarios) {
    if (scenario.outcome == Outcome::kSkipped)
      text += fmt::format("| {} {} |  |  |  | skipped: {} |\n", mark_of(scenario.outcome),
                          escaped(scenario.name), escaped(scenario.message));
    for (const GateReport& gate : scenario.gates) text += gate_row(scenario, gate);
  }
  for (const ScenarioReport& scenario : report.scenarios) {
    if (scenario.outcome == Outcome::kPass || scenario.outcome == Outcome::kSkipped) continue;
    const std::string section = problem(scenario);
    if (text.size() + section.size() > kLongest) {
      text += "\n… more in report.html\n";
      break;
    }
    text += section;
  }
  return text;
}

}  // namespace tidemark::reporters
