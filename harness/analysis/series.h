#pragma once

// From a record to numbers in a row. Pure.

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "harness/record/record.h"
#include "harness/record/series_csv.h"

namespace tidemark::analysis {

struct SeriesPoint {
  std::int64_t iteration = 0;  // finished since the launch
  std::int64_t batch = 0;      // of them, since the checkpoint before; 0: a blank one
  double value = 0;

  friend bool operator==(const SeriesPoint&, const SeriesPoint&) = default;
};

// One signal over checkpoints; where a reading failed there is no point.
struct Series {
  record::Signal signal = record::Signal::kRss;
  std::vector<SeriesPoint> points;

  friend bool operator==(const Series&, const Series&) = default;
};

std::set<record::ProcessKey> processes_of(const record::Checkpoint& checkpoint);

// The checkpoints by which growth is judged: those of the growth phase since the set of processes
// last changed. Growth of a tree whose members come and go is not the sum's growth.
struct GrowthWindow {
  std::vector<const record::Checkpoint*> checkpoints;  // they belong to the record
  std::set<record::ProcessKey> processes;
  std::int64_t left_out = 0;  // checkpoints of the growth phase before the window
  // Iterations between the first checkpoint and the last.
  std::int64_t iterations() const;
};

// `most_checkpoints` ends the view early: what the window was at that look.
GrowthWindow growth_window(const record::Record& record, std::size_t most_checkpoints = SIZE_MAX);

// The sum of a signal over the window's processes. A process that never has the signal (no agent in
// it) counts as nothing; a checkpoint where one lacks it for once is a gap.
Series tree_series(const GrowthWindow& window, record::Signal signal);

// A signal of one process over all phases.
Series process_series(const record::Record& record, const record::ProcessKey& process,
                      record::Signal signal);

// A foreign series as the rules see it: the rows' counts become batches.
Series foreign_series(const record::CsvSeries& rows, record::Signal signal);

// a − b at the checkpoints that both have.
Series difference(const Series& a, const Series& b);

}  // namespace tidemark::analysis
