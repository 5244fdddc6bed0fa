#include "harness/analysis/exhaustion.h"

#include <gtest/gtest.h>

#include "harness/analysis/report.h"
#include "tests/unit/analysis/synthetic.h"

namespace tidemark::analysis {
namespace {

ExhaustionInput example() {
  ExhaustionInput input;
  input.growth = 1024;
  input.growth_low = 512;
  input.growth_high = 2048;
  input.in_use = 24_MiB;
  input.limit = 1024_MiB;
  input.limit_from = kFromProduction;
  input.rate_per_second = 20;
  input.rate_given = true;
  return input;
}

TEST(TimeToExhaustion, IsWhatIsLeftOverGrowthAndRate) {
  const auto exhaustion = time_to_exhaustion(example());
  ASSERT_TRUE(exhaustion);
  EXPECT_DOUBLE_EQ(exhaustion->iterations, 1000.0 * 1024);
  EXPECT_DOUBLE_EQ(exhaustion->after.count(), 51200);
  EXPECT_DOUBLE_EQ(exhaustion->earliest->count(), 25600) << "by the upper end of the growth";
  EXPECT_DOUBLE_EQ(exhaustion->latest->count(), 102400);
  EXPECT_EQ(exhaustion->rate_per_second, 20);
  EXPECT_TRUE(exhaustion->rate_given);
  EXPECT_EQ(exhaustion->limit, 1024_MiB);
  EXPECT_EQ(exhaustion->limit_from, "production.memory");
  EXPECT_EQ(exhaustion->in_use, 24_MiB);
}

TEST(TimeToExhaustion, ThereIsNoneWhereGrowthMayBeNone) {
  for (const std::optional<double> low :
       {std::optional<double>(), std::optional(0.0), std::optional(-3.0)}) {
    ExhaustionInput input = example();
    input.growth_low = low;
    EXPECT_FALSE(time_to_exhaustion(input));
  }
}

TEST(TimeToExhaustion, ThereIsNoneWithoutARate) {
  ExhaustionInput input = example();
  input.rate_per_second = 0;
  EXPECT_FALSE(time_to_exhaustion(input));
}

TEST(TimeToExhaustion, ALimitThatIsReachedAlreadyIsReachedNow) {
  ExhaustionInput input = example();
  input.in_use = 2048_MiB;
  const auto exhaustion = time_to_exhaustion(input);
  ASSERT_TRUE(exhaustion);
  EXPECT_EQ(exhaustion->after, Seconds(0));
  EXPECT_EQ(exhaustion->latest, Seconds(0));
  EXPECT_EQ(exhaustion->iterations, 0);
}

TEST(TimeToExhaustion, WithoutAnUpperEndThereIsNoEarliestTime) {
  ExhaustionInput input = example();
  input.growth_high.reset();
  const auto exhaustion = time_to_exhaustion(input);
  ASSERT_TRUE(exhaustion);
  EXPECT_FALSE(exhaustion->earliest);
  EXPECT_TRUE(exhaustion->latest);
}

// Two workers of 30 and 40 MiB, 100 iterations in half a second of load.
record::Record leaking_record() {
  record::Record record;
  record.header.machine_memory = 8192_MiB;
  record.batches = {{record::Phase::kWarmup, 10, 0, Seconds(9), 10, 10, 0, 0, 0},
                    {record::Phase::kGrowth, 40, 0, Seconds(0.2), 80, 80, 0, 0, 0},
                    {record::Phase::kGrowth, 60, 0, Seconds(0.3), 120, 120, 0, 0, 0}};
  record::Checkpoint checkpoint{record::Phase::kGrowth, 110, 60, Seconds(10), {}};
  for (const int pid : {1, 2}) {
    record::Reading reading;
    reading.process = {pid, 1};
    reading.values.set(record::Signal::kUss, (20.0 + 10 * pid) * 1024 * 1024);
    reading.values.set(record::Signal::kRss, 100.0 * 1024 * 1024);
    checkpoint.readings.push_back(reading);
  }
  record.checkpoints = {checkpoint};
  return record;
}

GateReport leaking_gate() {
  GateReport gate;
  gate.outcome = Outcome::kFail;
  gate.classification = Shape::kLeak;
  gate.measured = Measured{{1000, Unit::kBytesPerIteration}, 900, 1100};
  return gate;
}

TEST(ExhaustionOf, UsesWhatWasMeasuredWhereNothingIsGiven) {
  const auto exhaustion = exhaustion_of(leaking_record(), leaking_gate());
  ASSERT_TRUE(exhaustion);
  EXPECT_EQ(exhaustion->in_use, 70_MiB);
  EXPECT_DOUBLE_EQ(exhaustion->rate_per_second, 200) << "iterations under load, growth phase only";
  EXPECT_FALSE(exhaustion->rate_given);
  EXPECT_EQ(exhaustion->limit, 8192_MiB);
  EXPECT_EQ(exhaustion->limit_from, "machine");
}

TEST(ExhaustionOf, WhatIsGivenBeatsTheMemoryLimitAndThatTheMachine) {
  record::Record record = leaking_record();
  record.header.memory_limit = 512_MiB;
  EXPECT_EQ(exhaustion_of(record, leaking_gate())->limit, 512_MiB);
  EXPECT_EQ(exhaustion_of(record, leaking_gate())->limit_from, "target.memory_limit");
  record.header.production = {5, 256_MiB};
  const auto exhaustion = exhaustion_of(record, leaking_gate());
  EXPECT_EQ(exhaustion->limit, 256_MiB);
  EXPECT_EQ(exhaustion->limit_from, "production.memory");
  EXPECT_EQ(exhaustion->rate_per_second, 5);
  EXPECT_TRUE(exhaustion->rate_given);
}

TEST(ExhaustionOf, WhereUssCouldNotBeReadRssCounts) {
  record::Record record = leaking_record();
  for (record::Reading& reading : record.checkpoints[0].readings) {
    reading.values = {};
    reading.values.set(record::Signal::kRss, 50.0 * 1024 * 1024);
  }
  EXPECT_EQ(exhaustion_of(record, leaking_gate())->in_use, 100_MiB);
}

TEST(ExhaustionOf, ALastCheckpointWithoutReadingsIsPassedOver) {
  record::Record record = leaking_record();
  record.checkpoints.push_back({record::Phase::kGrowth, 111, 1, Seconds(11), {}});
  EXPECT_EQ(exhaustion_of(record, leaking_gate())->in_use, 70_MiB);
}

TEST(ExhaustionOf, OnlyALeakOrALikelyOneExhaustsMemory) {
  const auto has_one = [](Outcome outcome, Shape shape) {
    GateReport gate = leaking_gate();
    gate.outcome = outcome;
    gate.classification = shape;
    return exhaustion_of(leaking_record(), gate).has_value();
  };
  EXPECT_TRUE(has_one(Outcome::kFail, Shape::kLeak));
  EXPECT_TRUE(has_one(Outcome::kInconclusive, Shape::kLeak));
  EXPECT_FALSE(has_one(Outcome::kInconclusive, Shape::kUnknown));
  EXPECT_FALSE(has_one(Outcome::kInconclusive, Shape::kSaturating));
  EXPECT_FALSE(has_one(Outcome::kPass, Shape::kLeak)) << "within its budget";
  EXPECT_FALSE(has_one(Outcome::kInvalid, Shape::kLeak));
}

TEST(ExhaustionOf, AnOlderRecordWithoutAnyLimitHasNone) {
  record::Record record = leaking_record();
  record.header.machine_memory.reset();
  EXPECT_FALSE(exhaustion_of(record, leaking_gate()));
}

TEST(ExhaustionOf, StandsInTheReportOfAScenario) {
  SyntheticRun run([](const Moment& now) { return 1008 * now.iteration; }, Readings::kExactly);
  run.record().header.budgets = {growth_budget(64)};
  run.record().header.production = {20, 2048_MiB};
  run.judge(growth_budget(64));
  run.record().end =
      record::End{record::Ending::kCompleted, {}, record::Phase::kGrowth, Seconds(3)};
  const ScenarioReport report = report_scenario(run.record());
  ASSERT_EQ(report.gates[0].outcome, Outcome::kFail);
  ASSERT_TRUE(report.exhaustion);
  EXPECT_NEAR(report.exhaustion->after.count(), (2048.0 * 1024 * 1024 - 42e6) / 1008 / 20, 2000);
}

}  // namespace
}  // namespace tidemark::analysis
