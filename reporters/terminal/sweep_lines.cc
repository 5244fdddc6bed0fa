#include "reporters/terminal/sweep_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "harness/base/text.h"
#include "reporters/terminal/gate_lines.h"
#include "reporters/terminal/pen.h"
#include "reporters/words/sweep_words.h"
#include "reporters/words/words.h"

namespace tidemark::reporters {
namespace {

using analysis::Outcome;
using analysis::SweepReport;

constexpr std::size_t kLongestCell = 60;  // bytes
constexpr std::string_view kIndentation = "    ";

// "  ✗ export over users  fail"; of a sweep that is not judged only what it is.
std::string title_line(const SweepReport& sweep, const std::string& more, const Pen& pen) {
  const std::string title = printable_line(sweep_title(sweep), 200);
  if (sweep.gates.empty()) return fmt::format("  {}{}\n", title, pen(Ink::kFaint, more));
  return fmt::format("  {} {}  {}\n", pen(ink_of(sweep.outcome), mark_of(sweep.outcome)),
                     pen(Ink::kStrong, title), pen(Ink::kFaint, outcome_words(sweep) + more));
}

// ": 5 points, peak memory O(n), duration O(1)".
std::string folded_words(const SweepReport& sweep) {
  std::string words =
      fmt::format(": {} point{}", sweep.rows.size(), sweep.rows.size() == 1 ? "" : "s");
  for (const analysis::ScalingReport& scaling : sweep.scaling)
    if (scaling.complexity)
      words += fmt::format(", {} {}", quantity_words(scaling.quantity),
                           complexity_name(*scaling.complexity));
  return words;
}

std::string table_lines(const SweepReport& sweep) {
  const SweepTable table = sweep_table(sweep);
  std::vector<std::vector<std::string>> rows = {table.head};
  rows.insert(rows.end(), table.rows.begin(), table.rows.end());
  for (auto& row : rows)
    for (std::string& cell : row) cell = printable_line(cell, kLongestCell);
  return aligned(rows, kIndentation);
}

std::string sentence_lines(const SweepReport& sweep) {
  std::string lines;
  for (const std::string& sentence : scaling_sentences(sweep))
    lines += std::string(kIndentation) + printable_line(sentence, 1000) + "\n";
  return lines;
}

// Gates of one quantity give the same reason, and a failed one's stands among the sentences.
std::string gates_lines(const SweepReport& sweep, const ConsoleStyle& style) {
  const Pen pen(style.color);
  const GateColumns widths = columns_of(sweep.gates);
  std::string lines;
  std::string said;
  for (const analysis::GateReport& gate : sweep.gates) {
    if (gate.outcome == Outcome::kPass && style.only_problems) continue;
    lines += std::string(kIndentation) + gate_line(gate, widths, pen) + "\n";
    const bool is_open = gate.outcome != Outcome::kPass && gate.outcome != Outcome::kFail;
    const bool says_why = is_open || (gate.outcome == Outcome::kFail && style.only_problems);
    if (!says_why || gate.reason == said) continue;
    said = gate.reason;
    lines += reason_line(gate, std::string(6, ' '), pen);
  }
  return lines;
}

}  // namespace

std::string sweep_lines(const analysis::RunReport& report, const ConsoleStyle& style,
                        SweepFolds folds) {
  const Pen pen(style.color);
  std::string lines;
  for (const SweepReport& sweep : report.sweeps) {
    const bool is_good = sweep.gates.empty() || sweep.outcome == Outcome::kPass;
    if (is_good && style.only_problems) continue;
    if (is_good && folds == SweepFolds::kGood) {
      lines += title_line(sweep, folded_words(sweep), pen);
      continue;
    }
    lines += title_line(sweep, "", pen);
    if (!style.only_problems) lines += table_lines(sweep) + sentence_lines(sweep);
    lines += gates_lines(sweep, style);
    const std::string command = repeat_command(sweep, report);
    if (!is_good && !command.empty()) lines += repeat_line(command, std::string(6, ' '), pen);
  }
  return lines;
}

}  // namespace tidemark::reporters
