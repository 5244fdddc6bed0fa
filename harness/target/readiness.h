#pragma once

// Waiting until a launched target, or a service of it, can be used. Main thread.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
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
  std::string who;  // "the target"
  const plan::Readiness& readiness;
  std::string path = {};  // of AnswersPath, expanded
  int port = 0;
  std::filesystem::path output;    // of whom is waited for: WritesLog, and error messages
  std::uintmax_t output_from = 0;  // what was written before it was started says nothing
  WayIn way_in = {};
  std::function<std::optional<std::string>()> others_died = {};  // who is needed, in words
  int stop_fd;                                                   // readable: give up
};

// How much is in the file; 0 when there is none.
std::uintmax_t size_of(const std::filesystem::path& file);

// An Error says whether it died or was too slow, and shows the last lines of its output.
Result<void> wait_until_ready(GuardedProcess& process, const ReadinessWait& wait);

// The last lines of a command's output, indented, with a headline; a remark when there is none.
std::string last_lines(const std::filesystem::path& output);

}  // namespace tidemark::target
