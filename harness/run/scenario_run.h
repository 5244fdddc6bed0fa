#pragma once

// The phases of one scenario: launch → peaks → warm-up → growth → stop. Main thread.

#include <filesystem>
#include <string>

#include "harness/base/error.h"
#include "harness/plan/placeholders.h"
#include "harness/plan/plan.h"
#include "harness/record/record.h"
#include "harness/run/progress.h"
#include "harness/target/scratch.h"

namespace tidemark::run {

struct ScenarioContext {
  std::string run;               // the scenario file's name
  std::string repeat_command;    // that runs this scenario again
  std::filesystem::path output;  // the scenario's folder: record and logs go there
  std::filesystem::path work;    // the run's private folder
  std::filesystem::path agent;   // where the Python agent's modules are
  plan::Placeholders secrets;
  int stop_fd;
};

// Whatever happens is in the record, as its end. The target is stopped, down to its last
// descendant, when this returns.
record::Record run_scenario(const plan::Scenario& scenario, const ScenarioContext& context,
                            target::Scratch& scratch, Progress& progress);

}  // namespace tidemark::run
