#pragma once

// The phases of a scenario whose iterations are runs of a program: prepare → a first run, reported
// apart → warm-up → runs until every gate is decided. All share one scratch folder, prepared once.
// Main thread.

#include <filesystem>

#include "harness/plan/plan.h"
#include "harness/record/record.h"
#include "harness/run/progress.h"
#include "harness/run/recorder.h"
#include "harness/target/scratch.h"
#include "harness/target/target.h"

namespace tidemark::run {

// Whatever happens is in the record, but for its end, which is returned. Nothing of the program
// runs any more then. `launch` names the folder for the logs: target.log gets the output of the
// first failing runs and of the last run, of each the beginning and the end.
record::End run_program(const plan::Scenario& scenario, const target::LaunchOptions& launch,
                        target::Scratch& scratch, Recorder& recorder, Progress& progress);

}  // namespace tidemark::run
