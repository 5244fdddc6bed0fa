#include "harness/target/guardian.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <thread>

#include "harness/base/file.h"
#include "harness/target/launch.h"
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
  Guardian(int control, pid_t command)
      : control_(control), command_(command), command_reaped_(command == 0) {}

  int run(const std::filesystem::path& scratch);

 private:
  void send(GuardianMessage::Kind kind, std::int32_t value) const {
    const GuardianMessage message{kind, value, {}};
    ::send(control_.get(), &message, sizeof message, MSG_NOSIGNAL);
  }

  void reap();
  void stop(milliseconds grace);
  bool wait_until_gone(milliseconds patience);
  int signal_all(int signal) const;

  FileDescriptor control_;
  pid_t command_;
  bool command_reaped_;
};

// Collects what has ended, the command itself and orphans that fell to this process.
void Guardian::reap() {
  int status = 0;
  for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    if (pid != command_) continue;
    command_reaped_ = true;
    send(GuardianMessage::Kind::kExited, status);
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
    if (descendants(::getpid()).empty()) return true;
    if (Clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kPollInterval);
  }
}

void Guardian::stop(milliseconds grace) {
  signal_all(SIGTERM);
  if (grace > milliseconds(0) && wait_until_gone(grace)) {
    send(GuardianMessage::Kind::kStopped, 0);
    return;
  }
  // A tree may fork while it is being killed: repeat until nobody is left.
  const int killed = signal_all(SIGKILL);
  const auto deadline = Clock::now() + kKillPatience;
  while (!wait_until_gone(milliseconds(50))) {
    const int left = signal_all(SIGKILL);
    if (Clock::now() < deadline) continue;
    send(GuardianMessage::Kind::kLeftover, left);
    return;
  }
  send(GuardianMessage::Kind::kStopped, killed);
}

int Guardian::run(const std::filesystem::path& scratch) {
  sigset_t child_signal;
  sigemptyset(&child_signal);
  sigaddset(&child_signal, SIGCHLD);
  const FileDescriptor children(::signalfd(-1, &child_signal, SFD_CLOEXEC | SFD_NONBLOCK));
  send(GuardianMessage::Kind::kStarted, command_);
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
  GuardianMessage message{GuardianMessage::Kind::kFailed, 0, {}};
  reason.copy(message.text, sizeof message.text - 1);
  ::send(control, &message, sizeof message, MSG_NOSIGNAL);
}

}  // namespace

int guardian_main(int argc, char** argv) {
  constexpr int kFirstArgument =
      7;  // after: self, "guardian", control, output, directory, scratch,
  if (argc < kFirstArgument) return EXIT_FAILURE;  // program
  const std::string_view control_text = argv[2];
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

  if (std::string_view(argv[6]).empty()) return Guardian(control, 0).run(argv[5]);
  ProgramStart start;
  start.output = argv[3];
  start.directory = argv[4];
  start.program = argv[6];
  start.arguments.assign(argv + kFirstArgument, argv + argc);
  start.group = ProgramStart::Group::kNewGroup;
  start.die_with_parent = true;
  const Result<pid_t> command = start_program(start);
  if (!command) {
    refuse(control, command.error().message);
    return EXIT_FAILURE;
  }
  return Guardian(control, *command).run(argv[5]);
}

}  // namespace tidemark::target
