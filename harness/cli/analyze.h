#pragma once

// `tidemark analyze`: records judged again, and foreign series.

#include "harness/cli/options.h"

namespace tidemark::cli {

// Prints one line a record or series, and returns the exit code. Nothing is judged when anything is
// wrong with what was given: all mistakes go to standard error.
int analyze(const AnalyzeOptions& options);

}  // namespace tidemark::cli
