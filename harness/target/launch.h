#pragma once

// Starting one program and nothing else: the only door to Boost.Process, whose traps (see
// launch.cc) end here. Call from a process's main thread: PR_SET_PDEATHSIG follows the launching
// *thread*.

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/error.h"

namespace tidemark::target {

struct ProgramStart {
  std::filesystem::path program;         // an existing file
  std::vector<std::string> arguments;    // without the program's own name
  std::filesystem::path directory = {};  // empty: this process's
  std::filesystem::path output = {};     // stdout and stderr are appended here; empty: inherited
  std::filesystem::path errors = {};     // stderr, where it goes elsewhere
  std::filesystem::path cgroup = {};     // joined before the program begins; empty: the parent's
  std::vector<std::pair<std::string, std::string>> environment = {};  // on top of this process's
  int keep_open = -1;  // the one descriptor above 2 that the child keeps
  enum class Group { kNewSession, kNewGroup } group = Group::kNewGroup;
  bool die_with_parent = false;  // SIGKILL when the launching thread ends
};

// The PID of the started program; the caller reaps it. An Error carries the reason in words.
Result<pid_t> start_program(const ProgramStart& start);

// The file that `name` stands for: itself when it has a slash (relative to `directory`), else the
// first executable of that name on `search_path` ("/usr/bin:/bin").
Result<std::filesystem::path> find_program(const std::string& name,
                                           const std::filesystem::path& directory,
                                           const std::string& search_path);

}  // namespace tidemark::target
