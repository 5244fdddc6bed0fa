#pragma once

// Gives the load of a scenario its types: model, rates, stages, connections, data; and says it in
// words. Pure; mistakes go to the diagnostics.

#include <optional>
#include <string>

#include "harness/plan/load.h"
#include "harness/plan/values.h"
#include "harness/scenario/scenario.h"

namespace tidemark::plan {

Load typed_load(const scenario::RunSettings& settings, Values& values);

// The scenario's keys where it has them, the target's where it has not.
Connection typed_connection(const scenario::Connection& target,
                            const scenario::Connection& scenario, Values& values);

std::optional<DataFeed> typed_data(const scenario::Data& written, Values& values);

// How long the load lasts by its own plan; nothing: until everything is decided.
std::optional<Seconds> course_length(const Load& load);

// "4 virtual users", "50/s, at most 100 virtual users", "0 to 20 virtual users in 30 s, then …".
std::string describe_load(const Load& load);

}  // namespace tidemark::plan
