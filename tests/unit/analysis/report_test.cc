// Gates other than growth, the audit, expected outcomes and exit codes.

#include "harness/analysis/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/analysis/judge.h"

namespace tidemark::analysis {
namespace {

using plan::Gate;
using record::Ending;
using record::Phase;
using record::Record;
using testing::HasSubstr;

constexpr double kMiB = 1024 * 1024;

plan::Budget peak_budget(double limit) {
  return {Gate::kPeakMemory, "peak_memory", 0, Quantity{limit, Unit::kBytes}, {}};
}

record::PeakSample peak(Phase phase, double needed, Bytes lazy_free = {}, Bytes kept = {}) {
  const Bytes base = 100_MiB;
  return {
      phase, 1, {{{1, 1}, base, base + Bytes{static_cast<std::int64_t>(needed)}, lazy_free, kept}}};
}

record::Batch batch(std::int64_t iterations, std::int64_t failed = 0) {
  return {Phase::kGrowth,      iterations, failed, Seconds(1), iterations,
          iterations - failed, failed,     0,      0};
}

Record ended(Ending ending, std::vector<plan::Budget> budgets) {
  Record record;
  record.header.scenario = "example";
  record.header.budgets = std::move(budgets);
  record.header.min_iterations = 40;
  record.header.max_iterations = 2000;
  record.end = record::End{ending, "what happened", Phase::kGrowth, Seconds(3)};
  return record;
}

TEST(Peak, TheLargestIterationIsHeldAgainstTheLimit) {
  Record record;
  for (const double needed : {4 * kMiB, 5 * kMiB, 4 * kMiB})
    record.peaks.push_back(peak(Phase::kPeaks, needed));
  const GateReport pass = judge_peak(record, peak_budget(6 * kMiB), {});
  EXPECT_EQ(pass.outcome, Outcome::kPass);
  EXPECT_EQ(pass.measured->value, (Quantity{5 * kMiB, Unit::kBytes}));
  EXPECT_EQ(judge_peak(record, peak_budget(3 * kMiB), {}).outcome, Outcome::kFail);
}

TEST(Peak, TheFirstIterationOfAllIsNotJudged) {
  Record record;
  record.peaks = {peak(Phase::kWarmup, 50 * kMiB), peak(Phase::kPeaks, kMiB),
                  peak(Phase::kPeaks, kMiB)};
  EXPECT_EQ(judge_peak(record, peak_budget(2 * kMiB), {}).outcome, Outcome::kPass);
}

TEST(Peak, FreeMemoryThatLayAroundCountsAsNeeded) {
  Record record;
  record.peaks.assign(3, peak(Phase::kPeaks, kMiB, 2_MiB, 4_MiB));
  const GateReport gate = judge_peak(record, peak_budget(8 * kMiB), {});
  EXPECT_EQ(gate.measured->value.value, 7 * kMiB);
  EXPECT_THAT(gate.reason, HasSubstr("upper bound"));
}

TEST(Peak, ASingleOutlierIsNotAttributed) {
  Record record;
  record.peaks.assign(4, peak(Phase::kPeaks, kMiB));
  record.peaks.push_back(peak(Phase::kPeaks, 9 * kMiB));
  const GateReport gate = judge_peak(record, peak_budget(2 * kMiB), {});
  EXPECT_EQ(gate.outcome, Outcome::kInconclusive);
  EXPECT_THAT(gate.reason, HasSubstr("not attributable"));
}

TEST(Peak, WhatMayHaveNeededLessConvictsNobody) {
  Record record;
  record.peaks.assign(3, peak(Phase::kPeaks, 3 * kMiB));
  for (record::PeakSample& sample : record.peaks) sample.upper_bound = true;
  const GateReport gate = judge_peak(record, peak_budget(kMiB), {});
  EXPECT_EQ(gate.outcome, Outcome::kInconclusive);
  EXPECT_THAT(gate.reason, HasSubstr("at most"));
  EXPECT_EQ(judge_peak(record, peak_budget(4 * kMiB), {}).outcome, Outcome::kPass);
  record.peaks.push_back(peak(Phase::kPeaks, 9 * kMiB));
  EXPECT_EQ(judge_peak(record, peak_budget(kMiB), {}).outcome, Outcome::kFail);
}

TEST(Peak, TheSignalIsThatOfTheLargest) {
  Record record;
  record.peaks.assign(2, peak(Phase::kPeaks, kMiB));
  record.peaks.back().signal = record::PeakSignal::kSampled;
  record.peaks.push_back(peak(Phase::kPeaks, 2 * kMiB));
  EXPECT_EQ(judge_peak(record, peak_budget(9 * kMiB), {}).signal, "peak_rss");
  record.peaks.push_back(peak(Phase::kPeaks, 3 * kMiB));
  record.peaks.back().signal = record::PeakSignal::kSampled;
  const GateReport gate = judge_peak(record, peak_budget(9 * kMiB), {});
  EXPECT_EQ(gate.signal, "peak_sampled");
  EXPECT_THAT(gate.reason, HasSubstr("lower bounds"));
}

TEST(Peak, WhatFailedMayHaveNeededMore) {
  Record record;
  record.header.program = true;
  record.peaks.assign(3, peak(Phase::kPeaks, kMiB));
  record.batches.assign(3, batch(1, 1));
  EXPECT_EQ(judge_peak(record, peak_budget(2 * kMiB), {}).outcome, Outcome::kInconclusive);
  EXPECT_EQ(judge_peak(record, peak_budget(kMiB / 2), {}).outcome, Outcome::kFail);
  record.batches.assign(3, batch(1, 0));
  EXPECT_EQ(judge_peak(record, peak_budget(2 * kMiB), {}).outcome, Outcome::kPass);
}

TEST(Audit, OfAProgramOnlyItsEndsAreLookedAt) {
  Record record = ended(Ending::kCompleted, {peak_budget(9 * kMiB)});
  record.header.program = true;
  record.batches = {batch(10)};
  const auto checks = report_scenario(record).audit;
  ASSERT_EQ(checks.size(), 1U);
  EXPECT_EQ(checks.front().detail, "10 of 10 iterations ended as expected");
}

TEST(Peak, NothingMeasuredIsNeverAPass) {
  EXPECT_EQ(judge_peak(Record(), peak_budget(kMiB), {SIZE_MAX, true}).outcome,
            Outcome::kInconclusive);
}

TEST(Duration, AQuantileIsDecidedEarlyOnlyWhenItsIntervalIsClear) {
  Record record;
  for (int i = 0; i < 200; ++i) record.latency.iterations.add(Seconds(0.1));
  const auto budget = [](double limit) {
    return plan::Budget{Gate::kDuration, "duration.p95", 0.95, Quantity{limit, Unit::kSeconds}, {}};
  };
  EXPECT_EQ(judge_duration(record, budget(0.2), {}).outcome, Outcome::kPass);
  EXPECT_EQ(judge_duration(record, budget(0.05), {}).outcome, Outcome::kFail);
  Record few;
  for (int i = 0; i < 40; ++i) few.latency.iterations.add(Seconds(0.1));
  EXPECT_EQ(judge_duration(few, budget(0.2), {}).outcome,
            Outcome::kInconclusive);  // of 40, 2 lie above
  record.header.min_iterations = 300;
  EXPECT_EQ(judge_duration(record, budget(0.2), {}).outcome, Outcome::kInconclusive);
  record.header.min_iterations = 0;
  for (int i = 0; i < 10; ++i) record.latency.iterations.add(Seconds(1));
  EXPECT_EQ(judge_duration(record, budget(0.2), {}).outcome, Outcome::kInconclusive);
  EXPECT_EQ(judge_duration(record, budget(0.2), {SIZE_MAX, true}).outcome, Outcome::kPass);
}

TEST(Errors, TheFirstOneTooManyDecides) {
  Record record;
  record.header.min_iterations = 40;
  record.header.max_iterations = 2000;
  const auto budget = [](double limit) {
    return plan::Budget{Gate::kErrors, "errors", 0, Quantity{limit, Unit::kPercent}, {}};
  };
  record.batches = {batch(100)};
  EXPECT_EQ(judge_errors(record, budget(0), {}).outcome, Outcome::kPass);
  record.batches = {batch(100, 1)};
  EXPECT_EQ(judge_errors(record, budget(0), {}).outcome, Outcome::kFail);
  EXPECT_EQ(judge_errors(record, budget(0.5), {}).outcome, Outcome::kInconclusive);
  EXPECT_EQ(judge_errors(record, budget(0.5), {SIZE_MAX, true}).outcome, Outcome::kFail);
  EXPECT_EQ(judge_errors(record, budget(2), {}).outcome, Outcome::kPass);
}

TEST(Audit, WrongAnswersMakeEveryGateInvalid) {
  Record record = ended(Ending::kUnexpectedAnswers, {peak_budget(kMiB)});
  record.batches = {batch(10, 10)};
  record.peaks.assign(3, peak(Phase::kPeaks, 9 * kMiB));
  const ScenarioReport report = report_scenario(record);
  EXPECT_EQ(report.outcome, Outcome::kInvalid);
  EXPECT_EQ(report.gates.front().outcome, Outcome::kInvalid);
}

TEST(Audit, ATargetThatNeverRanIsInvalidEvenWhenAFailureIsExpected) {
  Record record = ended(Ending::kNotLaunched, {peak_budget(kMiB)});
  record.header.expect_outcome = plan::ExpectedOutcome::kFail;
  EXPECT_EQ(report_scenario(record).outcome, Outcome::kInvalid);
}

TEST(Audit, ATargetThatDiedKeepsItsFailedGatesAndLosesItsPasses) {
  Record record = ended(Ending::kTargetDied, {peak_budget(kMiB), peak_budget(20 * kMiB)});
  record.batches = {batch(100)};
  record.peaks.assign(3, peak(Phase::kPeaks, 9 * kMiB));
  const ScenarioReport report = report_scenario(record);
  EXPECT_EQ(report.gates[0].outcome, Outcome::kFail);
  EXPECT_EQ(report.gates[1].outcome, Outcome::kInvalid);
}

TEST(Audit, TheMemoryLimitFailsThePeakWhenNothingLeaked) {
  Record record = ended(Ending::kMemoryLimit, {peak_budget(20 * kMiB)});
  record.batches = {batch(3)};
  const ScenarioReport report = report_scenario(record);
  EXPECT_EQ(report.gates.front().outcome, Outcome::kFail);
  EXPECT_THAT(report.gates.front().reason, HasSubstr("what happened"));
}

// Checkpoints after 0, 10 and 20 iterations with so much settled memory.
Record limited(std::vector<plan::Budget> budgets, std::vector<Bytes> settled) {
  Record record = ended(Ending::kMemoryLimit, std::move(budgets));
  record.header.memory_limit = 200_MiB;
  record.batches = {batch(20)};
  for (const Bytes bytes : settled) {
    record::Reading reading;
    reading.values.set(record::Signal::kUss, static_cast<double>(bytes.count));
    const auto iteration = static_cast<std::int64_t>(10 * record.checkpoints.size());
    record.checkpoints.push_back({Phase::kWarmup, iteration, 10, Seconds(1), {reading}});
  }
  return record;
}

TEST(Audit, TheMemoryLimitFailsGrowthWhenMemoryStayed) {
  const plan::Budget growth{Gate::kGrowth, "growth", 0, std::nullopt, {}};
  Record record = limited({growth, peak_budget(20 * kMiB)}, {40_MiB, 90_MiB, 140_MiB});
  record.peaks.assign(3, peak(Phase::kPeaks, 9 * kMiB));
  const auto gates = report_scenario(record).gates;
  EXPECT_EQ(gates[0].outcome, Outcome::kFail);
  EXPECT_EQ(gates[0].classification, Shape::kLeak);
  EXPECT_EQ(gates[0].measured->value.value, 5 * kMiB);
  EXPECT_THAT(gates[0].reason, HasSubstr("100 MiB had stayed behind after 20 iterations"));
  EXPECT_EQ(gates[1].outcome, Outcome::kPass);
}

TEST(Audit, TheOomKillerDecidesLikeALimit) {
  const plan::Budget growth{Gate::kGrowth, "growth", 0, std::nullopt, {}};
  Record record = limited({growth, peak_budget(20 * kMiB)}, {40_MiB, 90_MiB, 140_MiB});
  record.header.memory_limit.reset();
  record.peaks.assign(3, peak(Phase::kPeaks, 9 * kMiB));
  EXPECT_EQ(report_scenario(record).gates[0].outcome, Outcome::kFail);
  EXPECT_EQ(report_scenario(record).gates[1].outcome, Outcome::kPass);
  record.checkpoints.resize(1);
  EXPECT_EQ(report_scenario(record).gates[0].outcome, Outcome::kInvalid);
  EXPECT_EQ(report_scenario(record).gates[1].outcome, Outcome::kPass);
}

TEST(Audit, TheMemoryLimitFailsNoGrowthThatWasNotThere) {
  const plan::Budget growth{Gate::kGrowth, "growth", 0, std::nullopt, {}};
  const Record record = limited({growth}, {40_MiB, 41_MiB, 41_MiB});
  EXPECT_EQ(report_scenario(record).gates.front().outcome, Outcome::kInvalid);
}

TEST(Outcomes, AnExpectedFailureIsAPassAndAMissingOneAFailure) {
  Record record = ended(Ending::kCompleted, {peak_budget(5 * kMiB)});
  record.header.expect_outcome = plan::ExpectedOutcome::kFail;
  record.batches = {batch(100)};
  record.peaks.assign(3, peak(Phase::kPeaks, 9 * kMiB));
  EXPECT_EQ(report_scenario(record).outcome, Outcome::kPass);
  EXPECT_EQ(report_scenario(record).gates.front().outcome, Outcome::kFail);
  record.peaks.assign(3, peak(Phase::kPeaks, kMiB));
  EXPECT_EQ(report_scenario(record).outcome, Outcome::kFail);
}

TEST(Outcomes, AnExpectedFailureHasNotBeenMissedWhenTheRunWasInterrupted) {
  Record record = ended(Ending::kInterrupted, {peak_budget(5 * kMiB)});
  record.header.expect_outcome = plan::ExpectedOutcome::kFail;
  record.batches = {batch(100)};
  EXPECT_EQ(report_scenario(record).outcome, Outcome::kInconclusive);
}

RunReport run_of(std::vector<Outcome> outcomes) {
  std::vector<ScenarioReport> scenarios;
  for (const Outcome outcome : outcomes) {
    scenarios.emplace_back();
    scenarios.back().outcome = outcome;
  }
  return report_run(std::move(scenarios), "run", "2026-01-31T12:00:00Z", Seconds(1), {});
}

TEST(ExitCodes, TheStrongestOutcomeDecides) {
  using enum Outcome;
  EXPECT_EQ(exit_code(run_of({kPass, kPass})), 0);
  EXPECT_EQ(exit_code(run_of({kPass, kSkipped})), 0);
  EXPECT_EQ(exit_code(run_of({kPass, kInconclusive})), 4);
  EXPECT_EQ(exit_code(run_of({kInconclusive, kInvalid})), 3);
  EXPECT_EQ(exit_code(run_of({kInvalid, kInconclusive, kFail, kPass})), 1);
}

TEST(ExitCodes, ARunThatMeasuredNothingHasNotPassed) {
  EXPECT_EQ(exit_code(run_of({})), 3);
  EXPECT_EQ(exit_code(run_of({Outcome::kSkipped})), 3);
}

TEST(ExitCodes, AnInterruptedRunIs130WhateverItFound) {
  RunReport report = run_of({Outcome::kFail});
  report.interrupted = true;
  EXPECT_EQ(exit_code(report), 130);
}

}  // namespace
}  // namespace tidemark::analysis
