#pragma once

// How many iterations lie between two checkpoints of the growth phase. Made backwards from the time
// that is left. Pure.

#include <cstdint>
#include <string>

#include "harness/base/units.h"

namespace tidemark::plan {

struct ScheduleInput {
  Seconds left{0};        // until the scenario must be over
  Seconds iteration{0};   // measured, with all virtual users at work
  Seconds checkpoint{0};  // measured: settling and reading every process
  std::int64_t iterations_left = 0;
  int vus = 1;
  Bytes slack{0};  // growth over the whole run that the signal cannot see
};

struct Schedule {
  // Batches of two sizes in strong contrast tell growth per iteration from growth per checkpoint.
  int small = 0;
  int large = 0;
  int checkpoints = 0;          // that fit, blank ones included; 0: growth cannot be judged
  std::int64_t iterations = 0;  // in all of them
  std::string words;            // the plan, or why there is none and what would make one

  // Iterations before checkpoint `index` (from 0); 0 for a blank one.
  int batch(int index) const;
};

// Fewer checkpoints than that say nothing.
inline constexpr int kFewestCheckpoints = 12;

Schedule plan_growth(const ScheduleInput& input);

}  // namespace tidemark::plan
