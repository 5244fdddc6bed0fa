// What must hold of a verdict whatever the series, on many random ones.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "harness/analysis/growth_verdict.h"
#include "tests/unit/analysis/synthetic.h"

namespace tidemark::analysis {
namespace {

constexpr std::uint64_t kCases = 150;
constexpr double kLimit = 64;

enum class Sort { kNoise, kStep, kExponential, kSawtooth, kLeak };
constexpr std::array<Sort, 5> kSorts = {Sort::kNoise, Sort::kStep, Sort::kExponential,
                                        Sort::kSawtooth, Sort::kLeak};

Memory memory_of(Sort sort, std::uint64_t seed, double iterations) {
  std::mt19937_64 generator(seed);
  const auto between = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(generator);
  };
  auto noise = std::make_shared<Noise>(between(0, 1500), seed);
  const double rate = sort == Sort::kLeak ? between(30, 3000) : 0;
  const double height = between(1e4, 3e5);
  const double at = iterations * between(0.05, 0.95);
  const double slowness = iterations * between(0.02, 0.5);
  const double tooth = iterations * between(0.05, 0.6);
  return [=](const Moment& now) {
    double value = rate * now.iteration + (*noise)();
    if (sort == Sort::kStep && now.iteration > at) value += height;
    if (sort == Sort::kExponential) value += height * (1 - std::exp(-now.iteration / slowness));
    if (sort == Sort::kSawtooth) value += height * std::fmod(now.iteration, tooth) / tooth;
    return value;
  };
}

// Whole bytes, as counters have them; two sizes of batches, and blank checkpoints at times.
Series random_series(Sort sort, std::uint64_t seed) {
  std::mt19937_64 generator(seed + 7777);
  const int count = std::uniform_int_distribution<int>(12, 130)(generator);
  const int large = std::uniform_int_distribution<int>(2, 40)(generator);
  const Memory memory = memory_of(sort, seed, 0.45 * count * (2 + large));
  Series series{record::Signal::kLiveBytes, {}};
  std::int64_t iteration = 31;
  int last_batch = 2;
  for (int i = 0; i < count; ++i) {
    const int batch = i % 9 == 8 ? 0 : i % 2 == 0 ? 2 : large;
    iteration += batch;
    if (batch != 0) last_batch = batch;
    const double value = memory({static_cast<double>(iteration - 31), i, last_batch});
    series.points.push_back({iteration, batch, std::round(1e6 + value)});
  }
  return series;
}

template <typename Change>
Series changed(Series series, Change change) {
  for (SeriesPoint& point : series.points) point.value = change(point.value);
  return series;
}

// The series, then it again from where it ended, `higher` up.
Series twice(const Series& series, double higher) {
  Series both = series;
  const std::int64_t iterations = series.points.back().iteration - series.points.front().iteration;
  for (SeriesPoint point : series.points) {
    point.iteration += iterations;
    point.value += higher;
    both.points.push_back(point);
  }
  both.points[series.points.size()].batch = 0;
  return both;
}

template <typename Check>
void for_each_series(Check check) {
  for (const Sort sort : kSorts)
    for (std::uint64_t seed = 1; seed <= kCases; ++seed) {
      SCOPED_TRACE("sort " + std::to_string(static_cast<int>(sort)) + ", seed " +
                   std::to_string(seed));
      check(sort, random_series(sort, seed));
    }
}

constexpr std::array<SignalKind, 2> kKinds = {kExactBytes, kPageBytes};

TEST(VerdictProperties, TheSeriesAreOfManySorts) {
  std::array<int, 3> outcomes{};
  for_each_series([&](Sort, const Series& series) {
    ++outcomes[static_cast<std::size_t>(judge_series(series, {kExactBytes, kLimit}).outcome)];
  });
  for (const int found : outcomes) EXPECT_GT(found, 100);
}

TEST(VerdictProperties, AConstantAddedChangesNothing) {
  for (const SignalKind& kind : kKinds)
    for_each_series([&](Sort, const Series& series) {
      const GrowthVerdict plain = judge_series(series, {kind, kLimit});
      const GrowthVerdict higher =
          judge_series(changed(series, [](double value) { return value + 1e10; }), {kind, kLimit});
      EXPECT_EQ(plain.outcome, higher.outcome);
      EXPECT_EQ(plain.classification, higher.classification);
      EXPECT_EQ(plain.decided_at, higher.decided_at);
      ASSERT_EQ(plain.growth.has_value(), higher.growth.has_value());
      if (!plain.growth) return;
      const double size =
          std::max({std::abs(plain.growth->low), std::abs(plain.growth->high), 1.0});
      EXPECT_NEAR(plain.growth->per_iteration, higher.growth->per_iteration, 1e-6 * size);
      EXPECT_NEAR(plain.growth->low, higher.growth->low, 1e-6 * size);
      EXPECT_NEAR(plain.growth->high, higher.growth->high, 1e-6 * size);
    });
}

TEST(VerdictProperties, ScaledMemoryHasScaledGrowthAndTheSameVerdict) {
  for (SignalKind kind : kKinds)
    for (const double factor : {0.25, 1024.0})
      for_each_series([&](Sort, const Series& series) {
        kind.noise = 100;
        SignalKind scaled_kind = kind;
        scaled_kind.quantum *= factor;
        scaled_kind.resolution *= factor;
        scaled_kind.noise *= factor;
        const GrowthVerdict plain = judge_series(series, {kind, kLimit});
        const GrowthVerdict scaled =
            judge_series(changed(series, [&](double value) { return factor * value; }),
                         {scaled_kind, factor * kLimit});
        EXPECT_EQ(plain.outcome, scaled.outcome);
        EXPECT_EQ(plain.classification, scaled.classification);
        EXPECT_EQ(plain.decided_at, scaled.decided_at);
        ASSERT_EQ(plain.growth.has_value(), scaled.growth.has_value());
        if (!plain.growth) return;
        EXPECT_DOUBLE_EQ(factor * plain.growth->per_iteration, scaled.growth->per_iteration);
        EXPECT_DOUBLE_EQ(factor * plain.growth->high, scaled.growth->high);
      });
}

TEST(VerdictProperties, WhatDidNotFailDoesNotFailWhenItComesAgain) {
  for (const SignalKind& kind : kKinds)
    for_each_series([&](Sort sort, const Series& series) {
      if (sort == Sort::kLeak) return;
      if (judge_series(series, {kind, kLimit}).outcome == Outcome::kFail) return;
      EXPECT_NE(judge_series(twice(series, 0), {kind, kLimit}).outcome, Outcome::kFail);
    });
}

TEST(VerdictProperties, ALeakThatGoesOnIsStillOneOfThatSize) {
  int leaks = 0;
  for (std::uint64_t seed = 1; seed <= kCases; ++seed) {
    SCOPED_TRACE(seed);
    const Series series = random_series(Sort::kLeak, seed);
    const GrowthVerdict once = judge_series(series, {kExactBytes, kLimit});
    if (once.outcome != Outcome::kFail) continue;
    ++leaks;
    const auto iterations =
        static_cast<double>(series.points.back().iteration - series.points.front().iteration);
    const GrowthVerdict longer =
        judge_series(twice(series, once.growth->per_iteration * iterations), {kExactBytes, kLimit});
    EXPECT_EQ(longer.outcome, Outcome::kFail);
    EXPECT_GE(longer.growth->per_iteration, once.growth->low);
    EXPECT_LE(longer.growth->per_iteration, once.growth->high);
  }
  EXPECT_GT(leaks, 50);
}

TEST(VerdictProperties, ADecisionIsMadeAtACheckpoint) {
  for_each_series([](Sort, const Series& series) {
    const GrowthVerdict verdict = judge_series(series, {kExactBytes, kLimit});
    EXPECT_EQ(verdict.decided_at.has_value(), verdict.outcome != Outcome::kInconclusive);
    if (!verdict.decided_at) return;
    EXPECT_LE(*verdict.decided_at, series.points.back().iteration);
    EXPECT_TRUE(std::any_of(
        series.points.begin(), series.points.end(),
        [&](const SeriesPoint& point) { return point.iteration == *verdict.decided_at; }));
  });
}

// Three processes that share a random series, in an order that changes with every checkpoint.
record::Record shared_record(const Series& series, std::uint64_t order) {
  std::mt19937_64 generator(order);
  record::Record record;
  record.header.min_iterations = 40;
  for (const SeriesPoint& point : series.points) {
    std::vector<record::Reading> readings;
    for (int process = 1; process <= 3; ++process) {
      const double live = std::round(point.value * process / 6);
      record::Reading reading;
      reading.process = {process, 1};
      reading.values.set(record::Signal::kLiveBytes, live);
      reading.values.set(record::Signal::kHeldBytes, live + 5e5);
      reading.values.set(record::Signal::kLiveBlocks, std::round(live / 64));
      reading.values.set(record::Signal::kUss, std::floor((live + 1e6) / 4096) * 4096);
      reading.values.set(record::Signal::kRss, std::floor((live + 4e6) / 4096) * 4096);
      readings.push_back(std::move(reading));
    }
    if (order != 0) std::shuffle(readings.begin(), readings.end(), generator);
    record.checkpoints.push_back(
        {record::Phase::kGrowth, point.iteration, point.batch, Seconds(0), std::move(readings)});
    record.batches.push_back(
        {record::Phase::kGrowth, point.batch, 0, Seconds(0.01), point.batch, point.batch, 0, 0, 0});
  }
  return record;
}

TEST(VerdictProperties, TheOrderOfTheProcessesDoesNotMatter) {
  for_each_series([](Sort, const Series& series) {
    const plan::Budget budget = growth_budget(kLimit);
    const GateReport plain = judge_growth(shared_record(series, 0), budget, {SIZE_MAX, true});
    const GateReport shuffled = judge_growth(shared_record(series, 1), budget, {SIZE_MAX, true});
    EXPECT_EQ(plain.outcome, shuffled.outcome);
    EXPECT_EQ(plain.classification, shuffled.classification);
    EXPECT_EQ(plain.signal, shuffled.signal);
    EXPECT_EQ(plain.shape_signal, shuffled.shape_signal);
    EXPECT_EQ(plain.reason, shuffled.reason);
    ASSERT_EQ(plain.measured.has_value(), shuffled.measured.has_value());
    if (!plain.measured) return;
    EXPECT_EQ(plain.measured->value.value, shuffled.measured->value.value);
    EXPECT_EQ(plain.measured->low, shuffled.measured->low);
    EXPECT_EQ(plain.measured->high, shuffled.measured->high);
  });
}

TEST(Looks, BackBecomeShorterAndShorter) {
  for (std::size_t count = 0; count <= 3000; ++count) {
    std::size_t before = count;
    std::size_t sum = 0;
    for (const std::size_t look : looks_back(count)) {
      ASSERT_LT(look, before) << count;
      ASSERT_GT(look, 0U) << count;
      before = look;
      sum += look;
    }
    EXPECT_LE(sum, 6 * count) << count;
  }
}

TEST(Looks, ComeLaterAndLater) {
  for (std::size_t count = 0; count <= 100000; ++count) ASSERT_GT(next_look(count), count);
}

TEST(Looks, CostLittleMoreThanAMultipleOfALongRun) {
  constexpr std::size_t kCheckpoints = 1'000'000;
  std::size_t sum = 0;
  for (std::size_t count = 1; count <= kCheckpoints; count = next_look(count)) sum += count;
  EXPECT_LE(sum, 30 * kCheckpoints);
}

}  // namespace
}  // namespace tidemark::analysis
