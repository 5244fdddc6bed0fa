#pragma once

// Gives the requests of a scenario their types: bodies, checks, captures, and which placeholders
// only an iteration knows. Pure; mistakes go to the diagnostics.

#include <set>
#include <string>
#include <vector>

#include "harness/plan/request.h"
#include "harness/plan/values.h"
#include "harness/scenario/scenario.h"

namespace tidemark::plan {

// `defaults` are the scenario's own timeouts; `file` is the scenario file, which the paths of files
// to send are relative to.
std::vector<Flow> typed_flows(const scenario::Scenario& written, const scenario::Timeouts& defaults,
                              const std::string& file, Values& values);

// What is expected of an answer, or of a program's output.
Expectation typed_expectation(const scenario::Expectation& written, Values& values);

// A path on the target: starts with '/' or a placeholder, has no white space.
Template typed_path(const scenario::Scalar& path, Values& values);

// The names that only an iteration knows: columns of the data and captures.
std::set<std::string> late_names(const scenario::Scenario& written);

}  // namespace tidemark::plan
