#include "reporters/terminal/gate_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/base/text.h"
#include "reporters/terminal/gate_lines.h"
#include "reporters/terminal/pen.h"
#include "reporters/words/words.h"

namespace tidemark::reporters {
namespace {

using analysis::GateReport;
using analysis::Outcome;
using analysis::RunReport;
using analysis::ScenarioReport;

constexpr std::size_t kLongestCell = 44;  // columns
constexpr std::size_t kColumns = 6;
constexpr std::array<std::string_view, kColumns> kHead = {"scenario", "gate",   "measured",
                                                          "limit",    "margin", "outcome"};

struct Row {
  Outcome outcome = Outcome::kPass;  // of the gate; for its mark
  bool is_good = true;               // nobody need look at it
  std::array<std::string, kColumns> cells;
  std::string value = {};  // what was measured, without its interval
};

using Widths = std::array<std::size_t, kColumns>;

// 0: the column is empty.
Widths widths_of(const std::vector<Row>& rows) {
  Widths widths{};
  for (const Row& row : rows)
    for (std::size_t i = 0; i < kColumns; ++i)
      widths[i] = std::max(widths[i], columns(row.cells[i]));
  for (std::size_t i = 0; i < kColumns; ++i)
    if (widths[i] > 0) widths[i] = std::max(widths[i], kHead[i].size());
  return widths;
}

// Where the table is wider than that, first the intervals go, then the ends of names.
Widths fitted_widths(std::vector<Row>& rows, std::size_t most) {
  constexpr std::size_t kLeastName = 16;
  const auto total = [](const Widths& widths) {
    std::size_t sum = 4;
    for (const std::size_t width : widths) sum += width > 0 ? width + 2 : 0;
    return sum - 2;
  };
  Widths widths = widths_of(rows);
  if (most == 0 || total(widths) <= most) return widths;
  for (Row& row : rows)
    if (!row.value.empty()) row.cells[2] = row.value;
  widths = widths_of(rows);
  if (total(widths) <= most) return widths;
  const std::size_t over = total(widths) - most;
  const std::size_t name = std::max(widths[0] - std::min(widths[0], over), kLeastName);
  for (Row& row : rows) row.cells[0] = printable_line(row.cells[0], name);
  return widths_of(rows);
}

// How near to its limit, or how far beyond; those without one are nearest to nothing. Less than
// nothing is noise, and as good as nothing: then the first of growth, peaks and others stands for
// all, the same in each run.
std::pair<double, int> nearness(const GateReport& gate) {
  const int rank = gate.gate == plan::Gate::kGrowth ? 2 : gate.gate == plan::Gate::kPeakMemory;
  if (!gate.measured || !gate.limit) return {-1, rank};
  const double value = std::max(0.0, gate.measured->value.value);
  if (gate.limit->value <= 0) return {value > 0 ? 2 : 0, rank};
  return {value / gate.limit->value, rank};
}

Row row_of(const ScenarioReport& scenario, const GateReport& gate, std::size_t others) {
  const bool is_good = !is_problem(scenario, gate);
  std::string outcome(outcome_name(gate.outcome));
  if (is_expected(scenario, gate)) outcome += ", as expected";
  if (gate.classification && gate.outcome != Outcome::kPass)
    outcome += fmt::format(" ({})", shape_name(*gate.classification));
  if (others > 0) outcome += fmt::format(", and {} more", others);
  return {gate.outcome,
          is_good,
          {scenario.name, gate.id, measured_words(gate), limit_words(gate), margin_words(gate),
           std::move(outcome)},
          value_words(gate)};
}

Row row_without_gate(const ScenarioReport& scenario) {
  return {scenario.outcome,
          scenario.outcome == Outcome::kPass || scenario.outcome == Outcome::kSkipped,
          {scenario.name, "", "", "", "", outcome_words(scenario)}};
}

void add_rows(std::vector<Row>& rows, const ScenarioReport& scenario, bool is_only_one) {
  const bool is_in_sweep = scenario.sweep && scenario.gates.empty();
  if (scenario.gates.empty() && (!is_in_sweep || scenario.outcome != Outcome::kPass))
    rows.push_back(row_without_gate(scenario));
  const auto passed = [](const GateReport& gate) { return gate.outcome == Outcome::kPass; };
  const bool all_passed = std::all_of(scenario.gates.begin(), scenario.gates.end(), passed);
  if (all_passed && !is_only_one && !scenario.gates.empty()) {
    const auto nearest = std::max_element(
        scenario.gates.begin(), scenario.gates.end(),
        [](const GateReport& a, const GateReport& b) { return nearness(a) < nearness(b); });
    rows.push_back(row_of(scenario, *nearest, scenario.gates.size() - 1));
    return;
  }
  for (const GateReport& gate : scenario.gates)
    if (is_only_one || !passed(gate)) rows.push_back(row_of(scenario, gate, 0));
}

std::string line_of(const Row& row, const Widths& widths, const Pen& pen) {
  std::string line = "  " + pen(ink_of(row.outcome), mark_of(row.outcome));
  for (std::size_t i = 0; i + 1 < kColumns; ++i)
    if (widths[i] > 0) line += (i == 0 ? " " : "  ") + padded(row.cells[i], widths[i]);
  return line + "  " + pen(row.is_good ? Ink::kPlain : ink_of(row.outcome), row.cells.back()) +
         "\n";
}

}  // namespace

std::string gate_table(const RunReport& report, const ConsoleStyle& style, std::size_t most_rows) {
  std::vector<Row> rows;
  for (const ScenarioReport& scenario : report.scenarios)
    add_rows(rows, scenario, report.scenarios.size() == 1);
  if (rows.empty()) return {};
  std::size_t left_out = 0;
  if (rows.size() > most_rows)
    left_out = std::min<std::size_t>(
        rows.size() - most_rows,
        static_cast<std::size_t>(
            std::count_if(rows.begin(), rows.end(), [](const Row& row) { return row.is_good; })));
  std::size_t to_leave = left_out;
  std::erase_if(rows, [&](const Row& row) {
    if (to_leave == 0 || !row.is_good) return false;
    --to_leave;
    return true;
  });
  for (Row& row : rows)
    for (std::string& cell : row.cells) cell = printable_line(cell, kLongestCell);
  const Widths widths = fitted_widths(rows, style.width);
  const Pen pen(style.color);
  std::string head = "   ";
  for (std::size_t i = 0; i + 1 < kColumns; ++i)
    if (widths[i] > 0) head += (head.size() == 3 ? " " : "  ") + padded(kHead[i], widths[i]);
  std::string text = pen(Ink::kFaint, head + "  " + std::string(kHead.back())) + "\n";
  for (const Row& row : rows) text += line_of(row, widths, pen);
  if (left_out > 0)
    text +=
        pen(Ink::kFaint, fmt::format("    … and {} more that are as they should be", left_out)) +
        "\n";
  return text;
}

}  // namespace tidemark::reporters
