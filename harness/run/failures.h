#pragma once

// How many unexpected answers, or ends of programs, a run may have before it is void. Pure.

#include <cstdint>

#include "harness/plan/plan.h"

namespace tidemark::run {

// Failed iterations after which no new one is begun; an `errors` budget decides by itself.
int most_failures(const plan::Scenario& scenario);

// Whether more iterations would teach nothing: too many have failed, or all so far.
bool is_hopeless(const plan::Scenario& scenario, std::int64_t failed, std::int64_t iterations);

}  // namespace tidemark::run
