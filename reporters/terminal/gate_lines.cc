#include "reporters/terminal/gate_lines.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/base/text.h"
#include "reporters/words/words.h"

namespace tidemark::reporters {

using analysis::GateReport;
using analysis::Outcome;

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

GateColumns columns_of(const std::vector<GateReport>& gates) {
  GateColumns widths;
  for (const GateReport& gate : gates) {
    widths.id = std::max(widths.id, columns(printable_line(gate.id)));
    widths.measured = std::max(widths.measured, columns(measured_words(gate)));
  }
  return widths;
}

std::string gate_line(const GateReport& gate, const GateColumns& widths, const Pen& pen) {
  const std::string limit = limit_words(gate);
  const std::string margin = margin_words(gate);
  return fmt::format(
      "{} {}  {}  {}{}{}", pen(ink_of(gate.outcome), mark_of(gate.outcome)),
      padded(printable_line(gate.id), widths.id), padded(measured_words(gate), widths.measured),
      limit.empty() ? "" : "limit " + limit,
      limit.empty() || margin.empty() ? "" : fmt::format(" ({})", margin),
      gate.classification ? fmt::format("  {}", shape_name(*gate.classification)) : std::string());
}

std::string reason_line(const GateReport& gate, const std::string& indentation, const Pen& pen) {
  if (gate.reason.empty()) return {};
  return indentation + pen(Ink::kFaint, printable_line(gate.reason, 1000)) + "\n";
}

std::string repeat_line(const std::string& command, const std::string& indentation,
                        const Pen& pen) {
  return indentation + pen(Ink::kFaint, "again: " + printable_line(command, 1000)) + "\n";
}

}  // namespace tidemark::reporters
