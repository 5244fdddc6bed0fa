#include "harness/target/launch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// Process v1: v2 of Boost 1.81 leaks descriptors into the child, and after a failed exec the child
// runs the parent's atexit handlers. From 1.86 on the headers of v1 have a folder of their own.
#define BOOST_PROCESS_USE_STD_FS
#if __has_include(<boost/process/v1/child.hpp>)
#include <boost/process/v1/args.hpp>
#include <boost/process/v1/child.hpp>
#include <boost/process/v1/env.hpp>
#include <boost/process/v1/environment.hpp>
#include <boost/process/v1/error.hpp>
#include <boost/process/v1/exe.hpp>
#include <boost/process/v1/extend.hpp>
#include <boost/process/v1/io.hpp>
#include <boost/process/v1/start_dir.hpp>
#else
#include <boost/process/args.hpp>
#include <boost/process/child.hpp>
#include <boost/process/env.hpp>
#include <boost/process/environment.hpp>
#include <boost/process/error.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/extend.hpp>
#include <boost/process/io.hpp>
#include <boost/process/start_dir.hpp>
#endif

#include "harness/base/file.h"
#include "harness/target/memory_cgroup.h"

namespace tidemark::target {
namespace fs = std::filesystem;
namespace bp = boost::process;

namespace {

// Runs in the child between fork and exec: only async-signal-safe calls.
void set_up_child(const ProgramStart& start) {
  if (start.group == ProgramStart::Group::kNewSession)
    ::setsid();
  else
    ::setpgid(0, 0);
  if (start.die_with_parent) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);  // ignored ones inherit
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
  if (start.keep_open >= 0) ::fcntl(start.keep_open, F_SETFD, 0);
}

}  // namespace

Result<pid_t> start_program(const ProgramStart& start) {
  FileDescriptor output;
  FileDescriptor errors;
  const auto open_for = [](const fs::path& path, FileDescriptor& file) -> Result<void> {
    if (path.empty()) return {};
    // A pipe that nobody reads any more is an error, not something to wait for.
    file.reset(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0600));
    if (file.open() && ::fcntl(file.get(), F_SETFL, O_APPEND) == 0) return {};
    return failure(fmt::format("cannot write {}: {}", path.string(), errno_text(errno)));
  };
  if (auto opened = open_for(start.output, output); !opened) return tl::unexpected(opened.error());
  if (auto opened = open_for(start.errors, errors); !opened) return tl::unexpected(opened.error());
  const std::string procs = start.cgroup.empty() ? "" : start.cgroup / "cgroup.procs";
  bp::environment environment = boost::this_process::environment();
  for (const auto& [name, value] : start.environment) environment[name] = value;
  const fs::path directory = start.directory.empty() ? fs::current_path() : start.directory;
  std::error_code error;
  const auto set_up = bp::extend::on_exec_setup([&](auto&) {
    if (output
            .open()) {  // a file, not a pipe: a pipe's end comes only when its last holder is gone
      ::dup2(output.get(), STDOUT_FILENO);
      ::dup2(errors.open() ? errors.get() : output.get(), STDERR_FILENO);
    }
    if (!procs.empty()) join_cgroup(procs.c_str());
    set_up_child(start);
  });
  try {
    bp::child child(bp::exe = start.program.string(), bp::args = start.arguments,
                    bp::start_dir = directory.string(), environment, bp::std_in < bp::null, error,
                    set_up);
    if (error)
      return failure(fmt::format("cannot start {}: {}", start.program.string(), error.message()));
    child.detach();  // waited for with waitpid: `child::wait_for` swaps the SIGCHLD handler
    return child.id();
  } catch (const std::exception& thrown) {
    return failure(fmt::format("cannot start {}: {}", start.program.string(), thrown.what()));
  }
}

Result<fs::path> find_program(const std::string& name, const fs::path& directory,
                              const std::string& search_path) {
  const auto is_executable = [](const fs::path& path) {
    std::error_code not_there;
    return fs::is_regular_file(path, not_there) && ::access(path.c_str(), X_OK) == 0;
  };
  if (name.find('/') != std::string::npos) {
    const fs::path path = fs::absolute(directory / name).lexically_normal();
    if (is_executable(path)) return path;
    return failure(fmt::format("'{}' is not an executable file", path.string()));
  }
  std::string_view rest = search_path;
  while (!name.empty() && !rest.empty()) {
    const std::string_view folder = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(folder.size() + 1, rest.size()));
    const fs::path path = fs::absolute(directory / (folder.empty() ? "." : folder) / name);
    if (is_executable(path)) return path;
  }
  return failure(fmt::format(
      "command not found: '{}' is not in any folder of PATH; install it, activate its virtual "
      "environment, or write its path",
      name));
}

}  // namespace tidemark::target
