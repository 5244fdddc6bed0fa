#pragma once

// All there is on the page, at a glance: a line a scenario with what was measured and its outcome,
// which leads to its section. Pure.

#include <string>

#include "harness/analysis/report.h"

namespace tidemark::reporters {

std::string overview_section(const analysis::RunReport& report);

}  // namespace tidemark::reporters
