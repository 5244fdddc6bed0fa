#pragma once

// Stops a target that grows beyond its memory_limit, before the machine suffers. A thread of its
// own looks every 20 ms; what it finds, it kills at once. Who is faster meets the limit of the
// target's cgroup, where it has one: that the kernel has ended a process there is found likewise,
// and the others are killed too.

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "harness/base/file.h"
#include "harness/base/units.h"
#include "harness/target/guarded_process.h"

namespace tidemark::run {

class MemoryWatch {
 public:
  // `processes` lists the target's PIDs; called from the watching thread. `cgroup` is the target's
  // own, whose limit is cgroup_limit(); empty: it has none.
  MemoryWatch(Bytes limit, std::function<std::vector<int>()> processes,
              std::filesystem::path cgroup);
  ~MemoryWatch();

  // Readable once the limit was exceeded and the target's processes were killed.
  int exceeded_fd() const { return exceeded_.get(); }

  // What happened then: "the target grew to 201 MiB and was stopped: …"
  std::string words() const;

 private:
  void watch();
  void stop_all(Bytes seen);

  const Bytes limit_;
  const std::function<std::vector<int>()> processes_;
  const std::filesystem::path cgroup_;
  FileDescriptor exceeded_;
  FileDescriptor stop_;
  std::atomic<std::int64_t> seen_ = 0;
  std::thread thread_;
};

// What the kernel lets a target's cgroup hold: more than memory_limit, so that the watch comes
// first wherever it can. It counts what is no process's own, too: files on a tmpfs, and page
// tables.
Bytes cgroup_limit(Bytes memory_limit);

// The watch over a target that has just been started; nothing without a limit.
std::unique_ptr<MemoryWatch> watch_memory(std::optional<Bytes> limit,
                                          const target::GuardedProcess& process);

}  // namespace tidemark::run
