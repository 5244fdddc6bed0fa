#include "harness/run/doctor.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "harness/agents/python_agent.h"
#include "harness/analysis/blocks.h"
#include "harness/base/file.h"
#include "harness/base/json.h"
#include "harness/base/text.h"
#include "harness/base/version.h"
#include "harness/probes/probe.h"
#include "harness/run/machine_checks.h"
#include "harness/run/trials.h"
#include "harness/target/launch.h"
#include "harness/target/target.h"

namespace tidemark::run {
namespace {

namespace fs = std::filesystem;
using analysis::Level;
using analysis::MachineCheck;
using record::Signal;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kCheckpoints = 30;
constexpr std::size_t kUnsettledCheckpoints = 3;  // the first ones, which real runs warm up with
constexpr Seconds kReadinessPatience{1.5};
constexpr Seconds kAgentPatience{1};
constexpr Seconds kPollInterval{0.01};
// Between checkpoints: what else goes on in the machine gets its chance to show.
constexpr Seconds kPause{0.02};
constexpr Seconds kReadingPatience{0.5};
constexpr Seconds kReadingEnd{4};  // after the start of all
constexpr Seconds kStopGrace{0.3};

// Both targets are a process and another one that has lost its parent and left its session, as
// daemons do: it must fall to the guardian. They end by themselves, should all else fail.
constexpr char kReady[] = "the idle target is ready";
constexpr char kIdlePython[] = R"(
import json, os, sysconfig, time
try:
    library = os.confstr("CS_GNU_LIBC_VERSION")
except (OSError, ValueError):
    library = None
free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
print(json.dumps({"c_library": library or "", "free_threaded": free_threaded}), flush=True)
child = os.fork()
if child == 0:
    os.setsid()
    if os.fork() != 0:
        os._exit(0)
else:
    os.waitpid(child, 0)
    print("the idle target is ready", flush=True)
time.sleep(60)
)";
constexpr char kIdleShell[] =
    "PATH=$PATH:/usr/bin:/bin; (sleep 60 &); echo the idle target is ready; exec sleep 60";

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

// The first line says what happened; of the target's output the last one says most.
std::string brief(const Error& error) {
  std::string text = error.message;
  while (text.ends_with('\n')) text.pop_back();
  const std::string first = text.substr(0, text.find('\n'));
  if (first.size() == text.size()) return printable_line(text, 300);
  const std::string last = text.substr(text.rfind('\n') + 1);
  return printable_line(first, 300) + ": " +
         printable_line(last.substr(std::min(last.size(), last.find_first_not_of(' '))), 300);
}

constexpr char kLetLaunch[] = "allow this user to start processes: tidemark run cannot do without";

// What the interpreter says of itself; untrusted.
struct PythonFacts {
  std::string c_library;  // "glibc 2.36"; empty: another one
  bool free_threaded = false;
};

PythonFacts read_facts(const fs::path& log) {
  std::istringstream lines(read_tail(log, 65536));
  for (std::string line; std::getline(lines, line);) {
    const auto facts = read_json(line, [](const Json& json) {
      return PythonFacts{json.at("c_library"), json.at("free_threaded")};
    });
    if (facts) return {printable_line(facts->c_library, 40), facts->free_threaded};
  }
  return {};
}

std::string why_no_live_bytes(const PythonFacts& facts) {
  if (facts.free_threaded) return "a free-threaded build has an allocator that does not tell";
  if (facts.c_library.empty()) return "its C library is not glibc";
  if (is_set("LD_PRELOAD")) return "LD_PRELOAD is set, and may replace malloc";
  return facts.c_library + " does not tell; glibc 2.33 and later do";
}

class Doctor {
 public:
  explicit Doctor(int stop_fd)
      : stop_fd_(stop_fd), machine_(this_machine()), work_(TemporaryFolder::create()) {}

  std::optional<analysis::DoctorReport> diagnose();

 private:
  void launch_and_read();
  std::optional<target::RunningTarget> launch();
  Result<target::RunningTarget> launch_command(const std::vector<std::string>& command);
  void await_processes(const target::RunningTarget& target);
  void read(target::RunningTarget& target);
  std::vector<record::ProcessKey> processes(const target::RunningTarget& target) const;
  void check_guardian(target::RunningTarget& target);
  void check_agent(const std::string& problem);
  void add(MachineCheck check) { report_.checks.push_back(std::move(check)); }
  bool interrupted() const { return wait_readable(stop_fd_, Seconds(0)); }
  Seconds elapsed() const { return Clock::now() - began_; }
  fs::path sockets() const { return work_->path() / "agents"; }
  fs::path log() const { return work_->path() / "target.log"; }

