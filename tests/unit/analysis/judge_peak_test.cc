// What single iterations and requests need on top, and what a growth phase's batches show of it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/analysis/judge.h"

namespace tidemark::analysis {
namespace {

using plan::Gate;
using record::PeakSample;
using record::Phase;
using record::Record;
using record::Signal;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr record::ProcessKey kWorker{1, 1};
constexpr record::ProcessKey kOther{2, 2};

plan::Budget budget(Bytes limit, const std::string& request = {}) {
  return {Gate::kPeakMemory,
          "peak_memory",
          0,
          Quantity{static_cast<double>(limit.count), Unit::kBytes},
          {},
          request};
}

PeakSample sample(Bytes needed, const std::string& request = {}) {
  PeakSample peak;
  peak.processes = {{kWorker, 100_MiB, 100_MiB + needed, {}, {}}};
  peak.request = request;
  return peak;
}

PeakSample idle(Bytes needed) {
  PeakSample peak = sample(needed);
  peak.idle = true;
  return peak;
}

record::Reading reading(record::ProcessKey process, Bytes live, Bytes peak, Bytes garbage = {},
                        Bytes reusable = {}) {
  record::Reading reading;
  reading.process = process;
  reading.values.set(Signal::kLiveBytes, static_cast<double>(live.count));
  reading.unsettled = live + garbage;
  reading.peak = peak;
  reading.reusable = reusable;
  return reading;
}

// Five iterations of 1 MiB alone, then a growth phase of batches of ten.
class GrowthPhase {
 public:
  GrowthPhase() {
    record_.header.vus = 1;
    record_.peaks.assign(5, sample(1_MiB));
    checkpoint({reading(kWorker, 50_MiB, 0_B)}, 0);
  }

  GrowthPhase& checkpoint(std::vector<record::Reading> readings, std::int64_t batch = 10) {
    iteration_ += batch;
    record_.checkpoints.push_back(
        {Phase::kGrowth, iteration_, batch, Seconds(0), std::move(readings)});
    return *this;
  }

  Record& record() { return record_; }

