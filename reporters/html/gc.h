#pragma once

// Python's collector on the page. Pure.

#include <cstddef>
#include <string>

#include "harness/analysis/report.h"

namespace tidemark::reporters {

// What the collector did in the growth phase, what it cost and what could be done; empty where no
// process gave its numbers.
// At most so many points a line are kept to zoom in.
std::string gc_section(const analysis::ScenarioReport& scenario, std::size_t most_points);

}  // namespace tidemark::reporters
