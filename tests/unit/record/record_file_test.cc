#include "harness/record/record_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "harness/base/file.h"

namespace tidemark::record {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

Header example_header() {
  Header header;
  header.run = "shop";
  header.scenario = "export";
  header.file = "shop.yaml";
  header.position = {"shop.yaml", 12, 3};
  header.folder = "export";
  header.started = "2026-01-31T12:00:00Z";
  header.budgets = {{plan::Gate::kGrowth, "growth", 0, std::nullopt, {"shop.yaml", 12, 3}},
                    {plan::Gate::kDuration,
                     "duration.p95",
                     0.95,
                     Quantity{2, Unit::kSeconds},
                     {"shop.yaml", 14, 20}}};
  header.expect_outcome = plan::ExpectedOutcome::kFail;
  header.load = "50/s, at most 100 virtual users";
  header.model = plan::LoadModel::kOpen;
  header.min_iterations = 40;
  header.max_iterations = 2000;
  header.horizon_iterations = 500;
  header.max_duration = Seconds(300);
  header.program = true;
  header.memory_limit = 2_MiB;
  header.production = {0.5, 2048_MiB};
  header.machine_memory = 8192_MiB;
  header.known = {{"3f2a9c01b7de", "waits for 2.1", "2026-12-31", {"shop.yaml", 3, 18}}};
  header.sweep = plan::SweepPoint{"export", "gc_threshold", "700,10"};
  header.scaling = {{"scaling.peak_memory",
                     plan::ScaledQuantity::kPeakMemory,
                     plan::Complexity::kLinearithmic,
                     std::nullopt,
                     std::nullopt,
                     {"shop.yaml", 20, 4}},
                    {"scaling.duration.max",
                     plan::ScaledQuantity::kDuration,
                     std::nullopt,
                     Quantity{2, Unit::kSeconds},
                     500'000,
                     {"shop.yaml", 21, 4}}};
  header.gc_threshold = "700,10";
  header.repeat_command = "tidemark run shop.yaml";
  header.environment = {{"kernel", "Linux 6.1"}};
  return header;
}

Checkpoint example_checkpoint() {
  Reading reading;
  reading.process = {4711, 99};
  reading.values.set(Signal::kLiveBytes, 45955648);
  reading.values.set(Signal::kUss, 0);
  reading.gc = {{1, 100, 20, 0, 10, 3}, {2, 10, 2000, 1, 10, 3, Seconds(0.5), Seconds(0.25)}};
  reading.collector_on = false;
  reading.frozen = 7;
  reading.django_debug = true;
  reading.swapped = 4096_B;
  reading.worked = Seconds(0.25);
  reading.peak = 123_B;
  reading.settle = Seconds(0.5);
  reading.gap = "cannot read fd";
  return {Phase::kGrowth, 71, 40, Seconds(1.5), {reading}};
}

Batch example_batch() {
  Batch batch{Phase::kGrowth, 40, 1, Seconds(0.1), 41, 40, 1, 0, 0};
  batch.elapsed = Seconds(1.25);
  batch.dropped = 3;
  batch.body_bytes = 12_KiB;
  batch.response = {Seconds(0.001), Seconds(0.002), Seconds(0.003), Seconds(0.004)};
  return batch;
}

LatencyHistogram times_of(Seconds time) {
  LatencyHistogram times;
  times.add(time);
  return times;
}

LatencySummary example_latency() {
  return {times_of(Seconds(0.25)),
          times_of(Seconds(0.5)),
          times_of(Seconds(1)),
          times_of(Seconds(0.125)),
          {{"GET /", {5, 1, 2, 1, 1}, times_of(Seconds(2)), times_of(Seconds(4))}},
          {{"connection refused", 1}, {"timeout", 1}}};
}

class RecordFile : public testing::Test {
 protected:
  fs::path folder() const { return folder_.path(); }
  std::string text() const { return read_file(folder() / kRecordFile).value(); }

