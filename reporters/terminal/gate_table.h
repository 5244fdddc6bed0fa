#pragma once

// All gates of a run as a table of plain text. Pure; names are made printable.

#include <cstddef>
#include <cstdint>
#include <string>

#include "harness/analysis/report.h"
#include "reporters/reporters.h"

namespace tidemark::reporters {

// Scenario, gate, measured value, limit, margin and outcome. Of one scenario every gate; of several
// the gates that did not pass, and where all passed the one that is nearest to its limit. Rows that
// passed are left out, and counted, where there are more than `most_rows`. Points of sweeps without
// gates of their own stand in their sweep's table.
std::string gate_table(const analysis::RunReport& report, const ConsoleStyle& style,
                       std::size_t most_rows = SIZE_MAX);

}  // namespace tidemark::reporters
