#pragma once

// Budgets of a scenario file to gates of a plan. Pure.

#include <vector>

#include "harness/plan/plan.h"
#include "harness/plan/values.h"

namespace tidemark::plan {

// The gates that a scenario has when its author names no budgets.
std::vector<Budget> default_budgets(const SourcePosition& position);

// `flows` tells which requests there are.
std::vector<Budget> typed_budgets(const std::vector<scenario::Budget>& budgets,
                                  const std::vector<Flow>& flows, Values& values);

}  // namespace tidemark::plan
