#include "harness/run/recorder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "harness/base/file.h"

namespace tidemark::run {
namespace {

using record::Phase;

LatencyHistogram times_of(std::initializer_list<Seconds> values) {
  LatencyHistogram times;
  for (const Seconds value : values) times.add(value);
  return times;
}

// Two requests: one was answered, one was not.
load::BatchResult example_result() {
  load::BatchResult result;
  result.iterations = 2;
  result.failed_iterations = 1;
  result.dropped = 3;
  result.duration = Seconds(0.5);
  result.requests = {2, 1, 0, 1, 0};
  result.errors = {{"connection refused", 1}};
  result.body_bytes = 100;
  result.by_request = {{"login", {1, 1, 0, 0, 0}, times_of({Seconds(1)}), times_of({Seconds(2)})},
                       {"report", {1, 0, 0, 1, 0}, {}, {}}};
  result.service_time = times_of({Seconds(1)});
  result.response_time = times_of({Seconds(2)});
  result.iteration_duration = times_of({Seconds(3)});
  result.lateness = times_of({Seconds(0.25), Seconds(0.5)});
  return result;
}

class RecorderTest : public testing::Test {
 protected:
  record::Record read() const { return record::read_record(folder_.path()).value(); }

  TemporaryFolder folder_ = std::move(*TemporaryFolder::create());
  Recorder recorder_ = std::move(*Recorder::create(folder_.path(), header(), {}));

 private:
  static record::Header header() {
    record::Header header;
    header.scenario = "example";
    return header;
  }
};

TEST_F(RecorderTest, ABatchIsWrittenWithEverythingThatWasCounted) {
  recorder_.add_batch(Phase::kGrowth, example_result(), Seconds(9));
  const record::Record record = read();
  ASSERT_EQ(record.batches.size(), 1U);
  const record::Batch& batch = record.batches.front();
  EXPECT_EQ(batch.iterations, 2);
  EXPECT_EQ(batch.requests, 2);
  EXPECT_EQ(batch.errored, 1);
  EXPECT_EQ(batch.elapsed, Seconds(9));
  EXPECT_EQ(batch.dropped, 3);
  EXPECT_EQ(batch.body_bytes, 100_B);
  ASSERT_TRUE(batch.response);
  EXPECT_EQ(batch.response->max, Seconds(2));
  EXPECT_EQ(recorder_.iterations(), 2);
}

TEST_F(RecorderTest, CountsAreOfAllPhasesAndTimesOfTheGrowthPhase) {
  for (const Phase phase : {Phase::kWarmup, Phase::kPeaks, Phase::kGrowth, Phase::kGrowth})
    recorder_.add_batch(phase, example_result(), Seconds(1));
  const record::LatencySummary& latency = recorder_.record().latency;
  EXPECT_EQ(latency.service_time.count(), 2U);
  EXPECT_EQ(latency.response_time.count(), 2U);
  EXPECT_EQ(latency.iterations.count(), 2U);
  EXPECT_EQ(latency.lateness.count(), 4U);
  ASSERT_EQ(latency.by_request.size(), 2U);
  EXPECT_EQ(latency.by_request[0].name, "login");
  EXPECT_EQ(latency.by_request[0].counts, (record::RequestCounts{4, 4, 0, 0, 0}));
  EXPECT_EQ(latency.by_request[0].response_time.count(), 2U);
  EXPECT_EQ(latency.by_request[1].counts, (record::RequestCounts{4, 0, 0, 4, 0}));
  EXPECT_EQ(latency.errors.at("connection refused"), 4);
}

TEST_F(RecorderTest, NamesOfErrorsAreNotKeptWithoutEnd) {
  for (int i = 0; i < 1000; ++i) {
    load::BatchResult result;
    result.errors = {{fmt::format("error {:03}", i), 1}};
    recorder_.add_batch(Phase::kGrowth, result, Seconds(1));
  }
  const auto& errors = recorder_.record().latency.errors;
  EXPECT_EQ(errors.size(), 51U);
  EXPECT_EQ(errors.at("error 049"), 1);
  EXPECT_EQ(errors.at("other"), 950);
}

// Source lines come from the target's files, and names from its objects.
TEST(RecorderSecrets, AreTakenOutOfWhatTracingFound) {
  const auto folder = TemporaryFolder::create();
  record::Header header;
  header.scenario = "example";
  plan::Placeholders secrets;
  secrets.set_secret("TOKEN", "hunter2hunter2");
  auto recorder = Recorder::create(folder->path(), header, secrets);
  ASSERT_TRUE(recorder);
  const record::TraceFrame line = {"app.py", 1, "f", "login('hunter2hunter2')", true};
  record::TraceSite site;
  site.frames = {line};
  site.headline = line;
  site.bytes = {1};
  site.blocks = {1};
  record::ProcessDiagnosis process;
  process.sites = {site};
  process.holders = {{"users[hunter2hunter2]", "dict", {"users[hunter2hunter2]"}, 1, 2, 0, {}}};
  process.types = {{"T", 1, 2, {std::string(300 - 7, 'x') + "hunter2"}}};  // cut within it
  recorder->add(record::Diagnosis{0, {1}, {process}, {}});
  recorder->add(record::PeakDiagnosis{1, {}, 1_B, 1_B, {site}, {}});
  EXPECT_EQ(read_file(folder->path() / record::kRecordFile)->find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace tidemark::run
