#pragma once

// Iterations that were driven one at a time, between two checkpoints: what each took, brought and
// left. Value types and a pure function.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/base/units.h"
#include "harness/record/record.h"

namespace tidemark::analysis {

// One entry an iteration in each list. Of the peaks phase, which the first iteration of all is not
// in; those answered as expected. Of a
// program all runs after the warm-up.
struct SingleIterations {
  std::vector<Seconds> durations;
  std::vector<Bytes> bodies;
  std::vector<std::string> flows;  // that they took; empty names: there is only one
  // Bytes that one of them left, over all processes: the median, and rough, because they are few.
  // Live bytes where every process has them, else private pages.
  std::optional<double> retained;
};

SingleIterations single_iterations(const record::Record& record);

// Those of all phases, by their numbers, that were driven alone and not answered as expected.
std::set<std::int64_t> failed_single_iterations(const record::Record& record);

}  // namespace tidemark::analysis
