#include "harness/analysis/combined_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::analysis {
namespace {

using testing::ElementsAre;
using testing::Pair;

ScenarioReport scenario(const std::string& name, Outcome outcome = Outcome::kPass) {
  ScenarioReport report;
  report.name = name;
  report.folder = name + "-folder";
  report.outcome = outcome;
  return report;
}

RunReport run_of(const std::string& started, std::vector<ScenarioReport> scenarios) {
  return report_run(std::move(scenarios), "shop", started, Seconds(3), {{"kernel", "6.1"}});
}

std::vector<std::string> names_of(const RunReport& report) {
  std::vector<std::string> names;
  for (const ScenarioReport& each : report.scenarios) names.push_back(each.name);
  return names;
}

TEST(Combine, OneRunStaysAsItIs) {
  const RunReport alone = combine({{"out", run_of("2026-01-31T12:00:00Z", {scenario("list")})}});
  EXPECT_THAT(names_of(alone), ElementsAre("list"));
  EXPECT_TRUE(alone.runs.empty());
  EXPECT_EQ(alone.scenarios[0].folder, "list-folder");
  EXPECT_EQ(alone.scenarios[0].run, "");
}

TEST(Combine, WhatSeveralRunsHaveInCommonIsToldApart) {
  const RunReport all =
      combine({{"a", run_of("2026-02-01T12:00:00Z", {scenario("list"), scenario("cycle")})},
               {"b", run_of("2026-01-31T12:00:00Z", {scenario("list")})}});
  EXPECT_THAT(names_of(all), ElementsAre("list (a)", "cycle", "list (b)"));
  EXPECT_EQ(all.scenarios[2].run, "b");
  EXPECT_EQ(all.scenarios[2].folder, "b/list-folder");
  EXPECT_EQ(all.name, "shop");
  EXPECT_EQ(all.started, "2026-01-31T12:00:00Z");
  EXPECT_EQ(all.duration, Seconds(6));
  ASSERT_EQ(all.runs.size(), 2U);
  EXPECT_EQ(all.runs[0].label, "a");
  EXPECT_EQ(all.runs[0].scenarios, 2U);
}

TEST(Combine, FailsWhereOneFailed) {
  const auto with = [](Outcome outcome) {
    return combine(
        {{"a", run_of("1", {scenario("x")})}, {"b", run_of("2", {scenario("y", outcome)})}});
  };
  for (const Outcome outcome :
       {Outcome::kPass, Outcome::kFail, Outcome::kInvalid, Outcome::kInconclusive})
    EXPECT_EQ(with(outcome).outcome, outcome);
}

TEST(Combine, IsInterruptedWhereOneWas) {
  ScenarioReport partial = scenario("y");
  partial.partial = true;
  const RunReport all =
      combine({{"a", run_of("1", {scenario("x")})}, {"b", run_of("2", {partial})}});
  EXPECT_TRUE(all.interrupted);
  EXPECT_EQ(exit_code(all), 130);
}

TEST(Combine, KeepsWhatWasNeverBegun) {
  RunReport stopped = run_of("2", {scenario("x")});
  stopped.not_run = {"list", "y"};
  const RunReport all = combine({{"a", run_of("1", {scenario("list")})}, {"b", stopped}});
  EXPECT_THAT(all.not_run, ElementsAre("list (b)", "y"));
  EXPECT_EQ(all.runs[1].scenarios, 1U);
  EXPECT_EQ(all.runs[1].planned, 3U);
}

TEST(Combine, FactsOfTheMachineAreOfTheRunWhereTheyDiffer) {
  RunReport other = run_of("2", {});
  other.environment["processors"] = "8";
  other.environment["kernel"] = "6.6";
  EXPECT_THAT(combine({{"a", run_of("1", {})}, {"b", other}}).environment,
              ElementsAre(Pair("kernel (a)", "6.1"), Pair("kernel (b)", "6.6"),
                          Pair("processors (b)", "8")));
  EXPECT_THAT(combine({{"a", run_of("1", {})}, {"b", run_of("2", {})}}).environment,
              ElementsAre(Pair("kernel", "6.1")));
}

TEST(Combine, SweepsFollowTheirPoints) {
  ScenarioReport point = scenario("list [users=10]");
  point.sweep = plan::SweepPoint{};
  point.sweep->of = "list";
  point.sweep->variable = "users";
  point.sweep->value = "10";
  const RunReport all = combine({{"a", run_of("1", {point})}, {"b", run_of("2", {point})}});
  ASSERT_EQ(all.sweeps.size(), 2U);
  EXPECT_EQ(all.sweeps[1].scenario, "list (b)");
  EXPECT_EQ(all.sweeps[1].rows[0].folder, all.scenarios[1].folder);
  EXPECT_EQ(all.sweeps[1].rows[0].scenario, all.scenarios[1].name);
  EXPECT_EQ(all.scenarios[1].sweep->of, "list (b)");
}

}  // namespace
}  // namespace tidemark::analysis
