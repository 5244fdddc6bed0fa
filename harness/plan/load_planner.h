#pragma once

// Gives the load of a scenario its types: model, rates, stages, connections, data; and says it in
// words. Pure; mistakes go to the diagnostics.

#include <optional>
#include <string>

#include "harness/plan/load.h"
#include "harness/plan/plan.h"
#include "harness/plan/values.h"
#include "harness/scenario/scenario.h"

namespace tidemark::plan {

Load typed_load(const scenario::RunSettings& settings, Values& values);

// Whether these settings say how much load there is: `vus`, `rate` or `stages`.
bool says_how_much(const scenario::RunSettings& settings);

// Reports what only an open model has, where the load is a closed one. `settings` are those that
// say how much load there is: a profile's `max_vus` is for all scenarios, and nothing to those
// without a rate.
void check_open_only(const scenario::RunSettings& settings, const Load& load, Values& values);

// The scenario's keys where it has them, the target's where it has not.
Connection typed_connection(const scenario::Connection& target,
                            const scenario::Connection& scenario, Values& values);

// Without the rows, which may be many: the plan that is carried out takes them.
std::optional<DataFeed> typed_data(const scenario::Data& written, Values& values);

// How long the load lasts by its own plan; nothing: until everything is decided.
std::optional<Seconds> course_length(const Load& load);

// "4 virtual users", "50/s, at most 100 virtual users at once", "from 0 virtual users, to 20
// virtual users in 30 s, to …".
std::string describe_load(const Load& load);
std::string describe_load(const Scenario& scenario);  // a program has no load

}  // namespace tidemark::plan
