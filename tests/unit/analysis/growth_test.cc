// What the growth verdict says of shapes that are known. Rates over many runs are calibration's
// task; these are single examples and small counts with fixed seeds.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "harness/analysis/growth_verdict.h"
#include "tests/unit/analysis/synthetic.h"

namespace tidemark::analysis {
namespace {

using testing::AllOf;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;

constexpr int kRuns = 50;

GateReport judge(const Memory& memory, double limit, Readings measured = Readings::kExactly) {
  return SyntheticRun(memory, measured).judge(growth_budget(limit));
}

// How many of kRuns differently seeded runs end in the outcome.
int count(Outcome outcome, const std::function<Memory(std::uint64_t seed)>& make, double limit,
          Readings measured = Readings::kExactly) {
  int found = 0;
  for (std::uint64_t seed = 1; seed <= kRuns; ++seed)
    found += judge(make(seed), limit, measured).outcome == outcome;
  return found;
}

TEST(Growth, AFlatSeriesPassesEarly) {
  const GateReport gate = judge([](const Moment&) { return 0.0; }, 64);
  EXPECT_EQ(gate.outcome, Outcome::kPass);
  EXPECT_EQ(gate.classification, Shape::kStable);
  EXPECT_EQ(gate.signal, "live_bytes");
  EXPECT_NEAR(gate.measured->value.value, 0, 0.01);
}

TEST(Growth, AConstantLeakFailsWithItsSize) {
  const GateReport gate = judge([](const Moment& now) { return 1008 * now.iteration; }, 64);
  EXPECT_EQ(gate.outcome, Outcome::kFail);
  EXPECT_EQ(gate.classification, Shape::kLeak);
  EXPECT_EQ(gate.shape_signal, "live_blocks");
  EXPECT_THAT(*gate.measured->low, Le(1008));
  EXPECT_THAT(*gate.measured->high, Ge(1008));
  EXPECT_NEAR(gate.measured->value.value, 1008, 10);
}

TEST(Growth, ALeakIsNotCalledOneBeforeTheHorizon) {
  SyntheticRun run([](const Moment& now) { return 1008 * now.iteration; }, Readings::kExactly);
  for (int i = 0; i < 24; ++i) run.add_checkpoint(i % 2 == 0 ? 1 : 14);
  ASSERT_LT(growth_window(run.record()).iterations(), run.record().header.horizon_iterations);
  const GateReport gate = judge_growth(run.record(), growth_budget(64), {});
  EXPECT_EQ(gate.outcome, Outcome::kInconclusive);
  EXPECT_EQ(gate.classification, Shape::kLeak);
  EXPECT_THAT(gate.reason, HasSubstr("a cache that is filling"));
  EXPECT_EQ(judge_growth(run.record(), growth_budget(64), {SIZE_MAX, true}).outcome,
            Outcome::kFail);
}

TEST(Growth, TheHorizonIsTheHeaders) {
  SyntheticRun run([](const Moment& now) { return 1008 * now.iteration; }, Readings::kExactly);
  for (int i = 0; i < 40; ++i) run.add_checkpoint(i % 2 == 0 ? 1 : 40);
  run.record().header.horizon_iterations = 1000;
  const GateReport before = judge_growth(run.record(), growth_budget(64), {});
  EXPECT_EQ(before.outcome, Outcome::kInconclusive);
  EXPECT_THAT(before.reason, HasSubstr("819 of 1000 iterations are done"));
  run.record().header.horizon_iterations = 800;
  EXPECT_EQ(judge_growth(run.record(), growth_budget(64), {}).outcome, Outcome::kFail);
}

// A long run's batches are twice as large with each hundred checkpoints.
TEST(Growth, LargerBatchesLaterChangeNoVerdict) {
  const auto judged = [](double kept) {
    Noise noise(200, 5);
    SyntheticRun run(
        [&](const Moment& now) { return kept * now.iteration + 100.0 * now.batch + noise(); },
        Readings::kExactly);
    const plan::Schedule schedule{2, 40, 100, 0, ""};
    for (int index = 0; index < 250; ++index) run.add_checkpoint(schedule.batch(index));
    return judge_growth(run.record(), growth_budget(64), {});
  };
  EXPECT_EQ(judged(0).outcome, Outcome::kPass);
  const GateReport leak = judged(1000);
  EXPECT_EQ(leak.outcome, Outcome::kFail);
  EXPECT_NEAR(leak.measured->value.value, 1000, 20);
}

TEST(Growth, ALeakWithinItsBudgetPasses) {
  EXPECT_EQ(judge([](const Moment& now) { return 500 * now.iteration; }, 1024).outcome,
            Outcome::kPass);
}

TEST(Growth, ALeakOfTwiceTheBudgetIsFoundInNoise) {
  EXPECT_EQ(count(
                Outcome::kFail,
                [](std::uint64_t seed) -> Memory {
                  auto noise = std::make_shared<Noise>(1000, seed);
                  return [noise](const Moment& now) { return 128 * now.iteration + (*noise)(); };
                },
                64),
            kRuns);
}

TEST(Growth, ALeakThatComesEverySeventhIterationIsFound) {
  EXPECT_EQ(
      judge([](const Moment& now) { return 7000 * std::floor(now.iteration / 7); }, 64).outcome,
      Outcome::kFail);
}

TEST(Growth, NoiseAloneNeverFails) {
  for (const double deviation : {100.0, 5000.0, 30000.0})
    EXPECT_EQ(count(
                  Outcome::kPass,
                  [&](std::uint64_t seed) -> Memory {
                    auto noise = std::make_shared<Noise>(deviation, seed);
                    return [noise](const Moment&) { return (*noise)(); };
                  },
                  64),
              kRuns)
        << "deviation " << deviation;
}

TEST(Growth, WarmUpThatBendsOverPasses) {
  EXPECT_EQ(judge([](const Moment& now) { return 1e5 * (1 - std::exp(-now.iteration / 100)); }, 64)
                .outcome,
            Outcome::kPass);
  const GateReport logarithm =
      judge([](const Moment& now) { return 2e4 * std::log1p(now.iteration / 10); }, 64);
  EXPECT_EQ(logarithm.outcome, Outcome::kPass);
  EXPECT_EQ(logarithm.classification, Shape::kSaturating);
}

TEST(Growth, ACacheThatIsFullBeforeTheHorizonIsNoLeak) {
  EXPECT_EQ(
      judge([](const Moment& now) { return 1000 * std::min(now.iteration, 150.0); }, 64).outcome,
      Outcome::kPass);
}

TEST(Growth, OneStepIsNoLeak) {
  EXPECT_EQ(judge([](const Moment& now) { return now.iteration > 150 ? 2e5 : 0.0; }, 64).outcome,
            Outcome::kPass);
}

TEST(Growth, WhatMirrorsTheSizeOfTheLastBatchIsNoGrowth) {
  // Seen on a real view: 31 KB more after a batch of 40 than after one of 2.
  const GateReport gate = judge([](const Moment& now) { return 800.0 * now.batch; }, 64);
  EXPECT_EQ(gate.outcome, Outcome::kPass);
  EXPECT_NEAR(gate.measured->value.value, 0, 1);
}

TEST(Growth, WhatSettlingItselfLeavesBehindIsTakenOut) {
  const GateReport gate = judge([](const Moment& now) { return 2000.0 * now.checkpoint; }, 64);
  EXPECT_EQ(gate.outcome, Outcome::kPass);
}

TEST(Growth, ReadingsThatAreFarOffForOnceDoNotCount) {
  EXPECT_EQ(
      judge([](const Moment& now) { return now.checkpoint % 7 == 3 ? 262144.0 : 0.0; }, 64).outcome,
      Outcome::kPass);
}

TEST(Growth, PagesNeedALargerLimitAndFindALargerLeak) {
  EXPECT_EQ(judge([](const Moment&) { return 0.0; }, 4096, Readings::kByPages).outcome,
            Outcome::kPass);
  const GateReport leak =
      judge([](const Moment& now) { return 16384 * now.iteration; }, 4096, Readings::kByPages);
  EXPECT_EQ(leak.outcome, Outcome::kFail);
  EXPECT_EQ(leak.signal, "uss");
  EXPECT_NEAR(leak.measured->value.value, 16384, 200);
}

TEST(Growth, PagesThatWanderDoNotFail) {
  EXPECT_EQ(count(
                Outcome::kFail,
                [](std::uint64_t seed) -> Memory {
                  auto noise = std::make_shared<Noise>(30000, seed);
                  auto level = std::make_shared<double>(0);
                  return [noise, level](const Moment&) { return *level += (*noise)(); };
                },
                4096, Readings::kByPages),
            0);
}

TEST(Growth, MemoryOutsideTheAllocatorsIsFoundAndNamed) {
  SyntheticRun run([](const Moment&) { return 0.0; }, Readings::kExactly);
  const auto add_mapping = [&] {
    auto& values = run.record().checkpoints.back().readings.front().values;
    const auto iteration = static_cast<double>(run.record().checkpoints.back().iteration);
    values.set(record::Signal::kUss, 42e6 + 65536 * iteration);
  };
  for (int i = 0; i < 60; ++i) {
    run.add_checkpoint(i % 2 == 0 ? 2 : 40);
    add_mapping();
  }
  const GateReport gate = judge_growth(run.record(), growth_budget(64), {});
  EXPECT_EQ(gate.outcome, Outcome::kFail);
  EXPECT_EQ(gate.signal, "uss");
  EXPECT_THAT(gate.reason, HasSubstr("outside the allocators"));
  EXPECT_NEAR(gate.measured->value.value, 65536, 700);
}

TEST(Growth, AnUndecidedGateSaysWhatItCannotExclude) {
  SyntheticRun run([](const Moment&) { return 0.0; }, Readings::kByPages);
  for (int i = 0; i < 60; ++i) run.add_checkpoint(1);
  const GateReport gate = judge_growth(run.record(), growth_budget(4096), {SIZE_MAX, true});
  EXPECT_EQ(gate.outcome, Outcome::kInconclusive);
  EXPECT_THAT(gate.reason, AllOf(HasSubstr("is not excluded, the limit is 4 KiB/iteration"),
                                 HasSubstr("more iterations would tell")));
}

TEST(Growth, WithoutABudgetTheLimitDependsOnTheSignal) {
  plan::Budget budget = growth_budget(0);
  budget.limit.reset();
  const Memory flat = [](const Moment&) { return 0.0; };
  EXPECT_EQ(SyntheticRun(flat, Readings::kExactly).judge(budget).limit->value, 64);
  EXPECT_EQ(SyntheticRun(flat, Readings::kByPages).judge(budget).limit->value, 4096);
}

// --- properties ----------------------------------------------------------------------------------

Memory random_memory(std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  const double rate = 200 * uniform(generator);
  const double warmup = 1e5 * uniform(generator);
  const double step_at = 2000 * uniform(generator);
  auto noise = std::make_shared<Noise>(2000 * uniform(generator), seed);
  return [=](const Moment& now) {
    return rate * now.iteration + warmup * (1 - std::exp(-now.iteration / 50)) +
           (now.iteration > step_at ? 3e4 : 0) + (*noise)();
  };
}

Series random_series(std::uint64_t seed, double factor, double shift) {
  const Memory memory = random_memory(seed);
  Series series{record::Signal::kLiveBytes, {}};
  std::int64_t iteration = 0;
  for (int i = 0; i < 70; ++i) {
    const int batch = i % 9 == 8 ? 0 : i % 2 == 0 ? 2 : 40;
    iteration += batch;
    series.points.push_back(
        {iteration, batch, factor * memory({static_cast<double>(iteration), i, batch}) + shift});
  }
  return series;
}

TEST(GrowthProperties, AConstantAddedChangesNothing) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Series plain = random_series(seed, 1, 0);
    const Series shifted = random_series(seed, 1, 1e9);
    EXPECT_NEAR(slope_of(plain.points, kExactBytes)->per_iteration,
                slope_of(shifted.points, kExactBytes)->per_iteration, 1e-3);
    EXPECT_NEAR(growth_bound(plain.points, kExactBytes)->per_iteration,
                growth_bound(shifted.points, kExactBytes)->per_iteration, 1e-3);
    EXPECT_EQ(is_leak_candidate(plain.points, kExactBytes, 64),
              is_leak_candidate(shifted.points, kExactBytes, 64));
  }
}

