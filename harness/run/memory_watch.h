#pragma once

// Stops a target that grows beyond its memory_limit, before the machine suffers. A thread of its
// own looks every 20 ms; what it finds, it kills at once.

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "harness/base/file.h"
#include "harness/base/units.h"

namespace tidemark::run {

class MemoryWatch {
 public:
  // `processes` lists the target's PIDs; called from the watching thread.
  MemoryWatch(Bytes limit, std::function<std::vector<int>()> processes);
  ~MemoryWatch();

  // Readable once the limit was exceeded and the target's processes were killed.
  int exceeded_fd() const { return exceeded_.get(); }

  // What happened then: "the target grew to 201 MiB and was stopped: …"
  std::string words() const;

 private:
  void watch();

  const Bytes limit_;
  const std::function<std::vector<int>()> processes_;
  FileDescriptor exceeded_;
  FileDescriptor stop_;
  std::atomic<std::int64_t> seen_ = 0;
  std::thread thread_;
};

}  // namespace tidemark::run
