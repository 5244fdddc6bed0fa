#include "harness/analysis/series.h"

#include <gtest/gtest.h>

namespace tidemark::analysis {
namespace {

using record::Checkpoint;
using record::Phase;
using record::ProcessKey;
using record::Reading;
using record::Signal;

constexpr ProcessKey kFirst{100, 1};
constexpr ProcessKey kSecond{101, 2};
constexpr ProcessKey kSuccessor{101, 9};  // the same PID, another process

Reading reading(ProcessKey process, std::optional<double> uss) {
  Reading result;
  result.process = process;
  if (uss) result.values.set(Signal::kUss, *uss);
  return result;
}

Checkpoint growth(std::int64_t iteration, std::int64_t batch, std::vector<Reading> readings) {
  return {Phase::kGrowth, iteration, batch, Seconds(0), std::move(readings)};
}

TEST(Series, TheTreeIsTheSumOverItsProcesses) {
  record::Record record;
  record.checkpoints = {growth(10, 0, {reading(kFirst, 5), reading(kSecond, 7)}),
                        growth(12, 2, {reading(kFirst, 6), reading(kSecond, 7)})};
  EXPECT_EQ(tree_series(growth_window(record), Signal::kUss),
            (Series{Signal::kUss, {{10, 0, 12}, {12, 2, 13}}}));
}

TEST(Series, PermutingProcessesChangesNothing) {
  record::Record record;
  record.checkpoints = {growth(10, 0, {reading(kFirst, 5), reading(kSecond, 7)}),
                        growth(12, 2, {reading(kSecond, 7), reading(kFirst, 6)})};
  EXPECT_EQ(tree_series(growth_window(record), Signal::kUss),
            (Series{Signal::kUss, {{10, 0, 12}, {12, 2, 13}}}));
}

TEST(Series, AGapIsLeftOutAndItsIterationsCountWithTheNextPoint) {
  record::Record record;
  record.checkpoints = {growth(10, 0, {reading(kFirst, 5), reading(kSecond, 7)}),
                        growth(12, 2, {reading(kFirst, 6), reading(kSecond, std::nullopt)}),
                        growth(52, 40, {reading(kFirst, 9), reading(kSecond, 8)})};
  EXPECT_EQ(tree_series(growth_window(record), Signal::kUss),
            (Series{Signal::kUss, {{10, 0, 12}, {52, 42, 17}}}));
}

TEST(Series, AProcessThatNeverHasTheSignalCountsAsNothing) {
  record::Record record;
  record.checkpoints = {growth(10, 0, {reading(kFirst, 5), reading(kSecond, std::nullopt)}),
                        growth(12, 2, {reading(kFirst, 6), reading(kSecond, std::nullopt)})};
  EXPECT_EQ(tree_series(growth_window(record), Signal::kUss),
            (Series{Signal::kUss, {{10, 0, 5}, {12, 2, 6}}}));
}

TEST(Series, TheWindowBeginsWhereTheProcessesLastChanged) {
  record::Record record;
  record.checkpoints = {growth(10, 0, {reading(kFirst, 5), reading(kSecond, 7)}),
                        growth(12, 2, {reading(kFirst, 6), reading(kSuccessor, 1)}),
                        growth(14, 2, {reading(kFirst, 6), reading(kSuccessor, 2)})};
  const GrowthWindow window = growth_window(record);
  EXPECT_EQ(window.checkpoints.size(), 2U);
  EXPECT_EQ(window.left_out, 1);
  EXPECT_EQ(window.iterations(), 2);
  EXPECT_EQ(window.processes, (std::set<ProcessKey>{kFirst, kSuccessor}));
}

TEST(Series, OtherPhasesAreNotInTheWindowButInAProcessSeries) {
  record::Record record;
  record.checkpoints = {{Phase::kWarmup, 1, 1, Seconds(0), {reading(kFirst, 3)}},
                        growth(10, 9, {reading(kFirst, 5)})};
  EXPECT_EQ(growth_window(record).checkpoints.size(), 1U);
  EXPECT_EQ(process_series(record, kFirst, Signal::kUss),
            (Series{Signal::kUss, {{1, 1, 3}, {10, 9, 5}}}));
}

TEST(Series, ADifferenceKeepsBlankCheckpointsApart) {
  const Series a{Signal::kUss, {{10, 0, 5}, {12, 2, 8}, {12, 0, 9}, {14, 2, 9}}};
  const Series b{Signal::kHeldBytes, {{10, 0, 1}, {12, 2, 2}, {12, 0, 4}}};
  EXPECT_EQ(difference(a, b), (Series{Signal::kUss, {{10, 0, 4}, {12, 2, 6}, {12, 0, 5}}}));
}

}  // namespace
}  // namespace tidemark::analysis
