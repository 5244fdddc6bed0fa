#include "harness/run/child_watch.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "harness/probes/proc_reader.h"

namespace tidemark::run {
namespace {

constexpr Seconds kInterval{0.003};

}  // namespace

ChildWatch::ChildWatch(std::set<int> known, std::function<std::vector<int>()> processes,
                       probes::CgroupMemory* cgroup)
    : known_(std::move(known)),
      processes_(std::move(processes)),
      cgroup_(cgroup),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      thread_([this] { watch(); }) {}

ChildWatch::~ChildWatch() {
  most();
}

std::optional<Bytes> ChildWatch::most() {
  if (thread_.joinable()) {
    const std::uint64_t one = 1;
    (void)::write(stop_.get(), &one, sizeof one);
    thread_.join();
  }
  return most_;
}

void ChildWatch::watch() {
  const probes::ProcReader proc;
  do {
    if (cgroup_) cgroup_->look();
    Bytes held{0};
    bool any = false;
    for (const int pid : processes_()) {
      if (known_.contains(pid)) continue;
      // What a forked child shares with its parent is its parent's.
      if (const auto memory = proc.memory(pid)) {
        held += memory->uss;
        any = true;
      }
    }
    if (any) most_ = std::max(most_.value_or(Bytes{0}), held);
  } while (!wait_readable(stop_.get(), kInterval));
}

}  // namespace tidemark::run
