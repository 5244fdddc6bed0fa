#pragma once

// Waiting until a launched target can be used. Main thread.

#include <filesystem>
#include <functional>
#include <string>

#include "harness/base/error.h"
#include "harness/plan/plan.h"
#include "harness/target/guarded_process.h"

namespace tidemark::target {

// GETs a path of the target once: empty when answered with a status below 400, else what happened.
using PathCheck = std::function<std::string(const std::string& path)>;

// How the target is reached.
struct WayIn {
  PathCheck check_path;
  std::string unix_socket;  // in place of the port; empty: none
};

struct ReadinessWait {
  const plan::Readiness& readiness;
  std::string path;  // of AnswersPath, expanded
  int port;
  std::filesystem::path output;  // the target's, for WritesLog and for error messages
  WayIn way_in;
  int stop_fd;  // readable: give up
};

// An Error says whether the target died or was too slow, and shows the last lines of its output.
Result<void> wait_until_ready(GuardedProcess& process, const ReadinessWait& wait);

// The last lines of a command's output, indented, with a headline; a remark when there is none.
std::string last_lines(const std::filesystem::path& output);

}  // namespace tidemark::target
