#pragma once

// The files that a run leaves: where they go, and writing them.

#include "harness/analysis/report.h"
#include "harness/base/error.h"
#include "harness/cli/options.h"

namespace tidemark::cli {

// Creates the output folder and makes sure that every output can be written, so that a bad path
// fails before the run and not after it.
Result<void> prepare_outputs(const OutputOptions& options);

// Writes every format into the folder, and once more where a flag says so. All are tried; the Error
// names each that could not be written.
Result<void> write_outputs(const analysis::RunReport& report, const OutputOptions& options);

// Whether the terminal wants colors.
bool wants_color(const OutputOptions& options);

}  // namespace tidemark::cli
