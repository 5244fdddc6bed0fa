#include "harness/target/guardian.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <thread>

#include "harness/base/file.h"
#include "harness/base/parse.h"
#include "harness/target/launch.h"
#include "harness/target/memory_cgroup.h"
#include "harness/target/process_tree.h"

namespace tidemark::target {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kGraceAfterHarnessDied{1000};
constexpr milliseconds kKillPatience{5000};
constexpr milliseconds kPollInterval{5};

class Guardian {
 public:
  // A `command` of 0: there is none, only a folder to remove in the end.
  Guardian(int control, pid_t command, Clock::time_point began)
      : control_(control), command_(command), command_reaped_(command == 0), began_(began) {}

  int run(const GuardianMessage& started, const std::filesystem::path& scratch);

 private:
  void send(GuardianMessage message) const {
    message.largest = largest_;
    ::send(control_.get(), &message, sizeof message, MSG_NOSIGNAL);
  }

  void reap();
  void stop(milliseconds grace);
  bool wait_until_gone(milliseconds patience);
  int signal_all(int signal) const;

  FileDescriptor control_;
  pid_t command_;
  bool command_reaped_;
  Clock::time_point began_;
  std::int64_t largest_ = 0;
};

// Collects what has ended, the command itself and orphans that fell to this process.
void Guardian::reap() {
  int status = 0;
  rusage usage{};
  for (pid_t pid = 0; (pid = ::wait4(-1, &status, WNOHANG, &usage)) > 0;) {
    largest_ = std::max<std::int64_t>(largest_, std::int64_t{usage.ru_maxrss} * 1024);
    if (pid != command_) continue;
    command_reaped_ = true;
    GuardianMessage exited{GuardianMessage::Kind::kExited, status};
    exited.nanoseconds = std::chrono::nanoseconds(Clock::now() - began_).count();
    send(exited);
  }
}

// Signals the command's group, and descendants that have left it. How many processes there were.
int Guardian::signal_all(int signal) const {
  if (!command_reaped_) ::kill(-command_, signal);
  const auto tree = descendants(::getpid());
  for (const ProcessEntry& process : tree)
    if (command_reaped_ || ::getpgid(process.pid) != command_) ::kill(process.pid, signal);
  return static_cast<int>(tree.size());
}

bool Guardian::wait_until_gone(milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  while (true) {
    reap();
    if (descendants(::getpid()).empty()) {
      reap();  // what ended between the two looks: its memory counts too
      return true;
    }
    if (Clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kPollInterval);
  }
}

void Guardian::stop(milliseconds grace) {
  signal_all(SIGTERM);
  if (grace > milliseconds(0) && wait_until_gone(grace)) {
    send({GuardianMessage::Kind::kStopped, 0});
    return;
  }
  // A tree may fork while it is being killed: repeat until nobody is left.
  const int killed = signal_all(SIGKILL);
  const auto deadline = Clock::now() + kKillPatience;
  while (!wait_until_gone(milliseconds(50))) {
    const int left = signal_all(SIGKILL);
    if (Clock::now() < deadline) continue;
    send({GuardianMessage::Kind::kLeftover, left});
    return;
  }
  send({GuardianMessage::Kind::kStopped, killed});
}

int Guardian::run(const GuardianMessage& started, const std::filesystem::path& scratch) {
  sigset_t child_signal;
  sigemptyset(&child_signal);
  sigaddset(&child_signal, SIGCHLD);
  const FileDescriptor children(::signalfd(-1, &child_signal, SFD_CLOEXEC | SFD_NONBLOCK));
  send(started);
  while (true) {
    reap();
    pollfd waits[] = {{control_.get(), POLLIN, 0}, {children.get(), POLLIN, 0}};
    if (::poll(waits, 2, -1) < 0 && errno != EINTR) return EXIT_FAILURE;
    signalfd_siginfo ignored;
    while (::read(children.get(), &ignored, sizeof ignored) > 0) {
    }
    if (waits[0].revents == 0) continue;
    GuardianMessage message;
    const ssize_t received = ::recv(control_.get(), &message, sizeof message, 0);
    if (received == sizeof message && message.kind == GuardianMessage::Kind::kStop) {
      stop(milliseconds(message.value));
      return EXIT_SUCCESS;
    }
    if (received > 0 || (received < 0 && errno == EINTR)) continue;
    stop(kGraceAfterHarnessDied);  // end of file: Tidemark is gone
    if (!scratch.empty()) {
      std::error_code ignored_error;
      std::filesystem::remove_all(scratch, ignored_error);
    }
    return EXIT_SUCCESS;
  }
}

void refuse(int control, const std::string& reason) {
  GuardianMessage message{GuardianMessage::Kind::kFailed, 0};
  reason.copy(message.text, sizeof message.text - 1);
  ::send(control, &message, sizeof message, MSG_NOSIGNAL);
}

// What the kernel says of a child that only began and ended: its copy of this process.
std::int64_t floor_of_children() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  rusage usage{};
  int status = 0;
  if (child < 0 || ::wait4(child, &status, 0, &usage) != child) return 0;
  return std::int64_t{usage.ru_maxrss} * 1024;
}

