// Scaling budgets, sweeps as a whole, and what they make of a run.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/analysis/report.h"
#include "harness/analysis/scaling.h"

namespace tidemark::analysis {
namespace {

using plan::Complexity;
using plan::ExpectedOutcome;
using plan::ScaledQuantity;
using plan::ScalingBudget;
using record::Ending;
using record::Phase;
using record::Record;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr double kMiB = 1024 * 1024;
constexpr double kProduction = 500'000;

ScalingBudget class_budget(Complexity worst) {
  return {"scaling.peak_memory", ScaledQuantity::kPeakMemory, worst, std::nullopt, kProduction, {}};
}

ScalingBudget max_budget(double bytes, double at = kProduction) {
  return {"scaling.peak_memory.max",
          ScaledQuantity::kPeakMemory,
          std::nullopt,
          Quantity{bytes, Unit::kBytes},
          at,
          {}};
}

double linear(double n) {
  return 772 * n;
}
double constant(double) {
  return 3 * kMiB;
}

ScalingReport fitted(double (*curve)(double), double production = kProduction,
                     const std::vector<double>& sizes = {1000, 5000, 20'000, 50'000}) {
  std::vector<ScalingPoint> points;
  for (const double size : sizes) points.push_back({size, std::vector<double>(5, curve(size))});
  ScalingReport report = fit_scaling(ScaledQuantity::kPeakMemory, points, production);
  report.variable = "users";
  return report;
}

// --- gates ---------------------------------------------------------------------------------------

TEST(ScalingGate, AClassThatIsWorseThanAllowedFails) {
  const GateReport gate = judge_scaling(fitted(linear), class_budget(Complexity::kConstant));
  EXPECT_EQ(gate.outcome, Outcome::kFail);
  EXPECT_EQ(gate.complexity, Complexity::kLinear);
  EXPECT_EQ(gate.complexity_limit, Complexity::kConstant);
  EXPECT_EQ(gate.signal, "peak_memory");
  ASSERT_TRUE(gate.measured);
  EXPECT_NEAR(gate.measured->value.value, linear(kProduction), 1);
  EXPECT_LT(*gate.measured->low, *gate.measured->high);
  EXPECT_THAT(gate.reason, StartsWith("peak memory grows as O(n): 772 B for each of the users; at "
                                      "500,000 that makes 368 MiB ("));
}

TEST(ScalingGate, AClassThatIsAllowedPasses) {
  EXPECT_EQ(judge_scaling(fitted(linear), class_budget(Complexity::kLinearithmic)).outcome,
            Outcome::kPass);
  const GateReport gate = judge_scaling(fitted(constant), class_budget(Complexity::kConstant));
  EXPECT_EQ(gate.outcome, Outcome::kPass);
  EXPECT_THAT(gate.reason, StartsWith("peak memory does not grow: O(1); at 500,000"));
}

TEST(ScalingGate, TooNarrowASweepIsInconclusiveAndSaysWhatIsMissing) {
  const ScalingReport narrow = fitted(linear, kProduction, {1000, 2000, 3000, 4000});
  for (const ScalingBudget& budget :
       {class_budget(Complexity::kConstant), class_budget(Complexity::kQuadratic),
        max_budget(900 * kMiB)}) {
    const GateReport gate = judge_scaling(narrow, budget);
    EXPECT_EQ(gate.outcome, Outcome::kInconclusive);
    EXPECT_EQ(gate.reason,
              "the sizes span a factor of 4: at least 10 is needed to tell how it grows; "
              "add a point at 20000");
  }
}

TEST(ScalingGate, AMaximumHoldsForTheUpperEnd) {
  const ScalingReport report = fitted(linear);
  ASSERT_TRUE(report.prediction);
  const auto outcome = [&](double max) { return judge_scaling(report, max_budget(max)).outcome; };
  EXPECT_EQ(outcome(report.prediction->high + 1), Outcome::kPass);
  EXPECT_EQ(outcome(report.prediction->high - 1), Outcome::kFail);
  EXPECT_EQ(outcome(report.prediction->value - 1), Outcome::kFail);
}

TEST(ScalingGate, AWideUpperEndAloneFailsNothing) {
  const ScalingReport report = fitted(constant);
  ASSERT_GT(report.prediction->high, 2 * report.prediction->value);
  const GateReport gate = judge_scaling(report, max_budget(report.prediction->high - 1));
  EXPECT_EQ(gate.outcome, Outcome::kInconclusive);
  EXPECT_THAT(gate.reason, HasSubstr("too narrow"));
  EXPECT_THAT(gate.reason, HasSubstr("add a point at 200000"));
  EXPECT_EQ(judge_scaling(report, max_budget(2 * kMiB)).outcome, Outcome::kFail);
}

TEST(ScalingGate, EveryClassThatIsLeftMayBeAllowed) {
  ScalingReport report = fitted(linear);
  report.complexity.reset();
  report.best = Complexity::kConstant;
  report.worst = Complexity::kQuadratic;
  EXPECT_EQ(judge_scaling(report, class_budget(Complexity::kQuadratic)).outcome, Outcome::kPass);
  EXPECT_EQ(judge_scaling(report, class_budget(Complexity::kLinear)).outcome,
            Outcome::kInconclusive);
}

TEST(ScalingGate, AMaximumDoesNotFailByOneOfTheClassesThatAreLeft) {
  std::vector<ScalingPoint> points;
  for (const double size : {1000, 5000, 20'000, 50'000})
    points.push_back({size, std::vector<double>(5, kMiB + 100 * std::min(size, 20'000.0))});
  const ScalingReport report = fit_scaling(ScaledQuantity::kPeakMemory, points, kProduction);
  ASSERT_FALSE(report.complexity);
  ASSERT_GT(report.prediction->high, 4 * kMiB);
  const GateReport gate = judge_scaling(report, max_budget(3.5 * kMiB));
  EXPECT_EQ(gate.outcome, Outcome::kInconclusive);
  EXPECT_THAT(gate.reason, HasSubstr("add a point at 200000"));
  EXPECT_EQ(judge_scaling(report, max_budget(2.5 * kMiB)).outcome, Outcome::kFail)
      << "it is above that even if it is full";
}

TEST(ScalingGate, WhatWasAboveTheMaximumAtASmallerSizeHasFailed) {
  ScalingReport report = fitted(constant);
  report.points[2].values = {3 * kMiB, 9 * kMiB, 3 * kMiB};
  EXPECT_EQ(judge_scaling(report, max_budget(8 * kMiB)).outcome, Outcome::kInconclusive);
  report.points[2].values = {3 * kMiB, 9 * kMiB, 9 * kMiB};
  const GateReport gate = judge_scaling(report, max_budget(8 * kMiB));
  EXPECT_EQ(gate.outcome, Outcome::kFail);
  EXPECT_EQ(gate.reason, "peak memory was more at 20,000 already");
  EXPECT_EQ(judge_scaling(report, max_budget(64 * kMiB, 10'000)).outcome, Outcome::kPass);
}

TEST(ScalingGate, OfSeveralFlowsTheWorstDecides) {
  const std::vector<ScalingReport> reports = {fitted(constant), fitted(linear), fitted(constant)};
  EXPECT_EQ(judge_scaling(reports, class_budget(Complexity::kConstant)).outcome, Outcome::kFail);
  EXPECT_EQ(judge_scaling(reports, class_budget(Complexity::kLinearithmic)).outcome,
            Outcome::kPass);
}

TEST(ScalingGate, WhatIsTooFarAwayIsInconclusive) {
  const GateReport gate = judge_scaling(fitted(linear, 5e6), max_budget(64 * 1024 * kMiB, 5e6));
  EXPECT_EQ(gate.outcome, Outcome::kInconclusive);
  EXPECT_EQ(gate.reason,
            "5,000,000 is 100 times the largest size measured: too far to predict; "
            "add a point at 500000");
}

// --- sweeps --------------------------------------------------------------------------------------

// One point, with a budget of its own where `limit` is given.
Record point(int users, double (*curve)(double), std::vector<ScalingBudget> scaling,
             std::optional<double> limit = std::nullopt) {
  Record record;
  record.header.scenario = "list [users=" + std::to_string(users) + "]";
  record.header.sweep = plan::SweepPoint{"list", "users", std::to_string(users)};
  record.header.scaling = std::move(scaling);
  if (limit)
    record.header.budgets = {
        {plan::Gate::kPeakMemory, "peak_memory", 0, Quantity{*limit, Unit::kBytes}, {}}};
  record::Reading reading;
  reading.process = {1, 1};
  for (int i = 0; i <= 5; ++i) {
    reading.values.set(record::Signal::kLiveBytes, 1e6 + 100 * i);
    const Phase phase = i == 0 ? Phase::kWarmup : Phase::kPeaks;
    const Bytes needed{static_cast<std::int64_t>(curve(users))};
    record.peaks.push_back({phase, i + 1, {{{1, 1}, 100_MiB, 100_MiB + needed, {}, {}}}});
    record::Batch batch{phase, 1, 0, Seconds(1e-5 * users), 1, 1, 0, 0, 0};
    batch.body_bytes = Bytes{51 * users + 20};
    record.batches.push_back(batch);
    record.checkpoints.push_back({phase, i + 1, 1, Seconds(i), {reading}});
  }
  record.end = record::End{Ending::kCompleted, "", Phase::kPeaks, Seconds(3)};
  return record;
}

std::vector<Record> points(double (*curve)(double), const std::vector<ScalingBudget>& scaling,
                           std::optional<double> limit = std::nullopt) {
  std::vector<Record> records;
  for (const int users : {1000, 5000, 20'000, 50'000})
    records.push_back(point(users, curve, scaling, limit));
  return records;
}

RunReport run_of(const std::vector<Record>& records) {
  std::vector<ScenarioReport> scenarios;
  for (const Record& record : records) scenarios.push_back(report_scenario(record));
  return report_run(std::move(scenarios), "shop", "", Seconds(1), {});
}

TEST(Sweep, RowsHoldWhatSingleIterationsTook) {
  const RunReport run = run_of(points(linear, {}, 900 * kMiB));
  ASSERT_EQ(run.sweeps.size(), 1U);
  const SweepReport& sweep = run.sweeps[0];
  const SweepRow& row = sweep.rows[1];
  EXPECT_EQ(row.size, 5000);
  EXPECT_EQ(row.peaks, std::vector<double>(5, linear(5000))) << "all but the first";
  EXPECT_EQ(row.durations, std::vector<double>(5, 0.05));
  EXPECT_EQ(row.response_bytes, 51 * 5000 + 20);
  EXPECT_EQ(row.retained, 100);
  ASSERT_EQ(sweep.scaling.size(), 2U);
  EXPECT_EQ(sweep.scaling[0].complexity, Complexity::kLinear);
  EXPECT_EQ(sweep.scaling[1].quantity, ScaledQuantity::kDuration);
  EXPECT_EQ(sweep.scaling[1].complexity, Complexity::kLinear);
  EXPECT_NEAR(sweep.response_per_unit.value_or(0), 51, 0.01);
  EXPECT_TRUE(sweep.gates.empty());
  EXPECT_EQ(run.outcome, Outcome::kPass);
}

TEST(Sweep, WithoutSizesIsNotFitted) {
  std::vector<Record> records = points(linear, {}, 900 * kMiB);
  for (Record& record : records) record.header.sweep->variable = "gc_threshold";
  EXPECT_TRUE(run_of(records).sweeps[0].scaling.empty());
  records = points(linear, {}, 900 * kMiB);
  records[0].header.sweep->value = "few";
  EXPECT_TRUE(run_of(records).sweeps[0].scaling.empty());
}

TEST(Sweep, AFailedGateFailsTheRun) {
  const RunReport run = run_of(points(linear, {class_budget(Complexity::kConstant)}));
  for (const ScenarioReport& scenario : run.scenarios)
    EXPECT_EQ(scenario.outcome, Outcome::kPass) << "measured, and no gate of its own";
  EXPECT_EQ(run.sweeps[0].outcome, Outcome::kFail);
  EXPECT_EQ(run.outcome, Outcome::kFail);
  EXPECT_EQ(exit_code(run), 1);
}

TEST(Sweep, PassedGatesPassTheRun) {
  const RunReport run =
      run_of(points(constant, {class_budget(Complexity::kConstant), max_budget(256 * kMiB)}));
  EXPECT_EQ(run.sweeps[0].gates.size(), 2U);
  EXPECT_EQ(run.outcome, Outcome::kPass);
}

TEST(Sweep, AGateThatCannotBeDecidedMakesTheRunInconclusive) {
  std::vector<Record> records = points(linear, {class_budget(Complexity::kConstant)});
  records.pop_back();
  EXPECT_EQ(exit_code(run_of(records)), 4);
}

TEST(Sweep, ExpectedToFailItIsTheSweepThatMust) {
  const auto outcomes = [](double (*curve)(double), std::optional<double> limit) {
    std::vector<Record> records = points(curve, {class_budget(Complexity::kConstant)}, limit);
    for (Record& record : records) record.header.expect_outcome = ExpectedOutcome::kFail;
    const RunReport run = run_of(records);
    std::vector<Outcome> all = {run.outcome, run.sweeps[0].outcome};
    for (const ScenarioReport& scenario : run.scenarios) all.push_back(scenario.outcome);
    return all;
  };
  constexpr Outcome kPass = Outcome::kPass;
  constexpr Outcome kFail = Outcome::kFail;
  EXPECT_THAT(outcomes(linear, std::nullopt),
              ElementsAre(kPass, kPass, kPass, kPass, kPass, kPass));
  EXPECT_THAT(outcomes(constant, std::nullopt),
              ElementsAre(kFail, kFail, kPass, kPass, kPass, kPass));
  EXPECT_THAT(outcomes(constant, kMiB), ElementsAre(kPass, kPass, kPass, kPass, kPass, kPass))
      << "the points' own gates failed";
}

TEST(Sweep, WithoutScalingEachPointIsExpectedToFail) {
  std::vector<Record> records = points(constant, {}, 5 * kMiB);
  for (Record& record : records) record.header.expect_outcome = ExpectedOutcome::kFail;
  const RunReport run = run_of(records);
  for (const ScenarioReport& scenario : run.scenarios) EXPECT_EQ(scenario.outcome, Outcome::kFail);
}

TEST(Sweep, APointThatDiedIsNamedAndNothingPasses) {
  std::vector<Record> records = points(constant, {class_budget(Complexity::kConstant)});
  records.push_back(point(100'000, linear, records[0].header.scaling));
  records.back().end = record::End{Ending::kTargetDied, "the target died", Phase::kPeaks, {}};
  const RunReport run = run_of(records);
  EXPECT_EQ(run.scenarios.back().outcome, Outcome::kInvalid) << "it has no gate of its own";
  EXPECT_EQ(run.sweeps[0].scaling[0].points.size(), 4U);
  const GateReport& gate = run.sweeps[0].gates[0];
  EXPECT_EQ(gate.outcome, Outcome::kInvalid);
  EXPECT_THAT(gate.reason, StartsWith("users=100000 was not measured: the target died; "));
  EXPECT_EQ(exit_code(run), 3);
}

TEST(Sweep, WhatTheOtherPointsShowToFailHasFailed) {
  std::vector<Record> records = points(linear, {class_budget(Complexity::kConstant)});
  records.push_back(point(100'000, linear, records[0].header.scaling));
  records.back().end = record::End{Ending::kMemoryLimit, "too much", Phase::kPeaks, {}};
  const RunReport run = run_of(records);
  EXPECT_EQ(run.sweeps[0].gates[0].outcome, Outcome::kFail);
  EXPECT_EQ(exit_code(run), 1);
}

TEST(Sweep, WrongAnswersAreNoPoints) {
  std::vector<Record> records = points(constant, {class_budget(Complexity::kConstant)});
  for (record::Batch& batch : records[2].batches) batch.failed_iterations = 1;
  const RunReport run = run_of(records);
  EXPECT_EQ(run.scenarios[2].outcome, Outcome::kInvalid);
  EXPECT_EQ(run.sweeps[0].scaling[0].points.size(), 3U);
  EXPECT_EQ(run.sweeps[0].gates[0].outcome, Outcome::kInvalid);
}

// Two flows, each as often: browsing, which needs the same always, and an export.
std::vector<Record> two_flows(double (*exports)(double)) {
  std::vector<Record> records = points(constant, {class_budget(Complexity::kConstant)});
  for (Record& record : records) {
    const double users = *plan::parse_sweep_size(record.header.sweep->value);
    const auto batches = record.batches;
    for (std::size_t i = 1; i < batches.size(); ++i) {
      record::PeakSample sample = record.peaks[i];
      record.peaks[i].flow = "browse";
      sample.flow = "export";
      sample.iteration += 5;
      sample.processes[0].peak =
          sample.processes[0].base + Bytes{static_cast<std::int64_t>(exports(users))};
      record.peaks.push_back(sample);
      record.batches.push_back(batches[i]);
    }
  }
  return records;
}

TEST(Sweep, EachFlowIsFittedByItselfAndTheWorstDecides) {
  const RunReport run = run_of(two_flows(linear));
  const SweepReport& sweep = run.sweeps[0];
  EXPECT_EQ(sweep.scaling.size(), 2U);
  EXPECT_EQ(sweep.scaling[0].flow, "export");
  EXPECT_EQ(sweep.scaling[0].complexity, Complexity::kLinear);
  EXPECT_EQ(sweep.gates[0].outcome, Outcome::kFail);
  EXPECT_THAT(sweep.gates[0].reason, StartsWith("peak memory of the flow 'export' grows as O(n)"));
  EXPECT_EQ(run_of(two_flows(constant)).sweeps[0].outcome, Outcome::kPass);
}

TEST(Sweep, AFlowThatWasNotMeasuredAtASizeIsMissing) {
  std::vector<Record> records = two_flows(constant);
  std::erase_if(records[1].peaks, [](const auto& sample) { return sample.flow == "export"; });
  const GateReport gate = run_of(records).sweeps[0].gates[0];
  EXPECT_EQ(gate.outcome, Outcome::kInconclusive);
  EXPECT_THAT(gate.reason,
              StartsWith("users=5000 was not measured: hardly any iteration took 'export'; "));
}

// Four of five requests that were refused needed little.
TEST(Sweep, FailedIterationsAreNoPointsOfTheFit) {
  std::vector<Record> records = points(constant, {class_budget(Complexity::kConstant)});
  Record& last = records.back();
  last.header.budgets = {{plan::Gate::kErrors, "errors", 0, Quantity{90, Unit::kPercent}, {}}};
  last.batches[1].failed_iterations = 1;
  EXPECT_EQ(run_of(records).sweeps[0].rows[3].peaks.size(), 4U);
  for (std::size_t i = 1; i < 5; ++i) last.batches[i].failed_iterations = 1;
  const GateReport gate = run_of(records).sweeps[0].gates[0];
  EXPECT_NE(gate.outcome, Outcome::kPass);
  EXPECT_THAT(gate.reason, StartsWith("users=50000 was not measured"));
}

std::vector<Record> one_beyond_its_limit(std::vector<ScalingBudget> scaling) {
  std::vector<Record> records = points(constant, scaling);
  records.push_back(point(100'000, linear, std::move(scaling)));
  Record& last = records.back();
  last.header.memory_limit = 1024_MiB;
  last.end = record::End{Ending::kMemoryLimit, "memory_limit of 1 GiB", Phase::kPeaks, {}};
  return records;
}

TEST(Sweep, APointBeyondItsMemoryLimitNeededMoreThanTheMaximum) {
  const RunReport run = run_of(one_beyond_its_limit({max_budget(512 * kMiB)}));
  EXPECT_EQ(run.sweeps[0].gates[0].outcome, Outcome::kFail);
  EXPECT_THAT(run.sweeps[0].gates[0].reason,
              StartsWith("at 100000 one iteration needed 1 GiB and more; users=100000 was not "));
  EXPECT_EQ(exit_code(run), 1);
  EXPECT_EQ(exit_code(run_of(one_beyond_its_limit({max_budget(2048 * kMiB)}))), 3)
      << "it may have needed less than that";
}

TEST(Sweep, ExpectedToFailAPointBeyondItsMemoryLimitIsEnough) {
  std::vector<Record> records = one_beyond_its_limit({class_budget(Complexity::kConstant)});
  for (Record& record : records) record.header.expect_outcome = ExpectedOutcome::kFail;
  const RunReport run = run_of(records);
  EXPECT_EQ(run.sweeps[0].outcome, Outcome::kPass);
  EXPECT_EQ(exit_code(run), 0);
}

TEST(Sweep, WithoutAnyGateNothingPassesThatWasNotMeasured) {
  Record record = point(1000, constant, {});
  EXPECT_EQ(report_scenario(record).outcome, Outcome::kPass);
  record.batches.clear();
  EXPECT_EQ(report_scenario(record).outcome, Outcome::kInvalid);
  EXPECT_EQ(exit_code(run_of({record})), 3);
}

TEST(Sweep, SkippedAltogetherIsNotJudged) {
  std::vector<Record> records = points(constant, {class_budget(Complexity::kConstant)});
  for (Record& record : records) record.end->ending = Ending::kSkipped;
  EXPECT_TRUE(run_of(records).sweeps[0].gates.empty());
}

}  // namespace
}  // namespace tidemark::analysis
