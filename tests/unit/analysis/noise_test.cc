#include "harness/analysis/noise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace tidemark::analysis {
namespace {

std::vector<double> normal_noise(std::size_t count, double deviation, double drift = 0) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> noise(0, deviation);
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i)
    values.push_back(1e7 + drift * static_cast<double>(i) + noise(random));
  return values;
}

TEST(Noise, OfNothingOrOneReadingNothingIsKnown) {
  EXPECT_EQ(noise_of({}).readings, 0U);
  const Noise one = noise_of({5});
  EXPECT_EQ(one.readings, 1U);
  EXPECT_EQ(one.drift, 0);
  EXPECT_EQ(one.deviation, 0);
}

TEST(Noise, TwoReadingsHaveADriftAndNoNoise) {
  const Noise two = noise_of({5, 9});
  EXPECT_EQ(two.drift, 4);
  EXPECT_EQ(two.deviation, 0);
}

TEST(Noise, WhatStandsStillHasNone) {
  const Noise still = noise_of(std::vector<double>(30, 8e6));
  EXPECT_EQ(still.deviation, 0);
  EXPECT_EQ(still.drift, 0);
  EXPECT_EQ(still.readings, 30U);
}

TEST(Noise, IsTheStandardDeviationOfNormalNoise) {
  EXPECT_NEAR(noise_of(normal_noise(20'000, 100)).deviation, 100, 3);
}

TEST(Noise, ASteadyDriftIsDriftAndNotNoise) {
  const Noise noise = noise_of(normal_noise(20'000, 100, 50));
  EXPECT_NEAR(noise.deviation, 100, 3);
  EXPECT_NEAR(noise.drift, 50 * 20'000, 1000);
}

TEST(Noise, ASingleJumpIsDriftAndNotNoise) {
  std::vector<double> values = normal_noise(40, 10);
  const double before = noise_of(values).deviation;
  for (std::size_t i = 20; i < values.size(); ++i) values[i] += 1e6;
  const Noise noise = noise_of(values);
  EXPECT_NEAR(noise.deviation, before, before / 5);
  EXPECT_NEAR(noise.drift, 1e6, 100);
}

TEST(Noise, AlternatingValuesAreNoise) {
  std::vector<double> values;
  for (int i = 0; i < 31; ++i) values.push_back(i % 2 == 0 ? 0 : 4096);
  EXPECT_NEAR(noise_of(values).deviation, 4096 * 1.4826 / std::sqrt(2.0), 4096);
  EXPECT_GT(noise_of(values).deviation, 4096);
}

}  // namespace
}  // namespace tidemark::analysis
