// How a swept size is told in each of the outputs: gates, sentences, pictures.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "reporters/html/scaling_chart.h"
#include "reporters/html/sweep.h"
#include "reporters/reporters.h"
#include "reporters/terminal/sweep_lines.h"
#include "reporters/words/sweep_words.h"
#include "tests/unit/reporters/example.h"

namespace tidemark::reporters {
namespace {

using analysis::Outcome;
using plan::Complexity;
using plan::ScaledQuantity;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr double kMiB = 1024 * 1024;
const std::vector<double> kSizes = {1000, 5000, 20'000, 50'000};

double linear(double users) {
  return 772 * users;
}
double constant(double) {
  return 3 * kMiB;
}

analysis::ScenarioReport point(double users, double peak) {
  const auto value = fmt::format("{:.0f}", users);
  analysis::ScenarioReport scenario;
  scenario.name = "export [users=" + value + "]";
  scenario.description = "all rows <at once>";
  scenario.file = "shop.yaml";
  scenario.folder = "export-users-" + value;
  scenario.repeat_command = "tidemark run shop.yaml --only '^export \\[users=" + value + "\\]$'";
  scenario.outcome = Outcome::kPass;
  scenario.sweep = plan::SweepPoint{"export", "users", value};
  scenario.peaks.push_back({1, true, 8_MiB});
  for (int i = 0; i < 5; ++i) {
    scenario.peaks.push_back({i + 2, false, Bytes{static_cast<std::int64_t>(peak)}});
    scenario.single.durations.push_back(Seconds(users * 2e-5));
    scenario.single.bodies.push_back(Bytes{static_cast<std::int64_t>(51 * users)});
    scenario.single.flows.emplace_back();
  }
  const SourcePosition place{"shop.yaml", 20, 9};
  scenario.scaling = {{"scaling.peak_memory", ScaledQuantity::kPeakMemory, Complexity::kConstant,
                       std::nullopt, 500'000, place},
                      {"scaling.peak_memory.max", ScaledQuantity::kPeakMemory, std::nullopt,
                       Quantity{256 * kMiB, Unit::kBytes}, 500'000, place}};
  return scenario;
}

analysis::RunReport swept_run(double (*curve)(double), const std::vector<double>& sizes = kSizes) {
  std::vector<analysis::ScenarioReport> points;
  for (const double users : sizes) points.push_back(point(users, curve(users)));
  return run_of(std::move(points));
}

// One that is expected to fail.
analysis::RunReport expected_to_fail(double (*curve)(double)) {
  std::vector<analysis::ScenarioReport> points;
  for (const double users : kSizes) {
    points.push_back(point(users, curve(users)));
    points.back().expected = plan::ExpectedOutcome::kFail;
  }
  return run_of(std::move(points));
}

TEST(ScalingWords, SayWhatEachOneCostsAndWhatProductionWillNeed) {
  const auto run = swept_run(linear);
  const auto& sweep = run.sweeps.at(0);
  EXPECT_THAT(scaling_words(sweep, sweep.scaling.at(0)),
              AllOf(HasSubstr("peak memory grows as O(n): 772 B ("),
                    HasSubstr(") for each of the users (the response is 51 B of that)"),
                    HasSubstr("; at 500,000: 368 MiB (")));
}

TEST(ScalingWords, OfWhatDoesNotGrowSayTheResponseAlone) {
  const auto run = swept_run(constant);
  const auto& sweep = run.sweeps.at(0);
  EXPECT_THAT(scaling_words(sweep, sweep.scaling.at(0)),
              AllOf(HasSubstr("peak memory does not grow with users: O(1), 3 MiB"),
                    HasSubstr("the response grows by 51 B for each")));
}

TEST(ScalingWords, AProgramHasAnOutput) {
  std::vector<analysis::ScenarioReport> points;
  for (const double users : kSizes) {
    points.push_back(point(users, linear(users)));
    points.back().program = true;
  }
  const auto run = run_of(std::move(points));
  const auto& sweep = run.sweeps.at(0);
  EXPECT_THAT(scaling_words(sweep, sweep.scaling.at(0)), HasSubstr("(the output is 51 B of that)"));
  EXPECT_THAT(sweep_table(sweep).head, testing::Contains("output"));
}

TEST(ScalingWords, OfTooFewSizesSayWhichOneWouldTell) {
  const auto run = swept_run(linear, {1000, 2000, 3000, 5000});
  const auto& sweep = run.sweeps.at(0);
  EXPECT_THAT(scaling_words(sweep, sweep.scaling.at(0)),
              AllOf(HasSubstr("cannot tell how peak memory grows"), HasSubstr("add a point at ")));
}

TEST(ConsoleScaling, NamesMeasuredValueLimitAndMargin) {
  const std::string lines = sweep_lines(swept_run(linear), {});
  EXPECT_THAT(lines, AllOf(HasSubstr("  ✗ export over users  fail\n"),
                           HasSubstr("✗ scaling.peak_memory      O(n)"),
                           HasSubstr("limit O(1) (2 classes worse)\n"),
                           HasSubstr("✗ scaling.peak_memory.max  368 MiB ("),
                           HasSubstr("limit 256 MiB (144 % of the limit)\n"),
                           HasSubstr("again: tidemark run shop.yaml --only '^export$'\n")));
}

TEST(ConsoleScaling, OnALowScreenASweepThatPassedIsALine) {
  EXPECT_EQ(sweep_lines(swept_run(constant), {}, SweepFolds::kGood),
            "  ✓ export over users  pass: 4 points, peak memory O(1), duration O(n)\n");
  EXPECT_EQ(sweep_lines(swept_run(linear), {}, SweepFolds::kGood),
            sweep_lines(swept_run(linear), {}));
}

TEST(ConsoleScaling, OnlyProblemsLeavesOutSweepsThatAreAsTheyShouldBe) {
  EXPECT_EQ(sweep_lines(swept_run(constant), {false, true}), "");
  EXPECT_EQ(sweep_lines(expected_to_fail(linear), {false, true}), "");
  EXPECT_THAT(sweep_lines(swept_run(linear), {false, true}),
              AllOf(HasSubstr("grows as O(n)"), Not(HasSubstr("outcome"))));
}

TEST(JsonScaling, HasGatesFitsAndThePrediction) {
  const auto json = nlohmann::json::parse(render_json(swept_run(linear)));
  EXPECT_EQ(json.at("outcome"), "fail");
  const auto& sweep = json.at("sweeps").at(0);
  EXPECT_EQ(sweep.at("outcome"), "fail");
  EXPECT_EQ(sweep.at("gates").at(0).at("complexity"),
            (nlohmann::json{{"measured", "O(n)"}, {"limit", "O(1)"}}));
  EXPECT_NEAR(sweep.at("response_bytes_per_unit").get<double>(), 51, 1e-6);
  const auto& peaks = sweep.at("scaling").at(0);
  EXPECT_EQ(peaks.at("complexity"), "O(n)");
  EXPECT_EQ(peaks.at("fits").size(), 5U);
  EXPECT_EQ(peaks.at("prediction").at("size"), 500'000);
  EXPECT_NEAR(peaks.at("prediction").at("value").get<double>(), 772 * 500e3, 1e5);
  EXPECT_EQ(sweep.at("rows").at(0).at("peaks_bytes").size(), 5U);
}

TEST(JunitScaling, ASweepIsASuiteOfItsGates) {
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(render_junit(swept_run(linear)).c_str()));
  const auto suite = document.select_node("//testsuite[@name='export over users']").node();
  EXPECT_EQ(suite.attribute("tests").as_int(), 2);
  EXPECT_EQ(suite.attribute("failures").as_int(), 2);
  EXPECT_THAT(suite.child("testcase").child("failure").text().get(),
              HasSubstr("again: tidemark run shop.yaml --only '^export$'"));
  ASSERT_TRUE(document.load_string(render_junit(expected_to_fail(linear)).c_str()));
  EXPECT_TRUE(document.select_nodes("//failure").empty());
}

TEST(JunitScaling, ASweepThatWasToFailAndDidNotIsAFailure) {
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(render_junit(expected_to_fail(constant)).c_str()));
  EXPECT_THAT(document.select_node("//failure").node().attribute("message").value(),
              HasSubstr("no gate failed"));
}

TEST(MarkdownScaling, HasTheGatesInItsTableAndTheSentences) {
  EXPECT_THAT(
      render_markdown(swept_run(linear)),
      AllOf(
          HasSubstr(
              " export over users | scaling.peak\\_memory | O(n) | O(1) (2 classes worse) | fail"),
          HasSubstr("- peak memory grows as O(n)")));
}

TEST(HtmlScaling, PointsWithoutGatesStandInTheirSweepAlone) {
  const std::string page = render_html(swept_run(constant));
  const std::string overview = page.substr(0, page.find("<section"));
  EXPECT_THAT(overview, AllOf(HasSubstr(">export over users</a>"), Not(HasSubstr("[users=1000]"))));
  EXPECT_THAT(sweep_sections(swept_run(constant)),
              AllOf(HasSubstr("<a href=\"#scenario.export-users-1000\">1000</a>"),
                    HasSubstr("<p>all rows &lt;at once&gt;</p>")));
}

TEST(HtmlScaling, ThePictureHasBothKindsOfAxesAndSaysWhatItShows) {
  const auto run = swept_run(linear);
  const auto& scaling = run.sweeps.at(0).scaling.at(0);
  for (const Axes axes : {Axes::kLogarithmic, Axes::kLinear}) {
    const std::string svg = scaling_chart_svg(scaling, {"users", 256 * kMiB}, axes);
    pugi::xml_document document;
    ASSERT_TRUE(document.load_string(svg.c_str())) << svg;
    EXPECT_EQ(document.select_nodes("//circle").size(), 20U) << "one for each iteration";
    EXPECT_THAT(svg, AllOf(HasSubstr("role=\"img\""), HasSubstr("limit 256 MiB"),
                           HasSubstr("production: 500,000"), Not(HasSubstr("nan"))));
    EXPECT_THAT(document.select_node("//desc").node().text().get(), HasSubstr("500,000"));
  }
}

TEST(HtmlScaling, TheScriptHasWhatThePictureShows) {
  const auto run = swept_run(linear);
  const std::string section = sweep_sections(run);
  const std::size_t begin =
      section.find('>', section.find("<script type=\"application/json\"")) + 1;
  const auto data = nlohmann::json::parse(section.substr(begin, section.find('<', begin) - begin));
  EXPECT_EQ(data["x_label"], "users");
  EXPECT_EQ(data["lines"][0]["name"], "single iterations");
  EXPECT_EQ(data["lines"][0]["x"].size(), 20U) << "each iteration is a dot";
  EXPECT_EQ(data["lines"][1]["style"], "fit");
  EXPECT_EQ(data["lines"][1]["x"].size(), data["band"].size());
  EXPECT_EQ(data["lines"][2]["x"], nlohmann::json({500'000}));
  EXPECT_EQ(data["marked"][0], 500'000);
  EXPECT_LT(data["marked"][1], data["marked"][2]);
  EXPECT_LT(data["marked"][2], data["marked"][3]);
  EXPECT_EQ(data["limit"][1], 256 * kMiB);
  EXPECT_EQ(data["view"][0], 0);
  EXPECT_GT(data["logarithmic_view"][0], 0);
  EXPECT_THAT(section, HasSubstr("<figure class=\"scaling\" data-plot=\"peak memory\">"));
}

TEST(HtmlScaling, OfOneSizeThereIsNoPicture) {
  const auto run = swept_run(linear, {1000});
  EXPECT_EQ(
      scaling_chart_svg(run.sweeps.at(0).scaling.at(0), {"users", std::nullopt}, Axes::kLinear),
      "");
}

TEST(ScalingOutputs, AreSafeWhateverTheNamesAre) {
  auto run = swept_run(linear);
  auto& sweep = run.sweeps[0];
  for (std::string* text :
       {&sweep.scenario, &sweep.variable, &sweep.rows[0].value, &sweep.gates[0].id,
        &sweep.gates[0].reason, &sweep.scaling[0].reason, &sweep.scaling[0].advice})
    *text += kHostile;
  sweep.gates[0].outcome = Outcome::kInconclusive;
  sweep.scaling[0].complexity.reset();
  const std::string sections = sweep_sections(run);
  EXPECT_THAT(sections, Not(HasSubstr("<script>")));
  EXPECT_THAT(sweep_lines(run, {}), AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\x07"))));
  EXPECT_THAT(render_markdown(run), Not(HasSubstr("<script>")));
  EXPECT_TRUE(pugi::xml_document().load_string(render_junit(run).c_str()));
}

}  // namespace
}  // namespace tidemark::reporters
