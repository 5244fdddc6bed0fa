#pragma once

// The files that a run leaves: where they go, and writing them.

#include <span>
#include <string>
#include <vector>

#include "harness/analysis/report.h"
#include "harness/base/error.h"
#include "harness/cli/options.h"
#include "reporters/code/source_root.h"

namespace tidemark::cli {

// One of the formats that a run is written in.
struct OutputFile {
  const char* format;  // as the key of `outputs` in a scenario file
  const char* flag;
  const char* name;  // in the output folder
  std::string (*render)(const analysis::RunReport&, const reporters::SourceRoot&);
};
std::span<const OutputFile> output_files();

// What the profile of each file asks for, where the command line says nothing of it. An Error where
// two files want one format in different places: a run writes it once.
Result<void> add_outputs(const std::vector<plan::Outputs>& of_profile, OutputOptions& options);

// Creates the output folder and makes sure that every output can be written, each to a file of
// its own, so that a bad path fails before the run and not after it.
Result<void> prepare_outputs(const OutputOptions& options);

// Writes every format into the folder, and once more where a flag says so. All are tried; the Error
// names each that could not be written.
Result<void> write_outputs(const analysis::RunReport& report, const OutputOptions& options);

// Workflow commands for what is wrong; empty where they are not wanted.
std::string annotations(const analysis::RunReport& report, const OutputOptions& options);

// Where the page is written; empty: nowhere.
std::string html_file(const OutputOptions& options);

}  // namespace tidemark::cli
