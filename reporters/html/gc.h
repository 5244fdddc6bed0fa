#pragma once

// Python's collector on the page, and sweeps side by side. Pure.

#include <string>

#include "harness/analysis/report.h"

namespace tidemark::reporters {

// What the collector did in the growth phase, what it cost and what could be done; empty where no
// process gave its numbers.
std::string gc_section(const analysis::ScenarioReport& scenario);

// A table for each sweep; empty without one.
std::string sweep_section(const analysis::RunReport& report);

}  // namespace tidemark::reporters
