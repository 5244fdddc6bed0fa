#pragma once

// How many iterations lie between two checkpoints of the growth phase. Made backwards from the time
// that is left. Pure.

#include <cstdint>
#include <optional>
#include <string>

#include "harness/base/units.h"
#include "harness/plan/plan.h"

namespace tidemark::plan {

// How the scenario's load takes its iterations.
struct LoadPace {
  int vus = 1;                                 // closed model: at once
  double rate_per_second = 0;                  // open model: they come as they come
  std::optional<double> iterations_of_course;  // in all: it is driven to its end
  // Where nothing is judged that needs checkpoints, there are few: each lets what waits catch up.
  bool needs_checkpoints = true;
};
LoadPace load_pace(const Scenario& scenario, Seconds iteration);

struct ScheduleInput {
  Seconds left{0};        // until the scenario must be over
  Seconds iteration{0};   // measured, with all virtual users at work
  Seconds checkpoint{0};  // measured: settling and reading every process
  std::int64_t iterations_left = 0;
  LoadPace load;
  Bytes slack{0};  // growth over the whole run that the signal cannot see
};

struct Schedule {
  // Batches of two sizes in strong contrast tell growth per iteration from growth per checkpoint.
  int small = 0;
  int large = 0;
  int checkpoints = 0;          // that fit, blank ones included; 0: growth cannot be judged
  std::int64_t iterations = 0;  // in all of them
  std::string words;            // the plan, or why there is none and what would make one

  // Iterations before checkpoint `index` (from 0); 0 for a blank one. Beyond the planned
  // checkpoints batches are twice as large, and again with each hundred: a long run takes more
  // iterations, not ever more checkpoints.
  int batch(int index) const;
};

// Fewer checkpoints than that say nothing; one of them is blank.
inline constexpr int kFewestCheckpoints = 12;
inline constexpr int kFewestIterations = 11;

// Warm-up by itself may take so much of the time.
inline constexpr double kMostWarmupTime = 0.25;
// Iterations before the growth phase: as many as are asked for, else the most that warm-up takes by
// itself.
int warmup_iterations(std::optional<int> asked_for, int max_iterations);

Schedule plan_growth(const ScheduleInput& input);

// The longest that an iteration may take for a plan of at least so many checkpoints, whatever
// `input.iteration` says; zero where there is no such plan.
Seconds longest_iteration(ScheduleInput input, int checkpoints);

}  // namespace tidemark::plan
