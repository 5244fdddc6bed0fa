#pragma once

// Findings as lines of plain text, for a terminal and for JUnit. Pure; the target's text is made
// printable.

#include <cstddef>
#include <string>

#include "harness/analysis/report.h"
#include "reporters/terminal/pen.h"

namespace tidemark::reporters {

struct FindingsStyle {
  std::string indentation;
  std::size_t longest_file = 300;  // columns; a longer path loses its first folders
  bool color = false;
};

// What belongs under a gate: growth's or peak memory's findings with their code and what keeps
// them, or why there are none. Under a gate that passed only those that it accepts, each with its
// reason. Empty for other gates.
std::string findings_lines(const analysis::ScenarioReport& scenario,
                           const analysis::GateReport& gate, const FindingsStyle& style);

}  // namespace tidemark::reporters
