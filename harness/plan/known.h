#pragma once

// Accepted findings of a scenario file to those of a plan. Pure; mistakes go to the diagnostics.

#include <vector>

#include "harness/plan/plan.h"
#include "harness/plan/values.h"

namespace tidemark::plan {

// Those of the file and of the scenario, in this order: both hold. A fingerprint that stands twice
// is a mistake: nobody could say which reason and which end date hold.
std::vector<Known> typed_known(const std::vector<scenario::Known>& of_file,
                               const std::vector<scenario::Known>& of_scenario, Values& values);

}  // namespace tidemark::plan
