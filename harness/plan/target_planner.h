#pragma once

// Gives the target and its services their types: commands, environments, readiness, limits. Pure;
// mistakes go to the diagnostics.

#include <string>
#include <vector>

#include "harness/plan/plan.h"
#include "harness/plan/values.h"
#include "harness/scenario/scenario.h"

namespace tidemark::plan {

CommandLine typed_command(const scenario::Command& command, Values& values);

// An amount of memory into which a target fits.
Result<Bytes> memory_size(std::string_view text);

// Without its services: a profile may have more of them. `file` is the scenario file's path;
// `needs_port`: requests reach the target by a port.
Target typed_target(const scenario::Target& written, const std::string& file, bool needs_port,
                    Values& values);

// Their names are known to the variables already.
std::vector<Service> typed_services(const std::vector<scenario::Service>& written, Values& values);

}  // namespace tidemark::plan
