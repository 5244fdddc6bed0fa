#pragma once

// Sweeps as plain text for a terminal. Pure; nothing in it is a control character.

#include <string>

#include "harness/analysis/report.h"

namespace tidemark::reporters {

// A table for each sweep; empty without one.
std::string sweep_lines(const analysis::RunReport& report, const std::string& indentation);

}  // namespace tidemark::reporters
