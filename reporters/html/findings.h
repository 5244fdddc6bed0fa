#pragma once

// What tracing found in a scenario, on the page: each line that keeps memory with its code, its
// share and what holds it, then the lines that held memory at the peak. Pure.

#include <string>

#include "harness/analysis/report.h"

namespace tidemark::reporters {

std::string findings_section(const analysis::ScenarioReport& scenario);

}  // namespace tidemark::reporters
