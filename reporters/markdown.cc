#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>
#include <vector>

#include "harness/base/text.h"
#include "reporters/reporters.h"
#include "reporters/words/finding_words.h"
#include "reporters/words/sweep_words.h"
#include "reporters/words/words.h"

namespace tidemark::reporters {
namespace {

using analysis::GateReport;
using analysis::Outcome;
using analysis::RunReport;
using analysis::ScenarioReport;
using analysis::SweepReport;

// GitHub takes 1 MiB; a merge request's comment rather less, and nobody reads more.
constexpr std::size_t kLongest = 60 * 1024;
constexpr std::size_t kMostFolded = 10;    // findings of a gate, beside the first
constexpr std::size_t kLongestFile = 120;  // of a finding

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '+' || c == '-';
}

// Whether ":tada:" begins here; ":30:" is a part of a time.
bool is_emoji(std::string_view text) {
  std::size_t end = 1;
  while (end < text.size() && is_word(text[end])) ++end;
  if (text.front() != ':' || end == 1 || end == text.size() || text[end] != ':') return false;
  const bool is_time = end == 3 && std::isdigit(static_cast<unsigned char>(text[1])) != 0 &&
                       std::isdigit(static_cast<unsigned char>(text[2])) != 0;
  return !is_time;
}

// No character of the text can begin markup, a link (GitHub makes one of bare addresses too), a
// mention or another reference, a formula, an emoji or a table cell. Formulas and emoji are looked
// for in what was rendered already, where an escape is gone.
std::string escaped(std::string_view text) {
  std::string result;
  const std::string line = printable_line(text, 600);
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool is_milestone =
        c == '%' && i + 1 < line.size() && (is_word(line[i + 1]) || line[i + 1] == '"');
    const bool is_address = (c == ':' && line.substr(i + 1, 2) == "//") ||
                            (c == '.' && i >= 3 && line.substr(i - 3, 3) == "www");
    if (is_address)
      result += {'\\', c};
    else if (c == '<')
      result += "&lt;";
    else if (c == '&')
      result += "&amp;";
    else if (c == '$')
      result += "<span>$</span>";
    else if (is_emoji(std::string_view(line).substr(i)))
      result += ":&#8203;";
    else if (is_milestone || std::string_view("\\`*_{}[]>#!|~@").find(c) != std::string_view::npos)
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

// Markdown that is folded at first. The blank lines are what makes it Markdown again; the summary
// is HTML, and no place for words of others.
std::string folded(const std::string& summary, const std::string& content) {
  return "\n<details><summary>" + summary + "</summary>\n\n" + content + "\n</details>\n";
}

// Whether tracing looked into what this gate is about; of several requests it looks into one.
bool is_traced_peak(const ScenarioReport& scenario, const GateReport& gate) {
  return gate.gate == plan::Gate::kPeakMemory && scenario.peak_findings &&
         scenario.peak_findings->request == gate.request;
}

std::vector<analysis::Finding> findings_below(const ScenarioReport& scenario,
                                              const GateReport& gate) {
  if (gate.gate == plan::Gate::kGrowth)
    return findings_of(scenario, analysis::Finding::Kind::kGrowth);
  if (is_traced_peak(scenario, gate)) return findings_of(scenario, analysis::Finding::Kind::kPeak);
  return {};
}

// The line that keeps most of the memory, or held it at the peak, and how much they explain.
std::string first_finding(const ScenarioReport& scenario, const GateReport& gate) {
  const auto findings = findings_below(scenario, gate);
  std::string items;
  if (is_traced_peak(scenario, gate))
    items += "  - " + escaped(peak_words(*scenario.peak_findings)) + "\n";
  if (!findings.empty()) items += finding_item(findings.front());
  if (gate.gate != plan::Gate::kGrowth || !scenario.growth_diagnosis) return items;
  const std::string words = explained_words(*scenario.growth_diagnosis, findings.size());
  return words.empty() ? items : items + "  - " + escaped(words) + "\n";
}

// All others.
std::string other_findings(const ScenarioReport& scenario, const GateReport& gate) {
  const auto findings = findings_below(scenario, gate);
  if (findings.size() < 2) return {};
  std::string items;
  for (std::size_t i = 1; i < std::min(findings.size(), kMostFolded + 1); ++i)
    items += finding_item(findings[i]);
  if (findings.size() > kMostFolded + 1)
    items += fmt::format("  - and {} more, see report.html\n", findings.size() - kMostFolded - 1);
  return folded(fmt::format("{} more {}", findings.size() - 1,
                            gate.gate == plan::Gate::kGrowth ? "that keep memory"
                                                             : "that held memory at the peak"),
                items);
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
  std::string others;
  for (const GateReport& gate : scenario.gates) {
    if (gate.outcome == Outcome::kPass) continue;
    text += fmt::format("- {} {}: {}{}\n", mark_of(gate.outcome), escaped(gate.id),
                        escaped(gate.reason), exhaustion_clause(scenario, gate)) +
            first_finding(scenario, gate);
    others += other_findings(scenario, gate);
  }
  return text + again_item(scenario.repeat_command) + others;
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

std::string load_section(const RunReport& report) {
  std::string lines;
  for (const ScenarioReport& scenario : report.scenarios)
    if (scenario.load.counts.started > 0) lines += load_line(scenario);
  return lines.empty() ? lines : folded("Load", lines);
}

// The first column is words, and so is the last.
std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::string text;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (const std::string& cell : rows[i]) text += "| " + escaped(cell) + " ";
    text += "|\n";
    if (i > 0) continue;
    for (std::size_t j = 0; j < rows[i].size(); ++j)
      text += j == 0 || j + 1 == rows[i].size() ? "| --- " : "| ---: ";
    text += "|\n";
  }
  return text;
}

std::string runs_section(const RunReport& report) {
  const auto rows = run_rows(report);
  return rows.empty() ? std::string() : table(rows) + "\n";
}

std::string sweep_section(const SweepReport& sweep) {
  SweepTable points = sweep_table(sweep);
  std::string text = "\n**" + escaped(sweep_title(sweep)) + "**\n";
  const auto sentences = scaling_sentences(sweep);
  if (!sentences.empty()) text += "\n";
  for (const std::string& sentence : sentences) text += "- " + escaped(sentence) + "\n";
  const std::string summary =
      fmt::format("{} point{}", points.rows.size(), points.rows.size() == 1 ? "" : "s");
  points.rows.insert(points.rows.begin(), std::move(points.head));
  return text + folded(summary, table(points.rows));
}

}  // namespace

