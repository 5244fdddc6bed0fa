#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <regex>
#include <set>
#include <sstream>

#include "reporters/reporters.h"
#include "tests/unit/reporters/example.h"

namespace tidemark::reporters {
namespace {

using analysis::Outcome;
using analysis::ScenarioReport;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

std::string metrics(std::vector<ScenarioReport> scenarios) {
  return render_open_metrics(run_of(std::move(scenarios)));
}

TEST(OpenMetrics, TellsOfEachGateItsValueItsLimitAndItsOutcome) {
  const std::string text = metrics({leaking_scenario()});
  EXPECT_THAT(
      text,
      AllOf(HasSubstr("# TYPE tidemark_gate_measured_bytes_per_iteration gauge\n"
                      "# UNIT tidemark_gate_measured_bytes_per_iteration bytes_per_iteration\n"),
            HasSubstr("tidemark_gate_measured_bytes_per_iteration{scenario=\"leak-list\",gate="
                      "\"growth\"} 1016\n"),
            HasSubstr("tidemark_gate_limit_bytes_per_iteration{scenario=\"leak-list\",gate="
                      "\"growth\"} 64\n"),
            HasSubstr("tidemark_gate_limit_per_iteration{scenario=\"leak-list\",gate=\"fds\"} 0\n"),
            HasSubstr("tidemark_gate_outcome{scenario=\"leak-list\",gate=\"growth\","
                      "tidemark_gate_outcome=\"fail\"} 1\n"),
            HasSubstr("tidemark_gate_outcome{scenario=\"leak-list\",gate=\"growth\","
                      "tidemark_gate_outcome=\"pass\"} 0\n"),
            EndsWith("\n# EOF\n")));
}

TEST(OpenMetrics, TellsOfTheLoadAndOfMemory) {
  EXPECT_THAT(
      metrics({leaking_scenario()}),
      AllOf(HasSubstr("tidemark_peak_memory_bytes{scenario=\"leak-list\"} 2097152\n"),
            HasSubstr("tidemark_requests_total{scenario=\"leak-list\"} 407\n"),
            HasSubstr("tidemark_requests_failed_total{scenario=\"leak-list\"} 1\n"),
            HasSubstr("tidemark_throughput_requests_per_second{scenario=\"leak-list\"} 1200\n"),
            HasSubstr("tidemark_response_time_seconds{scenario=\"leak-list\",quantile=\"0.95\"} "
                      "0.002\n"),
            HasSubstr("tidemark_iterations_total{scenario=\"leak-list\"} 407\n")));
}

TEST(OpenMetrics, ProcessesHaveARoleAndANumberAndNoProcessId) {
  ScenarioReport scenario = leaking_scenario();
  const auto process = [](const char* role, double rss) {
    return analysis::ProcessReport{{4711, 1},
                                   role,
                                   "",
                                   "",
                                   {{2, 3, 40, 0, 10, 1}},
                                   {{record::Signal::kRss, {{0, 0, 1e6}, {40, 40, rss}}},
                                    {record::Signal::kFds, {{40, 40, 7}}}}};
  };
  scenario.processes = {process("main", 2e6), process("worker", 3e6), process("worker", 4e6)};
  EXPECT_THAT(
      metrics({scenario}),
      AllOf(HasSubstr("process_resident_memory_bytes{scenario=\"leak-list\",role=\"main\",index="
                      "\"0\"} 2000000\n"),
            HasSubstr("process_resident_memory_bytes{scenario=\"leak-list\",role=\"worker\",index="
                      "\"1\"} 4000000\n"),
            HasSubstr("process_open_fds{scenario=\"leak-list\",role=\"worker\",index=\"0\"} 7\n"),
            HasSubstr("python_gc_collections_total{scenario=\"leak-list\",role=\"main\",index="
                      "\"0\",generation=\"2\"} 3\n"),
            Not(HasSubstr("4711"))));
}

TEST(OpenMetrics, ScenariosOfOneNameAreToldApart) {
  const std::string text = metrics({leaking_scenario(), leaking_scenario()});
  EXPECT_THAT(text, HasSubstr("tidemark_iterations_total{scenario=\"leak-list (2)\"} 407\n"));
}

TEST(OpenMetrics, WhatIsNoNumberAndWhatNeverRanHasNoSeries) {
  ScenarioReport scenario = leaking_scenario();
  scenario.gates[0].measured->value.value = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(metrics({scenario}), AllOf(Not(HasSubstr("nan")), Not(HasSubstr("NaN"))));
  ScenarioReport skipped;
  skipped.name = "needs-a-database";
  skipped.outcome = Outcome::kSkipped;
  EXPECT_THAT(metrics({skipped}), AllOf(HasSubstr("tidemark_scenario_outcome=\"skipped\"} 1\n"),
                                        Not(HasSubstr("tidemark_iterations"))));
}

TEST(OpenMetrics, EachFamilyAndEachSeriesStandsThereOnce) {
  std::istringstream in(metrics({leaking_scenario(), loaded_scenario(), leaking_scenario()}));
  std::set<std::string> families;
  std::set<std::string> series;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("# TYPE")) {
      EXPECT_TRUE(families.insert(line).second) << line;
    } else if (!line.starts_with('#')) {
      EXPECT_TRUE(series.insert(line.substr(0, line.rfind(' '))).second) << line;
    }
  }
  EXPECT_GT(series.size(), 30U);
}

// Names, quoted values without a line's end or GitLab's comment sign, a number.
const std::regex kSample(
    R"re([a-z_]+(\{[a-z_]+="([^"\\#\n]|\\["\\])*"(,[a-z_]+="([^"\\#\n]|\\["\\])*")*\})? [-+.0-9e]+)re");

TEST(OpenMetrics, HostileTextStaysInsideItsQuotes) {
  ScenarioReport scenario = hostile_scenario();
  scenario.name = "\"} 1\n# EOF\n\\" + scenario.name + std::string(1 << 20, 'x');
  scenario.processes[0].role += kHostile;
  const std::string text = metrics({scenario, scenario});
  EXPECT_THAT(text, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\xff"))));
  EXPECT_LT(text.size(), 100'000U);
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    EXPECT_TRUE(line.starts_with("# ") || std::regex_match(line, kSample)) << line;
  EXPECT_EQ(text.find("# EOF"), text.size() - 6);
}

}  // namespace
}  // namespace tidemark::reporters
