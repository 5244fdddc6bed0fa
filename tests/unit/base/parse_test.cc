#include "harness/base/parse.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace tidemark {
namespace {

template <class T>
std::string message(const Result<T>& result) {
  return result ? "no error" : result.error().message;
}

TEST(ParseInteger, DecimalDigitsWithinTheLimits) {
  EXPECT_EQ(parse_integer("0"), 0);
  EXPECT_EQ(parse_integer("-17"), -17);
  EXPECT_EQ(parse_integer("007"), 7);
  EXPECT_EQ(parse_integer("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(parse_integer("40", 40, 40), 40);
}

TEST(ParseInteger, NothingElseIsAWholeNumber) {
  for (const char* text : {"", " ", "x", "1.0", "1e3", "0x10", "+1", " 1", "1 ", "1,000", "--1"})
    EXPECT_EQ(message(parse_integer(text)), fmt::format("'{}' is not a whole number", text));
}

TEST(ParseInteger, WhatIsOutOfRangeIsToldTheLimit) {
  EXPECT_EQ(message(parse_integer("0", 1)), "0 is too small: at least 1");
  EXPECT_EQ(message(parse_integer("600", 100, 599)), "600 is too large: at most 599");
  EXPECT_EQ(message(parse_integer("9223372036854775808", 1, 9)),
            "9223372036854775808 is too large: at most 9");
  EXPECT_EQ(message(parse_integer("-9223372036854775809", 1, 9)),
            "-9223372036854775809 is too small: at least 1");
}

TEST(ParseSize, UnitsArePowersOf1024OrOf1000) {
  EXPECT_EQ(parse_size("512B"), 512_B);
  EXPECT_EQ(parse_size("1KiB"), 1_KiB);
  EXPECT_EQ(parse_size("64MiB"), 64_MiB);
  EXPECT_EQ(parse_size("2GiB"), 2048_MiB);
  EXPECT_EQ(parse_size("1TiB"), Bytes{std::int64_t{1} << 40});
  EXPECT_EQ(parse_size("1kB"), 1000_B);
  EXPECT_EQ(parse_size("1KB"), 1000_B);
  EXPECT_EQ(parse_size("200MB"), 200'000'000_B);
  EXPECT_EQ(parse_size("3GB"), 3'000'000'000_B);
}

TEST(ParseSize, FractionsAreRoundedToWholeBytes) {
  EXPECT_EQ(parse_size("1.5KiB"), 1536_B);
  EXPECT_EQ(parse_size(".5KiB"), 512_B);
  EXPECT_EQ(parse_size("0.3B"), 0_B);
  EXPECT_EQ(parse_size("2 MiB"), 2_MiB);
}

TEST(ParseSize, AnythingElseIsShownAGoodOne) {
  for (const char* text : {"", "64", "MiB", "64M", "64mib", "64MiB ", " 64MiB", "1,5MiB", "1e3MiB",
                           "0x1MiB", "infMiB", "nanB", "+1B", "64MiB/iteration"})
    EXPECT_EQ(message(parse_size(text)),
              fmt::format("'{}' is not a size: write a number and a unit, such as 64MiB, 1KiB or "
                          "200MB",
                          text));
  EXPECT_EQ(message(parse_size("-1B")), "'-1B' is not a possible size");
  EXPECT_EQ(message(parse_size("8000000TiB")), "'8000000TiB' is not a possible size");
}

TEST(ParseDuration, EveryUnit) {
  EXPECT_DOUBLE_EQ(parse_duration("250us")->count(), 250e-6);
  EXPECT_DOUBLE_EQ(parse_duration("100ms")->count(), 0.1);
  EXPECT_DOUBLE_EQ(parse_duration("30s")->count(), 30);
  EXPECT_DOUBLE_EQ(parse_duration("1.5 m")->count(), 90);
  EXPECT_DOUBLE_EQ(parse_duration("8h")->count(), 28800);
}

TEST(ParseDuration, NothingWithoutAUnitAndNoTimeOfZero) {
  for (const char* text : {"", "30", "s", "5min", "1d", "1m30s", "30S", "1e3s", "1:30"})
    EXPECT_EQ(message(parse_duration(text)),
              fmt::format("'{}' is not a time: write a number and a unit, such as 100ms, 30s, 5m "
                          "or 8h",
                          text));
  EXPECT_FALSE(parse_duration("0s"));
  EXPECT_FALSE(parse_duration("-1s"));
  EXPECT_FALSE(parse_duration("100000h"));
}

TEST(ParseRate, PerSecondMinuteOrHour) {
  EXPECT_EQ(parse_rate("20/s"), 20);
  EXPECT_EQ(parse_rate("1.5 /s"), 1.5);
  EXPECT_DOUBLE_EQ(*parse_rate("90/m"), 1.5);
  EXPECT_DOUBLE_EQ(*parse_rate("1800/h"), 0.5);
  for (const char* text : {"", "20", "/s", "20/d", "20/min", "20 s", "20/iteration", "1e3/s"})
    EXPECT_EQ(message(parse_rate(text)),
              fmt::format("'{}' is not a rate: write a number and a unit, such as 20/s, 90/m or "
                          "500/h",
                          text));
  EXPECT_EQ(message(parse_rate("0/s")),
            "'0/s' is not a possible rate: it must be greater than zero");
  EXPECT_FALSE(parse_rate("-1/s"));
}

TEST(ParsePercent, FromNoneToAll) {
  EXPECT_EQ(parse_percent("0%"), 0);
  EXPECT_EQ(parse_percent("1.5%"), 1.5);
  EXPECT_EQ(parse_percent("2 %"), 2);
  EXPECT_EQ(parse_percent("100%"), 100);
  for (const char* text : {"", "%", "1", "-1%", "100.1%", "1%%", "1 percent"})
    EXPECT_EQ(message(parse_percent(text)),
              fmt::format("'{}' is not a percentage: write 0%, 1.5% or the like", text));
}

TEST(ParsePerIteration, BytesAndCounts) {
  EXPECT_EQ(parse_bytes_per_iteration("1KiB/iteration"),
            (Quantity{1024, Unit::kBytesPerIteration}));
  EXPECT_EQ(parse_bytes_per_iteration("0B/iteration"), (Quantity{0, Unit::kBytesPerIteration}));
  EXPECT_EQ(parse_count_per_iteration("0/iteration"), (Quantity{0, Unit::kCountPerIteration}));
  EXPECT_EQ(parse_count_per_iteration("0.1/iteration"), (Quantity{0.1, Unit::kCountPerIteration}));
  for (const char* text : {"", "1KiB", "/iteration", "1/iteration", "1KiB/request",
                           "1KiB/iteration ", "1KiB /iteration", "-1KiB/iteration"})
    EXPECT_FALSE(parse_bytes_per_iteration(text)) << text;
  for (const char* text :
       {"", "1", "/iteration", "1B/iteration", "-1/iteration", "1/iterations", "nan/iteration"})
    EXPECT_FALSE(parse_count_per_iteration(text)) << text;
}

// Properties, on seeded random input.

TEST(ParseProperties, WholeNumbersAreReadBack) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; ++i) {
    const auto number = static_cast<std::int64_t>(random() >> (random() % 64));
    EXPECT_EQ(parse_integer(fmt::format("{}", number)), number);
    EXPECT_EQ(parse_integer(fmt::format("{}", -number)), -number);
  }
}

TEST(ParseProperties, AShownSizeIsReadBackToThreeDigits) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 10'000; ++i) {
    const Bytes size{static_cast<std::int64_t>(random() >> (10 + random() % 53))};
    const Result<Bytes> read = parse_size(format_bytes(size));
    ASSERT_TRUE(read) << format_bytes(size);
    EXPECT_NEAR(static_cast<double>(read->count), static_cast<double>(size.count),
                0.5 + 0.005 * static_cast<double>(size.count));
  }
}

