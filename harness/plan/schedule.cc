#include "harness/plan/schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace tidemark::plan {
namespace {

// Small and large in equal shares, each followed by each in equal shares (a de Bruijn sequence:
// every three in a row stand in it once); every ninth checkpoint is blank.
constexpr std::string_view kPattern = "LLSSSLSL";
constexpr int kBlankEvery = 9;
// Large batches are not all equal, by so many twentieths: what comes and goes by the iteration (a
// collection every 41st) would beat with equal ones, slowly, and look like growth.
constexpr std::array<int, 7> kTwentieths = {0, 2, -1, 3, -3, 1, -2};
constexpr double kWithBlanks = static_cast<double>(kBlankEvery) / (kBlankEvery - 1);

// Enough that the coarser rules for page signals can decide too.
constexpr double kWantedBatches = 60;
constexpr int kMostCheckpoints = 100;
constexpr double kMeanBatch = 21;  // 2 and 40
constexpr double kMostTimeForSettling = 0.2;

}  // namespace

int Schedule::batch(int index) const {
  if (index % kBlankEvery == kBlankEvery - 1) return 0;
  const int among_filled = index - index / kBlankEvery;
  if (kPattern[static_cast<std::size_t>(among_filled) % kPattern.size()] == 'S') return small;
  return large +
         large * kTwentieths[static_cast<std::size_t>(among_filled) % kTwentieths.size()] / 20;
}

Schedule plan_growth(const ScheduleInput& input) {
  const double left = input.left.count() * 0.97;
  const double iteration = std::max(input.iteration.count(), 1e-6);
  const double checkpoint = std::max(input.checkpoint.count(), 1e-6);
  const auto iterations_left = static_cast<double>(input.iterations_left);

  const double settling_allows = kMostTimeForSettling * left / checkpoint / kWithBlanks;
  const double batches = std::clamp(settling_allows, 1.0, kWantedBatches);
  const double time_allows = (left / (batches * kWithBlanks) - checkpoint) / iteration;
  double mean = std::min({kMeanBatch * input.vus, time_allows, iterations_left / batches});

  Schedule schedule;
  if (mean >= 1.5) {
    schedule.small = std::max(1, static_cast<int>(std::lround(mean / 10)));
    schedule.large =
        std::max(schedule.small + 1, static_cast<int>(std::lround(2 * mean)) - schedule.small);
  } else {
    schedule.small = 1;
    schedule.large = 2;
  }
  mean = (schedule.small + schedule.large) / 2.0;
  double fitting = std::min(left / (mean * iteration + checkpoint), iterations_left / mean);
  if (fitting < 2 * kFewestCheckpoints && schedule.large == 2) {  // a batch of 1 gets further
    schedule.large = 1;
    mean = 1;
    fitting = std::min(left / (iteration + checkpoint), iterations_left);
  }
  const double most = std::clamp(settling_allows * kWithBlanks, 2.0 * kFewestCheckpoints,
                                 static_cast<double>(kMostCheckpoints));
  for (double used = 0; schedule.checkpoints < most; ++schedule.checkpoints) {
    const int batch = schedule.batch(schedule.checkpoints);
    used += batch * iteration + checkpoint;
    if (used > left || schedule.iterations + batch > input.iterations_left) break;
    schedule.iterations += batch;
  }
  if (schedule.checkpoints < kFewestCheckpoints) {
    schedule.checkpoints = 0;
    const double needed = kFewestCheckpoints * (iteration + checkpoint) * 1.5;
    schedule.words =
        iterations_left < kFewestCheckpoints
            ? fmt::format(
                  "{} iterations are left for growth, at least {} are needed: raise "
                  "iterations.max",
                  input.iterations_left, kFewestCheckpoints)
            : fmt::format(
                  "{} an iteration and {} a checkpoint: {} are left for growth, at least {} "
                  "are needed: raise max_duration",
                  format_duration(input.iteration), format_duration(input.checkpoint),
                  format_duration(input.left), format_duration(Seconds(needed)));
    return schedule;
  }
  const double unseen = std::max(
      1.0, static_cast<double>(input.slack.count) / static_cast<double>(schedule.iterations));
  schedule.words = fmt::format(
      "{} an iteration: up to {} checkpoints of {} iterations in at most {}; a leak below {} could "
      "not be excluded",
      format_duration(input.iteration), schedule.checkpoints,
      schedule.small == schedule.large ? fmt::format("{}", schedule.small)
                                       : fmt::format("{} or {}", schedule.small, schedule.large),
      format_duration(input.left), format_quantity({unseen, Unit::kBytesPerIteration}));
  return schedule;
}

}  // namespace tidemark::plan
