// How a swept quantity grows: known curves, what is too little to tell, and what must not change.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "harness/analysis/scaling.h"
#include "harness/analysis/scaling_model.h"
#include "tests/unit/analysis/synthetic.h"

namespace tidemark::analysis {
namespace {

using plan::Complexity;
using plan::ScaledQuantity;
using testing::HasSubstr;

constexpr double kKiB = 1024;
constexpr double kMiB = 1024 * kKiB;
const std::vector<double> kSizes = {1000, 2000, 5000, 10'000, 20'000, 50'000};

using Curve = std::function<double(double)>;

// Five values at each size, with noise in shares of the value.
std::vector<ScalingPoint> points_of(const Curve& curve, double noise = 0.005,
                                    const std::vector<double>& sizes = kSizes) {
  Noise error(noise, 1);
  std::vector<ScalingPoint> points;
  for (const double size : sizes) {
    points.push_back({size, {}});
    for (int i = 0; i < 5; ++i) points.back().values.push_back(curve(size) * (1 + error()));
  }
  return points;
}

ScalingReport peaks(const Curve& curve, double noise = 0.005,
                    const std::vector<double>& sizes = kSizes,
                    std::optional<double> production = 500'000) {
  return fit_scaling(ScaledQuantity::kPeakMemory, points_of(curve, noise, sizes), production);
}

double linear(double n) {
  return 2 * kMiB + 772 * n;
}

TEST(ScalingFit, TellsTheClassesApart) {
  const std::pair<Complexity, Curve> curves[] = {
      {Complexity::kConstant, [](double) { return 20 * kMiB; }},
      {Complexity::kLogarithmic, [](double n) { return 8 * kMiB * std::log(n); }},
      {Complexity::kLinear, [](double n) { return 800 * n; }},
      {Complexity::kLinearithmic, [](double n) { return 80 * n * std::log(n); }},
      {Complexity::kQuadratic, [](double n) { return 0.05 * n * n; }}};
  for (const auto& [complexity, curve] : curves)
    for (const double noise : {0.0, 0.005, 0.05}) {
      const ScalingReport report = peaks(curve, noise);
      SCOPED_TRACE(fmt::format("{} with noise {}", complexity_name(complexity), noise));
      // Under noise a logarithm is not told from what fills up.
      if (complexity == Complexity::kLogarithmic && noise > 0.01)
        EXPECT_FALSE(report.complexity);
      else
        EXPECT_EQ(report.complexity, complexity);
      EXPECT_LE(report.best, complexity);
      EXPECT_GE(report.worst, complexity);
      ASSERT_TRUE(report.prediction);
      EXPECT_LE(report.prediction->low, curve(500'000));
      EXPECT_GE(report.prediction->high, curve(500'000));
    }
}

TEST(ScalingFit, SaysWhatOneMoreCosts) {
  const ScalingReport report = peaks(linear);
  EXPECT_EQ(report.complexity, Complexity::kLinear);
  ASSERT_TRUE(report.per_unit && report.per_unit_low && report.per_unit_high);
  EXPECT_NEAR(*report.per_unit, 772, 30);
  EXPECT_LT(*report.per_unit_low, 772);
  EXPECT_GT(*report.per_unit_high, 772);
  EXPECT_NEAR(report.prediction->value, linear(500'000), 0.05 * linear(500'000));
  const ComplexityFit& fit = report.fits.at(2);
  EXPECT_NEAR(fit.fixed, 2 * kMiB, kMiB / 2);
  EXPECT_GT(fit.r_squared, 0.99);
}

TEST(ScalingFit, OfNLogNOneMoreCostsWhatItDoesAtTheLargestSize) {
  const ScalingReport report = peaks([](double n) { return 80 * n * std::log(n); });
  ASSERT_TRUE(report.per_unit);
  EXPECT_NEAR(*report.per_unit, 80 * (std::log(50'000) + 1), 40);
}

TEST(ScalingFit, WeightsSumToOneAndTheBandIsOrdered) {
  const ScalingReport report = peaks(linear);
  double sum = 0;
  for (const ComplexityFit& fit : report.fits) sum += fit.weight;
  EXPECT_NEAR(sum, 1, 1e-9);
  ASSERT_EQ(report.band.size(), 40U);
  EXPECT_EQ(report.band.front().size, 1000);
  EXPECT_EQ(report.band.back().size, 500'000);
  for (const ScalingPrediction& at : report.band) {
    EXPECT_LE(at.low, at.value);
    EXPECT_GE(at.high, at.value);
  }
}

TEST(ScalingFit, GrowthThatDoesNotMatterIsConstant) {
  const ScalingReport report = peaks([](double n) { return 3.2 * kMiB + 2 * n; });
  EXPECT_EQ(report.complexity, Complexity::kConstant);
  EXPECT_EQ(report.worst, Complexity::kConstant);
  ASSERT_TRUE(report.prediction);
  EXPECT_GT(report.prediction->high, 3.2 * kMiB + 2 * 500'000.0) << "it may go on";
}

TEST(ScalingFit, GrowthThatMattersAtProductionIsNotConstant) {
  const ScalingReport report = peaks([](double n) { return 3.2 * kMiB + 51 * n; });
  EXPECT_GT(report.best, Complexity::kConstant);
}

TEST(ScalingFit, GrowthNearTheToleranceIsLeftOpen) {
  const ScalingReport report =
      peaks([](double n) { return 20 * kMiB + 4 * kMiB * n / 50'000; }, 0.05, kSizes, std::nullopt);
  EXPECT_FALSE(report.complexity);
  EXPECT_EQ(report.best, Complexity::kConstant);
  EXPECT_GT(report.worst, Complexity::kConstant);
  EXPECT_THAT(report.reason, HasSubstr("O(1)"));
  EXPECT_EQ(report.advice, "add a point at 200000");
}

// The streaming export of the Django shop: SQLite's page cache fills up to 20,000 rows.
TEST(ScalingFit, WhatFillsUpAndThenStandsStillIsConstant) {
  std::vector<ScalingPoint> points;
  for (const auto& [size, peak] : {std::pair{1000, 798},
                                   {2000, 1356},
                                   {5000, 1758},
                                   {10'000, 2195},
                                   {20'000, 3322},
                                   {50'000, 3335}})
    points.push_back({static_cast<double>(size), std::vector<double>(5, 1000.0 * peak)});
  const ScalingReport report = fit_scaling(ScaledQuantity::kPeakMemory, points, 500'000);
  EXPECT_EQ(report.complexity, Complexity::kConstant);
  EXPECT_NEAR(report.prediction->value, 3.33e6, 0.1e6);
}

// The same, another day.
TEST(ScalingFit, WhatIsLeftPossibleAtProductionMayBeSomeMegabytes) {
  std::vector<ScalingPoint> points = {
      {1000, {777'808, 777'808, 790'096, 790'096, 790'096}},
      {2000, {1'352'032, 1'352'032, 1'356'128, 1'360'224, 1'417'568}},
      {5000, {1'753'440, 1'753'440, 1'757'536, 1'761'632, 1'818'976}},
      {10'000, {2'244'960, 2'244'960, 2'244'960, 2'244'960, 2'253'152}},
      {20'000, {3'260'768, 3'260'768, 3'260'768, 3'264'864, 3'268'960}},
      {50'000, {3'321'424, 3'391'056, 3'391'056, 3'391'056, 3'477'072}}};
  const ScalingReport report = fit_scaling(ScaledQuantity::kPeakMemory, points, 500'000);
  EXPECT_EQ(report.complexity, Complexity::kConstant);
  EXPECT_LT(report.prediction->high, 20 * kMiB);
}

// Its export that builds the response in memory, over the same cache: 75 MB at 500,000.
TEST(ScalingFit, WhatFillsUpDoesNotBendTheLine) {
  std::vector<ScalingPoint> points;
  for (const auto& [size, peak] : {std::pair{1000, 918},
                                   {2000, 1381},
                                   {5000, 2376},
                                   {10'000, 3863},
                                   {20'000, 6066},
                                   {50'000, 10'379}})
    points.push_back({static_cast<double>(size), std::vector<double>(5, 1000.0 * peak)});
  const ScalingReport report = fit_scaling(ScaledQuantity::kPeakMemory, points, 500'000);
  EXPECT_EQ(report.complexity, Complexity::kLinear);
  EXPECT_NEAR(report.prediction->value, 75e6, 0.15 * 75e6);
  EXPECT_LT(report.prediction->low, 75e6);
}

TEST(ScalingFit, WhatFillsUpIsNotCalledGrowingOnFourSizes) {
  std::vector<ScalingPoint> points;
  for (const double size : {1000, 5000, 20'000, 50'000})
    points.push_back({size, std::vector<double>(5, kMiB + 100 * std::min(size, 20'000.0))});
  const ScalingReport report = fit_scaling(ScaledQuantity::kPeakMemory, points, 500'000);
  EXPECT_FALSE(report.complexity);
  EXPECT_EQ(report.best, Complexity::kConstant);
  EXPECT_FALSE(report.undetermined);
  EXPECT_EQ(report.advice, "add a point at 200000");
  EXPECT_LT(report.prediction->least, 1.1 * (kMiB + 100 * 20'000)) << "it may be full";
}

TEST(ScalingFit, WhatFillsUpMoreAndMoreSlowlyIsNoLogarithm) {
  for (const double constant : {2000.0, 5000.0, 10'000.0}) {
    const ScalingReport report =
        peaks([&](double n) { return 4 * kMiB + 8 * kMiB * -std::expm1(-n / constant); }, 0.005,
              {1000, 3000, 10'000, 20'000, 50'000});
    EXPECT_EQ(report.best, Complexity::kConstant) << constant;
    EXPECT_NE(report.complexity, Complexity::kLogarithmic) << constant;
  }
}

// The same cache in a program, whose peak is all of it.
TEST(ScalingFit, WhatFillsUpInALargeProcessIsConstant) {
  const ScalingReport report =
      peaks([](double n) { return 46 * kMiB + 2.5 * kMiB * std::min(n, 20'000.0) / 20'000; });
  EXPECT_EQ(report.complexity, Complexity::kConstant);
}

// A 46 MiB interpreter and 100 B a row: a tenth more where it is measured, twice as much where it
// will run.
TEST(ScalingFit, GrowthThatALargeFixedPartHidesIsNotConstant) {
  const Curve curve = [](double n) { return 46 * kMiB + 100 * n; };
  const ScalingReport report = peaks(curve);
  EXPECT_FALSE(report.complexity);
  EXPECT_EQ(report.best, Complexity::kConstant);
  EXPECT_GE(report.worst, Complexity::kLinear);
  EXPECT_EQ(report.advice, "add a point at 200000");
  EXPECT_EQ(peaks(curve, 0.005, kSizes, std::nullopt).complexity, Complexity::kConstant)
      << "what is measured hardly grows, and nothing is said of larger sizes";
}

TEST(ScalingFit, LinearAndLinearithmicAreNotToldApartWhereNoiseHidesIt) {
  const ScalingReport report =
      peaks([](double n) { return 10 * kMiB + 800 * n; }, 0.05, {1000, 2000, 5000, 10'000});
  EXPECT_LE(report.best, Complexity::kLinear);
  EXPECT_GE(report.worst, Complexity::kLinearithmic);
  EXPECT_EQ(report.advice, "add a point at 50000");
}

TEST(ScalingFit, OutliersDoNotCount) {
  auto points = points_of(linear);
  points[1].values[0] *= 4;
  points[4].values[3] *= 3;
  const ScalingReport report = fit_scaling(ScaledQuantity::kPeakMemory, points, 500'000);
  EXPECT_EQ(report.complexity, Complexity::kLinear);
  EXPECT_NEAR(*report.per_unit, 772, 30);
}

std::vector<ScalingReport> kinds(std::vector<ScalingPoint> points) {
  return fit_kinds(ScaledQuantity::kPeakMemory, std::move(points), 500'000);
}

TEST(ScalingKinds, HighValuesThatRecurAreOfAKindOfTheirOwn) {
  auto points = points_of([](double) { return 4 * kMiB; });
  for (ScalingPoint& point : points) point.values[2] = 5 * kMiB + 700 * point.size;
  const auto reports = kinds(points);
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[0].complexity, Complexity::kConstant);
  EXPECT_FALSE(reports[0].dear);
  EXPECT_EQ(reports[1].complexity, Complexity::kLinear);
  EXPECT_TRUE(reports[1].dear);
  EXPECT_NEAR(*reports[1].per_unit, 700, 30);
}

TEST(ScalingKinds, ThoseAtFewSizesLeaveItOpen) {
  auto points = points_of([](double) { return 4 * kMiB; });
  points[4].values[2] = 15 * kMiB;
  points[5].values[2] = 30 * kMiB;
  const auto reports = kinds(points);
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_TRUE(reports[1].undetermined);
  EXPECT_EQ(reports[1].reason,
            "at 20000 and 50000 some iterations needed far more than the others did");
  EXPECT_EQ(reports[1].advice, "give what they ask for a scenario of its own");
}

TEST(ScalingKinds, OneOutlierIsOneAndNotAtTheLargestSize) {
  auto points = points_of([](double) { return 4 * kMiB; });
  points[3].values[2] = 30 * kMiB;
  EXPECT_EQ(kinds(points).size(), 1U);
  std::swap(points[3].values, points[5].values);
  EXPECT_EQ(kinds(points).size(), 2U);
  EXPECT_EQ(kinds({}).at(0).reason, "nothing was measured");
}

TEST(ScalingFit, TooFewSizesAreSaidSo) {
  const ScalingReport report = peaks(linear, 0.005, {1000, 2000});
  EXPECT_FALSE(report.complexity);
  EXPECT_TRUE(report.fits.empty());
  EXPECT_FALSE(report.prediction);
  EXPECT_EQ(report.best, Complexity::kConstant);
  EXPECT_EQ(report.worst, Complexity::kQuadratic);
  EXPECT_TRUE(report.undetermined);
  EXPECT_EQ(report.reason, "2 sizes are too few to tell how it grows: at least 4 are needed");
  EXPECT_EQ(report.advice, "add a point at 10000");
}

TEST(ScalingFit, ThreeSizesFarApartLackOneBetween) {
  EXPECT_EQ(peaks(linear, 0.005, {1000, 10'000, 100'000}).advice, "add a point at 5000");
}

TEST(ScalingFit, ANarrowSweepIsSaidSo) {
  const ScalingReport report = peaks(linear, 0.005, {1000, 2000, 3000, 5000}, 8000);
  EXPECT_FALSE(report.complexity);
  EXPECT_EQ(report.reason,
            "the sizes span a factor of 5: at least 10 is needed to tell how it grows");
  EXPECT_EQ(report.advice, "add a point at 500") << "production has no more";
  EXPECT_EQ(peaks(linear, 0.005, {1000, 2000, 3000, 5000}).advice, "add a point at 20000");
}

TEST(ScalingFit, WhatIsTooFarAwayIsNotPredicted) {
  EXPECT_TRUE(peaks(linear, 0.005, kSizes, 1'000'000).prediction);
  const ScalingReport report = peaks(linear, 0.005, kSizes, 2'000'000);
  EXPECT_FALSE(report.prediction);
  EXPECT_EQ(report.complexity, Complexity::kLinear);
  EXPECT_EQ(report.band.back().size, 50'000);
}

TEST(ScalingFit, WithoutProductionNothingIsPredicted) {
  const ScalingReport report = peaks(linear, 0.005, kSizes, std::nullopt);
  EXPECT_FALSE(report.prediction);
  EXPECT_EQ(report.complexity, Complexity::kLinear);
}

TEST(ScalingFit, NothingAtAllIsSaidSo) {
  const ScalingReport report = fit_scaling(ScaledQuantity::kPeakMemory, {}, 500'000);
  EXPECT_EQ(report.reason, "nothing was measured");
  EXPECT_TRUE(report.band.empty());
}

void expect_finite(const ScalingReport& report) {
  for (const ComplexityFit& fit : report.fits)
    for (const double value :
         {fit.fixed, fit.slope, fit.slope_low, fit.slope_high, fit.r_squared, fit.weight})
      EXPECT_TRUE(std::isfinite(value)) << complexity_name(fit.complexity);
  for (const ScalingPrediction& at : report.band)
    for (const double value : {at.size, at.value, at.low, at.high})
      EXPECT_TRUE(std::isfinite(value));
}

TEST(ScalingFit, StaysFiniteWhateverComes) {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::vector<std::vector<ScalingPoint>> all = {
      points_of([](double) { return 0; }),
      points_of([](double n) { return -100 * n; }),
      points_of([](double n) { return 1e6 / n; }),
      points_of(linear, 0.005, {5, 5, 5, 5}),
      points_of(linear, 0.005, {0.001, 0.1, 0.5, 1}),
      points_of(linear, 0.005, {1, 1e3, 1e9, 1e18}),
      points_of([](double) { return 5 * kMiB; }, 0.005, {1, 1e100, 1e200, 1e300}),
      {{1000, {kNaN, 1e6}}, {2000, {kInfinity}}, {-5, {1}}, {kNaN, {1}}, {4000, {}}},
      {{1, {1e6}}, {10, {2e6}}, {100, {3e6}}, {1000, {4e6}}}};
  for (const auto& points : all)
    for (const ScaledQuantity quantity : {ScaledQuantity::kPeakMemory, ScaledQuantity::kDuration})
      expect_finite(fit_scaling(quantity, points, 500'000));
}

TEST(ScalingFit, NothingNeededIsConstant) {
  const ScalingReport report = peaks([](double) { return 0; });
  EXPECT_EQ(report.complexity, Complexity::kConstant);
  EXPECT_EQ(report.prediction->value, 0);
}

TEST(ScalingFit, ShrinkingIsConstant) {
  EXPECT_EQ(peaks([](double n) { return 30 * kMiB - 100 * n; }).best, Complexity::kConstant);
}

TEST(ScalingFit, TheOrderOfPointsAndValuesDoesNotMatter) {
  auto points = points_of(linear, 0.05);
  const ScalingReport forwards = fit_scaling(ScaledQuantity::kPeakMemory, points, 500'000);
  std::reverse(points.begin(), points.end());
  for (ScalingPoint& point : points) std::reverse(point.values.begin(), point.values.end());
  const ScalingReport backwards = fit_scaling(ScaledQuantity::kPeakMemory, points, 500'000);
  EXPECT_EQ(forwards.points, backwards.points);
  EXPECT_EQ(forwards.complexity, backwards.complexity);
  EXPECT_EQ(forwards.prediction->value, backwards.prediction->value);
  EXPECT_EQ(forwards.prediction->high, backwards.prediction->high);
}

TEST(ScalingFit, AValueOfItsOwnIsTheSameAsAPointOfItsOwn) {
  const auto points = points_of(linear, 0.05);
  std::vector<ScalingPoint> single;
  for (const ScalingPoint& point : points)
    for (const double value : point.values) single.push_back({point.size, {value}});
  EXPECT_EQ(fit_scaling(ScaledQuantity::kPeakMemory, points, 500'000).prediction->value,
            fit_scaling(ScaledQuantity::kPeakMemory, single, 500'000).prediction->value);
}

TEST(ScalingFit, OtherUnitsOfSizeMakeNoOtherLine) {
  auto points = points_of(linear, 0.05);
  const ScalingReport rows = fit_scaling(ScaledQuantity::kPeakMemory, points, 500'000);
  for (ScalingPoint& point : points) point.size *= 64;
  const ScalingReport bytes = fit_scaling(ScaledQuantity::kPeakMemory, points, 64 * 500'000);
  EXPECT_NEAR(rows.fits[2].slope, 64 * bytes.fits[2].slope, 1e-6 * rows.fits[2].slope);
  EXPECT_NEAR(rows.fits[4].slope, 64 * 64 * bytes.fits[4].slope, 1e-6 * rows.fits[4].slope);
}

// The next launch may be a tenth faster.
TEST(ScalingFit, DurationsOfEachLaunchAreAsFarApartAsLaunches) {
  const std::vector<double> sizes = kSizes;
  const std::vector<double> launches = {1.0, 0.9, 1.08, 1.1, 0.95, 1.12};
  std::vector<ScalingPoint> points;
  for (std::size_t i = 0; i < sizes.size(); ++i)
    points.push_back({sizes[i], std::vector<double>(5, 0.2 * launches[i])});
  const ScalingReport constant = fit_scaling(ScaledQuantity::kDuration, points, std::nullopt);
  EXPECT_EQ(constant.best, Complexity::kConstant);
  for (std::size_t i = 0; i < sizes.size(); ++i)
    points[i].values.assign(5, 2e-5 * sizes[i] * launches[i]);
  const ScalingReport linear = fit_scaling(ScaledQuantity::kDuration, points, std::nullopt);
  EXPECT_LE(linear.best, Complexity::kLinear);
  EXPECT_GE(linear.worst, Complexity::kLinear);
}

TEST(ScalingFit, DurationsAreFittedBySeconds) {
  const ScalingReport report =
      fit_scaling(ScaledQuantity::kDuration,
                  points_of([](double n) { return 0.002 + 3e-5 * n; }, 0.05), 500'000);
  EXPECT_EQ(report.unit, Unit::kSeconds);
  EXPECT_EQ(report.complexity, Complexity::kLinear);
  EXPECT_NEAR(*report.per_unit, 3e-5, 2e-6);
}

}  // namespace
}  // namespace tidemark::analysis
