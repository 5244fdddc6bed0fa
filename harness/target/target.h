#pragma once

// From a plan to a target that answers: services, prepare, launch, wait until ready. Main thread.

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/error.h"
#include "harness/plan/placeholders.h"
#include "harness/plan/plan.h"
#include "harness/target/guarded_process.h"
#include "harness/target/readiness.h"
#include "harness/target/scratch.h"
#include "harness/target/services.h"

namespace tidemark::target {

struct RunningTarget {
  Services services;  // outlive the process that needs them
  GuardedProcess process;
  int port = 0;
  plan::Placeholders placeholders;                // with port and scratch, for the requests
  std::chrono::steady_clock::time_point started;  // after its preparation

  // First the target, then its services.
  Result<void> stop(Seconds grace);
};

struct LaunchOptions {
  std::filesystem::path logs;  // target.log, prepare.log, service-NAME.log are appended to in here
  std::filesystem::path work;  // the run's private folder; the guardian removes it after a kill -9
  std::vector<std::pair<std::string, std::string>> environment;    // added to the target's own
  std::vector<std::pair<std::string, std::string>> path_prefixes;  // put before what a variable has
  plan::Placeholders placeholders;                                 // with the secrets
  // Given the placeholders with port and scratch.
  std::function<Result<WayIn>(int port, const plan::Placeholders&)> way_in;
  std::optional<Bytes> most_memory = std::nullopt;      // of the target's cgroup, where it has one
  std::function<void(const GuardedProcess&)> on_start;  // called when it runs and is not ready yet
  int stop_fd = -1;                                     // readable: give up
};

// Launches targets one after the other; `scratch` remembers what `prepare` made for them.
// Errors name the command that failed and show the last lines of its output.
Result<RunningTarget> launch_target(const plan::Target& target, Scratch& scratch,
                                    const LaunchOptions& options);

// What each run of a program begins with.
struct PreparedProgram {
  Services services;                // they run from one run to the next
  CommandStart start;               // its output is the caller's to say
  plan::Placeholders placeholders;  // with port and scratch
};

// Fills the scratch folder as for a launch, and starts the services.
Result<PreparedProgram> prepare_program(const plan::CommandLine& program,
                                        const plan::Target& target, Scratch& scratch,
                                        const LaunchOptions& options);

// Runs a command to its end in the target's folder and environment, before any preparation.
Result<ExitStatus> run_command(const plan::CommandLine& command, const plan::Target& target,
                               const Scratch& scratch, const LaunchOptions& options,
                               const std::filesystem::path& output, Seconds longest);

}  // namespace tidemark::target
