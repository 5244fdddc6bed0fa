#pragma once

// One run of a program: started, watched, ended down to its last descendant, and what it needed.
// Main thread.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/error.h"
#include "harness/base/units.h"
#include "harness/load/response_check.h"
#include "harness/record/record.h"
#include "harness/target/guarded_process.h"

namespace tidemark::run {

struct ProgramOrder {
  target::CommandStart start;     // without its output
  std::filesystem::path streams;  // a folder for its pipes
  Seconds timeout{30};
  Seconds time_left{300};  // of the whole scenario
  std::optional<Bytes> memory_limit;
  int stop_fd = -1;
};

struct ProgramRun {
  enum class Ending {
    kExited,       // by itself
    kTimedOut,     // it was ended
    kNoTimeLeft,   // of the scenario: it was ended
    kMemoryLimit,  // it grew beyond it and was ended, or the kernel ended it
    kInterrupted,  // by the user
    kLost,         // its guardian was killed
  };
  Ending ending = Ending::kExited;
  std::string message;      // of kMemoryLimit
  target::ExitStatus exit;  // of kExited
  Seconds duration{0};      // from just before its start to its end
  record::PeakSample::Process peak;
  record::PeakSignal signal = record::PeakSignal::kRss;
  bool upper_bound = false;
  std::size_t left_behind = 0;  // processes that were still there when it had ended
  std::string output;           // the beginning and the end of both streams, for the log
  std::string last_errors;      // the end of what it wrote to stderr, or else to stdout
};

// `check` has begun, and gets its standard output. An Error when it could not be started.
Result<ProgramRun> run_program_once(const ProgramOrder& order, load::ResponseCheck& check);

}  // namespace tidemark::run
