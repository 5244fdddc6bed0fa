#include "harness/base/units.h"

#include <gtest/gtest.h>

#include <limits>

namespace tidemark {
namespace {

TEST(Units, BytesAreShownWithThreeDigitsAndABinaryUnit) {
  EXPECT_EQ(format_bytes(0_B), "0 B");
  EXPECT_EQ(format_bytes(1023_B), "1023 B");
  EXPECT_EQ(format_bytes(1024_B), "1 KiB");
  EXPECT_EQ(format_bytes(Bytes{1040}), "1.02 KiB");
  EXPECT_EQ(format_bytes(64_MiB), "64 MiB");
  EXPECT_EQ(format_bytes(Bytes{-1536}), "-1.5 KiB");
}

TEST(Units, RatesKeepTheirUnit) {
  EXPECT_EQ(format_quantity({1040, Unit::kBytesPerIteration}), "1.02 KiB/iteration");
  EXPECT_EQ(format_quantity({-0.001, Unit::kBytesPerIteration}), "0 B/iteration");
  EXPECT_EQ(format_quantity({0.5, Unit::kPercent}), "0.5 %");
}

TEST(Units, TimesTakeTheUnitThatReadsBest) {
  EXPECT_EQ(format_duration(Seconds(0)), "0 s");
  EXPECT_EQ(format_duration(Seconds(0.0000012)), "1.2 µs");
  EXPECT_EQ(format_duration(Seconds(0.18)), "180 ms");
  EXPECT_EQ(format_duration(Seconds(2.14)), "2.14 s");
  EXPECT_EQ(format_duration(Seconds(90)), "1 min 30 s");
  EXPECT_EQ(format_duration(Seconds(8 * 3600)), "8 h 0 min");
}

TEST(Units, RoughTimesHaveOneUnit) {
  constexpr double kHour = 3600;
  constexpr double kDay = 24 * kHour;
  EXPECT_EQ(format_rough_duration(Seconds(0)), "0 s");
  EXPECT_EQ(format_rough_duration(Seconds(42)), "42 s");
  EXPECT_EQ(format_rough_duration(Seconds(9.04 * 60)), "9 min");
  EXPECT_EQ(format_rough_duration(Seconds(14.5 * kHour)), "14.5 h");
  EXPECT_EQ(format_rough_duration(Seconds(47.9 * kHour)), "47.9 h");
  EXPECT_EQ(format_rough_duration(Seconds(3 * kDay)), "3 days");
  EXPECT_EQ(format_rough_duration(Seconds(317.6 * kDay)), "318 days");
  EXPECT_EQ(format_rough_duration(Seconds(12.25 * 365.25 * kDay)), "12.3 years");
  EXPECT_EQ(format_rough_duration(Seconds(1e300)), "more than 1000 years");
  EXPECT_EQ(format_rough_duration(Seconds(std::numeric_limits<double>::infinity())),
            "more than 1000 years");
}

TEST(Units, CountsAreShownInGroupsOfThree) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(5000), "5,000");
  EXPECT_EQ(format_count(1234567), "1,234,567");
  EXPECT_EQ(format_count(-123456), "-123,456");
}

TEST(Units, HowOftenIsShownInTheUnitThatReadsBest) {
  EXPECT_EQ(format_rate(20), "20/s");
  EXPECT_EQ(format_rate(412.7), "413/s");
  EXPECT_EQ(format_rate(0.2), "12/min");
  EXPECT_EQ(format_rate(500.0 / 3600), "500/h");
  EXPECT_EQ(format_rate(0.5 / 3600), "0.5/h");
}

TEST(Units, SymbolsAreReadBack) {
  for (const Unit unit : {Unit::kBytes, Unit::kBytesPerIteration, Unit::kCount,
                          Unit::kCountPerIteration, Unit::kSeconds, Unit::kPercent})
    EXPECT_EQ(parse_unit_symbol(unit_symbol(unit)), unit);
  EXPECT_EQ(parse_unit_symbol("furlong"), std::nullopt);
}

}  // namespace
}  // namespace tidemark
