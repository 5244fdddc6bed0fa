#pragma once

// The load of a scenario on the page: what was asked of the target, how it answered, how fast, and
// how that went over time. Pure.

#include <cstddef>
#include <string>

#include "harness/analysis/report.h"

namespace tidemark::reporters {

// At most so many points a line are kept to zoom in.
std::string load_section(const analysis::ScenarioReport& scenario, std::size_t most_points);

}  // namespace tidemark::reporters
