#include "harness/analysis/batch_effects.h"

#include <gtest/gtest.h>

#include "harness/analysis/normal_equations.h"
#include "tests/unit/analysis/synthetic.h"

namespace tidemark::analysis {
namespace {

// Batches of 2 and 40, every ninth checkpoint a blank one.
Series series_of(const Memory& memory, int count = 72) {
  Series series{record::Signal::kLiveBytes, {}};
  std::int64_t iteration = 31;
  int last_batch = 2;
  for (int i = 0; i < count; ++i) {
    const int batch = i % 9 == 8 ? 0 : i % 2 == 0 ? 2 : 40;
    iteration += batch;
    if (batch != 0) last_batch = batch;
    series.points.push_back(
        {iteration, batch, 1e6 + memory({static_cast<double>(iteration), i, last_batch})});
  }
  return series;
}

TEST(Adjust, TakesOutWhatSettlingItselfLeavesBehind) {
  Noise noise(50, 1);
  const AdjustedSeries adjusted = adjust(
      series_of([&](const Moment& now) { return 2000.0 * now.checkpoint + noise(); }), kExactBytes);
  EXPECT_NEAR(adjusted.growth_per_checkpoint, 2000, 100);
  EXPECT_EQ(adjusted.batch_effect, 0);
  const auto& points = adjusted.series.points;
  EXPECT_NEAR(points.back().value, points.front().value, 72 * 100);
}

TEST(Adjust, LeavesGrowthPerIterationAlone) {
  Noise noise(50, 2);
  const Series series =
      series_of([&](const Moment& now) { return 1000.0 * now.iteration + noise(); });
  const AdjustedSeries adjusted = adjust(series, kExactBytes);
  EXPECT_EQ(adjusted.growth_per_checkpoint, 0);
  EXPECT_EQ(adjusted.series, series);
}

TEST(Adjust, DoesNotTakeOutWhatBlankCheckpointsGiveBack) {
  Noise noise(50, 3);
  const Series series =
      series_of([&](const Moment& now) { return -2000.0 * now.checkpoint + noise(); });
  const AdjustedSeries adjusted = adjust(series, kExactBytes);
  EXPECT_EQ(adjusted.growth_per_checkpoint, 0);
  EXPECT_EQ(adjusted.series, series);
}

TEST(Adjust, DoesNotTakeOutGrowthThatIsNotCertain) {
  Noise noise(3000, 4);
  EXPECT_EQ(adjust(series_of([&](const Moment& now) { return 500.0 * now.checkpoint + noise(); }),
                   kExactBytes)
                .growth_per_checkpoint,
            0);
}

TEST(Adjust, TakesOutTheLevelThatMirrorsTheLastBatch) {
  Noise noise(50, 5);
  const Series series = series_of([&](const Moment& now) { return 800.0 * now.batch + noise(); });
  const AdjustedSeries adjusted = adjust(series, kExactBytes);
  EXPECT_NEAR(adjusted.batch_effect, 800, 20);
  EXPECT_EQ(adjusted.series.points.back(), series.points.back());
  ASSERT_EQ(adjusted.series.points.size(), series.points.size() - 1);
  for (const SeriesPoint& point : adjusted.series.points)
    EXPECT_NEAR(point.value, series.points.back().value, 1000) << point.iteration;
}

TEST(Adjust, LeavesVeryShortSeriesAlone) {
  const Series series = series_of([](const Moment& now) { return 800.0 * now.batch; }, 3);
  EXPECT_EQ(adjust(series, kExactBytes).series, series);
}

TEST(Contrast, OfGrowthPerIterationIsThatGrowth) {
  Noise noise(50, 6);
  const auto contrast = contrast_slope(
      series_of([&](const Moment& now) { return 1000.0 * now.iteration + noise(); }));
  ASSERT_TRUE(contrast);
  EXPECT_NEAR(contrast->per_iteration, 1000, 10);
  EXPECT_TRUE(is_surely_positive(*contrast, true));
  EXPECT_TRUE(is_surely_positive(*contrast, false));
}

TEST(Contrast, OfGrowthPerCheckpointIsNothing) {
  Noise noise(50, 7);
  const auto contrast = contrast_slope(
      series_of([&](const Moment& now) { return 20000.0 * now.checkpoint + noise(); }));
  ASSERT_TRUE(contrast);
  EXPECT_NEAR(contrast->per_iteration, 0, 10);
  EXPECT_FALSE(is_surely_positive(*contrast, true));
}

TEST(Contrast, NeedsBatchesThatDiffer) {
  Series series{record::Signal::kLiveBytes, {}};
  for (std::int64_t i = 1; i <= 70; ++i)
    series.points.push_back({10 * i, 10, 1000.0 * static_cast<double>(i)});
  EXPECT_FALSE(contrast_slope(series));
}

TEST(Contrast, NeedsSomePoints) {
  const Memory leak = [](const Moment& now) { return 1000.0 * now.iteration; };
  EXPECT_FALSE(contrast_slope(series_of(leak, 11)));
  EXPECT_TRUE(contrast_slope(series_of(leak, 18)));
}

TEST(Contrast, IsHarderToBelieveBeforeTheLastLook) {
  const Contrast contrast{10, 1, 5};
  EXPECT_TRUE(is_surely_positive(contrast, true));
  EXPECT_FALSE(is_surely_positive(contrast, false));
}

// --- normal equations ----------------------------------------------------------------------------

using Plane = NormalEquations<3>;

void add_rows(Plane& equations, const std::array<double, 3>& coefficients, int first, int count) {
  for (int i = first; i < first + count; ++i) {
    const double x = i;
    const double z = i % 4;
    equations.add({x, z, 1}, coefficients[0] * x + coefficients[1] * z + coefficients[2]);
  }
}

TEST(NormalEquations, RecoverTheCoefficients) {
  Plane equations;
  add_rows(equations, {3, -5, 100}, 0, 30);
  const auto fit = equations.solve();
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->coefficients[0], 3, 1e-9);
  EXPECT_NEAR(fit->coefficients[1], -5, 1e-9);
  EXPECT_NEAR(fit->coefficients[2], 100, 1e-8);
  EXPECT_NEAR(fit->residual_sum, 0, 1e-6);
}

TEST(NormalEquations, SayWhatTheFitLeaves) {
  NormalEquations<1> mean;
  for (const double value : {1.0, 2.0, 6.0}) mean.add({1}, value);
  const auto fit = mean.solve();
  ASSERT_TRUE(fit);
  EXPECT_DOUBLE_EQ(fit->coefficients[0], 3);
  EXPECT_NEAR(fit->residual_sum, 14, 1e-9);
}

TEST(NormalEquations, WithDependentColumnsHaveNoSolution) {
  Plane equations;
  for (int i = 0; i < 20; ++i) equations.add({1.0 * i, 3.0 * i, 1}, i);
  EXPECT_FALSE(equations.solve());
  EXPECT_FALSE(Plane().solve());
}

TEST(NormalEquations, WithFewerRowsThanColumnsHaveNoSolution) {
  Plane equations;
  add_rows(equations, {3, -5, 100}, 1, 2);
  EXPECT_FALSE(equations.solve());
}

TEST(NormalEquations, MinusTakesRowsOut) {
  Plane all;
  Plane others;
  add_rows(all, {3, -5, 100}, 0, 30);
  add_rows(all, {-70, 20, 4}, 30, 10);
  add_rows(others, {-70, 20, 4}, 30, 10);
  const auto fit = all.minus(others).solve();
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->coefficients[0], 3, 1e-6);
  EXPECT_NEAR(fit->coefficients[1], -5, 1e-6);
  EXPECT_NEAR(fit->coefficients[2], 100, 1e-5);
}

TEST(NormalEquations, TheOrderOfTheColumnsDoesNotMatter) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Noise noise(10, seed);
    Plane forward;
    Plane backward;
    for (int i = 0; i < 25; ++i) {
      const double x = i + noise();
      const double z = noise();
      const double y = 4 * x - 2 * z + 50 + noise();
      forward.add({x, z, 1}, y);
      backward.add({1, z, x}, y);
    }
    const auto a = forward.solve();
    const auto b = backward.solve();
    ASSERT_TRUE(a && b);
    for (std::size_t i = 0; i < 3; ++i)
      EXPECT_NEAR(a->coefficients[i], b->coefficients[2 - i], 1e-8);
    EXPECT_NEAR(a->residual_sum, b->residual_sum, 1e-6 * a->residual_sum);
  }
}

}  // namespace
}  // namespace tidemark::analysis
