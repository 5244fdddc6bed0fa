#pragma once

// Outcomes and gates as plain text for a terminal. Pure; nothing in it is a control character but
// what colors it.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "harness/analysis/report.h"
#include "reporters/terminal/pen.h"

namespace tidemark::reporters {

Ink ink_of(analysis::Outcome outcome);
std::string_view mark_of(analysis::Outcome outcome);

// How wide the columns of gates are that stand below each other.
struct GateColumns {
  std::size_t id = 0;
  std::size_t measured = 0;
};
GateColumns columns_of(const std::vector<analysis::GateReport>& gates);

// Mark, name, measured value, limit, margin and shape, without an end.
std::string gate_line(const analysis::GateReport& gate, const GateColumns& widths, const Pen& pen);

// Its reason, or nothing where it has none.
std::string reason_line(const analysis::GateReport& gate, const std::string& indentation,
                        const Pen& pen);

// The command that measures it again.
std::string repeat_line(const std::string& command, const std::string& indentation, const Pen& pen);

}  // namespace tidemark::reporters
