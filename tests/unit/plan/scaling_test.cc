// Classes of growth and sizes as they are written; every message stands, with its place, in
// tests/fixtures/scenarios.

#include "harness/plan/scaling.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/plan/planner.h"
#include "harness/scenario/reader.h"

namespace tidemark::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Complexity, IsReadAsPeopleWriteIt) {
  for (const char* text : {"O(n log n)", "o(n*log n)", "O(nlogn)", " O( N  Log N )"})
    EXPECT_EQ(parse_complexity(text).value_or(Complexity::kConstant), Complexity::kLinearithmic)
        << text;
  EXPECT_EQ(parse_complexity("O(n²)").value_or(Complexity::kConstant), Complexity::kQuadratic);
  for (const Complexity complexity : kComplexities)
    EXPECT_EQ(parse_complexity(complexity_name(complexity)).value_or(Complexity::kQuadratic),
              complexity);
}

TEST(Complexity, NamesAllFiveWhereItIsNone) {
  for (const char* text : {"O(n^3)", "n", "", "O(n", "O(1))"}) {
    const auto parsed = parse_complexity(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error().message, HasSubstr("O(1), O(log n), O(n), O(n log n), O(n^2)"));
  }
}

TEST(SweepSize, IsANumberAboveZero) {
  EXPECT_EQ(parse_sweep_size("1000"), 1000);
  EXPECT_EQ(parse_sweep_size("1e6"), 1e6);
  EXPECT_EQ(parse_sweep_size("0.5"), 0.5);
  for (const char* text : {"", "0", "-1", "inf", "nan", "1e999", "10k", " 1", "0x10"})
    EXPECT_FALSE(parse_sweep_size(text)) << text;
}

std::vector<ScalingBudget> planned(const std::string& scaling) {
  const std::string text =
      "version: 1\nname: shop\ntarget: {command: [server, \"{{port}}\"]}\n"
      "variables: {users: 1, most: 2000}\nscenarios:\n  list:\n    request: {path: /}\n"
      "    sweep: {users: [10, 20, 50, 100]}\n    budgets: {scaling: " +
      scaling + "}\n";
  const scenario::ReadScenario read = scenario::read_scenario(text, "shop.yaml");
  MadePlan made = make_plan(read.file, {});
  for (const auto& diagnostics : {read.diagnostics, made.diagnostics})
    for (const scenario::Diagnostic& diagnostic : diagnostics)
      ADD_FAILURE() << render(diagnostic, text);
  EXPECT_EQ(made.plan.scenarios.size(), 4U);
  EXPECT_TRUE(made.plan.scenarios.at(0).budgets.empty()) << "exactly the gates that are named";
  EXPECT_EQ(made.plan.scenarios.at(0).scaling, made.plan.scenarios.at(1).scaling);
  return made.plan.scenarios.at(0).scaling;
}

TEST(Scaling, IsOneGateALimit) {
  const auto budgets =
      planned("{peak_memory: O(1), duration: O(n), at: {users: \"{{most}}\"}, max: 256MiB}");
  constexpr ScaledQuantity kPeak = ScaledQuantity::kPeakMemory;
  EXPECT_THAT(budgets, ElementsAre(ScalingBudget{"scaling.peak_memory",
                                                 kPeak,
                                                 Complexity::kConstant,
                                                 std::nullopt,
                                                 2000,
                                                 {"shop.yaml", 9, 38}},
                                   ScalingBudget{"scaling.duration",
                                                 ScaledQuantity::kDuration,
                                                 Complexity::kLinear,
                                                 std::nullopt,
                                                 2000,
                                                 {"shop.yaml", 9, 54}},
                                   ScalingBudget{"scaling.peak_memory.max",
                                                 kPeak,
                                                 std::nullopt,
                                                 Quantity{256.0 * 1024 * 1024, Unit::kBytes},
                                                 2000,
                                                 {"shop.yaml", 9, 90}}));
}

TEST(Scaling, AMaximumIsOfMemoryOrOfTimeByItsUnitOrByName) {
  const auto ids = [](const std::string& scaling) {
    std::vector<std::string> all;
    for (const ScalingBudget& budget : planned(scaling)) all.push_back(budget.id);
    return all;
  };
  EXPECT_THAT(ids("{at: {users: 500}, max: 2s}"), ElementsAre("scaling.duration.max"));
  EXPECT_THAT(ids("{at: {users: 500}, max: {peak_memory: 1MiB, duration: 2s}}"),
              ElementsAre("scaling.peak_memory.max", "scaling.duration.max"));
}

}  // namespace
}  // namespace tidemark::plan
