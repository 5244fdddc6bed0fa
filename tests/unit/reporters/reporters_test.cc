#include "reporters/reporters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <set>
#include <string_view>

#include "harness/analysis/combined_report.h"
#include "harness/base/text.h"
#include "reporters/html/policy.h"
#include "reporters/terminal/gate_table.h"
#include "reporters/terminal/live_block.h"
#include "reporters/terminal/pen.h"
#include "reporters/words/words.h"
#include "tests/unit/reporters/example.h"

namespace tidemark::reporters {
namespace {

using analysis::Outcome;
using analysis::RunReport;
using analysis::ScenarioReport;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

ScenarioReport expected_failure() {
  ScenarioReport scenario = leaking_scenario();
  scenario.expected = plan::ExpectedOutcome::kFail;
  scenario.outcome = Outcome::kPass;
  return scenario;
}

ScenarioReport not_launched() {
  ScenarioReport scenario;
  scenario.name = "down";
  scenario.file = "shop.yaml";
  scenario.folder = "down";
  scenario.outcome = Outcome::kInvalid;
  scenario.message = "command not found: 'gunicorn'\nlast lines";
  scenario.repeat_command = "tidemark run shop.yaml";
  scenario.gates = {leaking_gate()};
  scenario.gates[0].outcome = Outcome::kInvalid;
  scenario.gates[0].measured.reset();
  return scenario;
}

// --- console
// ---------------------------------------------------------------------------------------

TEST(Console, AFailedScenarioShowsItsGatesItsReasonAndHowToRepeatIt) {
  ScenarioReport scenario = leaking_scenario();
  scenario.findings.clear();
  scenario.growth_diagnosis.reset();
  EXPECT_EQ(
      render_console(run_of({scenario}), {}),
      "    scenario   gate    measured                             limit           margin          "
      "outcome\n"
      "  ✗ leak-list  growth  1016 B/iteration (1000 B to 1040 B)  64 B/iteration  16 x the limit  "
      "fail (leak)\n"
      "  ✓ leak-list  fds     0/iteration                          0/iteration                     "
      "pass\n"
      "\n"
      "  ✗ leak-list  fail, 407 iterations in 2.5 s\n"
      "    ✗ growth  1016 B/iteration (1000 B to 1040 B)  limit 64 B/iteration (16 x the "
      "limit)  leak\n"
      "      1016 B/iteration stay behind, and it goes on\n"
      "      at 20/s it reaches 2 GiB after 14.5 h (13.9 h to 15.2 h)\n"
      "    1200/s · p50 1 ms  p90 1.5 ms  p95 2 ms  p99 3 ms  max 4 ms\n"
      "    1 of 407 requests were not answered as expected: 1 x wrong answer\n"
      "    ! swap: 4 KiB were swapped out\n"
      "      again: tidemark run shop.yaml --only '^leak-list$'\n"
      "\n"
      "fail  1 scenario: 1 fail in 3 s\n");
}

TEST(Console, WhatNeverRanSaysWhyAndNothingElse) {
  EXPECT_THAT(render_console(run_of({not_launched()}), {}),
              HasSubstr("\n  ! down  invalid, 0 iterations in 0 s\n"
                        "      command not found: 'gunicorn'\n"
                        "      last lines\n"
                        "      again: tidemark run shop.yaml\n"));
}

TEST(Console, AQuietRunShowsOnlyWhatIsNotAsItShouldBe) {
  EXPECT_THAT(render_console(run_of({expected_failure(), leaking_scenario()}), {false, true}),
              AllOf(HasSubstr("growth"), Not(HasSubstr("fds")), Not(HasSubstr("1200/s")),
                    Not(HasSubstr("as expected, 407"))));
}

TEST(Console, ColorsAreThereOnlyWhenAskedFor) {
  const RunReport report = run_of({leaking_scenario()});
  EXPECT_THAT(render_console(report, {true, false}), HasSubstr("\x1b[31m"));
  EXPECT_THAT(render_console(report, {}), Not(HasSubstr("\x1b")));
}

TEST(Console, TheSummaryCountsOutcomes) {
  EXPECT_THAT(
      render_console(run_of({expected_failure(), leaking_scenario()}), {}),
      HasSubstr("fail  2 scenarios: 1 as expected (1 of them to show a failure), 1 fail in 3 s\n"));
}

ScenarioReport passing_scenario(const std::string& name) {
  ScenarioReport scenario = leaking_scenario();
  scenario.name = name;
  scenario.outcome = Outcome::kPass;
  scenario.exhaustion.reset();
  scenario.findings.clear();
  scenario.audit.clear();
  scenario.load = {};
  scenario.growth_diagnosis.reset();
  scenario.gates[0].outcome = Outcome::kPass;
  scenario.gates[0].classification = analysis::Shape::kStable;
  scenario.gates[0].measured = analysis::Measured{{16, Unit::kBytesPerIteration}, 10, 20};
  return scenario;
}

TEST(GateTable, OfSeveralScenariosThatPassTheGateNearestToItsLimitStandsForAll) {
  EXPECT_EQ(
      render_console(run_of({passing_scenario("one"), passing_scenario("two")}), {}),
      "    scenario  gate    measured                       limit           margin             "
      "outcome\n"
      "  ✓ one       growth  16 B/iteration (10 B to 20 B)  64 B/iteration  25 % of the limit  "
      "pass, and 1 more\n"
      "  ✓ two       growth  16 B/iteration (10 B to 20 B)  64 B/iteration  25 % of the limit  "
      "pass, and 1 more\n"
      "\n"
      "pass  2 scenarios: 2 as expected in 3 s\n");
}

TEST(GateTable, NoiseBelowNothingDoesNotChooseTheRow) {
  for (const double noise : {-3.0, -0.01, 0.0}) {
    ScenarioReport scenario = passing_scenario("quiet");
    scenario.gates[0].measured->value.value = noise;
    scenario.gates.insert(scenario.gates.begin(), passing_gate());
    EXPECT_THAT(gate_table(run_of({scenario, passing_scenario("other")}), {}),
                HasSubstr("✓ quiet     growth"))
        << noise;
  }
}

std::size_t rows_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(Console, OnAScreenWarningsBeyondItAreCounted) {
  std::vector<ScenarioReport> many(12, passing_scenario("fine"));
  for (ScenarioReport& scenario : many)
    scenario.audit = {{"load", false, "it was late"}, {"swap", false, "4 KiB were swapped out"}};
  ConsoleStyle style;
  style.most_rows = 22;
  style.width = 200;
  const std::string text = render_console(run_of(many), style);
  EXPECT_LE(rows_of(text), 22U) << text;
  EXPECT_THAT(text, AllOf(HasSubstr("! swap: 4 KiB were swapped out\n"),
                          HasSubstr(" more warnings, in report.html\n"),
                          HasSubstr(" more that are as they should be\n")));
  style.most_rows = 0;
  EXPECT_THAT(render_console(run_of(many), style), Not(HasSubstr("… and")));
}

TEST(Console, OnAScreenAProblemIsNeverLeftOut) {
  std::vector<ScenarioReport> several(3, leaking_scenario());
  several.push_back(passing_scenario("fine"));
  ConsoleStyle style;
  style.most_rows = 10;
  const std::string text = render_console(run_of(several), style);
  EXPECT_EQ(std::count(text.begin(), text.end(), '!'), 3) << "their warnings";
  EXPECT_THAT(text, HasSubstr("again: tidemark run shop.yaml --only '^leak-list$'"));
}

TEST(Console, SeveralRunsStandInATable) {
  EXPECT_THAT(
      render_console(analysis::combine({{"monday", run_of({passing_scenario("a")})},
                                        {"tuesday", run_of({leaking_scenario()})}}),
                     {}),
      testing::StartsWith("  run        of               started  took  scenarios  outcome\n"
                          "  monday   shop  2026-01-31T12:00:00Z   3 s          1  pass\n"
                          "  tuesday  shop  2026-01-31T12:00:00Z   3 s          1  fail\n"
                          "\n"));
}

// --- an interrupted run
// ---------------------------------------------------------------------------------------

RunReport interrupted_run() {
  return analysis::report_run({passing_scenario("one")}, "shop", "2026-01-31T12:00:00Z", Seconds(3),
                              {}, {"two", "three"});
}

TEST(Interrupted, IsNoPass) {
  EXPECT_EQ(interrupted_run().outcome, Outcome::kInconclusive);
  EXPECT_EQ(analysis::exit_code(interrupted_run()), 130);
}

TEST(Interrupted, IsSaidByEachReport) {
  const RunReport report = interrupted_run();
  const std::string summary = "1 of 3 scenarios: 1 as expected";
  EXPECT_THAT(render_console(report, {}),
              HasSubstr("\n  not run: two, three\ninterrupted  " + summary + " in 3 s\n"));
  EXPECT_THAT(render_markdown(report),
              testing::StartsWith("## ❔ Tidemark: shop: interrupted: 1 of 3 scenarios\n\n" +
                                  summary + "\n\nnot run: two, three\n\n"));
  EXPECT_THAT(render_html(report),
              HasSubstr("<header class=\"verdict inconclusive\"><h1><strong>interrupted</strong> "
                        "shop</h1><p>" +
                        summary + "</p><p>not run: two, three</p>"));
  EXPECT_THAT(render_annotations(report, {}),
              HasSubstr("::warning title=shop::interrupted: 1 of 3 scenarios%0Anot run: two, "
                        "three\n"));
  EXPECT_THAT(render_open_metrics(report), AllOf(HasSubstr("\ntidemark_run_interrupted 1\n"),
                                                 HasSubstr("\ntidemark_scenarios_not_run 2\n")));
  const auto sarif = nlohmann::json::parse(render_sarif(report, {"/srv", "/srv"}));
  const auto& invocation = sarif["runs"][0]["invocations"][0];
  EXPECT_EQ(invocation["executionSuccessful"], false);
  EXPECT_EQ(invocation["exitCodeDescription"], "interrupted: 1 of 3 scenarios");
  const auto json = nlohmann::json::parse(render_json(report));
  EXPECT_EQ(json["outcome"], "inconclusive");
  EXPECT_EQ(json["not_run"], (nlohmann::json{"two", "three"}));
}

TEST(Interrupted, OfSeveralRunsOneSaysHowFarItCame) {
  const RunReport all =
      analysis::combine({{"monday", interrupted_run()}, {"tuesday", interrupted_run()}});
  EXPECT_EQ(all.not_run, (std::vector<std::string>{"two (monday)", "three (monday)",
                                                   "two (tuesday)", "three (tuesday)"}));
  EXPECT_THAT(render_markdown(all),
              HasSubstr("| monday | shop | 2026-01-31T12:00:00Z | 3 s | 1 of 3 | interrupted |\n"));
}

TEST(GateTable, OnAScreenWhatPassedIsCounted) {
  std::vector<ScenarioReport> many(30, passing_scenario("fine"));
  many.push_back(leaking_scenario());
  const std::string table = gate_table(run_of(many), {}, 10);
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 1 + 10 + 1);
  EXPECT_THAT(table, AllOf(HasSubstr("✗ leak-list"),
                           HasSubstr("    … and 21 more that are as they should be\n")));
}

TEST(GateTable, AProblemIsNeverLeftOut) {
  const std::string table =
      gate_table(run_of(std::vector<ScenarioReport>(10, leaking_scenario())), {}, 3);
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 1 + 10);
}

