#pragma once

// Sweeps on the page: their gates, pictures of how what they measure grows, and their points side
// by side. Pure.

#include <cstddef>
#include <string>

#include "harness/analysis/report.h"

namespace tidemark::reporters {

// Where the section of a sweep stands, by its place in the report: no scenario's folder has a dot.
std::string sweep_id(std::size_t index);

// A section for each sweep; empty without one.
std::string sweep_sections(const analysis::RunReport& report);

}  // namespace tidemark::reporters
