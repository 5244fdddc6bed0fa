#include "harness/run/memory_watch.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "harness/probes/proc_reader.h"
#include "harness/target/memory_cgroup.h"

namespace tidemark::run {
namespace {

constexpr Seconds kInterval{0.02};
constexpr int kLooksPerListing = 5;  // listing the tree reads all of /proc

void raise(const FileDescriptor& event) {
  const std::uint64_t one = 1;
  (void)::write(event.get(), &one, sizeof one);
}

}  // namespace

MemoryWatch::MemoryWatch(Bytes limit, std::function<std::vector<int>()> processes,
                         std::filesystem::path cgroup)
    : limit_(limit),
      processes_(std::move(processes)),
      cgroup_(std::move(cgroup)),
      exceeded_(::eventfd(0, EFD_CLOEXEC)),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      thread_([this] { watch(); }) {}

MemoryWatch::~MemoryWatch() {
  raise(stop_);
  thread_.join();
}

std::string MemoryWatch::words() const {
  return fmt::format("the target grew to {} and was stopped: its memory_limit is {}",
                     format_bytes(Bytes{seen_.load()}), format_bytes(limit_));
}

void MemoryWatch::stop_all(Bytes seen) {
  seen_ = seen.count;
  for (const int pid : processes_()) ::kill(pid, SIGKILL);  // of those that there are now
  raise(exceeded_);
}

void MemoryWatch::watch() {
  const probes::ProcReader proc;
  std::vector<int> pids;
  Bytes shared{0};  // pages that forked processes share stand in each one's RSS
  for (int look = 0; !wait_readable(stop_.get(), kInterval); ++look) {
    if (!cgroup_.empty() && target::was_ended_by_its_limit(cgroup_))
      return stop_all(cgroup_limit(limit_));
    if (look % kLooksPerListing == 0) {
      pids = processes_();
      shared = Bytes{0};  // they may share less by now
    }
    Bytes rough{0};
    for (const int pid : pids) rough += proc.rough_rss(pid).value_or(Bytes{0});
    if (rough - shared <= limit_) continue;
    Bytes exact{0};
    for (const int pid : pids)
      if (const auto memory = proc.memory(pid)) exact += memory->pss;
    shared = rough - exact;
    if (exact > limit_) return stop_all(exact);
  }
}

Bytes cgroup_limit(Bytes memory_limit) {
  return memory_limit + Bytes{memory_limit.count / 8} + 32_MiB;
}

std::unique_ptr<MemoryWatch> watch_memory(std::optional<Bytes> limit,
                                          const target::GuardedProcess& process) {
  if (!limit) return nullptr;
  return std::make_unique<MemoryWatch>(
      *limit, [guardian = process.guardian()] { return target::descendant_pids(guardian); },
      process.cgroup());
}

}  // namespace tidemark::run
