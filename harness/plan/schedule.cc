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
constexpr double kBatchesOfPureLoad = 10;
constexpr double kPacedBatch = 0.25;  // seconds: a rate needs some time to be one
constexpr double kMostTimeForSettling = 0.2;
constexpr double kLargestBatch = 1e9;

constexpr int kMostWarmupIterations = 400;

static_assert(kFewestIterations == kFewestCheckpoints - kFewestCheckpoints / kBlankEvery);

// Iterations before checkpoint `index` as they are planned: 0 for a blank one.
int planned_batch(const Schedule& schedule, int index) {
  if (index % kBlankEvery == kBlankEvery - 1) return 0;
  const int among_filled = index - index / kBlankEvery;
  const auto place = static_cast<std::size_t>(among_filled);
  if (kPattern[place % kPattern.size()] == 'S') return schedule.small;
  return schedule.large + schedule.large * kTwentieths[place % kTwentieths.size()] / 20;
}

// Iterations of the whole phase, those of the larger batches after the planned ones included.
std::int64_t all_iterations(const Schedule& schedule, const ScheduleInput& input, Seconds left) {
  std::int64_t iterations = 0;
  Seconds used{0};
  for (int index = 0; iterations < input.iterations_left; ++index) {
    const std::int64_t batch =
        std::min<std::int64_t>(schedule.batch(index), input.iterations_left - iterations);
    used += static_cast<double>(batch) * input.iteration + input.checkpoint;
    if (used > left) break;
    iterations += batch;
  }
  return iterations;
}

std::string too_little(const ScheduleInput& input) {
  if (input.iterations_left < kFewestIterations)
    return fmt::format(
        "{} iterations are left for growth, at least {} are needed: {}", input.iterations_left,
        kFewestIterations,
        input.load.iterations_of_course ? "let the load last longer" : "raise iterations.max");
  const Seconds needed = kFewestCheckpoints * (input.iteration + input.checkpoint) * 1.5;
  return fmt::format(
      "{} an iteration and {} a checkpoint: {} are left for growth, at least {} are needed: raise "
      "max_duration",
      format_duration(input.iteration), format_duration(input.checkpoint),
      format_duration(input.left), format_duration(needed));
}

std::string plan_words(const Schedule& schedule, const ScheduleInput& input,
                       std::int64_t iterations) {
  const double unseen =
      std::max(1.0, static_cast<double>(input.slack.count) / static_cast<double>(iterations));
  return fmt::format(
      "{} an iteration: up to {} checkpoints of {} iterations{} in at most {}; a leak below {} "
      "could not be excluded",
      format_duration(input.iteration), schedule.checkpoints,
      schedule.small == schedule.large ? fmt::format("{}", schedule.small)
                                       : fmt::format("{} or {}", schedule.small, schedule.large),
      iterations > schedule.iterations + schedule.large ? ", then larger batches," : "",
      format_duration(input.left), format_quantity({unseen, Unit::kBytesPerIteration}));
}

}  // namespace

int Schedule::batch(int index) const {
  const int beyond = index - (checkpoints > 0 ? checkpoints : kMostCheckpoints);
  const int doublings = beyond < 0 ? 0 : 1 + beyond / kMostCheckpoints;
  const double batch = std::ldexp(planned_batch(*this, index), doublings);
  return static_cast<int>(std::min(batch, kLargestBatch));
}

int warmup_iterations(std::optional<int> asked_for, int max_iterations) {
  return asked_for.value_or(std::min(kMostWarmupIterations, max_iterations / 4));
}

LoadPace load_pace(const Scenario& scenario, Seconds iteration) {
  const Load& load = scenario.load;
  LoadPace pace;
  pace.needs_checkpoints = judges_growth(scenario);
  const bool is_open = load.model == LoadModel::kOpen;
  if (is_open)
    pace.rate_per_second = load.rate_per_second;
  else
    pace.vus = most_vus(load);
  if (!load.duration && load.stages.empty()) return pace;
  double value = is_open ? load.rate_per_second : load.vus;
  double area = 0;  // iterations, or seconds of virtual users' work
  double length = 0;
  for (const Stage& stage : load.stages) {
    area += (value + stage.target) / 2 * stage.duration.count();
    length += stage.duration.count();
    value = stage.target;
  }
  if (is_open && length > 0) pace.rate_per_second = area / length;
  if (load.duration) area = value * load.duration->count();
  // `iteration` is what one takes with all virtual users at work.
  const double each = is_open ? 1 : std::max(iteration.count(), 1e-6) * most_vus(load);
  pace.iterations_of_course = area / each;
  return pace;
}

Schedule plan_growth(const ScheduleInput& given) {
  ScheduleInput input = given;
  const auto& course = input.load.iterations_of_course;
  if (course)
    input.iterations_left = std::min(input.iterations_left, static_cast<std::int64_t>(*course));
  const double left = input.left.count() * 0.97;
  const double rate = input.load.rate_per_second;
  const double iteration = std::max({input.iteration.count(), rate > 0 ? 1 / rate : 0, 1e-6});
  const double checkpoint = std::max(input.checkpoint.count(), 1e-6);
  const auto iterations_left = static_cast<double>(input.iterations_left);

  const double settling_allows = kMostTimeForSettling * left / checkpoint / kWithBlanks;
  const double batches = std::clamp(settling_allows, 1.0, kWantedBatches);
  const double time_allows = (left / (batches * kWithBlanks) - checkpoint) / iteration;
  const double typical =
      course ? *course / (input.load.needs_checkpoints ? batches : kBatchesOfPureLoad)
             : std::max(kMeanBatch * input.load.vus, kPacedBatch * input.load.rate_per_second);
  const double most_allowed = course ? typical : iterations_left / batches;
  double mean = std::min({typical, time_allows, most_allowed});

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
    const int batch = planned_batch(schedule, schedule.checkpoints);
    used += batch * iteration + checkpoint;
    if (used > left || schedule.iterations + batch > input.iterations_left) break;
    schedule.iterations += batch;
  }
  if (!input.load.needs_checkpoints && course) {
    schedule.words =
        fmt::format("about {} iterations, with a pause now and then", input.iterations_left);
  } else if (schedule.checkpoints < kFewestCheckpoints) {
    schedule.checkpoints = 0;
    schedule.words = too_little(input);
  } else {
    schedule.words = plan_words(schedule, input, all_iterations(schedule, input, Seconds(left)));
  }
  return schedule;
}

Seconds longest_iteration(ScheduleInput input, int checkpoints) {
  const auto is_enough = [&](Seconds iteration) {
    input.iteration = iteration;
    return plan_growth(input).checkpoints >= checkpoints;
  };
  Seconds enough{0};
  Seconds too_long = input.left;
  if (!is_enough(enough)) return enough;
  for (int step = 0; step < 50; ++step) {
    const Seconds middle = (enough + too_long) / 2;
    (is_enough(middle) ? enough : too_long) = middle;
  }
  return enough;
}

}  // namespace tidemark::plan
