#pragma once

// Collections by generation over the iterations of the growth phase, as a picture. Pure.

#include <string>

#include "harness/analysis/gc_report.h"

namespace tidemark::reporters {

// Empty where there was no collection, or too few points for a line.
std::string gc_chart_svg(const analysis::GcReport& gc);

}  // namespace tidemark::reporters
