#include "reporters/sweep_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "harness/base/text.h"
#include "reporters/gate_lines.h"
#include "reporters/pen.h"
#include "reporters/sweep_words.h"
#include "reporters/words.h"

namespace tidemark::reporters {
namespace {

using analysis::Outcome;
using analysis::SweepReport;

constexpr std::size_t kLongestCell = 60;  // bytes
constexpr std::string_view kIndentation = "    ";

// "  ✗ export over users  fail"; of a sweep that is not judged only what it is.
std::string title_line(const SweepReport& sweep, const Pen& pen) {
  const std::string title = printable_line(sweep_title(sweep), 200);
  if (sweep.gates.empty()) return "  " + title + "\n";
  return fmt::format("  {} {}  {}\n", pen(ink_of(sweep.outcome), mark_of(sweep.outcome)),
                     pen(Ink::kStrong, title), pen(Ink::kFaint, outcome_words(sweep)));
}

std::string table_lines(const SweepReport& sweep) {
  const SweepTable table = sweep_table(sweep);
  std::vector<std::vector<std::string>> rows = {table.head};
  rows.insert(rows.end(), table.rows.begin(), table.rows.end());
  std::vector<std::size_t> widths(table.head.size());
  for (auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = printable_line(row[i], kLongestCell);
      widths[i] = std::max(widths[i], columns(row[i]));
    }
  std::string lines;
  for (const auto& row : rows) {
    lines += std::string(kIndentation) + padded(row.front(), widths.front());
    for (std::size_t i = 1; i + 1 < row.size(); ++i)
      lines += "  " + right_aligned(row[i], widths[i]);
    lines += "  " + row.back() + "\n";
  }
  return lines;
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

std::string sweep_lines(const analysis::RunReport& report, const ConsoleStyle& style) {
  const Pen pen(style.color);
  std::string lines;
  for (const SweepReport& sweep : report.sweeps) {
    const bool is_good = sweep.gates.empty() || sweep.outcome == Outcome::kPass;
    if (is_good && style.only_problems) continue;
    lines += title_line(sweep, pen);
    if (!style.only_problems) lines += table_lines(sweep) + sentence_lines(sweep);
    lines += gates_lines(sweep, style);
    const std::string command = repeat_command(sweep, report);
    if (!is_good && !command.empty()) lines += repeat_line(command, std::string(6, ' '), pen);
  }
  return lines;
}

}  // namespace tidemark::reporters
