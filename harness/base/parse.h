#pragma once

// Reads the numbers, sizes, times and rates that people write. Pure functions. An error's message
// says what was read and what a good value looks like: "64 is no size: write a number and a unit,
// …".

#include <chrono>
#include <cstdint>
#include <string_view>

#include "harness/base/error.h"
#include "harness/base/units.h"

namespace tidemark {

// A whole number in decimal digits, within [lowest, highest].
Result<std::int64_t> parse_integer(std::string_view text, std::int64_t lowest = INT64_MIN,
                                   std::int64_t highest = INT64_MAX);

// "64MiB", "1.5GiB", "200MB", "512B": not negative. KB, MB, GB are powers of 1000; KiB, MiB, GiB of
// 1024.
Result<Bytes> parse_size(std::string_view text);

// "100ms", "2s", "1.5m", "8h", "250us": greater than zero.
Result<Seconds> parse_duration(std::string_view text);

// "0%", "1.5%": percent, 0 to 100.
Result<double> parse_percent(std::string_view text);

// "20/s", "90/m", "0.5/h": how often a second, greater than zero.
Result<double> parse_rate(std::string_view text);

// "1KiB/iteration": bytes per iteration.
Result<Quantity> parse_bytes_per_iteration(std::string_view text);

// "0/iteration", "0.5/iteration": a count per iteration.
Result<Quantity> parse_count_per_iteration(std::string_view text);

}  // namespace tidemark