  TemporaryFolder folder_ = std::move(*TemporaryFolder::create());
};

TEST_F(RecordFile, WhatIsWrittenIsReadBack) {
  auto writer = RecordWriter::create(folder(), example_header());
  ASSERT_TRUE(writer);
  const PeakSample peak{Phase::kPeaks, 7,        {{{4711, 99}, 10_MiB, 30_MiB, 1_KiB, 2_KiB}},
                        "report",      "export", 3_MiB,
                        4_MiB,         true,     true,
                        PeakSignal::kCgroup,     true};
  for (const Event& event : std::initializer_list<Event>{
           ProcessSeen{{4711, 99}, {1, 2}, "gunicorn", "CPython 3.11.2", 0}, example_checkpoint(),
           peak, example_batch(), PlannedGrowth{31, "2 ms an iteration"},
           UnexpectedAnswer{40, "GET /", "status 500", "oops"}, Remark{"agent", false, "none"},
           ProcessEnded{{4711, 99}, 71}, example_latency(),
           End{Ending::kTargetDied, "it died\nlast lines", Phase::kGrowth, Seconds(9)}})
    ASSERT_TRUE(writer->write(event));

  const auto record = read_record(folder());
  ASSERT_TRUE(record) << record.error().message;
  EXPECT_EQ(record->header.scenario, "export");
  EXPECT_EQ(record->header.position, (SourcePosition{"shop.yaml", 12, 3}));
  ASSERT_EQ(record->header.budgets.size(), 2U);
  EXPECT_EQ(record->header.budgets[0].limit, std::nullopt);
  EXPECT_EQ(record->header.budgets[1].limit, (Quantity{2, Unit::kSeconds}));
  EXPECT_EQ(record->header.budgets[1].quantile, 0.95);
  EXPECT_EQ(record->header.expect_outcome, plan::ExpectedOutcome::kFail);
  EXPECT_EQ(record->header.horizon_iterations, 500);
  EXPECT_TRUE(record->header.program);
  EXPECT_EQ(record->header.memory_limit, 2_MiB);
  EXPECT_EQ(record->header.production.rate_per_second, 0.5);
  EXPECT_EQ(record->header.production.memory, 2048_MiB);
  EXPECT_EQ(record->header.machine_memory, 8192_MiB);
  EXPECT_EQ(record->header.known, example_header().known);
  EXPECT_EQ(record->header.sweep, example_header().sweep);
  EXPECT_EQ(record->header.scaling, example_header().scaling);
  EXPECT_EQ(record->header.gc_threshold, "700,10");
  EXPECT_EQ(record->header.environment.at("kernel"), "Linux 6.1");
  ASSERT_EQ(record->checkpoints.size(), 1U);
  const Reading& reading = record->checkpoints.front().readings.front();
  EXPECT_EQ(reading.values, example_checkpoint().readings.front().values);
  EXPECT_EQ(reading.gc, example_checkpoint().readings.front().gc);
  EXPECT_EQ(reading.collector_on, false);
  EXPECT_EQ(reading.django_debug, true);
  EXPECT_EQ(reading.swapped, 4096_B);
  EXPECT_EQ(reading.worked, Seconds(0.25));
  EXPECT_EQ(reading.peak, 123_B);
  EXPECT_EQ(reading.gap, "cannot read fd");
  ASSERT_EQ(record->peaks.size(), 1U);
  const PeakSample& read = record->peaks.front();
  EXPECT_EQ(read.processes.front().kept, 2_KiB);
  EXPECT_EQ(std::tie(read.request, read.copied, read.children, read.unseen_children, read.idle,
                     read.signal, read.upper_bound),
            std::tie(peak.request, peak.copied, peak.children, peak.unseen_children, peak.idle,
                     peak.signal, peak.upper_bound));
  EXPECT_EQ(record->batches.front().failed, 1);
  EXPECT_EQ(record->planned_growth->words, "2 ms an iteration");
  EXPECT_EQ(record->unexpected_answers.front().body, "oops");
  EXPECT_EQ(record->remarks.front().ok, false);
  EXPECT_EQ(record->ended.front().process, (ProcessKey{4711, 99}));
  EXPECT_EQ(record->end->ending, Ending::kTargetDied);
  EXPECT_EQ(record->end->message, "it died\nlast lines");
}

TEST_F(RecordFile, WhatTheLoadDriverCountedIsReadBack) {
  auto writer = RecordWriter::create(folder(), example_header());
  ASSERT_TRUE(writer->write(example_batch()));
  ASSERT_TRUE(writer->write(example_latency()));
  const auto record = read_record(folder());
  ASSERT_TRUE(record) << record.error().message;
  EXPECT_EQ(record->header.load, "50/s, at most 100 virtual users");
  EXPECT_EQ(record->header.model, plan::LoadModel::kOpen);
  const Batch& batch = record->batches.front();
  EXPECT_EQ(batch.duration, Seconds(0.1));
  EXPECT_EQ(batch.elapsed, Seconds(1.25));
  EXPECT_EQ(batch.dropped, 3);
  EXPECT_EQ(batch.body_bytes, 12_KiB);
  EXPECT_EQ(batch.response, example_batch().response);
  const LatencySummary& latency = record->latency;
  EXPECT_EQ(latency.service_time.largest(), Seconds(0.25));
  EXPECT_EQ(latency.response_time.largest(), Seconds(0.5));
  EXPECT_EQ(latency.iterations.largest(), Seconds(1));
  EXPECT_EQ(latency.lateness.largest(), Seconds(0.125));
  ASSERT_EQ(latency.by_request.size(), 1U);
  EXPECT_EQ(latency.by_request[0].name, "GET /");
  EXPECT_EQ(latency.by_request[0].counts, (RequestCounts{5, 1, 2, 1, 1}));
  EXPECT_EQ(latency.by_request[0].service_time.largest(), Seconds(2));
  EXPECT_EQ(latency.by_request[0].response_time.largest(), Seconds(4));
  EXPECT_EQ(latency.errors, example_latency().errors);
}

TEST_F(RecordFile, ABatchWithoutAnAnswerHasNoTimes) {
  auto writer = RecordWriter::create(folder(), example_header());
  ASSERT_TRUE(writer->write(Batch{Phase::kGrowth, 2, 2, Seconds(0.1), 2, 0, 0, 2, 0}));
  EXPECT_EQ(read_record(folder())->batches.front().response, std::nullopt);
}

// As written before there were an open model and figures of single requests.
TEST_F(RecordFile, AnOlderBatchAndOlderLatenciesAreRead) {
  ASSERT_TRUE(RecordWriter::create(folder(), example_header()));
  std::ofstream(folder() / kRecordFile, std::ios::app)
      << R"({"event":"batch","phase":"growth","iterations":40,"failed_iterations":1,)"
      << R"("duration_seconds":0.5,"requests":41,"succeeded":40,"failed":1,"errored":0,)"
      << R"("timed_out":0})"
      << "\n"
      << R"({"event":"latency","requests":{"largest_seconds":0.25,"total_seconds":0.25,)"
      << R"("buckets":[[829,1]]},"iterations":{"largest_seconds":0.5,"total_seconds":0.5,)"
      << R"("buckets":[[893,1]]}})"
      << "\n";
  const auto record = read_record(folder());
  ASSERT_TRUE(record) << record.error().message;
  const Batch& batch = record->batches.front();
  EXPECT_EQ(batch.succeeded, 40);
  EXPECT_EQ(batch.elapsed, Seconds(0));
  EXPECT_EQ(batch.dropped, 0);
  EXPECT_EQ(batch.response, std::nullopt);
  EXPECT_EQ(record->latency.response_time.largest(), Seconds(0.25));
  EXPECT_EQ(record->latency.service_time.largest(), Seconds(0.25));
  EXPECT_EQ(record->latency.iterations.largest(), Seconds(0.5));
  EXPECT_EQ(record->latency.lateness.count(), 0U);
  EXPECT_TRUE(record->latency.by_request.empty());
}

TEST(OlderRecords, AreAllRead) {
  int files = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(TIDEMARK_FIXTURES) / "records")) {
    if (entry.path().extension() != ".jsonl") continue;
    const auto record = read_record_file(entry.path());
    ASSERT_TRUE(record) << entry.path() << ": " << record.error().message;
    EXPECT_EQ(record->header.load, "");
    EXPECT_EQ(record->header.model, plan::LoadModel::kClosed);
    EXPECT_FALSE(record->batches.empty()) << entry.path();
    ++files;
  }
  EXPECT_GT(files, 40);
}

