#pragma once

// The load as lines of plain text, for a terminal. Pure; names are made printable.

#include <string>

#include "harness/analysis/load_report.h"

namespace tidemark::reporters {

// "812/s · p50 1.2 ms  p90 …"; in the open model response and service time on a line each. Empty
// where nothing was measured under load.
std::string time_lines(const analysis::LoadReport& load, const std::string& indentation);

// What was not answered as expected, on one line; empty when all was.
std::string failure_line(const analysis::LoadReport& load, const std::string& indentation);

// A table of the requests; empty where there is but one.
std::string request_lines(const analysis::LoadReport& load, const std::string& indentation);

}  // namespace tidemark::reporters