TEST(GateTable, OnANarrowTerminalIntervalsGoFirstThenTheEndsOfNames) {
  const std::string name = "a-scenario-with-quite-a-long-name";
  ConsoleStyle style;
  style.width = 110;
  EXPECT_THAT(gate_table(run_of({passing_scenario(name)}), style),
              AllOf(HasSubstr(name), Not(HasSubstr("10 B to 20 B"))));
  style.width = 80;
  const std::string table = gate_table(run_of({passing_scenario(name)}), style);
  EXPECT_THAT(table, AllOf(HasSubstr("a-scenario-"), HasSubstr("…"), Not(HasSubstr(name))));
}

// --- the live block
// ---------------------------------------------------------------------------------------

LiveView example_view() {
  LiveView view;
  view.scenario = "leak-list";
  view.number = 3;
  view.count = 17;
  view.phase = "growth";
  view.iteration = 413;
  view.most_iterations = 2000;
  view.requests_per_second = 1200;
  view.p95 = Seconds(0.002);
  view.left = Seconds(200);
  for (const Bytes memory : {40_MiB, 41_MiB, 42_MiB, 44_MiB}) view.memory.add(memory);
  view.gates = {leaking_gate(), passing_gate()};
  view.done = {Outcome::kPass, Outcome::kPass, Outcome::kFail};
  return view;
}

