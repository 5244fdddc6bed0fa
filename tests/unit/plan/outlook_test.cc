#include "harness/plan/outlook.h"

#include <gtest/gtest.h>

namespace tidemark::plan {
namespace {

Scenario scenario_with(Gate gate) {
  Scenario scenario;
  scenario.budgets = {{gate, std::string(gate_name(gate)), 0, std::nullopt, {}}};
  return scenario;
}

TEST(GrowthOutlook, SaysHowSlowTheTargetMayBe) {
  EXPECT_EQ(growth_outlook(scenario_with(Gate::kGrowth)),
            "an iteration may take up to 4.04 s for 40 checkpoints, 19.8 s for 12");
}

TEST(GrowthOutlook, FewIterationsMakeFewCheckpoints) {
  Scenario scenario = scenario_with(Gate::kFds);
  scenario.max_iterations = 20;
  EXPECT_EQ(growth_outlook(scenario),
            "an iteration may take up to 14.5 s for 16 checkpoints, 19.8 s for 12");
}

TEST(GrowthOutlook, IsEmptyWhereNothingGrows) {
  EXPECT_EQ(growth_outlook(scenario_with(Gate::kDuration)), "");
}

TEST(GrowthObstacle, IsNoneByDefault) {
  EXPECT_FALSE(growth_obstacle(scenario_with(Gate::kGrowth)));
}

TEST(GrowthObstacle, ATooSmallNumberOfIterations) {
  Scenario scenario = scenario_with(Gate::kThreads);
  scenario.max_iterations = 14;
  EXPECT_FALSE(growth_obstacle(scenario));
  scenario.max_iterations = 13;
  const auto obstacle = growth_obstacle(scenario);
  ASSERT_TRUE(obstacle);
  EXPECT_EQ(obstacle->setting, Setting::kIterations);
  EXPECT_EQ(obstacle->message,
            "warm-up leaves 10 of 13 iterations for growth: at least 11 are needed");
}

TEST(GrowthObstacle, AWarmupThatLeavesTooLittle) {
  Scenario scenario = scenario_with(Gate::kGrowth);
  scenario.warmup = 1990;
  EXPECT_EQ(growth_obstacle(scenario)->setting, Setting::kWarmup);
  scenario.warmup = 1989;
  EXPECT_FALSE(growth_obstacle(scenario));
}

TEST(GrowthObstacle, ATimeInWhichNothingFits) {
  Scenario scenario = scenario_with(Gate::kGrowth);
  scenario.max_duration = Seconds(0.01);
  const auto obstacle = growth_obstacle(scenario);
  ASSERT_TRUE(obstacle);
  EXPECT_EQ(obstacle->setting, Setting::kMaxDuration);
  EXPECT_EQ(obstacle->message, "10 ms are too short for the 12 checkpoints that growth needs");
}

TEST(RunsObstacle, TheFirstRunIsNotJudged) {
  Scenario scenario = scenario_with(Gate::kPeakMemory);
  scenario.max_iterations = 2;
  EXPECT_FALSE(runs_obstacle(scenario)) << "it is no program";
  scenario.program.emplace();
  const auto obstacle = runs_obstacle(scenario);
  ASSERT_TRUE(obstacle);
  EXPECT_EQ(obstacle->setting, Setting::kIterations);
  EXPECT_EQ(obstacle->message,
            "1 of 2 runs only warm caches up: that leaves 1, and a verdict needs at least 2");
  scenario.max_iterations = 3;
  EXPECT_FALSE(runs_obstacle(scenario));
  scenario.warmup = 2;
  EXPECT_EQ(runs_obstacle(scenario)->setting, Setting::kWarmup);
}

TEST(RunsObstacle, DurationsNeedMoreAndErrorsNone) {
  Scenario scenario = scenario_with(Gate::kDuration);
  scenario.program.emplace();
  scenario.max_iterations = 10;
  EXPECT_TRUE(runs_obstacle(scenario));
  scenario.max_iterations = 11;
  EXPECT_FALSE(runs_obstacle(scenario));
  scenario = scenario_with(Gate::kErrors);
  scenario.program.emplace();
  scenario.max_iterations = 1;
  EXPECT_FALSE(runs_obstacle(scenario));
}

TEST(GrowthObstacle, IsNoneWhereNoGateNeedsGrowth) {
  Scenario scenario = scenario_with(Gate::kPeakMemory);
  scenario.max_iterations = 1;
  EXPECT_FALSE(growth_obstacle(scenario));
}

}  // namespace
}  // namespace tidemark::plan