  int stop_fd_;
  Clock::time_point began_ = Clock::now();
  Machine machine_;
  Result<TemporaryFolder> work_;
  std::optional<target::Scratch> scratch_;
  fs::path python_;              // empty: there is none
  std::string launch_problem_;   // of Python, where the shell had to stand in
  bool orphan_is_seen_ = false;  // below the guardian
  analysis::DoctorReport report_;
};

Result<target::RunningTarget> Doctor::launch_command(const std::vector<std::string>& command) {
  plan::Target target;
  target.directory = "/";
  for (const std::string& argument : command)
    target.command.push_back(plan::Template({{plan::TemplatePiece::Kind::kLiteral, argument}}));
  target.readiness = {plan::WritesLog{kReady}, kReadinessPatience};
  target::LaunchOptions options;
  options.logs = work_->path();
  options.work = work_->path();
  options.stop_fd = stop_fd_;
  options.environment = agents::agent_environment(sockets());
  options.path_prefixes = agents::agent_path_prefixes(work_->path() / "python");
  options.way_in = [](int, const plan::Placeholders&) {
    return target::WayIn{[](const std::string&) { return std::string(); }, {}};
  };
  return target::launch_target(target, *scratch_, options);
}

// Python where there is one, for its agent; else a shell, read from outside alone.
std::optional<target::RunningTarget> Doctor::launch() {
  const char* path = std::getenv("PATH");
  if (const auto python = target::find_program("python3", "/", path ? path : "/usr/bin:/bin")) {
    python_ = *python;
    auto running = launch_command({python_.string(), "-c", kIdlePython});
    if (running) return std::move(*running);
    launch_problem_ = brief(running.error());
    if (interrupted()) return std::nullopt;
  }
  auto running = launch_command({"/bin/sh", "-c", kIdleShell});
  if (running) return std::move(*running);
  add({"launching", Level::kMissing, brief(running.error()), kLetLaunch});
  return std::nullopt;
}

std::vector<record::ProcessKey> Doctor::processes(const target::RunningTarget& target) const {
  std::vector<record::ProcessKey> keys;
  for (const target::ProcessEntry& entry : target.process.processes())
    keys.push_back({entry.pid, entry.started});
  return keys;
}

// Until the orphan has come to the guardian, and every process has its agent if one has.
void Doctor::await_processes(const target::RunningTarget& target) {
  const probes::AgentClient agents(sockets());
  const Clock::time_point began = Clock::now();
  while (Clock::now() - began < kAgentPatience && !interrupted()) {
    const auto entries = target.process.processes();
    orphan_is_seen_ =
        std::any_of(entries.begin(), entries.end(), [&](const target::ProcessEntry& entry) {
          return entry.parent == target.process.guardian() && entry.pid != target.process.pid();
        });
    const bool have_agents =
        python_.empty() || !launch_problem_.empty() ||
        std::all_of(entries.begin(), entries.end(),
                    [&](const target::ProcessEntry& entry) { return agents.has_agent(entry.pid); });
    if (orphan_is_seen_ && have_agents) break;
    wait_readable(stop_fd_, kPollInterval);
  }
  const pid_t pid = target.process.pid();
  if (!agents.has_agent(pid)) return;
  if (const auto identity = agents.hello(pid, {kAgentPatience, stop_fd_}))
    report_.idle.runtime = fmt::format("{} {}", identity->runtime, identity->version);
}

void Doctor::read(target::RunningTarget& target) {
  probes::Probe probe(sockets());
  record::Record record;
  std::vector<double> durations;
  std::string gap;
  for (std::size_t i = 0; i < kUnsettledCheckpoints + kCheckpoints; ++i) {
    if (wait_readable(stop_fd_, kPause) || elapsed() > kReadingEnd) break;
    const Clock::time_point began = Clock::now();
    record::Checkpoint checkpoint{record::Phase::kGrowth, 0, 0, elapsed(),
                                  probe.read(processes(target), {kReadingPatience, stop_fd_})};
    durations.push_back(Seconds(Clock::now() - began).count());
    if (i >= kUnsettledCheckpoints) record.checkpoints.push_back(std::move(checkpoint));
  }
  if (record.checkpoints.empty()) return;
  report_.idle.processes = record.checkpoints.back().readings.size();
  report_.idle.checkpoints = record.checkpoints.size();
  report_.idle.checkpoint = Seconds(analysis::median_of(durations));
  report_.idle.signals = analysis::noise_of_signals(record);
}

void Doctor::check_guardian(target::RunningTarget& target) {
  if (!orphan_is_seen_) {
    add({"launching", Level::kLimited,
         "a process that loses its parent is not seen below the guardian: it would be neither "
         "measured nor stopped",
         "keep the target in the foreground; sandboxes may lack PR_SET_CHILD_SUBREAPER"});
    return;
  }
  if (const auto stopped = target.process.stop(kStopGrace); !stopped)
    add({"launching", Level::kLimited, stopped.error().message, "end them by hand, as root"});
  else
    add({"launching", Level::kOk, "a target and its orphans are found, read and stopped", {}});
}

void Doctor::check_agent(const std::string& problem) {
  constexpr char kOthers[] = "targets in other languages need nothing";
  const std::string path = printable_line(python_.string());
  if (python_.empty()) {
    add({"Python agent", Level::kLimited,
         "not tried, there is no python3 on PATH: what has no agent is judged by its pages, with "
         "wider limits",
         fmt::format("install python3 or activate the application's virtual environment; {}",
                     kOthers)});
    return;
  }
  if (!problem.empty() || report_.idle.runtime.empty()) {
    add({"Python agent", Level::kLimited,
         fmt::format("does not answer in {}: {}", path,
                     problem.empty() ? "it needs CPython 3.8 or later" : problem),
         "put the python3 of the application first on PATH, and see that it starts"});
    return;
  }
  const std::string where = fmt::format("answers in {} ({})", report_.idle.runtime, path);
  const PythonFacts facts = read_facts(log());
  if (!analysis::find_noise(report_.idle, Signal::kLiveBytes)) {
    add({"Python agent", Level::kLimited,
         fmt::format("{}, but has no live_bytes: {}; growth is judged by pages, with wider limits",
                     where, why_no_live_bytes(facts)),
         "use a usual build of CPython on glibc 2.33 or later, with its own malloc"});
  } else if (!analysis::find_noise(report_.idle, Signal::kLiveBlocks)) {
    add({"Python agent", Level::kLimited,
         where + ", but has no live_blocks: PYTHONMALLOC keeps the small-object allocator out, and "
                 "the target runs slower than it would",
         "unset PYTHONMALLOC"});
  } else {
    add({"Python agent", Level::kOk, where + ": live bytes are exact", {}});
  }
}

void Doctor::launch_and_read() {
  const auto guardian = target::GuardedProcess::guard(work_->path());  // cleans up after a kill -9
  if (!guardian) {
    add({"launching", Level::kMissing, guardian.error().message, kLetLaunch});
    return;
  }
  auto ready = agents::write_python_agent(work_->path() / "python");
  if (ready) ready = make_folders(sockets());
  if (!ready) {
    add({"launching", Level::kMissing, ready.error().message, "free some space, or set TMPDIR"});
    return;
  }
  scratch_.emplace(work_->path());
  auto target = launch();
  if (!target) return;
  await_processes(*target);
  read(*target);
  if (interrupted()) return;
  check_guardian(*target);
  check_agent(launch_problem_);
  add(analysis::check_noise(report_.idle));
}

std::optional<analysis::DoctorReport> Doctor::diagnose() {
  report_.version = version();
  report_.checks = machine_checks(machine_);
  add(check_peaks(machine_));
  add(check_loopback());
  report_.can_reach_targets = report_.checks.back().level == Level::kOk;
  add(check_scratch(work_));
  if (work_) launch_and_read();
  if (interrupted()) return std::nullopt;
  return std::move(report_);
}

}  // namespace

std::optional<analysis::DoctorReport> diagnose(int stop_fd) {
  return Doctor(stop_fd).diagnose();
}

}  // namespace tidemark::run
