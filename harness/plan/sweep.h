#pragma once

// The points of a sweep, and the thresholds of Python's collector. Pure; mistakes go to the
// diagnostics.

#include <optional>
#include <string>
#include <vector>

#include "harness/plan/plan.h"
#include "harness/plan/values.h"

namespace tidemark::plan {

// One a value, in the order of the file; a single nothing where the scenario is not swept. A sweep
// over a name that is no variable of the file is a mistake.
std::vector<std::optional<SweepPoint>> sweep_points(const scenario::Scenario& written,
                                                    Values& values);

// "list [gc_threshold=700]"
std::string swept_name(const SweepPoint& point);

// The scenario's own, else the sweep's; nothing: as the application sets them.
std::optional<std::string> typed_gc_threshold(const scenario::Scenario& written,
                                              const std::optional<SweepPoint>& point,
                                              const Target& target, Values& values);

}  // namespace tidemark::plan
