// Pictures: what is kept of many points, and what the page's script is given.

#include "reporters/html/plot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "reporters/html/peaks.h"
#include "reporters/html/signals.h"
#include "reporters/reporters.h"
#include "tests/unit/reporters/example.h"

namespace tidemark::reporters {
namespace {

using analysis::ScenarioReport;
using analysis::Series;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

using Points = std::vector<PlotPoint>;

constexpr std::size_t kAllPoints = 1000;

nlohmann::json data_of(const std::string& figure) {
  const std::string begin = "<script type=\"application/json\">";
  const std::size_t from = figure.find(begin) + begin.size();
  return nlohmann::json::parse(figure.substr(from, figure.find("</script>", from) - from));
}

Points noisy(std::size_t count) {
  Points points;
  for (std::size_t i = 0; i < count; ++i)
    points.push_back({static_cast<double>(i), std::sin(static_cast<double>(i * i))});
  return points;
}

TEST(Downsampled, FewPointsStayAsTheyAre) {
  EXPECT_EQ(downsampled(noisy(10), 10), noisy(10));
  EXPECT_EQ(downsampled({}, 10), Points());
}

TEST(Downsampled, KeepsEveryExtremeAndTheEnds) {
  Points points = noisy(100'000);
  points[31'415].y = 7;
  points[92'653].y = -7;
  const Points kept = downsampled(points, 100);
  EXPECT_LE(kept.size(), 100U);
  EXPECT_THAT(kept, AllOf(Contains(points[31'415]), Contains(points[92'653])));
  EXPECT_EQ(kept.front(), points.front());
  EXPECT_EQ(kept.back(), points.back());
  EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end(),
                             [](const auto& a, const auto& b) { return a.x < b.x; }));
}

TEST(Downsampled, EachStretchKeepsItsOwnSmallestAndLargest) {
  const Points points = {{0, 0}, {1, 5}, {2, -5}, {3, 1}, {4, 9}, {5, 2}, {6, 3}, {7, 0}};
  EXPECT_EQ(downsampled(points, 6), (Points{{0, 0}, {1, 5}, {2, -5}, {4, 9}, {5, 2}, {7, 0}}));
}

TEST(Downsampled, AStretchOfGapsIsLeftOut) {
  Points points(100, {0, kPlotGap});
  for (std::size_t i = 0; i < points.size(); ++i) points[i].x = static_cast<double>(i);
  points.front().y = points.back().y = 1;
  EXPECT_EQ(downsampled(points, 10), (Points{{0, 1}, {99, 1}}));
}

TEST(PlotWords, HaveASignWhereTheyAreChanges) {
  Plot plot;
  EXPECT_EQ(plot_words(plot, 2048), "2 KiB");
  plot.changes = true;
  EXPECT_EQ(plot_words(plot, 2048), "+2 KiB");
  EXPECT_EQ(plot_words(plot, -2048), "−2 KiB");
  EXPECT_EQ(plot_words(plot, 0), "0 B");
  plot.unit = Unit::kSeconds;
  EXPECT_EQ(plot_words(plot, 0.02), "+20 ms");
}

Plot example_plot() {
  Plot plot;
  plot.title = "example";
  plot.x_label = "iteration";
  plot.lines = {{"all </script>", PlotStyle::kMain, {{1, 10}, {2, kPlotGap}, {3, 30.4}}, 100},
                {"one", PlotStyle::kProcess, {{1, 1}, {2, 2}, {3, 3}}}};
  plot.limit = {{1, 0}, {3, 20}};
  return plot;
}

TEST(PlotFigure, CarriesItsDataAsAScriptCannotEnd) {
  const std::string figure = plot_figure(example_plot(), "live <bytes>", "caption", kAllPoints);
  EXPECT_THAT(figure, AllOf(HasSubstr("data-plot=\"live &lt;bytes&gt;\""),
                            Not(HasSubstr("all </script>"))));
  const nlohmann::json data = data_of(figure);
  EXPECT_EQ(data["lines"][0]["name"], "all </script>");
  EXPECT_EQ(data["lines"][0]["y"], nlohmann::json({10, nullptr, 30}));
  EXPECT_EQ(data["lines"][0]["x"], nlohmann::json({1, 2, 3}));
  EXPECT_FALSE(data["lines"][1].contains("x")) << "the same as the line before";
  EXPECT_EQ(data["limit"], nlohmann::json({1, 0, 3, 20}));
}

TEST(PlotFigure, OfOnePointIsNone) {
  Plot plot = example_plot();
  for (PlotLine& line : plot.lines) line.points.resize(1);
  EXPECT_EQ(plot_figure(plot, "x", "", kAllPoints), "");
  plot.lines.clear();
  EXPECT_EQ(plot_figure(plot, "x", "", kAllPoints), "");
}

TEST(PlotSvg, IsWellFormedAndBrokenWhereAValueIsMissing) {
  pugi::xml_document svg;
  ASSERT_TRUE(svg.load_string(plot_svg(example_plot(), kAllPoints).c_str()));
  const std::string path = svg.select_node("//path[@class='series']").node().attribute("d").value();
  EXPECT_EQ(std::count(path.begin(), path.end(), 'M'), 2);
  EXPECT_EQ(svg.select_nodes("//path[@class='limit']").size(), 1U);
}

// --- signals -------------------------------------------------------------------------------------

TEST(HtmlSignals, TheDecidingOneHasItsFitItsLimitAndItsValues) {
  const std::string section = signals_section(leaking_scenario(), kAllPoints);
  EXPECT_THAT(section,
              AllOf(HasSubstr("live bytes: +41 KiB since iteration 31, from 39.1 MiB; shaded: "
                              "warm-up; dashed: the fit and its band; dotted: the limit"),
                    HasSubstr("The same in numbers"), Not(HasSubstr("All other signals"))));
  const nlohmann::json data = data_of(section);
  EXPECT_EQ(data["lines"][0]["name"], "all processes");
  EXPECT_EQ(data["lines"][0]["base"], 41'000'000);
  EXPECT_EQ(data["lines"][0]["y"], nlohmann::json({-1'000'000, 0, 40'000, 42'000}));
  EXPECT_EQ(data["shaded_until"], 31);
  EXPECT_EQ(data["lines"].size(), 1U) << "one process is the whole tree";
}

TEST(HtmlSignals, EachOfSeveralProcessesHasALine) {
  ScenarioReport scenario = leaking_scenario();
  scenario.processes.push_back(scenario.processes[0]);
  scenario.processes[1].process.pid = 4712;
  scenario.processes[1].role = "worker";
  const nlohmann::json data = data_of(signals_section(scenario, kAllPoints));
  ASSERT_EQ(data["lines"].size(), 3U);
  EXPECT_EQ(data["lines"][1]["name"], "4711 main");
  EXPECT_EQ(data["lines"][2]["name"], "4712 worker");
}

TEST(HtmlSignals, OfAHundredProcessesTwelveAreDrawn) {
  ScenarioReport scenario = leaking_scenario();
  scenario.processes.resize(100, scenario.processes[0]);
  EXPECT_EQ(data_of(signals_section(scenario, kAllPoints))["lines"].size(), 13U);
  EXPECT_EQ(signal_lines(scenario), 13U);
}

TEST(HtmlPeaks, ThoseAboveTheLimitAreMarked) {
  ScenarioReport scenario = leaking_scenario();
  analysis::GateReport gate = passing_gate();
  gate.id = "peak_memory";
  gate.gate = plan::Gate::kPeakMemory;
  gate.limit = Quantity{2.5 * 1024 * 1024, Unit::kBytes};
  scenario.gates.push_back(gate);
  scenario.peaks = {{1, true, 9_MiB}, {2, false, 2_MiB}, {3, false, 3_MiB}};
  const std::string section = peaks_section(scenario, kAllPoints);
  const nlohmann::json data = data_of(section);
  EXPECT_EQ(data["lines"][0]["y"], nlohmann::json({2 << 20}));
  EXPECT_EQ(data["lines"][1]["name"], "above the limit");
  EXPECT_EQ(data["lines"][1]["y"], nlohmann::json({3 << 20}));
  EXPECT_THAT(section, HasSubstr("bar above"));
}

TEST(HtmlPeaks, OfThousandsTheLargestStandInTheTable) {
  ScenarioReport scenario = leaking_scenario();
  scenario.peaks.clear();
  for (int i = 0; i < 5000; ++i) scenario.peaks.push_back({i, i == 0, Bytes{i * 1000}});
  const std::string section = peaks_section(scenario, kAllPoints);
  EXPECT_THAT(section, AllOf(HasSubstr("<td class=\"number\">4999</td>"),
                             HasSubstr("and 4,940 smaller ones"),
                             Not(HasSubstr("<td class=\"number\">4900</td>"))));
}

// --- the size of the page ------------------------------------------------------------------------

ScenarioReport long_soak(std::size_t checkpoints) {
  ScenarioReport scenario = leaking_scenario();
  scenario.charts.clear();
  scenario.processes.resize(4, scenario.processes[0]);
  for (auto& process : scenario.processes) process.series.clear();
  for (const record::Signal signal : record::kSignals) {
    Series series{signal, {}};
    for (std::size_t i = 0; i < checkpoints; ++i)
      series.points.push_back({static_cast<std::int64_t>(20 * i), 20,
                               4e7 + 1e6 * std::sin(static_cast<double>(i * i))});
    scenario.charts.push_back({series, std::nullopt, 0});
    for (auto& process : scenario.processes) process.series.push_back(series);
  }
  return scenario;
}

TEST(HtmlSize, AMillionSamplesAreLessThanThreeMegabytes) {
  constexpr std::size_t kMost = 3'000'000;
  EXPECT_LT(render_html(run_of({long_soak(25'000)})).size(), kMost);  // 10 signals, 4 processes
  EXPECT_LT(render_html(run_of(std::vector(30, long_soak(800)))).size(), kMost);
}

}  // namespace
}  // namespace tidemark::reporters