TEST(LiveBlock, ShowsWhereTheRunIsAndWhatItSaysSoFar) {
  EXPECT_THAT(live_block(example_view(), 100, false),
              testing::ElementsAre(
                  "[3/17] leak-list  growth  413/2000  1200/s  p95 2 ms  at most 3 min 20 s left",
                  "  memory  44 MiB  ▁▃▅█  +4 MiB",
                  "  so far  ✗ growth 1016 B/iteration of 64 B/iteration  ✓ fds",
                  "  done    ✓ 2 pass  ✗ 1 fail"));
}

TEST(LiveBlock, AtTheBeginningOneLineIsEnough) {
  LiveView view;
  view.scenario = "ok";
  view.phase = "launch";
  view.most_iterations = 40;
  view.left = Seconds(30);
  EXPECT_THAT(live_block(view, 100, false),
              testing::ElementsAre("[1/1] ok  launch  0/40  at most 30 s left"));
}

TEST(LiveBlock, NoLineIsWiderThanTheTerminalWithItsColorsOrWithout) {
  for (const std::string& line : live_block(example_view(), 30, false))
    EXPECT_LE(columns(line), 30U) << line;
  EXPECT_THAT(live_block(example_view(), 9, true)[0], testing::StrEq("[3/17] \x1b[1mle\x1b[0m"));
}

