#pragma once

// A scenario file, a profile and variables in; a plan and every mistake in the values out. Pure.

#include <string>
#include <utility>
#include <vector>

#include "harness/plan/plan.h"
#include "harness/scenario/diagnostics.h"
#include "harness/scenario/scenario.h"

namespace tidemark::plan {

struct Choices {
  std::string profile;                                         // empty: none
  std::vector<std::pair<std::string, std::string>> variables;  // from the command line; these win
};

struct MadePlan {
  Plan plan;
  scenario::Diagnostics diagnostics;  // not empty: the plan must not be run
};

// A scenario with a sweep becomes several, one a value. Strongest first: the sweep, the command
// line, the profile, the scenario, the file.
MadePlan make_plan(const scenario::ScenarioFile& file, const Choices& choices);

}  // namespace tidemark::plan
