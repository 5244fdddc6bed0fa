// The load's figures, and what the audit says of it.

#include "harness/analysis/load_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "harness/analysis/audit.h"
#include "harness/analysis/report.h"

namespace tidemark::analysis {
namespace {

using record::Batch;
using record::Phase;
using record::Record;
using testing::HasSubstr;

// Ten requests in a tenth of a second, all well.
Batch batch_at(Seconds elapsed, std::int64_t requests = 10, Seconds duration = Seconds(0.1)) {
  Batch batch{Phase::kGrowth, requests, 0, duration, requests, requests, 0, 0, 0};
  batch.elapsed = elapsed;
  batch.response = {Seconds(0.001), Seconds(0.002), Seconds(0.003), Seconds(0.004)};
  return batch;
}

std::int64_t requests_in(const std::vector<LoadPoint>& points) {
  return std::accumulate(
      points.begin(), points.end(), std::int64_t{0},
      [](std::int64_t sum, const LoadPoint& point) { return sum + point.requests; });
}

LatencyHistogram hundred_times() {
  LatencyHistogram times;
  for (int i = 1; i <= 100; ++i) times.add(Seconds(0.001 * i));
  return times;
}

// --- over time -----------------------------------------------------------------------------------

TEST(LoadOverTime, ABatchIsAPoint) {
  const auto points = load_over_time({batch_at(Seconds(1)), batch_at(Seconds(2))});
  ASSERT_EQ(points.size(), 2U);
  EXPECT_EQ(points[0],
            (LoadPoint{Seconds(1), Seconds(0.1), 10, 0,
                       LoadPoint::Times{Seconds(0.001), Seconds(0.002), Seconds(0.004)}}));
  EXPECT_DOUBLE_EQ(points[0].throughput_per_second(), 100) << "the pause between does not count";
}

TEST(LoadOverTime, OnlyTheGrowthPhaseIsInIt) {
  Batch warmup = batch_at(Seconds(1));
  warmup.phase = Phase::kWarmup;
  Batch blank = batch_at(Seconds(2));
  blank.requests = 0;
  EXPECT_TRUE(load_over_time({warmup, blank}).empty());
}

TEST(LoadOverTime, RecordsThatDoNotSayWhenHaveNone) {
  EXPECT_TRUE(load_over_time({batch_at(Seconds(0)), batch_at(Seconds(0))}).empty());
}

TEST(LoadOverTime, EquallyLongBatchesStandAloneAsLongAsTheyFit) {
  std::vector<Batch> batches;
  for (int i = 1; i <= 120; ++i) batches.push_back(batch_at(Seconds(i)));
  EXPECT_EQ(load_over_time(batches).size(), 120U);
  batches.push_back(batch_at(Seconds(121)));
  const auto points = load_over_time(batches);
  EXPECT_LE(points.size(), 120U);
  EXPECT_GE(points.size(), 60U);
  EXPECT_EQ(requests_in(points), 1210);
}

TEST(LoadOverTime, HoweverManyBatchesThereAreThePointsAreFew) {
  for (const int count : {239, 1000, 54321}) {
    std::vector<Batch> batches;
    for (int i = 1; i <= count; ++i)
      batches.push_back(batch_at(Seconds(i), i % 2 == 0 ? 40 : 2, Seconds(i % 7 * 0.01 + 0.001)));
    const auto points = load_over_time(batches);
    EXPECT_LE(points.size(), kMostLoadPoints) << count;
    EXPECT_GT(points.size(), kMostLoadPoints / 4) << count;
    EXPECT_EQ(points.back().elapsed, Seconds(count));
    EXPECT_EQ(requests_in(points), count / 2 * 40 + (count - count / 2) * 2) << count;
  }
}

TEST(LoadOverTime, AShortBatchIsMergedWithItsNeighbour) {
  Batch small = batch_at(Seconds(1), 2, Seconds(0.0001));
  small.succeeded = 1;
  small.response = {Seconds(0.009), Seconds(0.010), Seconds(0.010), Seconds(0.010)};
  const Batch large = batch_at(Seconds(2), 38);
  for (const auto& points : {load_over_time({small, large}), load_over_time({large, small})}) {
    ASSERT_EQ(points.size(), 1U);
    EXPECT_EQ(points[0].requests, 40);
    EXPECT_EQ(points[0].failed, 1);
    EXPECT_DOUBLE_EQ(points[0].load.count(), 0.1001);
    EXPECT_NEAR(points[0].times->p50.count(), (2 * 0.009 + 38 * 0.001) / 40, 1e-12);
    EXPECT_EQ(points[0].times->p95, Seconds(0.010));
    EXPECT_EQ(points[0].times->max, Seconds(0.010));
  }
}

TEST(LoadOverTime, BatchesInStrongContrastMakeNoSaw) {
  std::vector<Batch> batches;
  for (int i = 1; i <= 20; ++i)
    batches.push_back(i % 2 == 0 ? batch_at(Seconds(i), 40, Seconds(0.1))
                                 : batch_at(Seconds(i), 2, Seconds(0.02)));
  const auto points = load_over_time(batches);
  ASSERT_EQ(points.size(), 10U);
  for (const LoadPoint& point : points) EXPECT_DOUBLE_EQ(point.throughput_per_second(), 42 / 0.12);
}

TEST(LoadOverTime, AStretchWithoutAnAnswerHasNoTimes) {
  Batch silent = batch_at(Seconds(1));
  silent.response.reset();
  EXPECT_EQ(load_over_time({silent, batch_at(Seconds(2))}).front().times, std::nullopt);
  silent.duration = Seconds(1e-6);
  EXPECT_TRUE(load_over_time({silent, batch_at(Seconds(2))}).front().times.has_value());
}

// --- figures -------------------------------------------------------------------------------------

TEST(LoadReport, CountsAllPhasesAndTimesTheGrowthPhase) {
  Record record;
  record.header.load = "4 virtual users";
  record.header.vus = 4;
  Batch warmup{Phase::kWarmup, 5, 1, Seconds(100), 5, 1, 2, 1, 1};
  warmup.body_bytes = 1_KiB;
  Batch growth = batch_at(Seconds(2));
  growth.body_bytes = 2_KiB;
  record.batches = {warmup, growth};
  record.latency.service_time = record.latency.response_time = hundred_times();
  record.latency.errors = {{"connection refused", 1}, {"timeout", 1}};
  const LoadReport report = load_report(record);
  EXPECT_EQ(report.words, "4 virtual users");
  EXPECT_EQ(report.vus, 4);
  EXPECT_EQ(report.counts, (record::RequestCounts{15, 11, 2, 1, 1}));
  EXPECT_EQ(report.done(), 13);
  EXPECT_EQ(report.not_as_expected(), 4);
  EXPECT_EQ(report.body_bytes, 3_KiB);
  EXPECT_EQ(report.errors.at("timeout"), 1);
  EXPECT_DOUBLE_EQ(report.throughput_per_second, 100);
  ASSERT_TRUE(report.response_time);
  EXPECT_NEAR(report.response_time->p50.count(), 0.050, 0.0005);
  EXPECT_NEAR(report.response_time->p90.count(), 0.090, 0.001);
  EXPECT_NEAR(report.response_time->p95.count(), 0.095, 0.001);
  EXPECT_NEAR(report.response_time->p99.count(), 0.099, 0.001);
  EXPECT_EQ(report.response_time->max, Seconds(0.1));
  EXPECT_NEAR(report.response_time->mean.count(), 0.0505, 1e-9);
  EXPECT_EQ(report.lateness, std::nullopt) << "there is none in the closed model";
}

TEST(LoadReport, EachRequestHasFiguresOfItsOwn) {
  Record record;
  record.latency.by_request = {{"login", {3, 2, 1, 0, 0}, hundred_times(), hundred_times()},
                               {"report", {1, 0, 0, 0, 1}, {}, {}}};
  const auto rows = load_report(record).by_request;
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].name, "login");
  EXPECT_EQ(rows[0].counts, (record::RequestCounts{3, 2, 1, 0, 0}));
  EXPECT_EQ(rows[0].service_time->max, Seconds(0.1));
  EXPECT_EQ(rows[1].response_time, std::nullopt);
}