TEST(LiveBlock, AWideCharacterTakesTwoColumns) {
  LiveView view = example_view();
  view.scenario = "商品一覧を書き出す📦シナリオ";
  for (const std::size_t width : {10U, 11U, 30U, 31U})
    for (const std::string& line : live_block(view, width, false))
      EXPECT_LE(columns(line), width) << line;
  EXPECT_EQ(live_block(view, 10, false)[0], "[3/17] 商 ");
}

TEST(Columns, AreThoseOfATerminal) {
  EXPECT_EQ(columns("abc"), 3U);
  EXPECT_EQ(columns("é…✓█"), 4U);
  EXPECT_EQ(columns("日本語"), 6U);
  EXPECT_EQ(columns("한글"), 4U);
  EXPECT_EQ(columns("📦✅"), 4U);
  EXPECT_EQ(columns("e\u0301"), 1U) << "an accent stands over its letter";
  EXPECT_EQ(columns("\xE2\x80"), 2U) << "broken bytes are one each";
  EXPECT_EQ(padded("日本", 6), "日本  ");
  EXPECT_EQ(cut("日本語", 5), "日本");
}

TEST(MemoryCourse, StretchesAreOfOneLengthHoweverLongItIs) {
  MemoryCourse course;
  for (std::int64_t i = 1; i <= 100'000; ++i) course.add(Bytes{i});
  EXPECT_EQ(course.first(), Bytes{1});
  EXPECT_EQ(course.last(), Bytes{100'000});
  const auto& stretches = course.stretches();
  EXPECT_LE(stretches.size(), MemoryCourse::kMost);
  EXPECT_GE(stretches.size(), MemoryCourse::kMost / 4);
  const Bytes stride = stretches[1] - stretches[0];
  for (std::size_t i = 1; i + 1 < stretches.size(); ++i)
    EXPECT_EQ(stretches[i] - stretches[i - 1], stride) << i;
}

TEST(LiveBlock, TheChangeOfMemoryIsFromTheFirstValueOfAll) {
  LiveView view = example_view();
  view.memory = {};
  view.memory.add(10_MiB);
  for (int i = 0; i < 5000; ++i) view.memory.add(i % 2 == 0 ? 90_MiB : 12_MiB);
  EXPECT_THAT(live_block(view, 100, false)[1], HasSubstr("  +2 MiB"));
}

TEST(Sparkline, HasItsLowestLowAndItsHighestHigh) {
  EXPECT_EQ(sparkline({}, 8), "");
  EXPECT_EQ(sparkline({5_MiB}, 8), "▁");
  EXPECT_EQ(sparkline({5_MiB, 5_MiB}, 8), "▁▁");
  EXPECT_EQ(sparkline({1_MiB, 9_MiB, 1_MiB, 1_MiB}, 2), "█▁") << "each stretch shows its largest";
}

// --- JSON
// ------------------------------------------------------------------------------------------

TEST(JsonReport, HasTheFieldsOfTheDesign) {
  const auto json = nlohmann::json::parse(render_json(run_of({leaking_scenario()})));
  EXPECT_EQ(json["schema"], "tidemark-result/1");
  EXPECT_EQ(json["outcome"], "fail");
  const auto& scenario = json["scenarios"][0];
  EXPECT_EQ(scenario["requests"]["failed"], 1);
  EXPECT_EQ(scenario["requests"]["latency_seconds"]["p95"], 0.002);
  const auto& gate = scenario["gates"][0];
  EXPECT_EQ(gate["id"], "growth");
  EXPECT_EQ(gate["outcome"], "fail");
  EXPECT_EQ(gate["classification"], "leak");
  EXPECT_EQ(gate["limit"]["value"], 64);
  EXPECT_EQ(
      gate["measured"],
      (nlohmann::json{{"value", 1016}, {"low", 1000}, {"high", 1040}, {"unit", "B/iteration"}}));
  EXPECT_EQ(gate["signal"], "live_bytes");
  EXPECT_EQ(gate["shape_signal"], "live_blocks");
  EXPECT_EQ(gate["decided_at"], 407);
  const auto& process = scenario["processes"][0];
  EXPECT_EQ(process["pid"], 4711);
  EXPECT_EQ(process["gc"][0]["collections"], 3);
  EXPECT_EQ(process["series"][0]["signal"], "live_bytes");
  EXPECT_EQ(process["series"][0]["points"][1], (nlohmann::json{31, 41000000}));
  EXPECT_EQ(scenario["audit"][1]["ok"], false);
}

TEST(JsonReport, SaysWhenMemoryRunsOut) {
  ScenarioReport steady = leaking_scenario();
  steady.exhaustion.reset();
  const auto json = nlohmann::json::parse(render_json(run_of({leaking_scenario(), steady})));
  EXPECT_EQ(json["scenarios"][0]["exhaustion"], (nlohmann::json{{"after_seconds", 52200.0},
                                                                {"earliest_seconds", 50000.0},
                                                                {"latest_seconds", 54700.0},
                                                                {"iterations", 1044000.0},
                                                                {"rate_per_second", 20.0},
                                                                {"rate_given", true},
                                                                {"limit_bytes", 2147483648},
                                                                {"limit_from", "production.memory"},
                                                                {"in_use_bytes", 44040192}}));
  EXPECT_TRUE(json["scenarios"][1]["exhaustion"].is_null());
}

TEST(JsonReport, TheSameReportGivesTheSameBytes) {
  EXPECT_EQ(render_json(run_of({leaking_scenario()})), render_json(run_of({leaking_scenario()})));
}

TEST(JsonReport, NumbersThatAreNoneAreNull) {
  ScenarioReport scenario = leaking_scenario();
  scenario.gates[0].measured->value.value = std::nan("");
  const auto json = nlohmann::json::parse(render_json(run_of({scenario})));
  EXPECT_TRUE(json["scenarios"][0]["gates"][0]["measured"]["value"].is_null());
}

// --- JUnit
// -----------------------------------------------------------------------------------------

pugi::xml_document parsed_junit(const RunReport& report) {
  pugi::xml_document document;
  const std::string text = render_junit(report);
  EXPECT_TRUE(document.load_string(text.c_str())) << text;
  return document;
}

TEST(JUnit, AGateIsACaseAndAFailureHasItsMessageInTheText) {
  const auto document = parsed_junit(run_of({leaking_scenario()}));
  const pugi::xml_node suite = document.child("testsuites").child("testsuite");
  EXPECT_STREQ(suite.attribute("name").value(), "leak-list");
  EXPECT_STREQ(suite.attribute("timestamp").value(), "2026-01-31T12:00:00");
  EXPECT_EQ(suite.attribute("tests").as_int(), 2);
  EXPECT_EQ(suite.attribute("failures").as_int(), 1);
  const pugi::xml_node growth = suite.child("testcase");
  EXPECT_STREQ(growth.attribute("name").value(), "growth");
  EXPECT_STREQ(growth.attribute("classname").value(), "shop.yaml.leak-list");
  EXPECT_STREQ(growth.attribute("file").value(), "shop.yaml");
  EXPECT_EQ(growth.attribute("line").as_int(), 12);
  const std::string message = growth.child("failure").attribute("message").value();
  EXPECT_THAT(message, HasSubstr("1016 B/iteration"));
  EXPECT_THAT(growth.child("failure").text().get(), HasSubstr(message));
  EXPECT_THAT(growth.child("failure").text().get(),
              HasSubstr("\nat 20/s it reaches 2 GiB after 14.5 h (13.9 h to 15.2 h)\n"));
}

TEST(JUnit, AnExpectedFailurePassesAndAMissingOneFails) {
  const auto good = parsed_junit(run_of({expected_failure()}));
  EXPECT_EQ(good.child("testsuites").attribute("failures").as_int(), 0);
  ScenarioReport missing = expected_failure();
  missing.outcome = Outcome::kFail;
  missing.gates = {passing_gate()};
  const auto bad = parsed_junit(run_of({missing}));
  EXPECT_EQ(bad.child("testsuites").attribute("failures").as_int(), 1);
  EXPECT_TRUE(bad.select_node("//testcase[@name='expect_outcome']/failure"));
}

TEST(JUnit, WhereAnExpectedFailureWasShownNothingElseIsAnError) {
  ScenarioReport scenario = expected_failure();
  scenario.gates[1].outcome = Outcome::kInconclusive;
  const auto document = parsed_junit(run_of({scenario}));
  EXPECT_EQ(document.child("testsuites").attribute("tests").as_int(), 2);
  EXPECT_EQ(document.child("testsuites").attribute("errors").as_int(), 0);
  EXPECT_EQ(render_annotations(run_of({scenario}), {}), "");
  EXPECT_THAT(render_code_quality(run_of({scenario}), {"/srv", "/srv"}), Not(HasSubstr("minor")));
}

TEST(JUnit, AnInterruptedRunIsAnErrorThatNamesWhatDidNotRun) {
  const auto document = parsed_junit(interrupted_run());
  EXPECT_EQ(document.child("testsuites").attribute("errors").as_int(), 1);
  const auto error = document.select_node("//testsuite[@name='shop']/testcase/error").node();
  EXPECT_STREQ(error.attribute("message").value(), "interrupted: 1 of 3 scenarios");
  EXPECT_STREQ(error.text().get(), "interrupted: 1 of 3 scenarios\nnot run: two, three");
}

TEST(JUnit, InvalidIsAnErrorAndSkippedIsSkipped) {
  ScenarioReport skipped;
  skipped.name = "new";
  skipped.outcome = Outcome::kSkipped;
  skipped.message = "needs Django 4.2";
  const auto document = parsed_junit(run_of({not_launched(), skipped}));
  EXPECT_EQ(document.child("testsuites").attribute("errors").as_int(), 1);
  EXPECT_TRUE(document.select_node("//testsuite[@name='new' and @skipped='1']"));
  EXPECT_TRUE(document.select_node("//testcase/skipped[@message='needs Django 4.2']"));
}

// --- hostile text
// ----------------------------------------------------------------------------------

TEST(HostileText, IsInertInHtml) {
  const std::string page = render_html(run_of({hostile_scenario()}));
  EXPECT_THAT(page, AllOf(Not(HasSubstr("<script>alert")), Not(HasSubstr("\x1b")),
                          HasSubstr("&lt;/script&gt;&lt;script&gt;alert")));
  EXPECT_EQ(page, printable(page)) << "control characters or broken UTF-8 are left";
}

TEST(HostileText, IsWellFormedInJUnit) {
  const auto document = parsed_junit(run_of({hostile_scenario()}));
  EXPECT_THAT(document.child("testsuites").child("testsuite").attribute("name").value(),
              HasSubstr("</script>"));
  EXPECT_THAT(render_junit(run_of({hostile_scenario()})), Not(HasSubstr("&#")));
}

TEST(HostileText, CannotDriveATerminal) {
  EXPECT_THAT(render_console(run_of({hostile_scenario()}), {}), Not(HasSubstr("\x1b")));
}

TEST(HostileText, IsNoMarkupInMarkdown) {
  ScenarioReport scenario = hostile_scenario();
  scenario.message.clear();
  scenario.repeat_command.clear();
  for (auto& finding : scenario.findings) finding.source.clear();  // code spans, as these two
  EXPECT_THAT(render_markdown(run_of({scenario})),
              AllOf(Not(HasSubstr("<script")), Not(HasSubstr("\x1b")), Not(HasSubstr("[x]("))));
}

TEST(HostileText, IsNoLinkInMarkdown) {
  ScenarioReport scenario = leaking_scenario();
  scenario.name = "see https://example.org or www.example.org: now";
  EXPECT_THAT(render_markdown(run_of({scenario})),
              HasSubstr("see https\\://example.org or www\\.example.org: now"));
}

TEST(HostileText, IsNoFormulaNoEmojiAndNoMilestoneInMarkdown) {
  ScenarioReport scenario = leaking_scenario();
  scenario.name = "$x$ :tada: %1 %\"v 1\" 5 % a:b :c";
  EXPECT_THAT(
      render_markdown(run_of({scenario})),
      HasSubstr("<span>$</span>x<span>$</span> :&#8203;tada: \\%1 \\%\"v 1\" 5 % a:b :c |"));
}

TEST(HostileText, CannotEndACodeBlockInMarkdown) {
  ScenarioReport scenario = hostile_scenario();
  scenario.message = "```\n<script>";
  const std::string text = render_markdown(run_of({scenario}));
  EXPECT_THAT(text, HasSubstr("```text\n'''\n<script>\n```\n"));
}

TEST(HostileText, IsStillJson) {
  EXPECT_TRUE(nlohmann::json::accept(render_json(run_of({hostile_scenario()}))));
}

// --- pages and summaries
// ---------------------------------------------------------------------------

TEST(Html, TheVerdictComesFirstAndNothingIsLoadedFromElsewhere) {
  const std::string page = render_html(run_of({leaking_scenario()}));
  EXPECT_THAT(page,
              HasSubstr("</a>\n<header class=\"verdict fail\"><h1><strong>fail</strong> shop"));
  EXPECT_THAT(page,
              AllOf(Not(HasSubstr("<link")), Not(HasSubstr(" src=")), Not(HasSubstr("@import"))));
}

// The hash of what stands between the tags, as a browser computes it: see RFC 4648 and CSP 3.
TEST(Html, NothingRunsButTheTwoScriptsItWasWrittenWith) {
  EXPECT_EQ(content_security_policy({"alert('Hello, world.');", ""}),
            "default-src 'none'; style-src 'unsafe-inline'; script-src "
            "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=' "
            "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='");
  EXPECT_THAT(render_html(run_of({leaking_scenario()})), Not(HasSubstr("script-src 'unsafe")));
}

TEST(Html, ATextOfMegabytesIsCut) {
  ScenarioReport scenario = leaking_scenario();
  const std::string large(1'000'000, 'x');
  scenario.name = scenario.message = scenario.description = large;
  scenario.gates[0].reason = scenario.unexpected_answers[0].what = large;
  EXPECT_LT(render_html(run_of({scenario})).size(), 1'000'000U);
}

TEST(Html, SeveralRunsStandSideBySide) {
  const std::string page = render_html(analysis::combine(
      {{"monday", run_of({leaking_scenario()})}, {"tuesday", run_of({leaking_scenario()})}}));
  EXPECT_THAT(page,
              AllOf(HasSubstr("<td>monday</td>"), HasSubstr("<code>tuesday</code></th>"),
                    HasSubstr("<a href=\"#scenario.tuesday/leak-list\">leak-list (tuesday)</a>"),
                    HasSubstr("id=\"scenario.tuesday/leak-list\"")));
}

TEST(Html, NoTwoElementsHaveOneName) {
  std::vector<ScenarioReport> scenarios(4, leaking_scenario());
  const char* folders[] = {"main", "a", "a-title", "chart-keys"};
  for (std::size_t i = 0; i < scenarios.size(); ++i) scenarios[i].folder = folders[i];
  const std::string page = render_html(run_of(scenarios));
  std::set<std::string> names;
  for (std::size_t at = page.find(" id=\""); at != std::string::npos;
       at = page.find(" id=\"", at)) {
    at += 5;
    const std::string name = page.substr(at, page.find('"', at) - at);
    EXPECT_TRUE(names.insert(name).second) << name;
  }
  EXPECT_THAT(page, AllOf(HasSubstr("<a href=\"#scenario.main\">"),
                          HasSubstr("<section class=\"scenario\" id=\"scenario.main\"")));
}

TEST(Html, TheFirstPeakIsNotJudged) {
  ScenarioReport scenario = leaking_scenario();
  scenario.gates.push_back(passing_gate());
  scenario.gates.back().id = "peak_memory";
  scenario.gates.back().gate = plan::Gate::kPeakMemory;
  scenario.gates.back().limit = Quantity{64.0 * 1024 * 1024, Unit::kBytes};
  scenario.peaks = {{1, true, 30_MiB, false}, {7, false, 2_MiB, false}, {8, false, 3_MiB, false}};
  const std::string page = render_html(run_of({scenario}));
  EXPECT_THAT(page,
              AllOf(HasSubstr("memory that an iteration needed: at most 3 MiB"),
                    HasSubstr("\"name\":\"within the limit\",\"style\":\"dots\",\"base\":0,"
                              "\"x\":[7,8]"),
                    HasSubstr("\"name\":\"the first, not judged\",\"style\":\"other-dots\"")));
}

// A worker is replaced: for one checkpoint there is one process less.
ScenarioReport recycled_scenario(std::size_t workers) {
  ScenarioReport scenario = leaking_scenario();
  scenario.growth_diagnosis.reset();
  analysis::Series sum{record::Signal::kLiveBytes, {}};
  scenario.processes.clear();
  for (std::size_t worker = 0; worker < workers; ++worker)
    scenario.processes.push_back({{static_cast<std::int32_t>(worker + 1), 1},
                                  "worker",
                                  "gunicorn",
                                  "",
                                  {},
                                  {{record::Signal::kLiveBytes, {}}}});
  for (std::int64_t i = 0; i < 10; ++i) {
    double value = 0;
    for (std::size_t worker = 0; worker < workers; ++worker) {
      if (worker == 0 && i == 5) continue;
      scenario.processes[worker].series[0].points.push_back({40 + 10 * i, 10, 40e6});
      value += 40e6;
    }
    sum.points.push_back({40 + 10 * i, 10, value});
  }
  scenario.charts = {{sum, std::nullopt, 31}};
  return scenario;
}

TEST(Html, WhileAWorkerIsReplacedTheSumHasAGap) {
  const std::string page = render_html(run_of({recycled_scenario(2)}));
  EXPECT_THAT(page, HasSubstr("\"name\":\"all processes\",\"style\":\"main\",\"base\":80000000,"
                              "\"x\":[40,50,60,70,80,90,100,110,120,130],"
                              "\"y\":[0,0,0,0,0,null,0,0,0,0]"));
  EXPECT_THAT(page, AllOf(HasSubstr("\"view\":[-614.4,614.4]"), HasSubstr("thin: 2 processes")));
}

TEST(Html, OfManyProcessesItSaysHowManyAreDrawn) {
  EXPECT_THAT(render_html(run_of({recycled_scenario(20)})),
              HasSubstr("thin: 12 of 20 processes, each from its own beginning"));
}

TEST(Html, PicturesHaveTheirNumbersInATable) {
  ScenarioReport scenario = loaded_scenario();
  const std::string page = render_html(run_of({scenario}));
  EXPECT_THAT(page,
              AllOf(HasSubstr("<th class=\"number\">requests a second</th>"),
                    HasSubstr("<th class=\"number\">p95</th><th class=\"number\">longest</th>"
                              "<th class=\"number\">p50</th>"),
                    HasSubstr("<td class=\"number\">2 s</td><td class=\"number\">50 ms</td>")));
}

TEST(Html, AChartIsThereWithoutScripts) {
  const std::string page = render_html(run_of({leaking_scenario()}));
  EXPECT_THAT(page, AllOf(HasSubstr("<path class=\"series\""), HasSubstr("class=\"band\""),
                          HasSubstr("class=\"limit\""), HasSubstr("class=\"warmup\"")));
}

TEST(Html, AProgramHasRunsAndNoRequests) {
  ScenarioReport scenario = leaking_scenario();
  const std::string of_requests = render_html(run_of({scenario}));
  EXPECT_THAT(of_requests,
              AllOf(HasSubstr("What one iteration needed on top"), HasSubstr("Unexpected answers"),
                    HasSubstr("Processes and their")));
  scenario.program = true;
  const std::string of_runs = render_html(run_of({scenario}));
  EXPECT_THAT(of_runs,
              AllOf(HasSubstr("What one run needed"), HasSubstr("Unexpected ends"),
                    HasSubstr("end of its output"), Not(HasSubstr("Processes and their"))));
}

TEST(Html, AnEmptyRunIsAPage) {
  EXPECT_THAT(render_html(run_of({})), HasSubstr("none ran"));
}

std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

TEST(Markdown, StaysSmallHoweverManyScenariosFailAndClosesWhatItOpened) {
  for (const std::size_t many : {1U, 20U, 50U, 100U, 2000U}) {
    const std::string text =
        render_markdown(run_of(std::vector<ScenarioReport>(many, leaking_scenario())));
    EXPECT_LE(text.size(), 64U * 1024);
    EXPECT_EQ(count_of(text, "<details>"), count_of(text, "</details>")) << many;
  }
}

TEST(Markdown, TheVerdictIsInTheHeadingAndDetailsAreFolded) {
  const std::string text = render_markdown(run_of({leaking_scenario()}));
  EXPECT_THAT(text, testing::StartsWith("## ❌ Tidemark: shop: fail\n\n1 scenario: 1 fail\n\n"));
  EXPECT_THAT(text, HasSubstr("\n<details><summary>2 more that keep memory</summary>\n\n  - "));
  EXPECT_THAT(text,
              HasSubstr("\n<details><summary>Load</summary>\n\n- leak-list (1 virtual user)"));
}

TEST(Html, SaysBesideTheGateWhenMemoryRunsOut) {
  EXPECT_THAT(
      render_html(run_of({leaking_scenario()})),
      HasSubstr("and it goes on</p><p class=\"exhaustion\">at 20/s it reaches 2 GiB after"));
}

TEST(Markdown, SaysBesideTheGateWhenMemoryRunsOut) {
  EXPECT_THAT(
      render_markdown(run_of({leaking_scenario()})),
      HasSubstr("and it goes on; at 20/s it reaches 2 GiB after 14.5 h (13.9 h to 15.2 h)\n"));
}

TEST(Words, WhenMemoryRunsOutNamesWhatWasNotGiven) {
  ScenarioReport scenario = leaking_scenario();
  const auto words = [&] { return exhaustion_words(scenario, scenario.gates[0]); };
  scenario.exhaustion->rate_given = false;
  EXPECT_EQ(words(), "at 20/s, as measured, it reaches 2 GiB after 14.5 h (13.9 h to 15.2 h)");
  scenario.exhaustion->limit_from = "target.memory_limit";
  EXPECT_THAT(words(), HasSubstr("it reaches 2 GiB, its memory_limit, after"));
  scenario.exhaustion->limit_from = "machine";
  EXPECT_THAT(words(), HasSubstr("it reaches 2 GiB, all of this machine's memory, after"));
  scenario.exhaustion->earliest.reset();
  EXPECT_THAT(words(), Not(HasSubstr("(")));
  scenario.exhaustion->in_use = 3072_MiB;
  EXPECT_EQ(words(), "it uses 3 GiB already, more than 2 GiB");
  EXPECT_EQ(exhaustion_words(scenario, scenario.gates[1]), "") << "descriptors are no memory";
}

TEST(Words, AMeasuredValueHasItsIntervalAndItsMargin) {
  EXPECT_EQ(measured_words(leaking_gate()), "1016 B/iteration (1000 B to 1040 B)");
  EXPECT_EQ(measured_words(passing_gate()), "0/iteration");
  EXPECT_EQ(margin_words(leaking_gate()), "16 x the limit");
}

}  // namespace
}  // namespace tidemark::reporters