TEST(ParseProperties, ATimeIsReadWithTheValueOfItsUnit) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> exponent(-3, 4);
  constexpr std::pair<const char*, double> kUnits[] = {
      {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}};
  for (int i = 0; i < 10'000; ++i) {
    const double number = std::pow(10, exponent(random));
    const auto& [unit, scale] = kUnits[random() % std::size(kUnits)];
    const Result<Seconds> read = parse_duration(fmt::format("{:.9f}{}", number, unit));
    ASSERT_TRUE(read) << number << unit;
    EXPECT_NEAR(read->count(), number * scale, 1e-9 * scale);
  }
}

TEST(ParseProperties, NoTextMakesAParserDoMoreThanRefuseIt) {
  std::mt19937_64 random(4);
  constexpr std::string_view kLetters = "0123456789.,-+ eExXnaifKMGTiBbushm%/iteration\0\xff";
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (std::size_t length = random() % 12; length > 0; --length)
      text += kLetters[random() % kLetters.size()];
    if (const auto size = parse_size(text)) {
      EXPECT_GE(size->count, 0) << text;
    }
    if (const auto time = parse_duration(text)) {
      EXPECT_GT(time->count(), 0) << text;
    }
    if (const auto share = parse_percent(text)) {
      EXPECT_TRUE(*share >= 0 && *share <= 100) << text;
    }
    if (const auto growth = parse_bytes_per_iteration(text)) {
      EXPECT_GE(growth->value, 0) << text;
    }
    if (const auto count = parse_count_per_iteration(text)) {
      EXPECT_GE(count->value, 0) << text;
    }
  }
}

}  // namespace
}  // namespace tidemark
