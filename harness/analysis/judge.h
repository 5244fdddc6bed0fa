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

// Peak less base, over all processes. Free memory that lay around at the start is counted in, since
// it is used again without a trace: freed pages that the kernel had not taken back, and what
// allocators had kept of earlier requests (a Python worker's tenth export of a table showed 7 MiB
// instead of 17).
Bytes needed_on_top(const record::PeakSample& sample);

}  // namespace tidemark::analysis
