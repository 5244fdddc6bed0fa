#include "harness/plan/outlook.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/plan/schedule.h"

namespace tidemark::plan {
namespace {

// No checkpoint takes less: one read of /proc, a process or two.
constexpr Seconds kQuickestCheckpoint{0.001};
// Enough for a pass by pages, which are coarser than exact counts.
constexpr int kComfortableCheckpoints = 40;

// The most that is left for growth after a warm-up.
ScheduleInput most_left(const Scenario& scenario) {
  ScheduleInput input;
  input.left = scenario.max_duration * (scenario.warmup ? 1 : 1 - kMostWarmupTime);
  input.checkpoint = kQuickestCheckpoint;
  input.iterations_left =
      scenario.max_iterations - warmup_iterations(scenario.warmup, scenario.max_iterations);
  input.load = load_pace(scenario, kQuickestCheckpoint);
  input.load.iterations_of_course.reset();  // how many they come to is the target's to say
  return input;
}

}  // namespace

std::optional<Obstacle> growth_obstacle(const Scenario& scenario) {
  if (!judges_growth(scenario)) return std::nullopt;
  const ScheduleInput input = most_left(scenario);
  if (input.iterations_left < kFewestIterations)
    return Obstacle{
        scenario.warmup ? Setting::kWarmup : Setting::kIterations,
        fmt::format("warm-up leaves {} of {} iterations for growth: at least {} are needed",
                    input.iterations_left, scenario.max_iterations, kFewestIterations)};
  if (longest_iteration(input, kFewestCheckpoints) > Seconds(0)) return std::nullopt;
  return Obstacle{Setting::kMaxDuration,
                  fmt::format("{} are too short for the {} checkpoints that growth needs",
                              format_duration(scenario.max_duration), kFewestCheckpoints)};
}

std::optional<Obstacle> runs_obstacle(const Scenario& scenario) {
  if (!scenario.program) return std::nullopt;
  const int needed = has_gate(scenario, {Gate::kDuration}) ? kFewestDurations
                     : measures_peaks(scenario)            ? kFewestPeaks
                                                           : 0;
  const int warmup = std::max(1, scenario.warmup.value_or(1));
  const int left = scenario.max_iterations - warmup;
  if (left >= needed) return std::nullopt;
  return Obstacle{
      warmup > 1 ? Setting::kWarmup : Setting::kIterations,
      fmt::format("{} of {} runs only warm caches up: that leaves {}, and a verdict needs at "
                  "least {}",
                  warmup, scenario.max_iterations, std::max(0, left), needed)};
}

std::string growth_outlook(const Scenario& scenario) {
  if (!judges_growth(scenario)) return {};
  const ScheduleInput input = most_left(scenario);
  const int most = std::min(kComfortableCheckpoints, plan_growth(input).checkpoints);
  std::string words = fmt::format("an iteration may take up to {} for {} checkpoints",
                                  format_duration(longest_iteration(input, most)), most);
  if (most > kFewestCheckpoints)
    words +=
        fmt::format(", {} for {}", format_duration(longest_iteration(input, kFewestCheckpoints)),
                    kFewestCheckpoints);
  return words;
}

}  // namespace tidemark::plan
