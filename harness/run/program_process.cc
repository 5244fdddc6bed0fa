#include "harness/run/program_process.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "harness/probes/cgroup_memory.h"
#include "harness/probes/tree_peak.h"
#include "harness/run/machine.h"
#include "harness/run/memory_watch.h"
#include "harness/run/program_output.h"

namespace tidemark::run {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Seconds kLookInterval{0.010};
// Of all the time; listing the processes of a large machine takes milliseconds.
constexpr double kShareOfLooks = 0.2;
// Helpers of a program notice its end by a closed pipe, and end a moment later.
constexpr Seconds kLastOnes{0.2};
constexpr int kLastOnesInterval = 5;  // milliseconds
constexpr Seconds kStopGrace{1};
// What a process touches between fork and exec (measured: 0.4 MiB).
constexpr Bytes kNearFloor = 1_MiB;
constexpr std::size_t kLongestEnd = 2000;

// What the tree holds at most, beyond what the kernel counts of single processes: by its cgroup,
// and as it is seen where there is none, or where that cannot tell shared memory from files.
class TreeWatch {
 public:
  explicit TreeWatch(const target::GuardedProcess& process) : process_(process) {
    if (process.cgroup().empty()) return;
    if (auto memory = probes::CgroupMemory::open(process.cgroup()))
      cgroup_.emplace(std::move(*memory));
  }

  void look() {
    const auto began = Clock::now();
    if (began < next_) return;
    look_now();
    const Seconds took = Clock::now() - began;
    next_ = began + std::chrono::duration_cast<Clock::duration>(
                        std::max(kLookInterval, took / kShareOfLooks));
  }

  void look_now() {
    if (cgroup_) cgroup_->look();
    if (cgroup_ && !cgroup_->has_shared()) return;
    const auto pids = target::descendant_pids(process_.guardian());
    if (pids.size() > 1) sampled_.look(pids);  // of a single one the kernel keeps the peak
  }

  Bytes peak() const { return std::max(by_cgroup(), sampled_.peak()); }
  record::PeakSignal signal() const {
    const bool is_exact = cgroup_ && !cgroup_->is_lower_bound() && by_cgroup() >= sampled_.peak();
    return is_exact ? record::PeakSignal::kCgroup : record::PeakSignal::kSampled;
  }

 private:
  Bytes by_cgroup() const { return cgroup_ ? cgroup_->peak() : 0_B; }

  const target::GuardedProcess& process_;
  std::optional<probes::CgroupMemory> cgroup_;
  probes::TreePeak sampled_;
  Clock::time_point next_{};
};

// Follows the program until it ends, or has to be ended.
ProgramRun::Ending follow(const ProgramOrder& order, target::GuardedProcess& process,
                          ProgramOutput& output, TreeWatch& tree, const MemoryWatch* watch) {
  using Ending = ProgramRun::Ending;
  const auto began = Clock::now();
  while (true) {
    pollfd waits[] = {{process.news_fd(), POLLIN, 0},
                      {order.stop_fd, POLLIN, 0},
                      {watch ? watch->exceeded_fd() : -1, POLLIN, 0},
                      {output.out_fd(), POLLIN, 0},
                      {output.err_fd(), POLLIN, 0}};
    ::poll(waits, 5, static_cast<int>(kLookInterval.count() * 1000));
    tree.look();
    output.drain();
    if (waits[1].revents != 0) return Ending::kInterrupted;
    if (waits[2].revents != 0) return Ending::kMemoryLimit;
    if (waits[0].revents != 0) {
      if (process.poll_exit()) return Ending::kExited;
      if (process.lost()) return Ending::kLost;
    }
    const Seconds elapsed = Clock::now() - began;
    if (elapsed > order.timeout) return Ending::kTimedOut;
    if (elapsed > order.time_left) return Ending::kNoTimeLeft;
  }
}

// How many of its processes stay, once those that only needed a moment are gone.
std::size_t left_behind(const target::GuardedProcess& process, ProgramOutput& output) {
  const auto began = Clock::now();
  while (true) {
    const std::size_t count = process.processes().size();
    if (count == 0 || Clock::now() - began > kLastOnes) return count;
    output.drain();
    pollfd waits[] = {{output.out_fd(), POLLIN, 0}, {output.err_fd(), POLLIN, 0}};
    ::poll(waits, 2, kLastOnesInterval);
  }
}

}  // namespace

Result<ProgramRun> run_program_once(const ProgramOrder& order, load::ResponseCheck& check) {
  auto output = ProgramOutput::open(order.streams, check);
  if (!output) return tl::unexpected(output.error());
  target::CommandStart start = order.start;
  start.output = output->out_path();
  start.errors = output->err_path();
  start.own_cgroup = true;
  const auto oom_kills_before = oom_kills();
  auto process = target::GuardedProcess::start(start);
  if (!process) return tl::unexpected(process.error());
  auto watch = watch_memory(order.memory_limit, *process);
  TreeWatch tree(*process);
  const auto by_kernel = [&] { return oom_killer_struck(process->cgroup(), oom_kills_before); };

  ProgramRun run;
  run.ending = follow(order, *process, *output, tree, watch.get());
  tree.look_now();
  if (run.ending == ProgramRun::Ending::kExited) {
    run.exit = *process->poll_exit();
    // What the watch or the kernel kills ends, and that may be heard of first.
    const bool may_be_limit = watch && (run.exit.killed() || by_kernel());
    if (may_be_limit && wait_readable(watch->exceeded_fd(), Seconds(0.2)))
      run.ending = ProgramRun::Ending::kMemoryLimit;
    else
      run.left_behind = left_behind(*process, *output);
  }
  if (run.ending == ProgramRun::Ending::kMemoryLimit) run.message = watch->words();
  watch.reset();
  const bool is_by_kernel = by_kernel();  // its cgroup goes with it
  const auto stopped = process->stop(kStopGrace);
  output->drain_to_end();
  if (!stopped) return tl::unexpected(stopped.error());

  const target::ProcessUsage& usage = process->usage();
  if (run.ending == ProgramRun::Ending::kExited && run.exit.killed() && is_by_kernel) {
    run.ending = ProgramRun::Ending::kMemoryLimit;
    run.message = fmt::format("the program {}: the kernel's OOM killer struck", run.exit.words());
  }
  run.duration = usage.ran;
  run.peak.process = {process->pid(), 0};
  run.peak.peak = std::max(usage.largest, tree.peak());
  if (tree.peak() > usage.largest)
    run.signal = tree.signal();
  else
    run.upper_bound = usage.largest <= usage.floor + kNearFloor;
  for (const auto& [name, kept] : {std::pair("stderr", &output->err()), {"stdout", &output->out()}})
    if (const std::string text = kept->text(); !text.empty())
      run.output += fmt::format("--- {}\n{}{}", name, text, text.ends_with('\n') ? "" : "\n");
  run.last_errors = output->err().end(kLongestEnd);
  if (output->err().empty()) run.last_errors = output->out().end(kLongestEnd);
  return run;
}

}  // namespace tidemark::run
