#include "harness/plan/schedule.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <set>

namespace tidemark::plan {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// How long the planned batches and checkpoints take.
Seconds planned_time(const Schedule& schedule, const ScheduleInput& input) {
  Seconds total{0};
  for (int index = 0; index < schedule.checkpoints; ++index)
    total += schedule.batch(index) * input.iteration + input.checkpoint;
  return total;
}

std::int64_t planned_iterations(const Schedule& schedule) {
  std::int64_t total = 0;
  for (int index = 0; index < schedule.checkpoints; ++index) total += schedule.batch(index);
  return total;
}

ScheduleInput input(double left, double iteration, double checkpoint, std::int64_t iterations_left,
                    int vus = 1) {
  return {Seconds(left),   Seconds(iteration), Seconds(checkpoint),
          iterations_left, {vus, 0, {}, true}, 64_B};
}

TEST(Schedule, ACheapEndpointGetsBatchesInStrongContrast) {
  const Schedule schedule = plan_growth(input(80, 0.002, 0.02, 2000));
  EXPECT_EQ(schedule.small, 2);
  EXPECT_EQ(schedule.large, 40);
  EXPECT_GE(schedule.checkpoints, 50);
  EXPECT_LE(schedule.checkpoints, 100);
  EXPECT_EQ(
      schedule.words,
      "2 ms an iteration: up to 100 checkpoints of 2 or 40 iterations, then larger batches, in "
      "at most 1 min 20 s; a leak below 1 B/iteration could not be excluded");
}

TEST(Schedule, ASlowEndpointOfOneSecondStillGetsItsCheckpoints) {
  const Schedule schedule = plan_growth(input(86, 1, 0.05, 1900));
  EXPECT_EQ(schedule.small, 1);
  EXPECT_EQ(schedule.large, 2);
  EXPECT_GE(schedule.checkpoints, 50);
  EXPECT_THAT(schedule.words, HasSubstr("1 s an iteration: up to "));
}

TEST(Schedule, AVerySlowEndpointGetsBatchesOfOne) {
  const Schedule schedule = plan_growth(input(86, 5, 0.05, 1900));
  EXPECT_EQ(schedule.small, 1);
  EXPECT_EQ(schedule.large, 1);
  EXPECT_GE(schedule.checkpoints, kFewestCheckpoints);
  EXPECT_THAT(schedule.words, HasSubstr(" checkpoints of 1 iterations"));
}

TEST(Schedule, AnImpossibleOneSaysWhatWouldMakeItPossible) {
  const Schedule schedule = plan_growth(input(86, 10, 0.5, 1900));
  EXPECT_EQ(schedule.checkpoints, 0);
  EXPECT_EQ(schedule.words,
            "10 s an iteration and 500 ms a checkpoint: 1 min 26 s are left for growth, at least "
            "3 min 9 s are needed: raise max_duration");
}

TEST(Schedule, WithTheTimeThatItAsksForItIsPossible) {
  EXPECT_GE(plan_growth(input(189, 10, 0.5, 1900)).checkpoints, kFewestCheckpoints);
}

TEST(Schedule, TooFewIterationsAreAnotherReason) {
  const Schedule schedule = plan_growth(input(86, 0.002, 0.02, 7));
  EXPECT_EQ(schedule.checkpoints, 0);
  EXPECT_EQ(schedule.words,
            "7 iterations are left for growth, at least 11 are needed: raise iterations.max");
}

TEST(Schedule, WithTheIterationsThatItAsksForItIsPossible) {
  EXPECT_EQ(plan_growth(input(86, 0.002, 0.02, kFewestIterations)).checkpoints, kFewestCheckpoints);
  EXPECT_EQ(plan_growth(input(86, 0.002, 0.02, kFewestIterations - 1)).checkpoints, 0);
}

TEST(Schedule, FewIterationsGoIntoSmallBatches) {
  const Schedule schedule = plan_growth(input(86, 0.002, 0.02, 40));
  EXPECT_GE(schedule.checkpoints, 24);
  EXPECT_LE(planned_iterations(schedule), 40);
}

TEST(Schedule, ManyVirtualUsersGetLargerBatches) {
  const Schedule schedule = plan_growth(input(86, 0.0001, 0.02, 1'000'000, 50));
  EXPECT_EQ(schedule.small, 105);
  EXPECT_EQ(schedule.large, 1995);
}

TEST(Schedule, ExpensiveSettlingMeansFewerCheckpoints) {
  const ScheduleInput dear = input(60, 0.001, 1, 1'000'000);
  const Schedule schedule = plan_growth(dear);
  EXPECT_GE(schedule.checkpoints, kFewestCheckpoints);
  EXPECT_LT(schedule.checkpoints, plan_growth(input(60, 0.001, 0.01, 1'000'000)).checkpoints);
  EXPECT_LE(planned_time(schedule, dear), dear.left);
}

TEST(Schedule, SaysWhichLeakItCouldNotSee) {
  ScheduleInput pages = input(80, 0.002, 0.02, 2000);
  pages.slack = 256_KiB;
  EXPECT_THAT(plan_growth(pages).words,
              HasSubstr("a leak below 131 B/iteration could not be excluded"))
      << "256 KiB over all 2000 iterations, those in larger batches included";
}

TEST(SchedulePattern, EveryNinthCheckpointIsBlank) {
  const Schedule schedule{2, 40, 100, 0, ""};
  for (int index = 0; index < 300; ++index)
    EXPECT_EQ(schedule.batch(index) == 0, index % 9 == 8) << index;
}

TEST(SchedulePattern, EveryPairOfBatchesOccursEquallyOften) {
  const Schedule schedule{2, 40, 200, 0, ""};
  std::vector<int> batches;
  for (int index = 0; batches.size() < 10 * 16 + 1; ++index)
    if (schedule.batch(index) > 0) batches.push_back(schedule.batch(index) == 2 ? 2 : 40);
  std::map<std::pair<int, int>, int> pairs;
  for (std::size_t i = 0; i + 1 < batches.size(); ++i) ++pairs[{batches[i], batches[i + 1]}];
  EXPECT_THAT(pairs, ::testing::ElementsAre(::testing::Pair(std::pair(2, 2), 40),
                                            ::testing::Pair(std::pair(2, 40), 40),
                                            ::testing::Pair(std::pair(40, 2), 40),
                                            ::testing::Pair(std::pair(40, 40), 40)));
}

TEST(SchedulePattern, LargeBatchesDifferALittleAndAreFortyOnAverage) {
  const Schedule schedule{2, 40, 9 * 56, 0, ""};
  std::set<int> sizes;
  int sum = 0;
  int count = 0;
  for (int index = 0; index < 9 * 56; ++index) {
    if (schedule.batch(index) <= 2) continue;
    sizes.insert(schedule.batch(index));
    sum += schedule.batch(index);
    ++count;
  }
  EXPECT_THAT(sizes, ::testing::ElementsAre(34, 36, 38, 40, 42, 44, 46));
  EXPECT_EQ(sum, 40 * count);
}

TEST(SchedulePattern, SmallAndLargeStayBalancedWhereverARunStops) {
  const Schedule schedule{1, 2, 200, 0, ""};
  int balance = 0;
  for (int index = 0; index < 200; ++index) {
    if (schedule.batch(index) > 0) balance += schedule.batch(index) == 2 ? 1 : -1;
    EXPECT_LE(std::abs(balance), 2) << index;
  }
}

TEST(SchedulePattern, BeyondThePlanBatchesAreTwiceAsLargeWithEachHundred) {
  const Schedule schedule{2, 40, 60, 0, ""};
  const Schedule unending{2, 40, 1'000'000, 0, ""};
  for (int index = 0; index < 500; ++index) {
    const int times = index < 60 ? 1 : index < 160 ? 2 : index < 260 ? 4 : index < 360 ? 8 : 16;
    EXPECT_EQ(schedule.batch(index), times * unending.batch(index) * (index < 460 ? 1 : 2))
        << index;
  }
}

TEST(SchedulePattern, WithoutAPlanBatchesGrowAfterAHundred) {
  const Schedule schedule{2, 40, 0, 0, ""};
  EXPECT_EQ(schedule.batch(0), 40);
  EXPECT_LE(schedule.batch(99), 46);
  EXPECT_GE(schedule.batch(100), 2 * 34);
}

TEST(SchedulePattern, ABatchIsNeverMoreThanARunMayHave) {
  const Schedule schedule{2000, 40'000, 100, 0, ""};
  EXPECT_EQ(schedule.batch(9 * 1'000'000), 1'000'000'000);
}

// So a billion iterations need some two thousand checkpoints, not fifty million.
TEST(Schedule, ALongRunHasFewCheckpoints) {
  const ScheduleInput longest = input(1e9, 0.002, 0.02, 1'000'000'000);
  const Schedule schedule = plan_growth(longest);
  int checkpoints = 0;
  for (std::int64_t iterations = 0; iterations < longest.iterations_left; ++checkpoints)
    iterations += schedule.batch(checkpoints);
  EXPECT_LT(checkpoints, 2200);
  EXPECT_THAT(schedule.words,
              HasSubstr("100 checkpoints of 2 or 40 iterations, then larger batches"));
}

TEST(Schedule, WordsSayNothingOfLargerBatchesWhereThereAreNone) {
  EXPECT_THAT(plan_growth(input(86, 1, 0.05, 1900)).words, Not(HasSubstr("larger")));
  EXPECT_THAT(plan_growth(input(86, 0.002, 0.02, 100)).words, Not(HasSubstr("larger")));
}

TEST(LongestIteration, IsTheLongestWithSoManyCheckpoints) {
  for (const double left : {1.0, 20.0, 225.0, 20'000.0})
    for (const int checkpoints : {12, 40, 60}) {
      const ScheduleInput given = input(left, 0, 0.001, 2000);
      const Seconds longest = longest_iteration(given, checkpoints);
      const auto planned = [&](double factor) {
        return plan_growth(input(left, longest.count() * factor, 0.001, 2000)).checkpoints;
      };
      EXPECT_GE(planned(1), checkpoints) << left;
      EXPECT_LT(planned(1.01), checkpoints) << left;
    }
}

TEST(LongestIteration, IsZeroWhereNothingIsFastEnough) {
  EXPECT_EQ(longest_iteration(input(0.01, 0, 0.001, 2000), 12), Seconds(0));
  EXPECT_EQ(longest_iteration(input(100, 0, 0.001, 10), 12), Seconds(0));
}

LoadPace pace_of(const Load& load, Seconds iteration) {
  Scenario scenario;
  scenario.load = load;
  return load_pace(scenario, iteration);
}

TEST(LoadPace, OfVirtualUsersIsTheirNumber) {
  Load load;
  load.vus = 4;
  const LoadPace pace = pace_of(load, Seconds(0.1));
  EXPECT_EQ(pace.vus, 4);
  EXPECT_EQ(pace.rate_per_second, 0);
  EXPECT_FALSE(pace.iterations_of_course);
}

TEST(LoadPace, OfADurationIsWhatFitsIntoIt) {
  Load load;
  load.vus = 4;
  load.duration = Seconds(60);
  // A hundred milliseconds an iteration while four virtual users are at work.
  EXPECT_DOUBLE_EQ(pace_of(load, Seconds(0.1)).iterations_of_course.value(), 600);
  load.model = LoadModel::kOpen;
  load.rate_per_second = 20;
  const LoadPace open = pace_of(load, Seconds(0.1));
  EXPECT_EQ(open.vus, 1);
  EXPECT_EQ(open.rate_per_second, 20);
  EXPECT_DOUBLE_EQ(open.iterations_of_course.value(), 1200);
}

TEST(LoadPace, OfStagesIsTheirMean) {
  Load load;
  load.model = LoadModel::kOpen;
  load.stages = {{Seconds(10), 100}, {Seconds(20), 100}, {Seconds(10), 0}};
  const LoadPace open = pace_of(load, Seconds(0.01));
  EXPECT_DOUBLE_EQ(open.rate_per_second, 75);
  EXPECT_DOUBLE_EQ(open.iterations_of_course.value(), 3000);
  load.model = LoadModel::kClosed;
  load.vus = 0;
  load.stages = {{Seconds(10), 4}, {Seconds(10), 4}};
  const LoadPace closed = pace_of(load, Seconds(0.1));
  EXPECT_EQ(closed.vus, 4);
  // Sixty seconds of users' work, each iteration 0.4 seconds of one's.
  EXPECT_DOUBLE_EQ(closed.iterations_of_course.value(), 150);
}

TEST(Schedule, ARateGetsBatchesThatLastAWhile) {
  ScheduleInput fast = input(300, 0.001, 0.02, 1'000'000);
  fast.load = {1, 1000, {}, true};
  const Schedule schedule = plan_growth(fast);
  EXPECT_EQ(schedule.small + schedule.large, 500) << "a quarter of a second each, on average";
  EXPECT_LE(planned_time(schedule, fast), fast.left);
}

TEST(Schedule, NoBatchOfARateIsFasterThanItsArrivals) {
  ScheduleInput slow = input(60, 0.001, 0.02, 1'000'000);
  slow.load = {1, 2, {}, true};
  const Schedule schedule = plan_growth(slow);
  ASSERT_GE(schedule.checkpoints, kFewestCheckpoints);
  EXPECT_LE(static_cast<double>(schedule.iterations) / 2, 60);
}

TEST(Schedule, ACourseIsSpreadOverItsCheckpoints) {
  ScheduleInput long_run = input(12'000, 0.01, 0.05, 1'000'000'000);
  long_run.load = {1, 0, 1e6};
  const Schedule schedule = plan_growth(long_run);
  EXPECT_GE(schedule.checkpoints, 50);
  EXPECT_LE(schedule.checkpoints, 100);
  EXPECT_GT(schedule.iterations, 900'000) << "not a hundred small batches and an unending tail";
}

TEST(Warmup, TakesWhatIsAskedForOrAtMostAQuarter) {
  EXPECT_EQ(warmup_iterations(50, 60), 50);
  EXPECT_EQ(warmup_iterations(std::nullopt, 60), 15);
  EXPECT_EQ(warmup_iterations(std::nullopt, 1'000'000), 400);
}

// Whatever a server is like: a plan fits into what is left, or is none and says why.
TEST(ScheduleProperties, APlanNeverTakesMoreThanIsLeft) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> tens(0, 1);
  const auto between = [&](double low, double high) {
    return std::pow(10, std::log10(low) + tens(random) * (std::log10(high) - std::log10(low)));
  };
  int possible = 0;
  for (int i = 0; i < 20'000; ++i) {
    const ScheduleInput given =
        input(between(1, 3e4), between(1e-5, 60), between(1e-4, 5),
              static_cast<std::int64_t>(between(1, 1e9)), static_cast<int>(between(1, 1000)));
    const Schedule schedule = plan_growth(given);
    const std::string shown =
        fmt::format("{} s left, {} s an iteration, {} s a checkpoint, {} iterations, {} vus: {}",
                    given.left.count(), given.iteration.count(), given.checkpoint.count(),
                    given.iterations_left, given.load.vus, schedule.words);
    if (schedule.checkpoints == 0) {
      EXPECT_THAT(schedule.words, HasSubstr(": raise ")) << shown;
      continue;
    }
    ++possible;
    EXPECT_GE(schedule.checkpoints, kFewestCheckpoints) << shown;
    EXPECT_LE(schedule.checkpoints, 100) << shown;
    EXPECT_GE(schedule.small, 1) << shown;
    EXPECT_GE(schedule.large, schedule.small) << shown;
    EXPECT_LE(planned_time(schedule, given), given.left) << shown;
    EXPECT_LE(planned_iterations(schedule), given.iterations_left) << shown;
    EXPECT_EQ(schedule.iterations, planned_iterations(schedule)) << shown;
    EXPECT_THAT(schedule.words, HasSubstr("could not be excluded")) << shown;
  }
  EXPECT_GT(possible, 5000);
}

TEST(ScheduleProperties, MoreTimeIsNeverAWorsePlan) {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> seconds(0.001, 5);
  for (int i = 0; i < 2000; ++i) {
    const double iteration = seconds(random);
    const double checkpoint = seconds(random) / 10;
    int before = 0;
    for (int left = 10; left < 20'000; left = left * 5 / 3) {
      const int now = plan_growth(input(left, iteration, checkpoint, 100'000)).checkpoints;
      EXPECT_TRUE(before == 0 || now > 0) << left << " " << iteration << " " << checkpoint;
      before = now;
    }
  }
}

}  // namespace
}  // namespace tidemark::plan
