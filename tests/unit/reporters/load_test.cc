// The load in each of the outputs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "harness/base/text.h"
#include "reporters/html/load.h"
#include "reporters/html/ticks.h"
#include "reporters/reporters.h"
#include "reporters/terminal/load_lines.h"
#include "reporters/words/load_words.h"
#include "tests/unit/reporters/example.h"

namespace tidemark::reporters {
namespace {

using analysis::LoadReport;
using analysis::ScenarioReport;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr std::size_t kAllPoints = 1000;

// --- words ---------------------------------------------------------------------------------------

TEST(LoadWords, FailuresAreNamedMostFrequentFirst) {
  EXPECT_EQ(failure_words(large_load()),
            "12 of 5,000 requests were not answered as expected: 3 x wrong answer, 6 x connection "
            "reset, 2 x timeout, 1 x connection refused");
  LoadReport fine;
  fine.counts = {10, 10, 0, 0, 0};
  EXPECT_EQ(failure_words(fine), "");
}

TEST(LoadWords, OlderRecordsDoNotNameTheirErrors) {
  LoadReport older;
  older.counts = {10, 7, 0, 1, 2};
  EXPECT_EQ(failure_words(older),
            "3 of 10 requests were not answered as expected: 2 x timeout, 1 x no complete answer");
}

// --- console -------------------------------------------------------------------------------------

TEST(ConsoleLoad, TheOpenModelHasTwoTimesAndATableOfRequests) {
  EXPECT_THAT(
      render_console(run_of({loaded_scenario()}), {}),
      HasSubstr(
          "  ✓ busy  pass, 2500 iterations in 1 min 40 s\n"
          "    49.8/s · response time (from due)  p50 4 ms  p90 20 ms  p95 40 ms  p99 120 ms  max "
          "1.5 "
          "s\n"
          "             service time (from sent)  p50 1 ms  p90 1.5 ms  p95 2 ms  p99 3 ms  max 4 "
          "ms\n"
          "    12 of 5,000 requests were not answered as expected: 3 x wrong answer, 6 x "
          "connection "
          "reset, 2 x timeout, 1 x connection refused\n"
          "      request         started  not as expected   p50    p90    p95     p99    max\n"
          "      login             2,500                0  4 ms  20 ms  40 ms  120 ms  1.5 s\n"
          "      report            2,500               12  4 ms  20 ms  40 ms  120 ms  1.5 s\n"
          "      never answered        0                0     -      -      -       -      -\n"
          "    ! load: 312 of 2,812 iterations were dropped\n"));
}

TEST(ConsoleLoad, WithoutAGrowthPhaseThereAreNoTimes) {
  LoadReport load = small_load();
  load.response_time.reset();
  EXPECT_EQ(time_lines(load, "  "), "");
}

TEST(ConsoleLoad, AQuietRunSaysOnlyWhatWasNotAnswered) {
  ScenarioReport scenario = loaded_scenario();
  scenario.outcome = analysis::Outcome::kFail;
  EXPECT_THAT(render_console(run_of({scenario}), {false, true}),
              AllOf(HasSubstr("12 of 5,000"), Not(HasSubstr("p50"))));
}

// --- JSON ----------------------------------------------------------------------------------------

TEST(JsonLoad, HasEveryFigure) {
  const auto json = nlohmann::json::parse(render_json(run_of({loaded_scenario()})));
  const auto& requests = json["scenarios"][0]["requests"];
  EXPECT_EQ(requests["total"], 5000);
  EXPECT_EQ(requests["failed"], 12);
  EXPECT_EQ(requests["throughput_per_second"], 49.8);
  EXPECT_EQ(
      requests["latency_seconds"],
      (nlohmann::json{{"p50", 0.004}, {"p90", 0.02}, {"p95", 0.04}, {"p99", 0.12}, {"max", 1.5}}));
  EXPECT_EQ(requests["load"], "50/s, at most 100 virtual users");
  EXPECT_EQ(requests["model"], "open");
  EXPECT_EQ(requests["counts"], (nlohmann::json{{"started", 5000},
                                                {"done", 4991},
                                                {"succeeded", 4988},
                                                {"failed", 3},
                                                {"errored", 7},
                                                {"timeout", 2},
                                                {"dropped", 312}}));
  EXPECT_EQ(requests["errors"],
            (nlohmann::json{{"connection refused", 1}, {"connection reset", 6}, {"timeout", 2}}));
  EXPECT_EQ(requests["body_bytes"], 12 * 1024 * 1024);
  EXPECT_EQ(requests["response_time_seconds"]["mean"], 0.009);
  EXPECT_EQ(requests["service_time_seconds"]["p90"], 0.0015);
  EXPECT_EQ(requests["lateness_seconds"]["p99"], 0.015);
  EXPECT_EQ(requests["by_request"][1]["name"], "report");
  EXPECT_EQ(requests["by_request"][1]["counts"]["done"], 2491);
  EXPECT_EQ(requests["by_request"][1]["response_time_seconds"]["p99"], 0.12);
  EXPECT_TRUE(requests["by_request"][2]["service_time_seconds"].is_null());
  EXPECT_EQ(requests["over_time"][1],
            (nlohmann::json{{"elapsed_seconds", 2.0},
                            {"load_seconds", 0.5},
                            {"requests", 25},
                            {"failed", 5},
                            {"throughput_per_second", 50.0},
                            {"latency_seconds", {{"p50", 0.025}, {"p95", 0.05}, {"max", 0.2}}}}));
}

TEST(JsonLoad, WhatWasNotMeasuredIsNullOrEmpty) {
  const auto json = nlohmann::json::parse(render_json(run_of({ScenarioReport()})));
  const auto& requests = json["scenarios"][0]["requests"];
  for (const char* key :
       {"latency_seconds", "service_time_seconds", "response_time_seconds", "lateness_seconds"})
    EXPECT_TRUE(requests[key].is_null()) << key;
  EXPECT_EQ(requests["errors"], nlohmann::json::object());
  EXPECT_EQ(requests["over_time"], nlohmann::json::array());
}

// --- HTML ----------------------------------------------------------------------------------------

// Well-formed, so that the page's structure can be asked for.
pugi::xml_document parsed(const std::string& markup) {
  pugi::xml_document document;
  std::string text = "<root>" + markup + "</root>";
  // An attribute without a value is HTML, but not XML.
  const std::string open = "\"load\" open>";
  if (const auto at = text.find(open); at != std::string::npos)
    text.replace(at, open.size(), "\"load\">");
  EXPECT_TRUE(document.load_string(text.c_str())) << text;
  return document;
}

std::vector<std::string> cells(const pugi::xml_document& page, const char* of_row) {
  std::vector<std::string> texts;
  for (const auto& cell : page.select_nodes(of_row)) texts.emplace_back(cell.node().text().get());
  return texts;
}

TEST(HtmlLoad, HasTablesOfCountsTimesRequestsAndErrors) {
  const auto page = parsed(load_section(loaded_scenario(), kAllPoints));
  EXPECT_THAT(cells(page, "//table[1]/tbody/tr[td='requests']/td"),
              ElementsAre("requests", "5,000", "4,991", "4,988", "3", "7", "2", "312"));
  EXPECT_THAT(
      cells(page, "//tr[td='response time (from due)']/td"),
      ElementsAre("response time (from due)", "9 ms", "4 ms", "20 ms", "40 ms", "120 ms", "1.5 s"));
  EXPECT_THAT(cells(page, "//tr[td='lateness (from due to begun)']/td"),
              ElementsAre("lateness (from due to begun)", "100 µs", "20 µs", "100 µs", "2 ms",
                          "15 ms", "80 ms"));
  EXPECT_THAT(
      cells(page, "//tr[td='report']/td"),
      ElementsAre("report", "2,500", "12", "9 ms", "4 ms", "20 ms", "40 ms", "120 ms", "1.5 s"));
  EXPECT_THAT(cells(page, "//tr[td='connection reset']/td"), ElementsAre("connection reset", "6"));
}

TEST(HtmlLoad, IsFoldedWhereTheScenarioIsNotAboutTheLoad) {
  ScenarioReport scenario = leaking_scenario();
  EXPECT_THAT(load_section(scenario, kAllPoints), HasSubstr("<details class=\"load\" open>"));
  scenario.load.counts = {407, 407, 0, 0, 0};
  EXPECT_THAT(load_section(scenario, kAllPoints),
              AllOf(HasSubstr("<details class=\"load\">"), HasSubstr("1200/s answered, p95 2 ms"),
                    Not(HasSubstr("from due")), Not(HasSubstr("By request"))));
  scenario.load = {};
  EXPECT_EQ(load_section(scenario, kAllPoints), "");
}

TEST(HtmlLoad, ThePicturesSayInWordsWhatTheyShow) {
  const auto page = parsed(load_section(loaded_scenario(), kAllPoints));
  const auto svgs = page.select_nodes("//svg[@role='img']");
  ASSERT_EQ(svgs.size(), 2U);
  EXPECT_STREQ(svgs[0].node().attribute("aria-label").value(),
               "requests a second, between 50/s and 50/s in the growth phase; pauses for "
               "checkpoints do not count");
  EXPECT_STREQ(svgs[1].node().attribute("aria-label").value(),
               "response time, logarithmic; the p95 is at most 50 ms, the longest took 200 ms");
  // One point is marked: there not all was answered as expected.
  EXPECT_EQ(page.select_nodes("//circle[@class='failed'][title]").size(), 1U);
}

TEST(HtmlLoad, AStretchWithoutAnAnswerIsAGap) {
  ScenarioReport scenario = loaded_scenario();
  scenario.load.over_time[1].times.reset();
  const std::string section = load_section(scenario, kAllPoints);
  EXPECT_THAT(section, HasSubstr("\"y\":[0.08,null,0.12]"));
  // A line of one point each side of it, and one in the legend.
  EXPECT_EQ(parsed(section).select_nodes("//path[@class='largest']").size(), 2U);
}

TEST(HtmlLoad, WithoutAnAnswerThePictureIsOfThroughputAlone) {
  ScenarioReport scenario = loaded_scenario();
  for (auto& point : scenario.load.over_time) point.times.reset();
  EXPECT_EQ(parsed(load_section(scenario, kAllPoints)).select_nodes("//svg[@role]").size(), 1U);
  scenario.load.over_time.resize(1);
  EXPECT_THAT(load_section(scenario, kAllPoints), Not(HasSubstr("<svg")));
}

TEST(HtmlLoad, ALogarithmicAxisHoldsItsSmallestAndItsLargestValue) {
  EXPECT_THAT(
      logarithmic_ticks(0.003, 0.04),
      ElementsAre(testing::DoubleEq(0.002), testing::DoubleEq(0.005), testing::DoubleEq(0.01),
                  testing::DoubleEq(0.02), testing::DoubleEq(0.05)));
  EXPECT_EQ(logarithmic_ticks(1, 1).size(), 2U);
}

// --- Markdown ------------------------------------------------------------------------------------

TEST(MarkdownLoad, IsALineAScenario) {
  EXPECT_THAT(
      render_markdown(run_of({loaded_scenario()})),
      HasSubstr(
          "<summary>Load</summary>\n\n- busy (50/s, at most 100 virtual users): 5,000 requests, 12 "
          "not as expected; 49.8/s, p50 4 ms, p95 40 ms, p99 120 ms, max 1.5 s\n"));
  EXPECT_THAT(render_markdown(run_of({ScenarioReport()})), Not(HasSubstr("Load")));
}

}  // namespace
}  // namespace tidemark::reporters
