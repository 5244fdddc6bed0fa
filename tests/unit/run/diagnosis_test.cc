// Which peak is looked into, by the record of a run.

#include "harness/run/diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::run {
namespace {

using record::Phase;

class PeakToExplain : public testing::Test {
 protected:
  PeakToExplain() {
    scenario_.flows = {{"browse", 50, {}}, {"buy", 1, {}}};
    for (const plan::Flow& flow : scenario_.flows)
      record_.header.flows.push_back({flow.name, {"page", "report"}});
    record_.end = record::End{};
  }

  void limit(Bytes most, const std::string& request = {}) {
    record_.header.budgets.push_back({plan::Gate::kPeakMemory,
                                      "peak_memory" + (request.empty() ? "" : "." + request),
                                      0,
                                      Quantity{static_cast<double>(most.count), Unit::kBytes},
                                      {},
                                      request});
  }
  void measure(const std::string& flow, Bytes needed, const std::string& request = {}) {
    for (int i = 0; i < 5; ++i) {
      record::PeakSample sample{Phase::kPeaks, i + 1, {{{1, 1}, 100_MiB, 100_MiB + needed}}};
      sample.request = request;
      sample.flow = flow;
      record_.peaks.push_back(sample);
    }
  }

  plan::Scenario scenario_;
  record::Record record_;
};

TEST_F(PeakToExplain, IsTheIterationsInTheFlowThatNeededTheMost) {
  limit(10_MiB);
  measure("browse", 12_MiB);
  measure("buy", 20_MiB);
  EXPECT_EQ(diagnosis_order(scenario_, record_).peak, (PeakOrder{10_MiB, "", 1}));
}

TEST_F(PeakToExplain, IsTheOneThatFailedWhateverTheOthersLimitsAre) {
  limit(1_MiB, "page");
  limit(8_MiB, "report");
  limit(64_MiB);
  for (const char* flow : {"browse", "buy"}) {
    measure(flow, 500_KiB, "page");
    measure(flow, 9_MiB, "report");
    measure(flow, 9_MiB);
  }
  EXPECT_EQ(diagnosis_order(scenario_, record_).peak, (PeakOrder{8_MiB, "report", 0}));
}

TEST_F(PeakToExplain, IsOfSeveralThatFailedTheOneWithTheSmallestLimit) {
  limit(16_MiB);
  limit(8_MiB, "report");
  limit(12_MiB, "page");
  for (const char* request : {"", "page", "report"}) measure("browse", 20_MiB, request);
  EXPECT_EQ(diagnosis_order(scenario_, record_).peak, (PeakOrder{8_MiB, "report", 0}));
}

TEST_F(PeakToExplain, IsNoneWhereAllWereKept) {
  limit(16_MiB);
  for (const char* flow : {"browse", "buy"}) measure(flow, 1_MiB);
  EXPECT_TRUE(diagnosis_order(scenario_, record_).is_empty());
  scenario_.diagnosis = plan::DiagnosisMode::kAlways;
  EXPECT_EQ(diagnosis_order(scenario_, record_).peak, (PeakOrder{16_MiB, "", 0}));
}

}  // namespace
}  // namespace tidemark::run
