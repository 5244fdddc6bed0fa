#pragma once

// Gives programs that run to their end their types. Pure; mistakes go to the
// diagnostics.

#include "harness/plan/plan.h"
#include "harness/plan/values.h"
#include "harness/scenario/scenario.h"

namespace tidemark::plan {

// Of a profile, what means something to a program: it has no load.
scenario::RunSettings without_load(const scenario::RunSettings& settings);

// What a scenario runs: its own program, else the target's; nothing where that is a server.
const std::optional<scenario::Command>& program_of(const scenario::ScenarioFile& file,
                                                   const scenario::Scenario& written);

// `scenario` has everything but what a program changes.
void plan_program(const scenario::Command& command, const scenario::Scenario& written,
                  const scenario::RunSettings& settings, Values& values, Scenario& scenario);

// One run tells more than one request, and takes longer.
inline constexpr int kFewestRuns = 10;
inline constexpr int kMostRuns = 100;

}  // namespace tidemark::plan