// The tree's own cgroup, from before its first process to after its last.
class TreeCgroup {
 public:
  // As the guardian's argument says.
  explicit TreeCgroup(std::string_view wanted) {
    if (!wanted.starts_with(kOwnCgroup)) return;
    folder_ = make_memory_cgroup(::getpid()).value_or("");
    wanted.remove_prefix(std::string_view(kOwnCgroup).size());
    if (folder_.empty() || wanted.empty()) return;
    if (const auto most = parse_integer(wanted.substr(1), 0)) limit_memory(folder_, Bytes{*most});
  }
  TreeCgroup(const TreeCgroup&) = delete;
  TreeCgroup& operator=(const TreeCgroup&) = delete;
  ~TreeCgroup() {
    if (!folder_.empty()) remove_cgroup(folder_);
  }

  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

}  // namespace

int guardian_main(int argc, char** argv) {
  // After this program's name and "guardian".
  enum Argument { kControl = 2, kOutput, kErrors, kDirectory, kScratch, kCgroup, kProgram, kFirst };
  if (argc < kFirst) return EXIT_FAILURE;
  const std::string_view control_text = argv[kControl];
  int control = -1;
  std::from_chars(control_text.data(), control_text.data() + control_text.size(), control);
  // Whatever is sent to the terminal's group or to everybody must not end the one who cleans up.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) ::signal(signal, SIG_IGN);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::prctl(PR_SET_NAME, kGuardianName);
  sigset_t child_signal;
  sigemptyset(&child_signal);
  sigaddset(&child_signal, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &child_signal, nullptr);

  GuardianMessage started{GuardianMessage::Kind::kStarted, 0};
  if (std::string_view(argv[kProgram]).empty())
    return Guardian(control, 0, {}).run(started, argv[kScratch]);
  const TreeCgroup cgroup(argv[kCgroup]);
  cgroup.folder().string().copy(started.text, sizeof started.text - 1);
  ProgramStart start;
  start.output = argv[kOutput];
  start.errors = argv[kErrors];
  start.directory = argv[kDirectory];
  start.cgroup = cgroup.folder();
  start.program = argv[kProgram];
  start.arguments.assign(argv + kFirst, argv + argc);
  start.group = ProgramStart::Group::kNewGroup;
  start.die_with_parent = true;
  started.floor = floor_of_children();
  const auto began = Clock::now();
  const Result<pid_t> command = start_program(start);
  if (!command) {
    refuse(control, command.error().message);
    return EXIT_FAILURE;
  }
  started.value = *command;
  return Guardian(control, *command, began).run(started, argv[kScratch]);
}

}  // namespace tidemark::target
