#pragma once

// One launched command and everything that descends from it, watched over by a guardian
// (guardian.h). Used from the main thread, which launches; processes() may be called from any
// thread.

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/error.h"
#include "harness/base/file.h"
#include "harness/base/units.h"
#include "harness/target/process_tree.h"

namespace tidemark::target {

struct GuardianMessage;

struct CommandStart {
  std::vector<std::string> command;
  std::filesystem::path directory;
  std::vector<std::pair<std::string, std::string>> environment;  // on top of this process's
  std::filesystem::path output;       // stdout and stderr are appended here
  std::filesystem::path scratch;      // removed by the guardian if Tidemark is killed; or empty
  std::filesystem::path errors = {};  // stderr, where it goes elsewhere
  bool own_cgroup = false;            // a memory cgroup for the tree, where one can be made
  // Where it has one: the tree may not hold more together, or the kernel ends a process of it.
  std::optional<Bytes> most_memory = std::nullopt;
};

// What the kernel counted of the processes that have ended.
struct ProcessUsage {
  // The highest RSS of any single one of them, and at least `floor`: what this would be of a
  // program that needs nothing, because the kernel counts in the process that launched it.
  Bytes largest{0};
  Bytes floor{0};
  Seconds ran{0};  // the command, from just before its start to its end
};

struct ExitStatus {
  int wait_status = 0;  // as waitpid gives it: code and signal are told apart

  bool success() const { return wait_status == 0; }
  bool has_code(int code) const;  // ended by itself, with that one
  bool killed() const;            // by SIGKILL, the OOM killer's signal
  std::string words() const;      // "exited with code 1", "was killed by signal 9 (Killed)"
};

class GuardedProcess {
 public:
  // An Error when the program cannot be found or started: then nothing runs.
  static Result<GuardedProcess> start(const CommandStart& start);

  // A guardian without a command: removes the folder if Tidemark is killed, and does nothing else.
  static Result<GuardedProcess> guard(const std::filesystem::path& scratch);

  GuardedProcess(GuardedProcess&&) = default;
  GuardedProcess& operator=(GuardedProcess&&) = delete;
  ~GuardedProcess();  // stops at once what still runs

  pid_t pid() const { return pid_; }

  // The ancestor of all; it is no part of the tree itself.
  pid_t guardian() const { return guardian_; }

  // The tree's own memory cgroup; empty: it has none. It is gone after stop().
  const std::filesystem::path& cgroup() const { return cgroup_; }

  // Complete once the tree was stopped.
  const ProcessUsage& usage() const { return usage_; }

  // True when the guardian itself was killed, and its command with it. Known after poll_exit() and
  // after stop().
  bool lost() const { return lost_; }

  // How many processes did not end by themselves when they were stopped.
  int killed() const { return killed_; }

  // Readable when there is news; call poll_exit() then.
  int news_fd() const { return control_.get(); }

  // How the command ended, as soon as it has. Its descendants may live on. Does not block.
  std::optional<ExitStatus> poll_exit();

  // Waits for the command to end, until the time is up (nothing) or `stop_fd` becomes readable.
  std::optional<ExitStatus> wait(Seconds longest, int stop_fd);

  // The command and its descendants, orphans too. Empty when all have ended.
  std::vector<ProcessEntry> processes() const { return descendants(guardian_); }

  // TERM to every process, after `grace` KILL, until none is left. An Error names the survivors:
  // there are none but those that the kernel itself cannot end.
  Result<void> stop(Seconds grace);

 private:
  GuardedProcess(pid_t guardian, FileDescriptor control)
      : guardian_(guardian), control_(std::move(control)) {}

  static Result<GuardedProcess> start_guarded(const CommandStart& start,
                                              const std::filesystem::path& program);
  void receive();
  void take(const GuardianMessage& message);

  pid_t guardian_ = -1;
  FileDescriptor control_;
  pid_t pid_ = -1;
  std::filesystem::path cgroup_;
  ProcessUsage usage_;
  std::optional<ExitStatus> exit_;
  bool lost_ = false;
  int killed_ = 0;
};

}  // namespace tidemark::target
