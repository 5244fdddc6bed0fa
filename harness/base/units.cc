#include "harness/base/units.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <utility>

namespace tidemark {
namespace {

constexpr std::array<std::pair<Unit, std::string_view>, 6> kSymbols = {{
    {Unit::kBytes, "B"},
    {Unit::kBytesPerIteration, "B/iteration"},
    {Unit::kCount, "count"},
    {Unit::kCountPerIteration, "count/iteration"},
    {Unit::kSeconds, "s"},
    {Unit::kPercent, "%"},
}};

// Three significant digits, never an exponent, no trailing zeros: 1.02, 63.9, 512, 0.5.
std::string three_digits(double value) {
  const double size = std::abs(value);
  const int decimals = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text == "-0" ? "0" : text;
}

// At most one decimal: 9, 14.5, 318.
std::string rough_digits(double value) {
  return three_digits(value >= 100 ? std::round(value) : std::round(value * 10) / 10);
}

// In the scale that fits `like`.
std::string bytes_text(double bytes, double like) {
  constexpr std::array<std::string_view, 5> kScales = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t scale = 0;
  for (; std::abs(like) >= 1024 && scale + 1 < kScales.size(); ++scale) {
    like /= 1024;
    bytes /= 1024;
  }
  return fmt::format("{} {}", three_digits(bytes), kScales[scale]);
}

}  // namespace

std::string_view unit_symbol(Unit unit) {
  for (const auto& [known, symbol] : kSymbols)
    if (known == unit) return symbol;
  return "?";
}

std::optional<Unit> parse_unit_symbol(std::string_view symbol) {
  for (const auto& [unit, text] : kSymbols)
    if (text == symbol) return unit;
  return std::nullopt;
}

std::string format_quantity(Quantity quantity) {
  return format_quantity(quantity, quantity.value);
}

std::string format_quantity(Quantity quantity, double like) {
  switch (quantity.unit) {
    case Unit::kBytes:
      return bytes_text(quantity.value, like);
    case Unit::kBytesPerIteration:
      return bytes_text(quantity.value, like) + "/iteration";
    case Unit::kCount:
      return three_digits(quantity.value);
    case Unit::kCountPerIteration:
      return three_digits(quantity.value) + "/iteration";
    case Unit::kSeconds:
      return format_duration(Seconds(quantity.value));
    case Unit::kPercent:
      return three_digits(quantity.value) + " %";
  }
  return {};
}

std::string format_bytes(Bytes bytes) {
  return format_quantity({static_cast<double>(bytes.count), Unit::kBytes});
}

std::string format_duration(Seconds duration) {
  const double seconds = duration.count();
  if (seconds == 0) return "0 s";
  if (seconds < 0.001) return three_digits(seconds * 1e6) + " µs";
  if (seconds < 1) return three_digits(seconds * 1e3) + " ms";
  if (seconds < 60) return three_digits(seconds) + " s";
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (seconds < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string format_rough_duration(Seconds duration) {
  constexpr double kMinute = 60;
  constexpr double kHour = 60 * kMinute;
  constexpr double kDay = 24 * kHour;
  constexpr double kYear = 365.25 * kDay;
  constexpr double kForever = 1000;  // years
  const double seconds = duration.count();
  const auto in = [&](double unit, std::string_view name) {
    return fmt::format("{} {}", rough_digits(seconds / unit), name);
  };
  if (seconds < kMinute) return format_duration(duration);
  if (seconds < kHour) return in(kMinute, "min");
  if (seconds < 2 * kDay) return in(kHour, "h");
  if (seconds < 2 * kYear) return in(kDay, "days");
  if (seconds < kForever * kYear) return in(kYear, "years");
  return fmt::format("more than {} years", kForever);
}

std::string format_count(std::int64_t count) {
  std::string text = fmt::format("{}", count);
  const std::size_t first_digit = count < 0 ? 1 : 0;
  for (std::size_t at = text.size(); at > first_digit + 3;) text.insert(at -= 3, ",");
  return text;
}

std::string format_rate(double per_second) {
  if (per_second >= 1) return three_digits(per_second) + "/s";
  if (per_second * 60 >= 10) return three_digits(per_second * 60) + "/min";
  return three_digits(per_second * 3600) + "/h";
}

}  // namespace tidemark
