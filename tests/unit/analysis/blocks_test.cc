#include "harness/analysis/blocks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/analysis/synthetic.h"

namespace tidemark::analysis {
namespace {

using testing::Each;

// A checkpoint after every iteration.
std::vector<SeriesPoint> points_of(const std::vector<double>& values) {
  std::vector<SeriesPoint> points;
  for (const double value : values)
    points.push_back({static_cast<std::int64_t>(points.size()), 1, value});
  return points;
}

std::vector<double> noisy(std::size_t count) {
  Noise noise(100, 3);
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(5000 + noise());
  return values;
}

void expect_jump(const std::optional<Jump>& jump, std::size_t first_step, std::size_t steps) {
  ASSERT_TRUE(jump);
  EXPECT_EQ(jump->first_step, first_step);
  EXPECT_EQ(jump->steps, steps);
}

TEST(Median, IsTheMiddleOrTheMeanOfTheTwoMiddleOnes) {
  std::vector<double> odd = {9, 1, 5};
  std::vector<double> even = {8, 1, 100, 2};
  std::vector<double> one = {7};
  EXPECT_EQ(median_of(odd), 5);
  EXPECT_EQ(median_of(even), 5);
  EXPECT_EQ(median_of(one), 7);
  EXPECT_EQ(median_of({}), 0);
}

TEST(Blocks, AnOutlierDoesNotMoveItsBlock) {
  const std::vector<double> values = noisy(48);
  const Blocks plain = make_blocks(points_of(values), 4);
  std::vector<double> with_outlier = values;
  with_outlier[17] += 1e7;
  const Blocks blocks = make_blocks(points_of(with_outlier), 4);
  EXPECT_NEAR(blocks.value[1], plain.value[1], 60);
  EXPECT_EQ(blocks.value[0], plain.value[0]);
  EXPECT_EQ(blocks.value[3], plain.value[3]);
}

TEST(Blocks, ABlockWithAJumpTakesTheLargerSide) {
  std::vector<double> values(40, 0.0);
  std::fill(values.begin() + 13, values.end(), 100.0);
  EXPECT_EQ(make_blocks(points_of(values), 4).value, (std::vector<double>{0, 100, 100, 100}));
  std::fill(values.begin(), values.begin() + 17, 0.0);
  EXPECT_EQ(make_blocks(points_of(values), 4).value, (std::vector<double>{0, 0, 100, 100}));
}

TEST(Blocks, TwoLevelsOfEquallyManyPointsMeetInTheMiddle) {
  std::vector<double> values(40, 0.0);
  std::fill(values.begin() + 15, values.end(), 100.0);
  const Blocks blocks = make_blocks(points_of(values), 4);
  EXPECT_EQ(blocks.value[1], 50);
  EXPECT_EQ(blocks.iteration[1], 14.5);
}

TEST(Blocks, LieAtTheMeanIterationOfThePointsThatCount) {
  std::vector<double> values(40, 0.0);
  EXPECT_EQ(make_blocks(points_of(values), 4).iteration,
            (std::vector<double>{4.5, 14.5, 24.5, 34.5}));
  std::fill(values.begin() + 13, values.end(), 100.0);
  EXPECT_EQ(make_blocks(points_of(values), 4).iteration[1], 16);  // 13 to 19
}

TEST(Blocks, OfFlatValuesAreFlat) {
  const Blocks blocks = make_blocks(points_of(std::vector<double>(41, 1e9 + 0.5)), 8);
  EXPECT_EQ(blocks.count(), 8U);
  EXPECT_THAT(blocks.value, Each(1e9 + 0.5));
  EXPECT_EQ(blocks.value_variance, 0);
  EXPECT_EQ(blocks.iterations, 40);
  EXPECT_DOUBLE_EQ(blocks.points_each, 41.0 / 8);
  EXPECT_THAT(even_steps(blocks), Each(0.0));
}

TEST(Blocks, EvenStepsAreGrowthOverEquallyManyIterations) {
  std::vector<SeriesPoint> points;
  std::int64_t iteration = 0;
  for (std::int64_t i = 0; i < 40; ++i) {
    const std::int64_t batch = i < 20 ? 1 : 9;
    iteration += batch;
    points.push_back({iteration, batch, 3.0 * static_cast<double>(iteration)});
  }
  const std::vector<double> steps = even_steps(make_blocks(points, 4));
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_NEAR(steps[0], steps[2], 1e-9);
  EXPECT_NEAR(steps[0], steps[1], 1e-9);
}

TEST(Jump, ASingleOneIsFoundWhereverItIs) {
  expect_jump(find_jump(std::vector<double>{1, 1, 10, 1, 1}, Jumps::kUp), 2, 1);
  expect_jump(find_jump(std::vector<double>{10, 1, 1, 1, 1}, Jumps::kUp), 0, 1);
  expect_jump(find_jump(std::vector<double>{1, -1, 1, 0, 10}, Jumps::kUp), 4, 1);
}

TEST(Jump, SpreadOverTwoStepsIsFoundAfterTheWarmUp) {
  const std::vector<double> late = {1, 1, 1, 5, 4, 1};
  expect_jump(find_jump(late, Jumps::kUp), 3, 2);
  expect_jump(find_jump(late, Jumps::kUpAndDown), 3, 2);
}

TEST(Jump, TwoLargeStepsAtTheStartAreAWarmUpForALeaksCandidate) {
  for (const auto& steps :
       {std::vector<double>{5, 4, 1, 1, 1, 1}, std::vector<double>{1, 5, 4, 1, 1, 1}})
    EXPECT_FALSE(find_jump(steps, Jumps::kUp));
  expect_jump(find_jump(std::vector<double>{5, 4, 1, 1, 1, 1}, Jumps::kUpAndDown), 0, 2);
}

TEST(Jump, TwoStepsThatAreNotNeighboursOrGoOppositeWaysAreNone) {
  EXPECT_FALSE(find_jump(std::vector<double>{1, 1, 5, 1, 5, 1}, Jumps::kUpAndDown));
  EXPECT_FALSE(find_jump(std::vector<double>{1, 1, 5, -5, 1, 1}, Jumps::kUpAndDown));
}

TEST(Jump, ADropIsNoneForALeaksCandidate) {
  const std::vector<double> steps = {1, 1, -10, 1, 1};
  EXPECT_FALSE(find_jump(steps, Jumps::kUp));
  expect_jump(find_jump(steps, Jumps::kUpAndDown), 2, 1);
}

TEST(Jump, FewStepsTellNothing) {
  EXPECT_FALSE(find_jump(std::vector<double>{0, 0, 100, 0}, Jumps::kUpAndDown));
  EXPECT_FALSE(find_jump({}, Jumps::kUpAndDown));
}

TEST(Jump, AStraightLineHasNone) {
  EXPECT_FALSE(find_jump(std::vector<double>(15, 7.0), Jumps::kUpAndDown));
  EXPECT_FALSE(find_jump(std::vector<double>(15, 0.0), Jumps::kUpAndDown));
}

}  // namespace
}  // namespace tidemark::analysis
