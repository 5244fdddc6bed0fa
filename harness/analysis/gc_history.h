#pragma once

// What Python's collector did of its own accord between the checkpoints of the growth phase. Its
// numbers are cumulative and a process's own; here they become those of stretches of iterations.
// Pure.

#include <cstdint>
#include <optional>
#include <vector>

#include "harness/record/record.h"

namespace tidemark::analysis {

// Between two checkpoints that followed each other. Only those at both ends of which the same
// processes gave numbers: one that was forked in between brings its parent's numbers along, one
// that ended took its last ones with it.
struct GcStretch {
  std::int64_t from = 0;  // iterations of the run
  std::int64_t to = 0;
  int processes = 0;
  std::vector<std::int64_t> collections;  // by generation

  std::int64_t iterations() const { return to - from; }
  std::int64_t all_collections() const;
};

// Of one generation of one process, over its readings from `from` on.
struct GcChange {
  record::GcGeneration first;
  record::GcGeneration last;

  std::int64_t collections() const { return last.collections - first.collections; }
  std::optional<Seconds> paused() const;
};
struct GcProcess {
  record::ProcessKey process;
  std::vector<GcChange> generations;
};

// The longest single pause that lay within a change. The agent knows the longest since the process
// began: where that is older than the change, only bounds are known.
struct LongestPause {
  Seconds at_least{0};
  Seconds at_most{0};
};
std::optional<LongestPause> longest_pause(const GcChange& change);

// Those that are at least half as long as the longest. Each settling empties the counters that make
// a collection begin, so up to one a process and stretch does not come to pass: in short stretches
// that is most of them.
std::vector<GcStretch> long_stretches(const std::vector<GcStretch>& stretches);

struct GcHistory {
  std::vector<GcStretch> stretches;
  std::vector<GcProcess> processes;  // over the growth phase, in the order of their first reading
};

// By the first so many checkpoints of the growth phase.
GcHistory gc_history(const record::Record& record, std::size_t growth_checkpoints = SIZE_MAX);

}  // namespace tidemark::analysis
