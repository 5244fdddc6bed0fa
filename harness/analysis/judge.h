#pragma once

// Budgets judged by what has been recorded so far. Pure. A look may pass any time; it may fail
// growth only at the header's horizon or at the plan's end, because before a cache is full its data
// are a leak's data.

#include <vector>

#include "harness/analysis/report.h"
#include "harness/record/record.h"

namespace tidemark::analysis {

struct Look {
  std::size_t growth_checkpoints = SIZE_MAX;  // only the first so many are looked at
  bool last = false;                          // nothing more will come: what is undecided stays so
};

// A gate about which nothing is known yet.
GateReport undecided(const plan::Budget& budget);

GateReport judge_growth(const record::Record& record, const plan::Budget& budget, const Look& look);
GateReport judge_count(const record::Record& record, const plan::Budget& budget, const Look& look);
GateReport judge_peak(const record::Record& record, const plan::Budget& budget, const Look& look);
GateReport judge_duration(const record::Record& record, const plan::Budget& budget,
                          const Look& look);
// The three gates of Python's collector, by what it did of its own accord.
GateReport judge_gc(const record::Record& record, const plan::Budget& budget, const Look& look);
GateReport judge_errors(const record::Record& record, const plan::Budget& budget, const Look& look);

// Every budget of the record's header.
std::vector<GateReport> judge_all(const record::Record& record, const Look& look);

// True when no more iterations can change anything: each gate has passed or failed.
bool all_decided(const std::vector<GateReport>& gates);

// All iterations and those with unexpected answers, over all phases but the diagnosis.
struct IterationCounts {
  std::int64_t total = 0;
  std::int64_t failed = 0;
};
IterationCounts count_iterations(const record::Record& record);

// Whether the iteration may have needed less than that.
bool is_upper_bound(const record::PeakSample& sample);

// Peak less base, over all processes, with the pages that were copied and what children held. Free
// memory that lay around at the start is counted in, since it is used again without a trace: freed
// pages that the kernel had not taken back, and what allocators had kept of earlier requests (a
// Python worker's tenth export of a table showed 7 MiB instead of 17).
Bytes needed_on_top(const record::PeakSample& sample);

// A single iteration as a whole, and not the first of all.
bool is_judged_iteration(const record::PeakSample& sample);

// What at least one iteration of a growth phase's batch needed on top, by what its checkpoint
// found.
struct BatchPeak {
  std::int64_t first = 0;  // iterations of the batch
  std::int64_t last = 0;
  Bytes needed{0};

  friend bool operator==(const BatchPeak&, const BatchPeak&) = default;
};

// Of the batches about which that can be said: of processes with an agent, which tells what they
// keep and what garbage was in them. Peaks of concurrent iterations add up: all but one are taken
// for the largest that was measured alone.
std::vector<BatchPeak> batch_peaks(const record::Record& record);

// Whether batches needed more than a limit, and another one would show that it was no chance.
bool awaits_another_peak(const record::Record& record);

}  // namespace tidemark::analysis
