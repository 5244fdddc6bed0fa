#include "harness/analysis/doctor_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace tidemark::analysis {
namespace {

using record::Signal;
using testing::HasSubstr;

// One process with an agent and one without, `values` being the live bytes of the first.
record::Record idle_record(const std::vector<double>& values) {
  record::Record record;
  for (const double value : values) {
    record::Reading with_agent;
    with_agent.process = {10, 1};
    with_agent.values.set(Signal::kLiveBytes, value);
    with_agent.values.set(Signal::kUss, 8e6);
    record::Reading without;
    without.process = {11, 1};
    without.values.set(Signal::kUss, 1e6);
    record::Checkpoint checkpoint;
    checkpoint.phase = record::Phase::kGrowth;
    checkpoint.readings = {with_agent, without};
    record.checkpoints.push_back(checkpoint);
  }
  return record;
}

SignalNoise noise(Signal signal, double deviation, double range) {
  return {signal, {deviation, 0, 30}, range};
}

IdleReading idle(std::vector<SignalNoise> signals) {
  IdleReading reading;
  reading.checkpoints = 30;
  reading.signals = std::move(signals);
  return reading;
}

TEST(NoiseOfSignals, SumsOverProcessesAndLeavesOutWhatWasNotRead) {
  const auto signals = noise_of_signals(idle_record({100, 160, 100, 100}));
  ASSERT_EQ(signals.size(), 2U);
  EXPECT_EQ(signals[0].signal, Signal::kLiveBytes);
  EXPECT_EQ(signals[0].range, 60);
  EXPECT_EQ(signals[0].noise.readings, 4U);
  EXPECT_EQ(signals[1].signal, Signal::kUss);
  EXPECT_EQ(signals[1].range, 0);
}

TEST(NoiseOfSignals, AnEmptyRecordHasNone) {
  EXPECT_TRUE(noise_of_signals({}).empty());
}

TEST(LeastVisibleGrowth, OfASignalThatStandsStillIsTheStrictestBudgetAndTheSignalsUnit) {
  EXPECT_NEAR(least_visible_growth(noise(Signal::kLiveBytes, 0, 0)),
              1 + 4 * 16 / std::sqrt(12.0) / 200, 1e-9);
  EXPECT_NEAR(least_visible_growth(noise(Signal::kUss, 0, 0)),
              512 + 4 * 4096 / std::sqrt(12.0) / 200, 1e-9);
}

TEST(LeastVisibleGrowth, OfALargeNoiseIsWhatNoRandomWalkReaches) {
  EXPECT_DOUBLE_EQ(least_visible_growth(noise(Signal::kUss, 1e6, 4e6)), 14 * 1e6 / 200);
}

TEST(CheckNoise, WhatStandsStillIsWellAndNamesTheLimits) {
  const MachineCheck check =
      check_noise(idle({noise(Signal::kLiveBytes, 0, 0), noise(Signal::kUss, 4096, 16384)}));
  EXPECT_EQ(check.level, Level::kOk);
  EXPECT_THAT(check.detail, HasSubstr("64 B/iteration by live_bytes, 4 KiB/iteration by uss"));
  EXPECT_EQ(check.remedy, "");
}

TEST(CheckNoise, NoiseAboveTheDefaultLimitIsARestriction) {
  const MachineCheck check = check_noise(idle({noise(Signal::kUss, 200'000, 800'000)}));
  EXPECT_EQ(check.level, Level::kLimited);
  EXPECT_THAT(check.detail, HasSubstr("uss moved by 781 KiB"));
  EXPECT_NE(check.remedy, "");
}

TEST(CheckNoise, AJumpWithoutNoiseIsARestriction) {
  const MachineCheck check = check_noise(idle({noise(Signal::kLiveBytes, 0, 1000)}));
  EXPECT_EQ(check.level, Level::kLimited);
  EXPECT_THAT(check.detail, HasSubstr("live_bytes moved by 1000 B"));
}

TEST(CheckNoise, PrivatePagesThatBecomeSharedAreRecognised) {
  const SignalNoise uss = noise(Signal::kUss, 0, 2e6);
  const SignalNoise rss = noise(Signal::kRss, 0, 0);
  const auto detail = [&](double anon) {
    return check_noise(idle({uss, noise(Signal::kAnon, 0, anon), rss})).detail;
  };
  EXPECT_THAT(detail(0), HasSubstr("map the same files"));
  EXPECT_THAT(detail(2e6), testing::Not(HasSubstr("map the same files")));
}

TEST(CheckNoise, TooFewCheckpointsSayNothing) {
  IdleReading few = idle({noise(Signal::kUss, 0, 0)});
  few.checkpoints = kFewestIdleCheckpoints - 1;
  const MachineCheck check = check_noise(few);
  EXPECT_EQ(check.level, Level::kLimited);
  EXPECT_THAT(check.detail, HasSubstr("only 7 checkpoints"));
}

TEST(CanMeasureGrowth, NeedsADecidingSignalAndAWayToTheTarget) {
  DoctorReport report;
  report.can_reach_targets = true;
  EXPECT_FALSE(can_measure_growth(report));
  report.idle = idle({noise(Signal::kRss, 0, 0)});
  EXPECT_FALSE(can_measure_growth(report));
  report.idle = idle({noise(Signal::kUss, 0, 0)});
  EXPECT_TRUE(can_measure_growth(report));
  report.can_reach_targets = false;
  EXPECT_FALSE(can_measure_growth(report));
}

}  // namespace
}  // namespace tidemark::analysis