std::string render_markdown(const RunReport& report) {
  std::string text =
      fmt::format("## {} Tidemark: {}: {}\n\n{}\n\n", mark_of(report.outcome), escaped(report.name),
                  escaped(verdict_words(report)), escaped(summary_words(report)));
  if (const std::string words = not_run_words(report); !words.empty())
    text += escaped(words) + "\n\n";
  if (!append(text, runs_section(report))) return text;
  text += "| scenario | gate | measured | limit | outcome |\n| --- | --- | --- | --- | --- |\n";
  for (const ScenarioReport& scenario : report.scenarios)
    if (!append(text, table_rows(scenario))) return text;
  for (const SweepReport& sweep : report.sweeps)
    if (!append(text, table_rows(sweep))) return text;
  for (const ScenarioReport& scenario : report.scenarios)
    if (scenario.outcome != Outcome::kPass && scenario.outcome != Outcome::kSkipped)
      if (!append(text, problem(scenario))) return text;
  for (const SweepReport& sweep : report.sweeps)
    if (!sweep.gates.empty() && sweep.outcome != Outcome::kPass)
      if (!append(text, problem(sweep, report))) return text;
  for (const SweepReport& sweep : report.sweeps)
    if (!append(text, sweep_section(sweep))) return text;
  append(text, load_section(report));
  return text;
}

}  // namespace tidemark::reporters
