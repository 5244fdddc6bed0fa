#pragma once

// What single iterations, or one request of them, needed on top. Pure.

#include <cstddef>
#include <string>

#include "harness/analysis/report.h"

namespace tidemark::reporters {

// Empty where no peak was measured.
std::string peaks_section(const analysis::ScenarioReport& scenario, std::size_t most_points);

}  // namespace tidemark::reporters
