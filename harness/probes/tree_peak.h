#pragma once

// How much memory the processes of a tree hold together at most, found by looking again and again:
// the sum of their proportional set sizes (shared pages count once). What lies between two looks
// goes unseen, so it is a lower bound. One thread.

#include <chrono>
#include <vector>

#include "harness/base/units.h"
#include "harness/probes/proc_reader.h"

namespace tidemark::probes {

class TreePeak {
 public:
  explicit TreePeak(ProcReader proc = ProcReader()) : proc_(std::move(proc)) {}

  // Cheap where nothing can be a new maximum. An exact look walks all page tables, 9 ms per GiB,
  // and holds the processes up; so it is taken at most a fifth of the time.
  void look(const std::vector<int>& pids);

  Bytes peak() const { return peak_; }

 private:
  using Clock = std::chrono::steady_clock;

  ProcReader proc_;
  Bytes peak_{0};
  Clock::time_point next_exact_look_{};
};

}  // namespace tidemark::probes
