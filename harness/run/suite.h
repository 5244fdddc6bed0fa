#pragma once

// All scenarios of a run, one after the other, each on a target of its own. Main thread.

#include <filesystem>
#include <string>
#include <vector>

#include "harness/analysis/report.h"
#include "harness/base/error.h"
#include "harness/plan/placeholders.h"
#include "harness/plan/plan.h"
#include "harness/record/record.h"
#include "harness/run/progress.h"

namespace tidemark::run {

struct SuiteOptions {
  std::string name;
  std::vector<plan::Scenario> scenarios;
  std::vector<std::string> repeat_commands;  // one a scenario
  std::filesystem::path output;              // each scenario's folder goes in here
  plan::Placeholders secrets;
  int stop_fd;
};

// An Error when nothing could be begun: no private folder, output not writable.
Result<analysis::RunReport> run_suite(const SuiteOptions& options, Progress& progress);

// The report of an earlier run, made again from its records.
Result<analysis::RunReport> read_suite(const std::filesystem::path& output);

// The records in a run's folder (in the order of the run), in a scenario's, or in a file, each with
// its path. They have not been judged.
struct StoredRecord {
  std::string file;
  record::Record record;
};
Result<std::vector<StoredRecord>> read_records(const std::filesystem::path& path);

}  // namespace tidemark::run
