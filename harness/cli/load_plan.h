#pragma once

// Scenario files to scenarios that can be run, or to every mistake in them.

#include <string>
#include <vector>

#include "harness/base/error.h"
#include "harness/cli/options.h"
#include "harness/plan/placeholders.h"
#include "harness/plan/plan.h"

namespace tidemark::cli {

struct LoadedPlan {
  std::string name;  // of the files, joined
  std::vector<plan::Scenario> scenarios;
  std::vector<std::string> repeat_commands;  // one a scenario
  std::vector<plan::Outputs> outputs;        // of the chosen profile, one a file
};

// An Error's message is what to print, with every diagnostic of every file, source lines and
// carets.
Result<LoadedPlan> load_plan(const PlanOptions& options);

// The values of the environment variables that the scenarios name as {{env:NAME}}; an Error names
// those that are not set.
Result<plan::Placeholders> read_secrets(const std::vector<plan::Scenario>& scenarios);

}  // namespace tidemark::cli
