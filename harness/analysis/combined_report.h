#pragma once

// Several finished runs as one report. Pure.

#include <string>
#include <vector>

#include "harness/analysis/report.h"

namespace tidemark::analysis {

struct LabelledRun {
  std::string label;  // the run's folder, as it was given; no two are the same
  RunReport report;
};

// All scenarios and sweeps, in the order of the runs; each knows its run. Names that several runs
// have get their run's label, folders lie below their run's, and so do facts of the machine that
// are not the same everywhere. It failed if one failed. One run alone stays as it is.
RunReport combine(std::vector<LabelledRun> runs);

}  // namespace tidemark::analysis
