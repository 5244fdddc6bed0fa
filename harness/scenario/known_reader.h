#pragma once

// Reads `known`, of a file and of a scenario: findings that somebody has accepted. Pure; every
// structural mistake goes to the diagnostics.

#include <vector>

#include "harness/scenario/diagnostics.h"
#include "harness/scenario/scenario.h"
#include "harness/scenario/yaml_tree.h"

namespace tidemark::scenario {

std::vector<Known> read_known(const YamlNode& node, Diagnostics& diagnostics);

}  // namespace tidemark::scenario
