#pragma once

// A memory cgroup for one tree of processes, where the machine lets us make one: v1, or v2 below a
// folder that hands the memory controller on. Nothing depends on it. Linux only; any thread.

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/units.h"

namespace tidemark::target {

struct CgroupParent {
  std::filesystem::path folder;
  // The cgroup that a process leaves when it goes below `folder`; empty: none.
  std::filesystem::path leaves = {};

  friend bool operator==(const CgroupParent&, const CgroupParent&) = default;
};

// Where a cgroup could be made, the best place first: below the one that `self_cgroup` (the content
// of /proc/self/cgroup) names, and for v2 beside it too, because a cgroup with processes of its own
// has no children with controllers; but never out of a scope or a service of systemd. `mounts` is
// the content of /proc/self/mountinfo. Pure.
std::vector<CgroupParent> cgroup_parents(std::string_view self_cgroup, std::string_view mounts);

// Whether a cgroup of v2 has no limits of its own: nothing escapes them who leaves it.
bool is_unlimited(const std::filesystem::path& cgroup);

// A new cgroup that processes can join and whose memory can be read, named after its owner's PID.
// Nothing: the machine does not let us. Takes away what lies beside it of owners that were killed.
std::optional<std::filesystem::path> make_memory_cgroup(pid_t owner);

// Removes the cgroups in `parent` that an owner made at least `age` ago and in which no process is:
// an owner's has been joined by then, or is about to go. Owners may be in another PID namespace, so
// that nobody asks whether they are alive.
void remove_stale_cgroups(const std::filesystem::path& parent, std::chrono::seconds age);

// What its processes may hold together, swap included where that is counted. False: it has no limit
// now.
bool limit_memory(const std::filesystem::path& folder, Bytes most);

// Whether a process was struck because the cgroup's own limit was met, and no one further up.
bool was_ended_by_its_limit(const std::filesystem::path& folder);

// How many of its processes an OOM killer has struck, whosever limit it was; nothing where the
// kernel does not say.
std::optional<std::int64_t> oom_kills_in(const std::filesystem::path& folder);

// Moves the calling process there; async-signal-safe, for a child between fork and exec. `procs` is
// the cgroup's file cgroup.procs.
bool join_cgroup(const char* procs);

// Once no process is in it; tries for a while. False: it is still there.
bool remove_cgroup(const std::filesystem::path& folder);

}  // namespace tidemark::target
