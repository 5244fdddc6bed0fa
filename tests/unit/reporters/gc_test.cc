// Python's collector and sweeps in each of the outputs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "reporters/html/gc.h"
#include "reporters/html/sweep.h"
#include "reporters/reporters.h"
#include "reporters/terminal/sweep_lines.h"
#include "reporters/words/gc_words.h"
#include "reporters/words/sweep_words.h"
#include "tests/unit/reporters/example.h"

namespace tidemark::reporters {
namespace {

using analysis::GcReport;
using analysis::LongestPause;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

GcReport busy_collector() {
  GcReport gc;
  gc.iterations = 400;
  gc.processes = 2;
  gc.threshold_set = "700";
  gc.generations = {
      {0, 800, 4000, 0, {700}, 2, Seconds(0.02), LongestPause{Seconds(0.001), Seconds(0.001)}},
      {2, 8, 0, 0, {10, 50}, 0.02, Seconds(0.4), LongestPause{Seconds(0.05), Seconds(0.08)}}};
  gc.paused_share = 0.07;
  gc.over_time = {{31, {0, 0}}, {231, {400, 4}}, {431, {800, 8}}};
  gc.advice = {"Raise <it>."};
  return gc;
}

analysis::ScenarioReport point(const std::string& value, double rate) {
  analysis::ScenarioReport scenario = leaking_scenario();
  scenario.name = "list [gc_threshold=" + value + "]";
  scenario.folder = "list-gc-threshold-" + value;
  scenario.sweep = plan::SweepPoint{"list", "gc_threshold", value};
  scenario.gc = busy_collector();
  scenario.gc->generations[0].collections_per_iteration = rate;
  scenario.memory_at_end = 42_MiB;
  return scenario;
}

analysis::RunReport swept_run() {
  return run_of({point("700", 2), point("5000", 0.25)});
}

TEST(GcWords, SayHowOftenAndHowLong) {
  EXPECT_EQ(
      collector_words(busy_collector()),
      "2.02 collections an iteration, stopped for 420 ms in all (7 % of the time under load), "
      "at most 80 ms at the longest");
  GcReport off = busy_collector();
  off.processes_off = 2;
  EXPECT_EQ(collector_words(off), "off");
  EXPECT_EQ(threshold_words(busy_collector().generations[1]), "10 or 50");
}

TEST(SweepWords, ColumnsOfWhichNothingIsKnownAreLeftOut) {
  auto run = swept_run();
  for (auto& row : run.sweeps[0].rows) row.peak = row.memory = std::nullopt;
  const SweepTable table = sweep_table(run.sweeps[0]);
  EXPECT_EQ(table.head, (std::vector<std::string>{"gc_threshold", "requests", "p95", "collections",
                                                  "stopped", "longest stop", "outcome"}));
}

TEST(ConsoleSweep, StandsAboveTheSummary) {
  EXPECT_EQ(
      sweep_lines(swept_run(), {}),
      "  list over gc_threshold\n"
      "    gc_threshold   peak  requests   p95     collections  stopped  longest stop  memory  "
      "outcome\n"
      "    700           2 MiB    1200/s  2 ms  2.02/iteration   420 ms         80 ms  42 MiB  "
      "fail\n"
      "    5000          2 MiB    1200/s  2 ms  0.27/iteration   420 ms         80 ms  42 MiB  "
      "fail\n");
  EXPECT_THAT(render_console(swept_run(), {}), HasSubstr("list over gc_threshold"));
  EXPECT_THAT(render_console(swept_run(), {false, true}), Not(HasSubstr("over")));
}

TEST(MarkdownSweep, IsATable) {
  EXPECT_THAT(
      render_markdown(swept_run()),
      HasSubstr(
          "\n**list over gc\\_threshold**\n\n<details><summary>2 points</summary>\n\n"
          "| gc\\_threshold | peak | requests | p95 | collections | stopped | longest stop | "
          "memory | "
          "outcome |\n"
          "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n"
          "| 700 | 2 MiB | 1200/s | 2 ms | 2.02/iteration | 420 ms | 80 ms | 42 MiB | fail |\n"));
}

TEST(JsonGc, HasEveryFigure) {
  const auto json = nlohmann::json::parse(render_json(swept_run()));
  const auto& scenario = json.at("scenarios").at(0);
  EXPECT_EQ(scenario.at("sweep"),
            (nlohmann::json{{"of", "list"}, {"variable", "gc_threshold"}, {"value", "700"}}));
  const auto& gc = scenario.at("gc");
  EXPECT_EQ(gc.at("threshold_set"), "700");
  EXPECT_EQ(gc.at("generations").at(1).at("longest_pause_seconds"),
            (nlohmann::json{{"at_least", 0.05}, {"at_most", 0.08}}));
  EXPECT_EQ(gc.at("over_time").at(1),
            (nlohmann::json{{"iteration", 231}, {"collections", {400, 4}}}));
  const auto& row = json.at("sweeps").at(0).at("rows").at(1);
  EXPECT_EQ(row.at("value"), "5000");
  EXPECT_EQ(row.at("memory_bytes"), 42 * 1024 * 1024);
  const auto plain = nlohmann::json::parse(render_json(run_of({leaking_scenario()})));
  EXPECT_TRUE(plain.at("scenarios").at(0).at("gc").is_null());
  EXPECT_TRUE(plain.at("sweeps").empty());
}

constexpr std::size_t kAllPoints = 1000;

TEST(HtmlGc, HasATableAdviceAndAPicture) {
  const std::string section = gc_section(point("700", 2), kAllPoints);
  EXPECT_THAT(section,
              AllOf(HasSubstr("<details class=\"load\" open>"), HasSubstr("Raise &lt;it&gt;."),
                    HasSubstr("10 or 50"), HasSubstr("at most 80 ms"), HasSubstr("<svg")));
  EXPECT_EQ(gc_section(leaking_scenario(), kAllPoints), "")
      << "no process gave the collector's numbers";
}

TEST(HtmlGc, ThePictureSaysInWordsWhatItShows) {
  analysis::ScenarioReport scenario = leaking_scenario();
  scenario.gc = busy_collector();
  EXPECT_THAT(gc_section(scenario, kAllPoints),
              AllOf(HasSubstr("aria-label=\"collections from iteration 31 to 431: 800 of "
                              "generation 0, 8 of generation 2\""),
                    HasSubstr("\"x\":[31,231,431],\"y\":[0,400,800]"), HasSubstr("\"y\":[0,4,8]")));
}

TEST(HtmlGc, WithoutACollectionThereIsNoPicture) {
  analysis::ScenarioReport scenario = leaking_scenario();
  scenario.gc = busy_collector();
  for (auto& point : scenario.gc->over_time) point.collections = {0, 0};
  EXPECT_THAT(gc_section(scenario, kAllPoints), Not(HasSubstr("<svg")));
  scenario.gc->over_time.clear();
  EXPECT_THAT(gc_section(scenario, kAllPoints), Not(HasSubstr("<svg")));
}

TEST(HtmlSweep, LinksToEachValuesScenario) {
  const std::string section = sweep_sections(swept_run());
  EXPECT_THAT(section, AllOf(HasSubstr("list over gc_threshold"),
                             HasSubstr("<a href=\"#scenario.list-gc-threshold-5000\">5000</a>"),
                             HasSubstr("0.27/iteration")));
  EXPECT_THAT(render_html(swept_run()), HasSubstr(section));
}

TEST(SweepOutputs, AreSafeWhateverTheNamesAre) {
  auto run = swept_run();
  run.sweeps[0].scenario += kHostile;
  run.sweeps[0].rows[0].value += kHostile;
  run.sweeps[0].rows[0].folder += kHostile;
  EXPECT_THAT(sweep_sections(run), Not(HasSubstr("<script>")));
  EXPECT_THAT(sweep_lines(run, {}), AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\x07"))));
  EXPECT_THAT(render_markdown(run), Not(HasSubstr("<script>")));
}

}  // namespace
}  // namespace tidemark::reporters
