#pragma once

// On what a verdict rests: answers that were not as expected, what was audited, and the processes
// with their collectors. Pure.

#include <string>

#include "harness/analysis/report.h"

namespace tidemark::reporters {

std::string evidence_sections(const analysis::ScenarioReport& scenario);

}  // namespace tidemark::reporters
