#pragma once

// Looks for processes that were not there before, while one iteration is under way: image
// converters and the like come and go within a request. A thread of its own, from construction to
// most(); the cgroup is that thread's meanwhile.

#include <functional>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "harness/base/file.h"
#include "harness/base/units.h"
#include "harness/probes/cgroup_memory.h"

namespace tidemark::run {

class ChildWatch {
 public:
  // `processes` lists the target's PIDs, and is called from the watching thread every few
  // milliseconds; those in `known` are measured otherwise. The target's cgroup, if it has one
  // (null: it has not), is looked at as often.
  ChildWatch(std::set<int> known, std::function<std::vector<int>()> processes,
             probes::CgroupMemory* cgroup);
  ~ChildWatch();
  ChildWatch(const ChildWatch&) = delete;
  ChildWatch& operator=(const ChildWatch&) = delete;

  // Ends the watch: the most that the others held at once, in private pages; what lies between two
  // looks is missed. Nothing: none was seen.
  std::optional<Bytes> most();

 private:
  void watch();

  const std::set<int> known_;
  const std::function<std::vector<int>()> processes_;
  probes::CgroupMemory* const cgroup_;
  FileDescriptor stop_;
  std::optional<Bytes> most_;
  std::thread thread_;
};

}  // namespace tidemark::run
