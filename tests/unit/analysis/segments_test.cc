#include "harness/analysis/segments.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "harness/analysis/judge.h"
#include "tests/unit/analysis/synthetic.h"

namespace tidemark::analysis {
namespace {

using record::Signal;

struct Recycling {
  int iterations = 1500;
  int life = 150;      // of a worker, in iterations
  double leak = 0;     // per iteration, in the worker
  double warm_up = 0;  // bytes, in a worker's first three iterations
  double noise = 100;
  std::uint64_t seed = 1;
};

record::Reading reading(record::ProcessKey process, double live) {
  record::Reading result;
  result.process = process;
  result.values.set(Signal::kLiveBytes, std::round(live));
  result.values.set(Signal::kHeldBytes, std::round(live + 1e6));
  result.values.set(Signal::kLiveBlocks, std::round(live / 64));
  result.values.set(Signal::kUss, std::floor((live + 2e6) / 4096) * 4096);
  result.values.set(Signal::kRss, std::floor((live + 9e6) / 4096) * 4096);
  return result;
}

// A supervisor that stands still, and one worker that a successor replaces again and again. Every
// worker begins at a level of its own; the first was warm when the growth phase began.
record::Record recycled_record(const Recycling& recycling) {
  record::Record record;
  record.header.min_iterations = 40;
  record.header.max_iterations = 5000;
  Noise noise(recycling.noise, recycling.seed);
  Noise level(1e6, recycling.seed + 1000);
  double base = 40e6;
  int worker = 0;
  int iteration = 0;
  for (int index = 0; iteration < recycling.iterations; ++index) {
    const int batch = index % 2 == 0 ? 2 : 8;
    iteration += batch;
    if (iteration / recycling.life != worker) {
      worker = iteration / recycling.life;
      base = 40e6 + level();
    }
    const double age = iteration - worker * recycling.life;
    const double warm_up = recycling.warm_up * (worker == 0 ? 1 : std::min(1.0, age / 3));
    record.checkpoints.push_back(
        {record::Phase::kGrowth,
         iteration,
         batch,
         Seconds(0),
         {reading({1, 1}, 10e6), reading({2, 10U + static_cast<std::uint64_t>(worker)},
                                         base + warm_up + recycling.leak * age + noise())}});
    record.batches.push_back(
        {record::Phase::kGrowth, batch, 0, Seconds(0.01), batch, batch, 0, 0, 0});
  }
  return record;
}

std::optional<SegmentedGrowth> growth_of(const Recycling& recycling) {
  return segmented_growth(segments_of(recycled_record(recycling), Signal::kLiveBytes));
}

GateReport judge(const Recycling& recycling) {
  return judge_growth(recycled_record(recycling), growth_budget(64), {});
}

TEST(Segments, AreTheStretchesWithTheSameProcesses) {
  const record::Record record = recycled_record({});
  const auto segments = segments_of(record, Signal::kLiveBytes);
  ASSERT_EQ(segments.size(), 10U);
  EXPECT_EQ(segments[0].points.front().iteration, 2);
  EXPECT_EQ(segments[0].points.back().iteration, 142);
}

TEST(Segments, BeginAfterTheWarmUpOfAYoungProcess) {
  const auto segments = segments_of(recycled_record({}), Signal::kLiveBytes);
  ASSERT_GT(segments.size(), 1U);
  EXPECT_EQ(segments[1].points.front().iteration, 160);  // begun at 150, five for each of the two
}

TEST(Segments, AreTheFirstCheckpointsOfALook) {
  const record::Record record = recycled_record({});
  EXPECT_EQ(segments_of(record, Signal::kLiveBytes, 45).size(), 2U);
  EXPECT_EQ(segments_of(record, Signal::kLiveBytes, 0).size(), 0U);
}

TEST(Segments, OfASignalThatNobodyHasAreNone) {
  EXPECT_TRUE(segments_of(recycled_record({}), Signal::kThreads).empty());
}

TEST(SegmentedGrowth, IsTheLeakOfTheWorkers) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto growth = growth_of({.leak = 1000, .seed = seed});
    ASSERT_TRUE(growth);
    EXPECT_NEAR(growth->per_iteration, 1000, 5) << seed;
    EXPECT_NEAR(growth->late, 1000, 10) << seed;
    EXPECT_EQ(growth->rising, 1);
    EXPECT_LT(growth->low(0.999), 1000);
    EXPECT_GT(growth->high(0.999), 1000);
  }
}

