#include "harness/record/diagnosis_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/record/record_file.h"

namespace tidemark::record {
namespace {

using testing::HasSubstr;

TraceSite example_site(std::int64_t bytes) {
  TraceSite site;
  site.frames = {{"payload.py", 9, "payload", "return b'x'", true},
                 {"handlers.py", 197, "get_response", "", false}};
  site.bytes = {0, bytes};
  site.blocks = {0, 20};
  return site;
}

Diagnosis example_diagnosis() {
  Diagnosis diagnosis{400, {20}, {}, {}};
  ProcessDiagnosis worker;
  worker.process = {4711, 99};
  worker.sites = {example_site(20'000), example_site(10'000)};
  worker.sites[0].type = "bytes";
  worker.sites[0].headline = TraceFrame{
      "views.py", 52, "keep", "kept.append(x)", true, 51, {"def keep():", "    kept.append(x)"}};
  worker.sites[0].holder = 0;
  worker.holders = {{"shop.kept", "list", {"shop.kept (list)", "bytes"}, 10, 30, 512, 200},
                    {"shop.seen", "set", {}, 1, 2, 0, std::nullopt}};
  worker.types = {{"shop.Order", 3, 23, {"shop.registry (dict)"}}};
  worker.traced_bytes = {1, 20'001};
  ProcessDiagnosis gone;
  gone.process = {4712, 100};
  gone.gap = "it ended";
  diagnosis.processes = {worker, gone};
  return diagnosis;
}

TEST(DiagnosisJson, IsReadBackFromARecord) {
  const auto folder = TemporaryFolder::create();
  {
    Header header;
    header.scenario = "example";
    auto writer = RecordWriter::create(folder->path(), header);
    ASSERT_TRUE(writer);
    PeakDiagnosis peak{412, {4711, 99}, 31_MiB, 30_MiB, {example_site(5)}, "half of it", "pay"};
    peak.sites[0].bytes = {5};
    peak.sites[0].blocks = {1};
    ASSERT_TRUE(writer->write(example_diagnosis()));
    ASSERT_TRUE(writer->write(peak));
  }
  const auto record = read_record(folder->path());
  ASSERT_TRUE(record) << record.error().message;
  ASSERT_TRUE(record->diagnosis);
  EXPECT_EQ(json_text(to_json(*record->diagnosis)), json_text(to_json(example_diagnosis())));
  const ProcessDiagnosis& worker = record->diagnosis->processes.at(0);
  EXPECT_EQ(worker.sites.at(0).frames, example_site(0).frames);
  EXPECT_EQ(worker.sites.at(0).headline, example_diagnosis().processes[0].sites[0].headline);
  EXPECT_EQ(worker.sites.at(1).headline, std::nullopt);
  EXPECT_EQ(worker.holders.at(0).bound, 200);
  EXPECT_EQ(worker.holders.at(1).bound, std::nullopt);
  EXPECT_EQ(record->diagnosis->processes.at(1).gap, "it ended");
  ASSERT_TRUE(record->peak_diagnosis);
  EXPECT_EQ(record->peak_diagnosis->taken_at, 30_MiB);
  EXPECT_EQ(record->peak_diagnosis->sites.at(0).bytes.at(0), 5);
  EXPECT_EQ(record->peak_diagnosis->gap, "half of it");
}

// An agent is in the hands of the process under test.
TEST(DiagnosisJson, WhatCannotBeIsAnError) {
  constexpr std::string_view kGood =
      R"({"frames":[["a.py",1,"f","x",true]],"sites":[{"frames":[0],"bytes":[0,9],"blocks":[0,1],)"
      R"("headline":0}],"holders":[],"types":[],"traced_bytes":[0,9]})";
  const auto read = [](const std::string& text) {
    return read_json(text, [](const Json& json) -> Result<ProcessDiagnosis> {
      return process_diagnosis_from_json(json);
    });
  };
  ASSERT_TRUE(read(std::string(kGood)));
  const std::string frame = R"("x",true)";
  std::string with_context(kGood);
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += i == 0 ? "\"\"" : ",\"\"";
  with_context.replace(with_context.find(frame), frame.size(), R"("x",true,1,[)" + lines + "]");
  const auto much = read(with_context);
  ASSERT_TRUE(much);
  EXPECT_LE((*much)->sites.at(0).frames.at(0).context.size(), 20U) << "only what can be shown";
  const auto with = [&](std::string_view good, const std::string& bad) {
    std::string text(kGood);
    text.replace(text.find(good), good.size(), bad);
    return read(text);
  };
  EXPECT_FALSE(with(R"("frames":[0])", R"("frames":[1])"));
  EXPECT_FALSE(with(R"("frames":[0])", R"("frames":[-1])"));
  EXPECT_FALSE(with(R"("headline":0)", R"("headline":1)"));
  EXPECT_FALSE(with(R"("headline":0)", R"("holder":0)"));
  EXPECT_FALSE(with(R"("bytes":[0,9])", R"("bytes":[0,9,9])"));
  EXPECT_FALSE(with(R"("bytes":[0,9])", R"("bytes":[0,1e300])"));
  EXPECT_FALSE(with(R"("a.py",1)", R"("a.py","1")"));
  for (const std::string number : {"1e300", "-1", "9007199254740993", "18446744073709551615"}) {
    EXPECT_FALSE(with(R"("bytes":[0,9])", R"("bytes":[0,)" + number + "]"));
    EXPECT_FALSE(with(R"("a.py",1)", R"("a.py",)" + number));
    EXPECT_FALSE(with(R"("holders":[])", R"("holders":[{"name":"","type":"","path":[],"first":0,)"
                                         R"("last":)" +
                                             number + R"(,"storage":0}])"));
    EXPECT_FALSE(with(R"("types":[])",
                      R"("types":[{"type":"","path":[],"first":0,"last":)" + number + "}]"));
    EXPECT_FALSE(with(R"("traced_bytes":[0,9])", R"("traced_bytes":[)" + number + "]"));
  }
  EXPECT_FALSE(with(R"("a.py",1)", R"("a.py",2147483648)"));
  EXPECT_TRUE(with(R"("a.py",1)", R"("a.py",2147483647)"));
  EXPECT_TRUE(with(R"("bytes":[0,9])", R"("bytes":[0,9007199254740992])"));
  EXPECT_FALSE(with(R"("bytes":[0,9],"blocks":[0,1])", R"("bytes":[],"blocks":[])"));
  EXPECT_FALSE(with(R"("frames":[0])", R"("frames":[])"));
  EXPECT_FALSE(with(R"("sites":)", R"("places":)"));
}

}  // namespace
}  // namespace tidemark::record
