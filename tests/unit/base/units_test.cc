#include "harness/base/units.h"

#include <gtest/gtest.h>

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

TEST(Units, SymbolsAreReadBack) {
  for (const Unit unit : {Unit::kBytes, Unit::kBytesPerIteration, Unit::kCount,
                          Unit::kCountPerIteration, Unit::kSeconds, Unit::kPercent})
    EXPECT_EQ(parse_unit_symbol(unit_symbol(unit)), unit);
  EXPECT_EQ(parse_unit_symbol("furlong"), std::nullopt);
}

}  // namespace
}  // namespace tidemark
