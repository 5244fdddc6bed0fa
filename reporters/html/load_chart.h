#pragma once

// Throughput and response times over the growth phase as a static picture (SVG). Pure.

#include <string>

#include "harness/analysis/load_report.h"

namespace tidemark::reporters {

// Empty with fewer than two points: that is no picture.
std::string load_chart_svg(const analysis::LoadReport& load);

}  // namespace tidemark::reporters
