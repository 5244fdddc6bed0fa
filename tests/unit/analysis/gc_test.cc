// Python's collector: its gates, its report, its advice, and sweeps side by side.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/analysis/gc_history.h"
#include "harness/analysis/gc_report.h"
#include "harness/analysis/judge.h"
#include "harness/analysis/report.h"

namespace tidemark::analysis {
namespace {

using record::Phase;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// What one process has counted so far.
struct Counted {
  int pid = 1;
  std::int64_t young = 0;
  std::int64_t full = 0;
  Seconds paused{0};
  Seconds longest{0};
  std::int64_t uncollectable = 0;
};

record::Reading reading_of(const Counted& counted) {
  record::Reading reading;
  reading.process = {counted.pid, 1};
  reading.collector_on = true;
  reading.values.set(record::Signal::kUss, 10e6);
  reading.gc = {
      {0, counted.young, 10 * counted.young, 0, 700, 3, Seconds(0), Seconds(0)},
      {2, counted.full, 0, counted.uncollectable, 10, 1, counted.paused, counted.longest}};
  return reading;
}

class CollectorRun {
 public:
  CollectorRun() {
    record_.header.min_iterations = 40;
    record_.header.max_iterations = 2000;
    record_.header.horizon_iterations = 200;
  }

  CollectorRun& checkpoint(std::int64_t batch, const std::vector<Counted>& processes) {
    iteration_ += batch;
    record::Checkpoint checkpoint{Phase::kGrowth, iteration_, batch, Seconds(0), {}};
    for (const Counted& each : processes) checkpoint.readings.push_back(reading_of(each));
    record_.checkpoints.push_back(std::move(checkpoint));
    record_.batches.push_back({Phase::kGrowth, batch, 0, Seconds(1), batch, batch, 0, 0, 0});
    return *this;
  }

  // So many batches of so many iterations, each with so many collections in one process.
  CollectorRun& batches(int count, std::int64_t batch, std::int64_t collections) {
    for (int i = 0; i < count; ++i) {
      now_.young += collections;
      checkpoint(batch, {now_});
    }
    return *this;
  }

  record::Record& record() { return record_; }