TEST(SegmentedGrowth, NeedsFourSegments) {
  EXPECT_FALSE(growth_of({.iterations = 3 * 150 - 10}));
  EXPECT_TRUE(growth_of({.iterations = 4 * 150 - 10}));
  EXPECT_FALSE(segmented_growth({}));
}

TEST(SegmentedGrowth, FailsAtTheHorizonAndNotBefore) {
  const auto growth = growth_of({.leak = 1000});
  ASSERT_TRUE(growth);
  GrowthQuestion question{kExactBytes, 64};
  question.horizon = static_cast<std::int64_t>(growth->iterations) + 1;
  EXPECT_EQ(look_at(*growth, question, false), Outcome::kInconclusive);
  EXPECT_EQ(look_at(*growth, question, true), Outcome::kFail);
  question.horizon -= 1;
  EXPECT_EQ(look_at(*growth, question, false), Outcome::kFail);
}

TEST(SegmentedGrowth, OfFourSegmentsMayPassAndNotFail) {
  const GrowthQuestion question{kExactBytes, 64};
  EXPECT_EQ(look_at(*growth_of({.iterations = 4 * 150 - 10, .leak = 1000}), question, true),
            Outcome::kInconclusive);
  EXPECT_EQ(look_at(*growth_of({.iterations = 4 * 150 - 10}), question, true), Outcome::kPass);
}

TEST(SegmentedGrowth, OfHealthyWorkersPassesBeforeTheHorizon) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto growth = growth_of({.seed = seed});
    ASSERT_TRUE(growth);
    GrowthQuestion question{kExactBytes, 64};
    question.horizon = 100000;
    EXPECT_EQ(look_at(*growth, question, false), Outcome::kPass) << seed;
  }
}

TEST(Recycled, IsARunWhoseLastStretchIsNotTheLargerPart) {
  GrowthWindow window;
  window.checkpoints.assign(10, nullptr);
  window.left_out = 0;
  EXPECT_FALSE(is_recycled(window));
  window.left_out = 4;
  EXPECT_FALSE(is_recycled(window));
  window.left_out = 5;
  EXPECT_TRUE(is_recycled(window));
  EXPECT_TRUE(is_recycled(growth_window(recycled_record({}))));
  EXPECT_FALSE(is_recycled(growth_window(recycled_record({.life = 10000}))));
}

TEST(RecycledGate, FailsForALeakWithItsSize) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const GateReport gate = judge({.leak = 1000, .seed = seed});
    EXPECT_EQ(gate.outcome, Outcome::kFail) << seed;
    EXPECT_EQ(gate.classification, Shape::kLeak);
    ASSERT_TRUE(gate.measured);
    EXPECT_NEAR(gate.measured->value.value, 1000, 10);
    EXPECT_EQ(gate.signal, "live_bytes");
  }
}

TEST(RecycledGate, PassesForHealthyWorkers) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    EXPECT_EQ(judge({.seed = seed}).outcome, Outcome::kPass) << seed;
}

TEST(RecycledGate, DoesNotFailForTheWarmUpOfYoungWorkers) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Recycling recycling{.warm_up = 2e6, .seed = seed};
    EXPECT_NE(judge(recycling).outcome, Outcome::kFail) << seed;
    EXPECT_NE(judge_growth(recycled_record(recycling), growth_budget(64), {SIZE_MAX, true}).outcome,
              Outcome::kFail)
        << seed;
  }
}

}  // namespace
}  // namespace tidemark::analysis
