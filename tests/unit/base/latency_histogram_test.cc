#include "harness/base/latency_histogram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace tidemark {
namespace {

LatencyHistogram histogram_of(const std::vector<double>& seconds) {
  LatencyHistogram histogram;
  for (const double value : seconds) histogram.add(Seconds(value));
  return histogram;
}

TEST(LatencyHistogram, OfNothingIsZero) {
  const LatencyHistogram empty;
  EXPECT_EQ(empty.count(), 0U);
  EXPECT_EQ(empty.quantile(0.5), Seconds(0));
  EXPECT_EQ(empty.mean(), Seconds(0));
  EXPECT_EQ(empty.largest(), Seconds(0));
  EXPECT_TRUE(empty.filled_buckets().empty());
}

TEST(LatencyHistogram, CountLargestTotalAndMeanAreExact) {
  const LatencyHistogram histogram = histogram_of({0.25, 0.5, 1.25});
  EXPECT_EQ(histogram.count(), 3U);
  EXPECT_EQ(histogram.largest(), Seconds(1.25));
  EXPECT_EQ(histogram.total(), Seconds(2));
  EXPECT_EQ(histogram.mean(), Seconds(2.0 / 3));
}

TEST(LatencyHistogram, QuantilesDivideTheLatencies) {
  LatencyHistogram histogram;
  for (int i = 1; i <= 1000; ++i) histogram.add(Seconds(i * 1e-3));
  EXPECT_NEAR(histogram.quantile(0).count(), 0.001, 0.001 * 0.008);
  EXPECT_NEAR(histogram.quantile(0.5).count(), 0.5, 0.5 * 0.008);
  EXPECT_NEAR(histogram.quantile(0.95).count(), 0.95, 0.95 * 0.008);
  EXPECT_NEAR(histogram.quantile(0.999).count(), 0.999, 0.999 * 0.008);
  EXPECT_EQ(histogram.quantile(1), Seconds(1));
  EXPECT_EQ(histogram.quantile(7), Seconds(1));
}

TEST(LatencyHistogram, OneSlowAnswerInAHundredIsTheP99OfNinetyNineFastOnes) {
  LatencyHistogram histogram;
  for (int i = 0; i < 99; ++i) histogram.add(Seconds(0.01));
  histogram.add(Seconds(5));
  EXPECT_NEAR(histogram.quantile(0.99).count(), 0.01, 0.0001);
  EXPECT_EQ(histogram.quantile(0.991), Seconds(5));
}

TEST(LatencyHistogram, NoQuantileIsAboveTheLargest) {
  for (const double value : {1e-6, 0.000'129'1, 0.1, 1.0000001, 7200.0})
    EXPECT_LE(histogram_of({value}).quantile(0.5), Seconds(value));
}

TEST(LatencyHistogram, IsWithinEightTenthsOfAPercentFromAMicrosecondToTwoHours) {
  std::mt19937_64 random(1);
  // Below 128 µs the buckets are 1 µs wide, which is the finest it knows.
  std::uniform_real_distribution<double> exponent(std::log10(1e-6), std::log10(7200));
  for (int i = 0; i < 20'000; ++i) {
    const double value = std::pow(10, exponent(random));
    LatencyHistogram histogram = histogram_of({value});
    histogram.add(Seconds(1e9));  // so that the largest does not correct it
    const double read = histogram.quantile(0.5).count();
    EXPECT_NEAR(read, value, std::max(0.008 * value, 0.5e-6)) << value;
  }
}

TEST(LatencyHistogram, WhatIsOutsideGoesIntoTheOutermostBuckets) {
  const LatencyHistogram histogram = histogram_of({-1, 0, 1e300});
  EXPECT_EQ(histogram.count(), 3U);
  EXPECT_LE(histogram.quantile(0.5), Seconds(1e-6));
  EXPECT_EQ(histogram.largest(), Seconds(1e300));
}

TEST(LatencyHistogram, MergedIsAsIfAllHadGoneIntoOne) {
  std::mt19937_64 random(2);
  std::lognormal_distribution<double> latency(-4, 2);
  LatencyHistogram first, second, both;
  for (int i = 0; i < 1000; ++i) {
    const Seconds value(latency(random));
    (i % 3 == 0 ? first : second).add(value);
    both.add(value);
  }
  first.merge(second);
  EXPECT_EQ(first.filled_buckets(), both.filled_buckets());
  EXPECT_EQ(first.count(), both.count());
  EXPECT_EQ(first.largest(), both.largest());
  EXPECT_NEAR(first.total().count(), both.total().count(), 1e-9);
}

TEST(LatencyHistogram, IsRestoredFromItsFilledBuckets) {
  const LatencyHistogram histogram = histogram_of({0.001, 0.001, 0.5, 3600});
  const LatencyHistogram restored =
      LatencyHistogram::restore(histogram.filled_buckets(), histogram.largest(), histogram.total());
  EXPECT_EQ(restored.filled_buckets(), histogram.filled_buckets());
  EXPECT_EQ(restored.count(), 4U);
  EXPECT_EQ(restored.largest(), Seconds(3600));
  EXPECT_EQ(restored.mean(), histogram.mean());
  for (const double share : {0.0, 0.5, 0.75, 0.99, 1.0})
    EXPECT_EQ(restored.quantile(share), histogram.quantile(share));
}

TEST(LatencyHistogram, AForgedFileCannotMakeItLarge) {
  const LatencyHistogram restored =
      LatencyHistogram::restore({{0xFFFFFFFF, 5}, {3, 1}}, Seconds(1), Seconds(1));
  EXPECT_EQ(restored.filled_buckets(), (std::vector<LatencyHistogram::Bucket>{{3, 1}}));
  EXPECT_EQ(restored.count(), 1U);
}

TEST(LatencyHistogram, StaysSmallHoweverManyLatenciesItHas) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> exponent(-7, 4);
  LatencyHistogram histogram;
  for (int i = 0; i < 200'000; ++i) histogram.add(Seconds(std::pow(10, exponent(random))));
  EXPECT_LT(histogram.filled_buckets().size(), 2000U);
}

}  // namespace
}  // namespace tidemark
