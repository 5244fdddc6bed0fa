#pragma once

// Reads `services`, of the target and of a profile: helpers that are launched before it. Pure;
// every structural mistake goes to the diagnostics.

#include <vector>

#include "harness/scenario/diagnostics.h"
#include "harness/scenario/scenario.h"
#include "harness/scenario/yaml_tree.h"

namespace tidemark::scenario {

// A service whose command cannot be read is among them all the same, for the sake of those who name
// its port.
std::vector<Service> read_services(const YamlNode& node, Diagnostics& diagnostics);

}  // namespace tidemark::scenario
