#pragma once

// What a target or a scenario has that runs a program to its end, and what it cannot have: keys
// that speak of servers, requests and load. Pure; every structural mistake goes to the diagnostics.

#include "harness/scenario/diagnostics.h"
#include "harness/scenario/scenario.h"
#include "harness/scenario/yaml_tree.h"

namespace tidemark::scenario {

// Whether the key is there, with whatever value.
bool names_program(const YamlNode& target);

// A scenario whose iterations are runs of a program.
void refuse_server_keys_in_scenario(const YamlNode& scenario, const YamlNode& name,
                                    Diagnostics& diagnostics);

// Whether the target is a server or a program, once all scenarios are read: it may be neither where
// each of them brings a program of its own.
void check_target_kind(const YamlNode& target, const std::vector<Scenario>& scenarios,
                       Diagnostics& diagnostics);

ProgramExpectation read_program_expectation(const YamlNode& node, Diagnostics& diagnostics);

}  // namespace tidemark::scenario