TEST_F(RecordFile, AnOlderHeaderHasTheHorizonOfItsTime) {
  ASSERT_TRUE(RecordWriter::create(folder(), example_header()));
  std::string older = text();
  const std::string key = "\"horizon_iterations\":500,";
  ASSERT_THAT(older, HasSubstr(key));
  older.erase(older.find(key), key.size());
  std::ofstream(folder() / kRecordFile) << older;
  EXPECT_EQ(read_record(folder())->header.horizon_iterations, 200);
}

TEST_F(RecordFile, ALineThatWasCutOffInWritingIsLeftOut) {
  auto writer = RecordWriter::create(folder(), example_header());
  ASSERT_TRUE(writer->write(PlannedGrowth{31, "the plan"}));
  std::ofstream(folder() / kRecordFile, std::ios::app) << R"({"event":"planned_gro)";
  const auto record = read_record(folder());
  ASSERT_TRUE(record);
  EXPECT_EQ(record->planned_growth->words, "the plan");
  EXPECT_EQ(record->end, std::nullopt);
}

TEST_F(RecordFile, ABrokenLineIsAnErrorWithItsNumber) {
  ASSERT_TRUE(RecordWriter::create(folder(), example_header()));
  std::ofstream(folder() / kRecordFile, std::ios::app) << "{\"event\":\"checkpoint\"}\n";
  const auto record = read_record(folder());
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().position.line, 2);
  EXPECT_THAT(record.error().message, HasSubstr("broken"));
}

TEST_F(RecordFile, TextThatIsNoUtf8IsStillWritten) {
  auto writer = RecordWriter::create(folder(), example_header());
  ASSERT_TRUE(writer->write(Remark{"agent", true, "\xff\xfe\x1b[31m"}));
  EXPECT_EQ(read_record(folder())->remarks.front().detail, "\uFFFD\uFFFD\x1b[31m");
}

TEST_F(RecordFile, ANewRecordReplacesAnOlderOne) {
  auto first = RecordWriter::create(folder(), example_header());
  ASSERT_TRUE(first->write(PlannedGrowth{1, "old"}));
  ASSERT_TRUE(RecordWriter::create(folder(), example_header()));
  EXPECT_EQ(read_record(folder())->planned_growth, std::nullopt);
}

TEST_F(RecordFile, AnEmptyFolderHoldsNoRecord) {
  EXPECT_FALSE(read_record(folder()));
}

TEST(Signals, NamesAreReadBack) {
  for (const Signal signal : kSignals) EXPECT_EQ(parse_signal(signal_name(signal)), signal);
  EXPECT_EQ(parse_signal("heap"), std::nullopt);
}

}  // namespace
}  // namespace tidemark::record