TEST(GrowthProperties, ScaledMemoryHasScaledGrowth) {
  SignalKind scaled_kind = kExactBytes;
  scaled_kind.quantum *= 8;
  scaled_kind.resolution *= 8;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Series plain = random_series(seed, 1, 0);
    const Series scaled = random_series(seed, 8, 0);
    EXPECT_NEAR(8 * slope_of(plain.points, kExactBytes)->per_iteration,
                slope_of(scaled.points, scaled_kind)->per_iteration, 1e-3);
    EXPECT_EQ(is_leak_candidate(plain.points, kExactBytes, 64),
              is_leak_candidate(scaled.points, scaled_kind, 8 * 64));
  }
}

TEST(GrowthProperties, AFallingSeriesIsNeverALeak) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed)
    EXPECT_FALSE(is_leak_candidate(random_series(seed, -1, 1e9).points, kExactBytes, 0));
}

TEST(GrowthProperties, TooFewPointsSayNothing) {
  Series series = random_series(1, 1, 0);
  for (std::size_t count = 0; count < kExactBytes.least_for_pass; ++count) {
    series.points.resize(count);
    EXPECT_EQ(growth_bound(series.points, kExactBytes), std::nullopt) << count;
    EXPECT_FALSE(is_leak_candidate(series.points, kExactBytes, 0)) << count;
    EXPECT_EQ(shape_of(series.points, kExactBytes, 64), Shape::kUnknown) << count;
  }
}

}  // namespace
}  // namespace tidemark::analysis
