#pragma once

// Memory, descriptors and threads of one process, read from /proc. Each call reads once and keeps
// nothing; any thread. `proc` is another root in tests. An Error is a gap with a reason: the
// process has ended, or belongs to somebody else.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "harness/base/error.h"
#include "harness/base/units.h"

namespace tidemark::probes {

// From smaps_rollup: exact on every kernel, where `status` and `statm` of 6.2 to 6.16 are
// approximate. Walking the page tables takes the target's mmap lock for some 9 ms per GiB.
struct MemoryReading {
  Bytes rss{0};
  Bytes pss{0};
  Bytes anon{0};
  Bytes pss_anon{0};   // a page that several processes share counts in parts; 0 before Linux 5.4
  Bytes uss{0};        // private pages, and shared memory that this process alone maps
  Bytes lazy_free{0};  // freed by the application, not yet taken by the kernel; part of rss
  Bytes swapped{0};
};

class ProcReader {
 public:
  explicit ProcReader(std::filesystem::path proc = "/proc") : proc_(std::move(proc)) {}

  Result<MemoryReading> memory(int pid) const;
  Result<std::int64_t> fds(int pid) const;
  Result<std::int64_t> threads(int pid) const;

  // The highest RSS since the process began or since reset_peak (VmHWM).
  Result<Bytes> peak(int pid) const;
  // Sets VmHWM back to the present RSS; costs some 25 µs.
  Result<void> reset_peak(int pid) const;

  // CPU time of all its threads since it began, in nanoseconds' resolution (/proc's own has 10 ms).
  static Result<Seconds> cpu_time(int pid);

  // Page faults of its children that have ended and been waited for: it rises whenever one has.
  Result<std::int64_t> child_faults(int pid) const;

  // RSS by statm: cheap, exact to some dozen pages; for watching, not for judging.
  Result<Bytes> rough_rss(int pid) const;

  // The arguments, joined by spaces; untrusted text. The name in brackets for a kernel-like
  // process.
  std::string command(int pid) const;

 private:
  std::filesystem::path file(int pid, std::string_view name) const;

  std::filesystem::path proc_;
};

// Parses the content of smaps_rollup; an Error when one of the needed fields is missing.
Result<MemoryReading> parse_smaps_rollup(std::string_view text);

// The number after "Name:" at a line's start, as in status and smaps ("VmHWM:     1024 kB" → 1024).
Result<std::int64_t> field_value(std::string_view text, std::string_view name);

}  // namespace tidemark::probes
