#include "harness/run/memory_watch.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "harness/probes/proc_reader.h"

namespace tidemark::run {
namespace {

constexpr Seconds kInterval{0.02};
constexpr int kLooksPerListing = 5;  // listing the tree reads all of /proc

void raise(const FileDescriptor& event) {
  const std::uint64_t one = 1;
  (void)::write(event.get(), &one, sizeof one);
}

}  // namespace

MemoryWatch::MemoryWatch(Bytes limit, std::function<std::vector<int>()> processes)
    : limit_(limit),
      processes_(std::move(processes)),
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

void MemoryWatch::watch() {
  const probes::ProcReader proc;
  std::vector<int> pids;
  Bytes shared{0};  // pages that forked processes share stand in each one's RSS
  for (int look = 0; !wait_readable(stop_.get(), kInterval); ++look) {
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
    if (exact <= limit_) continue;
    seen_ = exact.count;
    for (const int pid : processes_()) ::kill(pid, SIGKILL);  // of those that there are now
    raise(exceeded_);
    return;
  }
}

}  // namespace tidemark::run
