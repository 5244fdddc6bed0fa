#pragma once

// The load of a scenario on the page: what was asked of the target, how it answered, how fast, and
// how that went over time. Pure.

#include <string>

#include "harness/analysis/report.h"

namespace tidemark::reporters {

std::string load_section(const analysis::ScenarioReport& scenario);

}  // namespace tidemark::reporters
