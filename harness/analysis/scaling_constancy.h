#pragma once

// Whether something does not grow: a question of equivalence. Pure.

#include <vector>

#include "harness/analysis/scaling_candidates.h"

namespace tidemark::analysis {

enum class Constancy { kConstant, kGrowing, kFillingPerhaps, kUnknown };

// Whether growth that would matter from one size to another is excluded, or certain, by the classes
// that are left. Where there is a production `further` than the sizes measured, there too.
// Where it could also be something that fills up, its curve takes the place of that of O(1).
Constancy constancy_of(Candidates& all, const std::vector<plan::Complexity>& growing,
                       const ScalingFloors& floors, double from, double to, double further);

}  // namespace tidemark::analysis
