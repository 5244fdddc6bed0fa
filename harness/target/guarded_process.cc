#include "harness/target/guarded_process.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <set>
#include <thread>

#include "harness/target/guardian.h"
#include "harness/target/launch.h"
#include "harness/target/memory_cgroup.h"

namespace tidemark::target {
namespace {

// The next message, or nothing: the guardian is `gone`, or (without `block`) there is none yet.
std::optional<GuardianMessage> next_message(int control, bool block, bool* gone = nullptr) {
  GuardianMessage message;
  ssize_t received = -1;
  do {
    received = ::recv(control, &message, sizeof message, block ? 0 : MSG_DONTWAIT);
  } while (received < 0 && errno == EINTR);
  if (gone) *gone = received == 0 || (received < 0 && errno != EAGAIN);
  if (received != static_cast<ssize_t>(sizeof message)) return std::nullopt;
  message.text[sizeof message.text - 1] = '\0';
  return message;
}

std::string search_path(const CommandStart& start) {
  for (const auto& [name, value] : start.environment)
    if (name == "PATH") return value;
  const char* path = std::getenv("PATH");
  return path ? path : "/usr/local/bin:/usr/bin:/bin";
}

std::string cgroup_argument(const CommandStart& start) {
  if (!start.own_cgroup) return {};
  return start.most_memory ? fmt::format("{}={}", kOwnCgroup, start.most_memory->count)
                           : kOwnCgroup;
}

Result<FileDescriptor> start_guardian(const CommandStart& start,
                                      const std::filesystem::path& program, pid_t& guardian) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return failure(fmt::format("cannot create a socket: {}", errno_text(errno)));
  FileDescriptor ours(ends[0]);
  const FileDescriptor theirs(ends[1]);
  ProgramStart launch;
  launch.program = "/proc/self/exe";
  launch.arguments = {kGuardianCommand,         std::to_string(theirs.get()),
                      start.output.string(),    start.errors.string(),
                      start.directory.string(), start.scratch.string(),
                      cgroup_argument(start),   program.string()};
  if (!start.command.empty())
    launch.arguments.insert(launch.arguments.end(), start.command.begin() + 1, start.command.end());
  launch.output = "/dev/null";
  launch.environment = start.environment;
  launch.keep_open = theirs.get();
  launch.group = ProgramStart::Group::kNewSession;
  const Result<pid_t> started = start_program(launch);
  if (!started) return tl::unexpected(started.error());
  guardian = *started;
  return ours;
}

bool is_guardian(pid_t pid) {
  return read_file("/proc/" + std::to_string(pid) + "/comm").value_or("") ==
         std::string(kGuardianName) + "\n";
}

// Kills what a killed guardian has left: it fell to this process, the next subreaper above it.
void stop_orphans() {
  constexpr int kRounds = 200;
  for (int round = 0; round < kRounds; ++round) {
    const auto all = descendants(::getpid());
    std::set<pid_t> guarded;  // by other guardians
    for (const ProcessEntry& process : all) {
      if (!is_guardian(process.pid)) continue;
      guarded.insert(process.pid);
      for (const ProcessEntry& theirs : descendants(process.pid)) guarded.insert(theirs.pid);
    }
    bool any = false;
    for (const ProcessEntry& process : all) {
      if (guarded.contains(process.pid)) continue;
      ::kill(process.pid, SIGKILL);
      ::waitpid(process.pid, nullptr, WNOHANG);
      any = true;
    }
    if (!any) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

}  // namespace

bool ExitStatus::killed() const {
  return WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGKILL;
}

bool ExitStatus::has_code(int code) const {
  return WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == code;
}

std::string ExitStatus::words() const {
  if (WIFSIGNALED(wait_status)) {
    const int signal = WTERMSIG(wait_status);
    return fmt::format("was killed by signal {} ({})", signal, ::strsignal(signal));
  }
  return fmt::format("exited with code {}", WEXITSTATUS(wait_status));
}

Result<GuardedProcess> GuardedProcess::start(const CommandStart& start) {
  if (start.command.empty()) return failure("there is no command to start");
  std::error_code error;
  if (!std::filesystem::is_directory(start.directory, error))
    return failure(fmt::format("the folder {} does not exist", start.directory.string()));
  const auto program = find_program(start.command.front(), start.directory, search_path(start));
  if (!program) return tl::unexpected(program.error());
  return start_guarded(start, *program);
}

Result<GuardedProcess> GuardedProcess::guard(const std::filesystem::path& scratch) {
  return start_guarded({{}, "/", {}, {}, scratch}, {});
}

Result<GuardedProcess> GuardedProcess::start_guarded(const CommandStart& start,
                                                     const std::filesystem::path& program) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // for the case that a guardian is killed
  pid_t guardian = -1;
  Result<FileDescriptor> control = start_guardian(start, program, guardian);
  if (!control) return tl::unexpected(control.error());
  GuardedProcess process(guardian, std::move(*control));
  const auto message = next_message(process.control_.get(), true);
  if (message && message->kind == GuardianMessage::Kind::kStarted) {
    process.pid_ = message->value;
    process.cgroup_ = message->text;
    process.usage_.floor = Bytes{message->floor};
    return process;
  }
  return failure(message ? message->text : "its guardian ended early");
}

GuardedProcess::~GuardedProcess() {
  if (control_.open()) (void)stop(Seconds(0));
}

void GuardedProcess::receive() {
  while (const auto message = next_message(control_.get(), false, &lost_)) {
    take(*message);
    if (exit_) return;
  }
}

void GuardedProcess::take(const GuardianMessage& message) {
  usage_.largest = std::max(usage_.largest, Bytes{message.largest});
  if (message.kind != GuardianMessage::Kind::kExited) return;
  exit_ = ExitStatus{message.value};
  usage_.ran = std::chrono::nanoseconds(message.nanoseconds);
}

std::optional<ExitStatus> GuardedProcess::poll_exit() {
  if (!exit_ && control_.open()) receive();
  return exit_;
}

std::optional<ExitStatus> GuardedProcess::wait(Seconds longest, int stop_fd) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(longest);
  while (!poll_exit()) {
    const Seconds left = deadline - Clock::now();
    if (left.count() <= 0) return std::nullopt;
    pollfd waits[] = {{control_.get(), POLLIN, 0}, {stop_fd, POLLIN, 0}};
    ::poll(waits, 2, static_cast<int>(std::min(left.count() * 1000 + 1, 3.6e6)));
    if (waits[1].revents != 0) return std::nullopt;
    if (waits[0].revents & POLLHUP && !poll_exit()) return std::nullopt;  // the guardian was killed
  }
  return exit_;
}

Result<void> GuardedProcess::stop(Seconds grace) {
  if (!control_.open()) return {};
  const GuardianMessage order{GuardianMessage::Kind::kStop,
                              static_cast<std::int32_t>(std::lround(grace.count() * 1000)),
                              {}};
  ::send(control_.get(), &order, sizeof order, MSG_NOSIGNAL);
  int leftover = 0;
  while (const auto message = next_message(control_.get(), true)) {
    take(*message);
    if (message->kind == GuardianMessage::Kind::kLeftover) leftover = message->value;
    if (message->kind == GuardianMessage::Kind::kStopped) killed_ = message->value;
  }
  control_.reset();
  int status = 0;
  while (::waitpid(guardian_, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) {
    lost_ = true;
    stop_orphans();
    if (!cgroup_.empty()) remove_cgroup(cgroup_);
  }
  if (leftover > 0)
    return failure(fmt::format("{} processes of the target could not be killed", leftover));
  return {};
}

}  // namespace tidemark::target
