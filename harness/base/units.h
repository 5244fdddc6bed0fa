#pragma once

// Quantities with their units, and how they are shown to people. Value types, no threads, no I/O.

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark {

using Seconds = std::chrono::duration<double>;

struct Bytes {
  std::int64_t count = 0;

  friend auto operator<=>(const Bytes&, const Bytes&) = default;
  friend constexpr Bytes operator+(Bytes a, Bytes b) { return {a.count + b.count}; }
  friend constexpr Bytes operator-(Bytes a, Bytes b) { return {a.count - b.count}; }
  constexpr Bytes& operator+=(Bytes other) { return count += other.count, *this; }
};

constexpr Bytes operator""_B(unsigned long long count) {
  return {static_cast<std::int64_t>(count)};
}
constexpr Bytes operator""_KiB(unsigned long long count) {
  return {static_cast<std::int64_t>(count) * 1024};
}
constexpr Bytes operator""_MiB(unsigned long long count) {
  return {static_cast<std::int64_t>(count) * 1024 * 1024};
}

enum class Unit {
  kBytes,
  kBytesPerIteration,
  kCount,
  kCountPerIteration,
  kSeconds,
  kPercent,
};

// The unit as it stands in files that machines read: "B", "B/iteration", "count",
// "count/iteration", "s", "%".
std::string_view unit_symbol(Unit unit);

std::optional<Unit> parse_unit_symbol(std::string_view symbol);

// A number that knows what it counts: what limits and measurements are made of.
struct Quantity {
  double value = 0;
  Unit unit = Unit::kCount;

  friend bool operator==(const Quantity&, const Quantity&) = default;
};

// For people, with three significant digits: "1.02 KiB/iteration", "64 MiB", "180 ms", "0.5 %".
std::string format_quantity(Quantity quantity);
// The same in the scale that fits `like`, so that the ends of an interval stand in its middle's.
std::string format_quantity(Quantity quantity, double like);
std::string format_bytes(Bytes bytes);
std::string format_duration(Seconds duration);
// For what is known only roughly, in one unit: "9 min", "14.5 h", "3.2 days", "12 years".
std::string format_rough_duration(Seconds duration);
// A number of things, in groups of three digits: "5,000".
std::string format_count(std::int64_t count);
// How often something happens: "20/s", "12/min", "0.5/h".
std::string format_rate(double per_second);

}  // namespace tidemark
