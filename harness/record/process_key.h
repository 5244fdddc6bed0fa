#pragma once

#include <compare>
#include <cstdint>

namespace tidemark::record {

// A process is its PID and its start: PIDs come round again.
struct ProcessKey {
  int pid = 0;
  std::uint64_t started = 0;  // clock ticks after boot

  friend auto operator<=>(const ProcessKey&, const ProcessKey&) = default;
};

}  // namespace tidemark::record
