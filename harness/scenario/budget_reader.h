#pragma once

// Reads the key `budgets`. Pure; mistakes go to the diagnostics.

#include "harness/scenario/diagnostics.h"
#include "harness/scenario/scenario.h"
#include "harness/scenario/yaml_tree.h"

namespace tidemark::scenario {

// In one map stand what is judged for each scenario, its `budgets`, and what only a whole sweep can
// tell, its `scaling`.
void read_budgets(const YamlNode& node, Scenario& scenario, Diagnostics& diagnostics);

}  // namespace tidemark::scenario
