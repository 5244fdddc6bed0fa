#include "harness/base/parse.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

namespace tidemark {
namespace {

struct NumberWithSuffix {
  double number = 0;
  std::string_view suffix;
};

// Splits "1.5MiB" into 1.5 and "MiB"; nothing when it does not start with a plain decimal number.
std::optional<NumberWithSuffix> split_number(std::string_view text) {
  NumberWithSuffix split;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), split.number,
                                            std::chars_format::fixed);
  if (error != std::errc() || !std::isfinite(split.number)) return std::nullopt;
  split.suffix = text.substr(static_cast<std::size_t>(end - text.data()));
  while (split.suffix.starts_with(' ')) split.suffix.remove_prefix(1);
  return split;
}

template <std::size_t N>
std::optional<double> scaled(std::string_view text,
                             const std::array<std::pair<std::string_view, double>, N>& scales) {
  const auto split = split_number(text);
  if (!split) return std::nullopt;
  for (const auto& [suffix, scale] : scales)
    if (suffix == split->suffix) return split->number * scale;
  return std::nullopt;
}

constexpr std::array<std::pair<std::string_view, double>, 9> kSizes = {{
    {"B", 1},
    {"KiB", 1024.0},
    {"MiB", 1024.0 * 1024},
    {"GiB", 1024.0 * 1024 * 1024},
    {"TiB", 1024.0 * 1024 * 1024 * 1024},
    {"KB", 1e3},
    {"kB", 1e3},
    {"MB", 1e6},
    {"GB", 1e9},
}};

constexpr std::array<std::pair<std::string_view, double>, 5> kTimes = {{
    {"us", 1e-6},
    {"ms", 1e-3},
    {"s", 1},
    {"m", 60},
    {"h", 3600},
}};

constexpr std::array<std::pair<std::string_view, double>, 3> kRates = {{
    {"/s", 1},
    {"/m", 1.0 / 60},
    {"/h", 1.0 / 3600},
}};

constexpr std::string_view kPerIteration = "/iteration";
constexpr double kLargestSize = 8e18;  // bytes; below 2^63

}  // namespace

Result<std::int64_t> parse_integer(std::string_view text, std::int64_t lowest,
                                   std::int64_t highest) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = !text.empty() && end == text.data() + text.size();
  if (is_whole && error == std::errc::result_out_of_range)
    return failure(fmt::format("{} is {}", text,
                               text.starts_with('-')
                                   ? fmt::format("too small: at least {}", lowest)
                                   : fmt::format("too large: at most {}", highest)));
  if (!is_whole || error != std::errc())
    return failure(fmt::format("'{}' is not a whole number", text));
  if (value < lowest) return failure(fmt::format("{} is too small: at least {}", value, lowest));
  if (value > highest) return failure(fmt::format("{} is too large: at most {}", value, highest));
  return value;
}

Result<Bytes> parse_size(std::string_view text) {
  const auto bytes = scaled(text, kSizes);
  if (!bytes)
    return failure(fmt::format(
        "'{}' is not a size: write a number and a unit, such as 64MiB, 1KiB or 200MB", text));
  if (*bytes < 0 || *bytes > kLargestSize)
    return failure(fmt::format("'{}' is not a possible size", text));
  return Bytes{std::llround(*bytes)};
}

Result<Seconds> parse_duration(std::string_view text) {
  const auto seconds = scaled(text, kTimes);
  if (!seconds)
    return failure(fmt::format(
        "'{}' is not a time: write a number and a unit, such as 100ms, 30s, 5m or 8h", text));
  constexpr double kTenYears = 10 * 365.25 * 86400;
  if (*seconds <= 0)
    return failure(fmt::format("'{}' is not a possible time: it must be greater than zero", text));
  if (*seconds > kTenYears)
    return failure(fmt::format("'{}' is too long: at most ten years", text));
  return Seconds(*seconds);
}

Result<double> parse_percent(std::string_view text) {
  const auto split = split_number(text);
  if (!split || split->suffix != "%" || split->number < 0 || split->number > 100)
    return failure(fmt::format("'{}' is not a percentage: write 0%, 1.5% or the like", text));
  return split->number;
}

Result<double> parse_rate(std::string_view text) {
  const auto per_second = scaled(text, kRates);
  if (!per_second)
    return failure(fmt::format(
        "'{}' is not a rate: write a number and a unit, such as 20/s, 90/m or 500/h", text));
  if (*per_second <= 0)
    return failure(fmt::format("'{}' is not a possible rate: it must be greater than zero", text));
  return *per_second;
}

Result<Quantity> parse_bytes_per_iteration(std::string_view text) {
  if (text.ends_with(kPerIteration)) {
    const std::string_view size = text.substr(0, text.size() - kPerIteration.size());
    if (scaled(size, kSizes))
      return parse_size(size).map([](Bytes bytes) {
        return Quantity{static_cast<double>(bytes.count), Unit::kBytesPerIteration};
      });
  }
  return failure(fmt::format(
      "'{}' is not a growth: write a size per iteration, such as 1KiB/iteration", text));
}

Result<Quantity> parse_count_per_iteration(std::string_view text) {
  if (text.ends_with(kPerIteration)) {
    const auto split = split_number(text.substr(0, text.size() - kPerIteration.size()));
    if (split && split->suffix.empty() && split->number >= 0)
      return Quantity{split->number, Unit::kCountPerIteration};
  }
  return failure(
      fmt::format("'{}' is not a count per iteration: write 0/iteration or 0.1/iteration", text));
}

}  // namespace tidemark