// --- audit ---------------------------------------------------------------------------------------

Record open_model(std::int64_t dropped, Seconds lateness) {
  Record record;
  record.header.model = plan::LoadModel::kOpen;
  record.header.load = "200/s, at most 10 virtual users";
  record.batches = {batch_at(Seconds(1), 4688)};
  record.batches.front().dropped = dropped;
  for (int i = 0; i < 100; ++i) record.latency.lateness.add(lateness);
  return record;
}

AuditCheck load_check(const Record& record) {
  for (const AuditCheck& check : audit(record))
    if (check.check == "load") return check;
  return {};
}

TEST(LoadAudit, DroppedIterationsAreNamedWithTheRemedy) {
  const AuditCheck check = load_check(open_model(312, Seconds(0.001)));
  EXPECT_FALSE(check.ok);
  EXPECT_EQ(check.detail,
            "312 of 5,000 iterations were dropped (200/s, at most 10 virtual users): no virtual "
            "user was free within the timeout; raise max_vus, or the target cannot serve this "
            "rate");
}

TEST(LoadAudit, LateIterationsAreNamed) {
  const AuditCheck check = load_check(open_model(0, Seconds(0.025)));
  EXPECT_FALSE(check.ok);
  EXPECT_THAT(check.detail, HasSubstr("iterations began late: p99 25 ms, at most 25 ms; latencies "
                                      "are given from the moment they were due"));
  EXPECT_TRUE(load_check(open_model(0, Seconds(0.009))).ok);
}

TEST(LoadAudit, InTheClosedModelNothingIsLateOrDropped) {
  EXPECT_TRUE(load_check(Record()).ok);
}

TEST(LoadAudit, WarnsAndChangesNoVerdict) {
  Record record = open_model(312, Seconds(0.025));
  record.header.budgets = {{plan::Gate::kErrors, "errors", 0, Quantity{1, Unit::kPercent}, {}}};
  record.end = record::End{record::Ending::kCompleted, "", Phase::kGrowth, Seconds(3)};
  const ScenarioReport report = report_scenario(record);
  EXPECT_EQ(report.outcome, Outcome::kPass);
  EXPECT_THAT(report.audit, testing::Contains(testing::Field(&AuditCheck::ok, false)));
}

}  // namespace
}  // namespace tidemark::analysis
