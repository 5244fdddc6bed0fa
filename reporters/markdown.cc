#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "harness/base/text.h"
#include "reporters/finding_words.h"
#include "reporters/reporters.h"
#include "reporters/sweep_words.h"
#include "reporters/words.h"

namespace tidemark::reporters {
namespace {

using analysis::GateReport;
using analysis::Outcome;
using analysis::RunReport;
using analysis::ScenarioReport;
using analysis::SweepReport;

// GitHub takes 1 MiB; a merge request's comment rather less, and nobody reads more.
constexpr std::size_t kLongest = 60 * 1024;
constexpr std::size_t kMostFindings = 3;   // of a gate
constexpr std::size_t kLongestFile = 120;  // of a finding

// No character of the text can begin markup, a link (GitHub makes one of bare addresses too), a
// mention or a table cell.
std::string escaped(std::string_view text) {
  std::string result;
  const std::string line = printable_line(text, 600);
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool is_address = (c == ':' && line.substr(i + 1, 2) == "//") ||
                            (c == '.' && i >= 3 && line.substr(i - 3, 3) == "www");
    if (is_address)
      result += {'\\', c};
    else if (c == '<')
      result += "&lt;";
    else if (c == '&')
      result += "&amp;";
    else if (std::string_view("\\`*_{}[]>#!|~@").find(c) != std::string_view::npos)
      result += {'\\', c};
    else
      result += c;
  }
  return result;
}

// Inside a code span or block nothing but its own end means anything.
std::string without_backticks(std::string text) {
  std::replace(text.begin(), text.end(), '`', '\'');
  return text;
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

std::string gate_row(const std::string& name, const GateReport& gate, bool is_expected) {
  std::string limit = limit_words(gate);
  if (const std::string margin = margin_words(gate); !limit.empty() && !margin.empty())
    limit += " (" + margin + ")";
  return fmt::format("| {} {} | {} | {} | {} | {}{} |\n", mark_of(gate.outcome), escaped(name),
                     escaped(gate.id), escaped(measured_words(gate)), escaped(limit),
                     outcome_name(gate.outcome), is_expected ? ", as expected" : "");
}

std::string table_rows(const ScenarioReport& scenario) {
  if (scenario.outcome == Outcome::kSkipped)
    return fmt::format("| {} {} |  |  |  | skipped: {} |\n", mark_of(scenario.outcome),
                       escaped(scenario.name), escaped(scenario.message));
  std::string rows;
  for (const GateReport& gate : scenario.gates)
    rows += gate_row(scenario.name, gate, is_expected(scenario, gate));
  return rows;
}

std::string table_rows(const SweepReport& sweep) {
  std::string rows;
  for (const GateReport& gate : sweep.gates)
    rows += gate_row(sweep_title(sweep), gate, is_expected(sweep, gate));
  return rows;
}

// Adds a piece whole or, where the text would grow too long, a remark instead; then it returns
// false.
bool append(std::string& text, const std::string& piece) {
  const bool fits = text.size() + piece.size() <= kLongest;
  text += fits ? piece : "\n… more in report.html\n";
  return fits;
}

std::string exhaustion_clause(const ScenarioReport& scenario, const GateReport& gate) {
  const std::string words = exhaustion_words(scenario, gate);
  return words.empty() ? words : "; " + escaped(words);
}

// Each line of it but the last ends in a break that Markdown keeps.
std::string finding_item(const analysis::Finding& finding) {
  std::string item =
      fmt::format("  - {} {}: {}", finding_label(finding),
                  escaped(place_words(finding.file, finding.line, finding.function, kLongestFile)),
                  escaped(amount_words(finding)));
  if (!finding.type.empty()) item += ", " + escaped(finding.type);
  const auto add = [&](const std::string& line) { item += "\\\n    " + line; };
  if (!finding.source.empty())
    add(fmt::format("`{}`", without_backticks(printable_line(finding.source, 160))));
  if (const std::string kept = retained_words(finding.retained_by); !kept.empty())
    add("kept by " + escaped(printable_line(kept, 300)));
  for (const std::string& remark : remark_words(finding)) add(escaped(remark));
  add(escaped("fingerprint " + finding.fingerprint));
  return item + "\n";
}

// The first lines that keep the memory, or held it at the peak.
std::string finding_items(const ScenarioReport& scenario, const GateReport& gate) {
  const bool is_growth = gate.gate == plan::Gate::kGrowth;
  if (!is_growth && gate.gate != plan::Gate::kPeakMemory) return {};
  if (!is_growth && scenario.peak_findings && scenario.peak_findings->request != gate.request)
    return {};
  const auto findings = findings_of(
      scenario, is_growth ? analysis::Finding::Kind::kGrowth : analysis::Finding::Kind::kPeak);
  std::string items;
  if (!is_growth && scenario.peak_findings)
    items += "  - " + escaped(peak_words(*scenario.peak_findings)) + "\n";
  for (std::size_t i = 0; i < std::min(findings.size(), kMostFindings); ++i)
    items += finding_item(findings[i]);
  if (findings.size() > kMostFindings)
    items += fmt::format("  - and {} more, see report.html\n", findings.size() - kMostFindings);
  if (!is_growth || !scenario.growth_diagnosis) return items;
  const std::string words = explained_words(*scenario.growth_diagnosis, findings.size());
  return words.empty() ? items : items + "  - " + escaped(words) + "\n";
}

std::string again_item(const std::string& command) {
  return fmt::format("- again: `{}`\n", without_backticks(printable_line(command, 400)));
}

std::string problem(const ScenarioReport& scenario) {
  std::string text =
      fmt::format("\n**{}**: {}\n\n", escaped(scenario.name), escaped(outcome_words(scenario)));
  if (!scenario.message.empty())
    text += fmt::format("```text\n{}\n```\n\n",
                        without_backticks(printable(scenario.message.substr(0, 4000))));
  for (const GateReport& gate : scenario.gates)
    if (gate.outcome != Outcome::kPass)
      text += fmt::format("- {} {}: {}{}\n", mark_of(gate.outcome), escaped(gate.id),
                          escaped(gate.reason), exhaustion_clause(scenario, gate)) +
              finding_items(scenario, gate);
  return text + again_item(scenario.repeat_command);
}

std::string problem(const SweepReport& sweep, const RunReport& report) {
  std::string text =
      fmt::format("\n**{}**: {}\n\n", escaped(sweep_title(sweep)), escaped(outcome_words(sweep)));
  for (const GateReport& gate : sweep.gates)
    if (gate.outcome != Outcome::kPass)
      text += fmt::format("- {} {}: {}\n", mark_of(gate.outcome), escaped(gate.id),
                          escaped(gate.reason));
  const std::string command = repeat_command(sweep, report);
  return command.empty() ? text : text + again_item(command);
}

std::string load_line(const ScenarioReport& scenario) {
  const analysis::LoadReport& load = scenario.load;
  std::string line =
      fmt::format("- {}{}: {} requests, {} not as expected", escaped(scenario.name),
                  load.words.empty() ? "" : " (" + escaped(load.words) + ")",
                  format_count(load.counts.started), format_count(load.not_as_expected()));
  if (const auto& times = load.response_time)
    line +=
        fmt::format("; {}, p50 {}, p95 {}, p99 {}, max {}", format_rate(load.throughput_per_second),
                    format_duration(times->p50), format_duration(times->p95),
                    format_duration(times->p99), format_duration(times->max));
  return line + "\n";
}

std::string load_lines(const RunReport& report) {
  std::string lines;
  for (const ScenarioReport& scenario : report.scenarios)
    if (scenario.load.counts.started > 0) lines += load_line(scenario);
  return lines.empty() ? lines : "\n**Load**\n\n" + lines;
}

std::string sweep_section(const SweepReport& sweep) {
  const SweepTable table = sweep_table(sweep);
  std::string text = "\n**" + escaped(sweep_title(sweep)) + "**\n\n";
  const auto add = [&](const std::vector<std::string>& cells) {
    for (const std::string& cell : cells) text += "| " + escaped(cell) + " ";
    text += "|\n";
  };
  add(table.head);
  for (std::size_t i = 0; i < table.head.size(); ++i)
    text += i == 0 || i + 1 == table.head.size() ? "| --- " : "| ---: ";
  text += "|\n";
  for (const auto& row : table.rows) add(row);
  const auto sentences = scaling_sentences(sweep);
  if (!sentences.empty()) text += "\n";
  for (const std::string& sentence : sentences) text += "- " + escaped(sentence) + "\n";
  return text;
}

}  // namespace

std::string render_markdown(const RunReport& report) {
  std::string text = fmt::format("## {} Tidemark: {}\n\n{}\n\n", mark_of(report.outcome),
                                 escaped(report.name), escaped(summary_words(report)));
  text += "| scenario | gate | measured | limit | outcome |\n| --- | --- | --- | --- | --- |\n";
  for (const ScenarioReport& scenario : report.scenarios)
    if (!append(text, table_rows(scenario))) return text;
  for (const SweepReport& sweep : report.sweeps)
    if (!append(text, table_rows(sweep))) return text;
  for (const SweepReport& sweep : report.sweeps)
    if (!append(text, sweep_section(sweep))) return text;
  for (const ScenarioReport& scenario : report.scenarios)
    if (scenario.outcome != Outcome::kPass && scenario.outcome != Outcome::kSkipped)
      if (!append(text, problem(scenario))) return text;
  for (const SweepReport& sweep : report.sweeps)
    if (!sweep.gates.empty() && sweep.outcome != Outcome::kPass)
      if (!append(text, problem(sweep, report))) return text;
  append(text, load_lines(report));
  return text;
}

}  // namespace tidemark::reporters