 private:
  record::Record record_;
  std::int64_t iteration_ = 30;
  Counted now_;
};

plan::Budget budget(plan::Gate gate, Quantity limit) {
  return {gate, std::string(plan::gate_name(gate)), 0, limit, {}};
}
plan::Budget collections(double limit) {
  return budget(plan::Gate::kGcCollections, {limit, Unit::kCountPerIteration});
}
plan::Budget pause(double seconds) {
  return budget(plan::Gate::kGcPause, {seconds, Unit::kSeconds});
}
const plan::Budget kNoneUncollectable = budget(plan::Gate::kGcUncollectable, {0, Unit::kCount});

GateReport judged(CollectorRun& run, const plan::Budget& budget, bool last = false) {
  return judge_gc(run.record(), budget, {SIZE_MAX, last});
}

// --- collections ---------------------------------------------------------------------------------

TEST(GcCollections, BelowTheLimitPassAsSoonAsThereIsEnough) {
  CollectorRun run;
  run.batches(1, 0, 0).batches(4, 40, 80);
  EXPECT_EQ(judged(run, collections(5)).outcome, Outcome::kInconclusive) << "four batches";
  run.batches(1, 40, 80);
  const GateReport gate = judged(run, collections(5));
  EXPECT_EQ(gate.outcome, Outcome::kPass);
  EXPECT_EQ(gate.measured->value, (Quantity{2, Unit::kCountPerIteration}));
  EXPECT_DOUBLE_EQ(*gate.measured->low, 2);
  EXPECT_DOUBLE_EQ(*gate.measured->high, 2.025) << "one collection a batch may not have begun";
  EXPECT_EQ(gate.reason, "400 collections of all generations in 200 iterations");
}

TEST(GcCollections, AboveTheLimitFailAtTheHorizonOrAtTheEnd) {
  CollectorRun run;
  run.batches(1, 0, 0).batches(5, 20, 160);
  EXPECT_EQ(judged(run, collections(5)).outcome, Outcome::kInconclusive);
  EXPECT_EQ(judged(run, collections(5), true).outcome, Outcome::kFail);
  run.batches(5, 20, 160);
  EXPECT_EQ(judged(run, collections(5)).outcome, Outcome::kFail);
}

TEST(GcCollections, ARateThatFallsIsWaitedFor) {
  CollectorRun run;
  run.batches(1, 0, 0).batches(8, 40, 401).batches(8, 40, 0);
  EXPECT_EQ(judged(run, collections(1)).outcome, Outcome::kInconclusive);
}

TEST(GcCollections, SmallBatchesAreLeftOutBecauseSettlingKeepsTheirCollectionsFromBeginning) {
  CollectorRun run;
  run.batches(1, 0, 0);
  for (int i = 0; i < 6; ++i) run.batches(1, 2, 0).batches(1, 40, 40);
  EXPECT_EQ(judged(run, collections(2)).measured->value.value, 1);
}

TEST(GcCollections, CloseToTheLimitNothingIsDecided) {
  CollectorRun run;
  run.batches(1, 0, 0).batches(10, 40, 40);
  const GateReport gate = judged(run, collections(1.01), true);
  EXPECT_EQ(gate.outcome, Outcome::kInconclusive);
  EXPECT_THAT(gate.reason, HasSubstr("between 1 and 1.02"));
}

TEST(GcCollections, StretchesInWhichAProcessCameOrWentAreLeftOut) {
  CollectorRun run;
  run.checkpoint(0, {{1, 100}, {2, 100}});
  for (int i = 1; i <= 5; ++i) run.checkpoint(40, {{1, 100 + 40 * i}, {2, 100 + 40 * i}});
  // The second is gone; a third comes, with what its parent had counted.
  run.checkpoint(40, {{1, 400}, {3, 4000}});
  for (int i = 1; i <= 5; ++i) run.checkpoint(40, {{1, 400 + 40 * i}, {3, 4000 + 40 * i}});
  const GcHistory history = gc_history(run.record());
  EXPECT_EQ(history.stretches.size(), 10U);
  EXPECT_EQ(history.processes.size(), 3U);
  const GateReport gate = judged(run, collections(5));
  EXPECT_EQ(gate.outcome, Outcome::kPass);
  EXPECT_EQ(gate.measured->value.value, 2);
}

TEST(GcGates, WithoutTheAgentsNumbersNothingIsDecided) {
  CollectorRun run;
  for (int i = 0; i < 10; ++i) run.checkpoint(40, {});
  for (const plan::Budget& each : {collections(5), pause(1), kNoneUncollectable}) {
    const GateReport gate = judged(run, each, true);
    EXPECT_EQ(gate.outcome, Outcome::kInconclusive) << each.id;
    EXPECT_THAT(gate.reason, HasSubstr("no collector's statistics"));
  }
}

// --- uncollectable -------------------------------------------------------------------------------

TEST(GcUncollectable, OneIsOneTooMany) {
  CollectorRun run;
  run.checkpoint(0, {{1, 0, 0, {}, {}, 7}}).checkpoint(20, {{1, 0, 0, {}, {}, 8}});
  EXPECT_EQ(judged(run, kNoneUncollectable).outcome, Outcome::kInconclusive) << "too early";
  run.checkpoint(20, {{1, 0, 0, {}, {}, 8}});
  const GateReport gate = judged(run, kNoneUncollectable);
  EXPECT_EQ(gate.outcome, Outcome::kFail);
  EXPECT_EQ(gate.measured->value, (Quantity{1, Unit::kCount}));
  EXPECT_EQ(gate.reason, "the collector gave up on 1 object");
}

TEST(GcUncollectable, WhatAProcessBroughtAlongDoesNotCount) {
  CollectorRun run;
  run.checkpoint(0, {{1, 0, 0, {}, {}, 7}})
      .checkpoint(40, {{1, 0, 0, {}, {}, 7}, {2, 0, 0, {}, {}, 7}});
  EXPECT_EQ(judged(run, kNoneUncollectable).outcome, Outcome::kPass);
}

// --- pause ---------------------------------------------------------------------------------------

TEST(GcPause, TheLongestOfTheGrowthPhaseIsJudged) {
  CollectorRun run;
  run.checkpoint(0, {{1, 0, 1, Seconds(0.01), Seconds(0.01)}})
      .checkpoint(40, {{1, 0, 3, Seconds(0.09), Seconds(0.06)}});
  EXPECT_EQ(judged(run, pause(0.1)).outcome, Outcome::kPass);
  const GateReport gate = judged(run, pause(0.05));
  EXPECT_EQ(gate.outcome, Outcome::kFail);
  EXPECT_EQ(gate.measured->value, (Quantity{0.06, Unit::kSeconds}));
  EXPECT_EQ(gate.reason, "the longest of 2 pauses");
}

TEST(GcPause, AnOlderLongOneHidesThoseOfTheGrowthPhase) {
  CollectorRun run;
  run.checkpoint(0, {{1, 0, 1, Seconds(0.2), Seconds(0.2)}})
      .checkpoint(40, {{1, 0, 5, Seconds(0.3), Seconds(0.2)}});
  // Four pauses took 0.1 s: at least 25 ms is one of them, and none is longer than all together.
  EXPECT_EQ(judged(run, pause(0.1)).outcome, Outcome::kPass);
  EXPECT_EQ(judged(run, pause(0.05)).outcome, Outcome::kInconclusive);
  EXPECT_EQ(judged(run, pause(0.02)).outcome, Outcome::kFail);
}

TEST(GcPause, NobodyWatched) {
  CollectorRun run;
  run.batches(3, 40, 1);
  for (auto& checkpoint : run.record().checkpoints)
    for (auto& row : checkpoint.readings[0].gc) row.paused = row.longest_pause = std::nullopt;
  const GateReport gate = judged(run, pause(1));
  EXPECT_EQ(gate.outcome, Outcome::kInconclusive);
  EXPECT_EQ(gate.reason, "the collector's pauses were not watched");
}

// --- report --------------------------------------------------------------------------------------

TEST(GcReport, HasWhatEachGenerationDid) {
  CollectorRun run;
  run.checkpoint(0, {{1, 100, 1, Seconds(0.01), Seconds(0.01)}})
      .checkpoint(2, {{1, 100, 1, Seconds(0.01), Seconds(0.01)}})
      .checkpoint(40, {{1, 140, 3, Seconds(0.17), Seconds(0.12)}});
  const auto report = gc_report(run.record());
  ASSERT_TRUE(report);
  EXPECT_EQ(report->iterations, 42);
  ASSERT_EQ(report->generations.size(), 2U);
  const GcGenerationReport& young = report->generations[0];
  EXPECT_EQ(young.collections, 40);
  EXPECT_EQ(young.collected, 400);
  EXPECT_THAT(young.thresholds, ElementsAre(700));
  EXPECT_EQ(young.collections_per_iteration, 1) << "by the large batch alone";
  const GcGenerationReport& full = report->generations[1];
  EXPECT_EQ(full.generation, 2);
  EXPECT_NEAR(full.paused->count(), 0.16, 1e-9);
  EXPECT_NEAR(full.mean_pause()->count(), 0.08, 1e-9);
  EXPECT_EQ(full.longest_pause->at_least, Seconds(0.12));
  EXPECT_NEAR(*report->paused_share, 0.16 / 3, 1e-9);
  EXPECT_THAT(report->over_time,
              ElementsAre(GcPoint{30, {0, 0}}, GcPoint{32, {0, 0}}, GcPoint{72, {40, 2}}));
  EXPECT_THAT(report->advice,
              ElementsAre(HasSubstr("A full collection ran about every 20 iterations "
                                    "and took 80 ms on average, 120 ms at most."),
                          HasSubstr("5 % of the time under load")));
}

TEST(GcReport, HasAtMostAHundredAndTwentyPoints) {
  CollectorRun run;
  run.batches(1, 0, 0).batches(500, 40, 1);
  const auto report = gc_report(run.record());
  ASSERT_EQ(report->over_time.size(), kMostGcPoints);
  EXPECT_EQ(report->over_time.front(), (GcPoint{30, {0, 0}}));
  EXPECT_EQ(report->over_time.back(), (GcPoint{20'030, {500, 0}}));
}

TEST(GcReport, IsNothingWithoutNumbers) {
  CollectorRun run;
  run.checkpoint(0, {}).checkpoint(40, {});
  EXPECT_FALSE(gc_report(run.record()));
}

TEST(GcAdvice, AHealthyCollectorNeedsNone) {
  CollectorRun run;
  run.batches(1, 0, 0).batches(10, 40, 4);
  EXPECT_THAT(gc_report(run.record())->advice, IsEmpty());
}

TEST(GcAdvice, SaysThatItIsOffAndThatItGaveUp) {
  CollectorRun run;
  run.checkpoint(0, {{1}}).checkpoint(40, {{1, 0, 0, {}, {}, 3}});
  run.record().checkpoints.back().readings[0].collector_on = false;
  EXPECT_THAT(gc_report(run.record())->advice,
              ElementsAre(HasSubstr("The collector is off:"), HasSubstr("gave up on 3 objects")));
}

TEST(GcAdvice, ManyCollectionsThatFindNothingAreWorthAHigherThreshold) {
  CollectorRun run;
  run.batches(1, 0, 0).batches(10, 40, 80);
  for (auto& checkpoint : run.record().checkpoints)
    for (auto& row : checkpoint.readings[0].gc) row.collected = 0;
  EXPECT_THAT(gc_report(run.record())->advice,
              ElementsAre("800 collections found 0 objects to free: a higher gc_threshold would "
                          "cost little memory."));
}

// --- sweep ---------------------------------------------------------------------------------------

TEST(Sweeps, StandSideBySideInTheOrderOfTheRun) {
  std::vector<ScenarioReport> scenarios;
  for (const char* value : {"700", "5000"}) {
    CollectorRun run;
    run.record().header.scenario = std::string("list [gc_threshold=") + value + "]";
    run.record().header.file = "shop.yaml";
    run.record().header.sweep = plan::SweepPoint{"list", "gc_threshold", value};
    run.batches(1, 0, 0).batches(10, 40, value == std::string("700") ? 80 : 10);
    scenarios.push_back(report_scenario(run.record()));
  }
  scenarios.push_back({});
  const auto run = report_run(scenarios, "shop", "", Seconds(1), {});
  ASSERT_EQ(run.sweeps.size(), 1U);
  const SweepReport& sweep = run.sweeps[0];
  EXPECT_EQ(sweep.scenario, "list");
  EXPECT_EQ(sweep.variable, "gc_threshold");
  ASSERT_EQ(sweep.rows.size(), 2U);
  EXPECT_EQ(sweep.rows[0].value, "700");
  EXPECT_EQ(sweep.rows[0].collections_per_iteration, 2);
  EXPECT_EQ(sweep.rows[1].collections_per_iteration, 0.25);
  EXPECT_EQ(sweep.rows[0].memory, Bytes{10'000'000});
  EXPECT_FALSE(sweep.rows[0].p95) << "nothing was timed";
  EXPECT_FALSE(sweep.rows[0].peak);
}

}  // namespace
}  // namespace tidemark::analysis
