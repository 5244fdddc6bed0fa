#pragma once

// What to add to a sweep that cannot tell how something grows, in words. Pure.

#include <optional>
#include <string>
#include <vector>

#include "harness/analysis/scaling.h"

namespace tidemark::analysis {

// "20000 and 50000".
std::string sizes_words(const std::vector<double>& sizes);

// The size beyond the largest that would tell most, not beyond production's; nothing to be gained
// there: one before the smallest. `points` by ascending size, at least one.
std::string advised_size(const std::vector<ScalingPoint>& points, std::optional<double> production);

// What would make the prediction, or make it narrower; empty: nothing would by much.
std::string advice_for(const ScalingReport& report, std::optional<double> production);

// Sets why nothing can be said of so few sizes, or so narrow a range, and what to add; leaves the
// report as it is where something can.
void explain_shortage(ScalingReport& report, std::optional<double> production);

}  // namespace tidemark::analysis
