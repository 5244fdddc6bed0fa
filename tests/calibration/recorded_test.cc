// Records of real servers of which it is known whether they leak: none may be judged wrongly.

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "harness/analysis/judge.h"
#include "harness/base/file.h"
#include "harness/base/json.h"
#include "harness/record/record_file.h"

namespace tidemark::calibration {
namespace {

using analysis::GateReport;
using analysis::Outcome;

struct Recording {
  std::string file;
  bool leaks = false;
  double growth_low = 0;  // what a request truly leaves behind
  double growth_high = 0;
  bool exact = false;
};

std::vector<Recording> recordings() {
  const auto text = read_file(std::filesystem::path(TIDEMARK_FIXTURES) / "records/manifest.json");
  if (!text) return {};
  return read_json(*text,
                   [](const Json& json) {
                     std::vector<Recording> all;
                     for (const Json& each : json)
                       all.push_back({each.at("file"), each.at("expected") == "fail",
                                      each.at("growth_low"), each.at("growth_high"),
                                      each.at("kind") == "exact"});
                     return all;
                   })
      .value_or(std::vector<Recording>());
}

record::Record read(const std::string& file) {
  auto record =
      record::read_record_file(std::filesystem::path(TIDEMARK_FIXTURES) / "records" / file);
  EXPECT_TRUE(record) << file;
  return record ? std::move(*record) : record::Record();
}

const plan::Budget& growth_budget(const record::Record& record) {
  for (const plan::Budget& budget : record.header.budgets)
    if (budget.gate == plan::Gate::kGrowth) return budget;
  throw std::logic_error("a recording without a growth budget");
}

bool is_wrong(const Recording& recording, Outcome outcome) {
  return outcome == (recording.leaks ? Outcome::kPass : Outcome::kFail);
}

TEST(Recorded, AreThere) {
  EXPECT_GE(recordings().size(), 20U);
}

TEST(Recorded, NoHealthyServerFailsAndNoLeakPassesAtItsEnd) {
  for (const Recording& recording : recordings()) {
    const record::Record record = read(recording.file);
    const GateReport gate = analysis::judge_growth(record, growth_budget(record), {SIZE_MAX, true});
    EXPECT_FALSE(is_wrong(recording, gate.outcome)) << recording.file << ": " << gate.reason;
  }
}

TEST(Recorded, NorAtAnyLookThatDecides) {
  for (const Recording& recording : recordings()) {
    const record::Record record = read(recording.file);
    const std::size_t most = record.checkpoints.size();
    for (std::size_t look = 1; look <= most; ++look) {
      const GateReport gate = analysis::judge_growth(record, growth_budget(record), {look, false});
      if (gate.outcome == Outcome::kInconclusive) continue;
      EXPECT_FALSE(is_wrong(recording, gate.outcome))
          << recording.file << ", look " << look << ": " << gate.reason;
      break;
    }
  }
}

TEST(Recorded, ExactSignalsNameTheBytes) {
  int measured = 0;
  for (const Recording& recording : recordings()) {
    const record::Record record = read(recording.file);
    const GateReport gate = analysis::judge_growth(record, growth_budget(record), {SIZE_MAX, true});
    if (!recording.exact || !recording.leaks || gate.outcome != Outcome::kFail) continue;
    ++measured;
    EXPECT_GE(gate.measured->value.value, 0.97 * recording.growth_low) << recording.file;
    EXPECT_LE(gate.measured->value.value, 1.03 * recording.growth_high) << recording.file;
  }
  EXPECT_GE(measured, 8);
}

// Most are decided: to say nothing would be easy.
TEST(Recorded, PythonServersWithSteadyWorkersAreDecided) {
  int decided = 0;
  int all = 0;
  for (const Recording& recording : recordings()) {
    if (!recording.exact || recording.file.starts_with("recycled")) continue;
    const record::Record record = read(recording.file);
    const GateReport gate = analysis::judge_growth(record, growth_budget(record), {SIZE_MAX, true});
    ++all;
    decided += gate.outcome == Outcome::kPass || gate.outcome == Outcome::kFail;
  }
  EXPECT_GE(decided * 10, all * 8) << decided << " of " << all;
}

}  // namespace
}  // namespace tidemark::calibration
