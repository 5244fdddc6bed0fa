#pragma once

// Growth of a tree whose processes come and go. The sum over processes jumps with each of them, so
// the run is cut there: within a segment the set of processes stands still, and the sum is set
// against the iterations of that segment alone. Pure; O(readings).

#include <cstddef>
#include <optional>
#include <vector>

#include "harness/analysis/growth_verdict.h"
#include "harness/analysis/series.h"
#include "harness/record/record.h"

namespace tidemark::analysis {

// The tree's sum over stretches of the growth phase in which no process began or ended, without the
// first iterations after a process began: they are its warm-up. The first `most_checkpoints` of the
// phase are looked at.
std::vector<Series> segments_of(const record::Record& record, record::Signal signal,
                                std::size_t most_checkpoints = SIZE_MAX);

// The slope that all segments have in common, each with a level of its own. Its error is that
// between segments.
struct SegmentedGrowth {
  double per_iteration = 0;
  double error = 0;       // standard error
  double late = 0;        // per iteration, in the second halves of the segments alone
  double rising = 0;      // share of the segments that grow
  double iterations = 0;  // within all segments
  std::size_t segments = 0;

  double low(double probability) const;  // bounds of which each holds with that probability
  double high(double probability) const;
};

// Nothing when there are fewer than four segments.
std::optional<SegmentedGrowth> segmented_growth(const std::vector<Series>& segments);

// The verdict of a look. It may pass at any time, and fail at the horizon.
Outcome look_at(const SegmentedGrowth& growth, const GrowthQuestion& question, bool last);

// Whether processes came and went so often that the sum since the last change is not the larger
// part.
bool is_recycled(const GrowthWindow& window);

}  // namespace tidemark::analysis
