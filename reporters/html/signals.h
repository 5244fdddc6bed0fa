#pragma once

// Every signal of a scenario over its iterations, of all processes together and of each: the one
// that decided growth first, with what was fitted and what is allowed. Pure.

#include <cstddef>
#include <string>

#include "harness/analysis/report.h"

namespace tidemark::reporters {

// How many lines its pictures have.
std::size_t signal_lines(const analysis::ScenarioReport& scenario);

// Empty without a signal that has two points. At most so many points a line are kept to zoom in.
std::string signals_section(const analysis::ScenarioReport& scenario, std::size_t most_points);

}  // namespace tidemark::reporters