 private:
  Record record_;
  std::int64_t iteration_ = 5;
};

TEST(NeededOnTop, CopiedPagesAndChildrenAreInIt) {
  PeakSample peak = sample(2_MiB);
  peak.copied = 3_MiB;
  peak.children = 40_MiB;
  EXPECT_EQ(needed_on_top(peak), 45_MiB);
}

TEST(JudgePeak, ARequestIsJudgedByItsOwnSamples) {
  Record record;
  record.peaks.assign(3, sample(9_MiB));
  for (int i = 0; i < 3; ++i) {
    record.peaks.push_back(sample(1_MiB, "login"));
    record.peaks.push_back(sample(8_MiB, "report"));
  }
  EXPECT_EQ(judge_peak(record, budget(2_MiB, "login"), {}).outcome, Outcome::kPass);
  EXPECT_EQ(judge_peak(record, budget(2_MiB, "report"), {}).outcome, Outcome::kFail);
  const GateReport whole = judge_peak(record, budget(16_MiB), {});
  EXPECT_EQ(whole.outcome, Outcome::kPass);
  EXPECT_EQ(whole.measured->value.value, 9.0 * 1024 * 1024);
  EXPECT_EQ(judge_peak(record, budget(2_MiB, "logout"), {}).outcome, Outcome::kInconclusive);
}

TEST(JudgePeak, NoFlowIsAcquittedWithTheOthers) {
  Record record;
  record.header.flows = {{"browse", {"page"}}, {"buy", {"page", "pay"}}};
  const auto measure = [&](const std::string& flow, const std::string& request, Bytes needed) {
    record.peaks.push_back(sample(needed, request));
    record.peaks.back().flow = flow;
  };
  for (int i = 0; i < 5; ++i) {
    measure("browse", "", 1_MiB);
    measure("browse", "page", 1_MiB);
    if (i == 0) continue;
    measure("buy", "", 1_MiB);
    measure("buy", "page", 1_MiB);
    measure("buy", "pay", 1_MiB);
  }
  for (const std::string request : {"", "page", "pay"}) {
    const GateReport gate = judge_peak(record, budget(4_MiB, request), {});
    EXPECT_EQ(gate.outcome, Outcome::kInconclusive) << request;
    EXPECT_THAT(gate.reason, HasSubstr("the flow 'buy' was measured 4 times, and 5 are needed"));
    EXPECT_EQ(judge_peak(record, budget(500_KiB, request), {}).outcome, Outcome::kFail) << request;
  }
  for (const std::string request : {"", "page", "pay"}) {
    measure("buy", request, 1_MiB);
    EXPECT_EQ(judge_peak(record, budget(4_MiB, request), {}).outcome, Outcome::kPass) << request;
  }
}

TEST(JudgePeak, WhatIsNeededWithoutAnyRequestIsNotAttributed) {
  Record record;
  record.peaks.assign(5, sample(9_MiB));
  record.peaks.push_back(idle(8_MiB));
  const GateReport gate = judge_peak(record, budget(4_MiB), {});
  EXPECT_EQ(gate.outcome, Outcome::kInconclusive);
  EXPECT_THAT(gate.reason, HasSubstr("other threads"));
  // More than the limit even without that.
  EXPECT_EQ(judge_peak(record, budget(500_KiB), {}).outcome, Outcome::kFail);
  EXPECT_EQ(judge_peak(record, budget(10_MiB), {}).outcome, Outcome::kPass);
}

TEST(JudgePeak, WhatChildrenNeededUnseenIsNotAcquitted) {
  Record record;
  record.peaks.assign(3, sample(1_MiB));
  EXPECT_THAT(judge_peak(record, budget(4_MiB), {}).reason, Not(HasSubstr("unseen")));
  record.peaks[0].unseen_children = true;
  const GateReport others = judge_peak(record, budget(4_MiB), {});
  EXPECT_EQ(others.outcome, Outcome::kPass) << "two others were seen";
  EXPECT_THAT(others.reason, HasSubstr("unseen"));
  record.peaks[1].unseen_children = true;
  const GateReport one = judge_peak(record, budget(4_MiB), {});
  EXPECT_EQ(one.outcome, Outcome::kInconclusive);
  EXPECT_THAT(one.reason, HasSubstr("a cgroup"));
  EXPECT_EQ(judge_peak(record, budget(500_KiB), {}).outcome, Outcome::kFail)
      << "more than the limit without them";
}

TEST(BatchPeaks, TheIterationsOfTheGrowthPhaseAreJudgedToo) {
  GrowthPhase phase;
  phase.checkpoint({reading(kWorker, 50_MiB, 1_MiB)});
  EXPECT_EQ(judge_peak(phase.record(), budget(4_MiB), {}).outcome, Outcome::kPass);
  EXPECT_FALSE(awaits_another_peak(phase.record()));

  phase.checkpoint({reading(kWorker, 50_MiB, 30_MiB)});
  phase.record().header.budgets = {budget(4_MiB)};
  const GateReport once = judge_peak(phase.record(), budget(4_MiB), {});
  EXPECT_EQ(once.outcome, Outcome::kInconclusive);
  EXPECT_THAT(once.reason, HasSubstr("iterations 16 to 25 needed at least 30 MiB"));
  EXPECT_TRUE(awaits_another_peak(phase.record()));

  phase.checkpoint({reading(kWorker, 50_MiB, 1_MiB)});
  phase.checkpoint({reading(kWorker, 50_MiB, 28_MiB)});
  EXPECT_EQ(judge_peak(phase.record(), budget(4_MiB), {}).outcome, Outcome::kFail);
  EXPECT_FALSE(awaits_another_peak(phase.record()));
}

TEST(BatchPeaks, WhatOtherThreadsNeedMeanwhileIsNotAttributed) {
  GrowthPhase phase;
  phase.record().peaks.push_back(idle(8_MiB));
  phase.checkpoint({reading(kWorker, 50_MiB, 10_MiB)});
  phase.checkpoint({reading(kWorker, 50_MiB, 10_MiB)});
  const GateReport gate = judge_peak(phase.record(), budget(4_MiB), {});
  EXPECT_EQ(gate.outcome, Outcome::kInconclusive);
  EXPECT_THAT(gate.reason, HasSubstr("other threads"));
  phase.checkpoint({reading(kWorker, 50_MiB, 13_MiB)});
  phase.checkpoint({reading(kWorker, 50_MiB, 13_MiB)});
  EXPECT_EQ(judge_peak(phase.record(), budget(4_MiB), {}).outcome, Outcome::kFail);
}

TEST(BatchPeaks, BlankCheckpointsShowWhatOtherThreadsNeed) {
  GrowthPhase phase;
  phase.checkpoint({reading(kWorker, 50_MiB, 10_MiB)});
  phase.checkpoint({reading(kWorker, 50_MiB, 10_MiB)});
  EXPECT_EQ(judge_peak(phase.record(), budget(4_MiB), {}).outcome, Outcome::kFail);
  phase.checkpoint({reading(kWorker, 50_MiB, 8_MiB)}, 0);
  EXPECT_EQ(judge_peak(phase.record(), budget(4_MiB), {}).outcome, Outcome::kInconclusive);
}

TEST(BatchPeaks, WhatStaysAndWhatIsGarbageIsNoSingleIterationsNeed) {
  GrowthPhase phase;
  phase.checkpoint({reading(kWorker, 60_MiB, 12_MiB)});        // a leak of 1 MiB an iteration
  phase.checkpoint({reading(kWorker, 60_MiB, 9_MiB, 8_MiB)});  // garbage, still there
  phase.checkpoint({reading(kWorker, 60_MiB, 9_MiB, 0_B)});    // garbage, collected on the way
  EXPECT_THAT(batch_peaks(phase.record()),
              ElementsAre(BatchPeak{6, 15, 12_MiB - 10_MiB - 8_MiB}, BatchPeak{16, 25, 1_MiB},
                          BatchPeak{26, 35, 1_MiB}));
}

TEST(BatchPeaks, FreeMemoryIsUsedWithoutATrace) {
  GrowthPhase phase;
  phase.checkpoint({reading(kWorker, 50_MiB, 1_MiB, 0_B, 6_MiB)});
  phase.checkpoint({reading(kWorker, 50_MiB, 1_MiB)});
  EXPECT_THAT(batch_peaks(phase.record()),
              ElementsAre(BatchPeak{6, 15, 1_MiB}, BatchPeak{16, 25, 7_MiB}));
}

TEST(BatchPeaks, OneProcessAtATimeAnswers) {
  GrowthPhase phase;
  phase.checkpoint({reading(kWorker, 50_MiB, 1_MiB), reading(kOther, 50_MiB, 0_B)});
  phase.checkpoint({reading(kWorker, 50_MiB, 3_MiB), reading(kOther, 50_MiB, 2_MiB)});
  EXPECT_EQ(batch_peaks(phase.record()).back().needed, 3_MiB);
}

TEST(BatchPeaks, OfConcurrentIterationsOneIsAboveTheOthers) {
  GrowthPhase phase;
  phase.record().header.vus = 4;
  phase.checkpoint({reading(kWorker, 50_MiB, 9_MiB)});
  EXPECT_EQ(batch_peaks(phase.record()).back().needed, 6_MiB);
}

TEST(BatchPeaks, WithoutAnAgentNothingSaysWhatIsGarbage) {
  GrowthPhase phase;
  record::Reading blind = reading(kWorker, 50_MiB, 90_MiB);
  blind.unsettled.reset();
  phase.checkpoint({blind});
  EXPECT_TRUE(batch_peaks(phase.record()).empty());
  EXPECT_EQ(judge_peak(phase.record(), budget(4_MiB), {}).outcome, Outcome::kPass);
}

}  // namespace
}  // namespace tidemark::analysis
