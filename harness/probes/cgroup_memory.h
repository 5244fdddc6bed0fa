#pragma once

// How much memory the processes of a cgroup have needed at most, by the kernel's own counter: file
// cache and the kernel's memory are taken out, so that it is what they hold themselves (anonymous
// and shared pages; not the code and the files that they map). v1 and v2. One thread.
//
// Exact to what each processor holds back of a cgroup's charges, some 256 KiB. The counter knows no
// kinds of memory: what of its maximum was cache is known from the looks before and after, so look
// often. Between two looks over which the cache shrank (a file was removed), only what the
// processes hold at the second is known. Where the counter cannot be set back (v2 before
// Linux 6.12), memory that is needed after the cache was larger is known from the looks alone too.

#include <filesystem>
#include <optional>
#include <string_view>

#include "harness/base/error.h"
#include "harness/base/file.h"
#include "harness/base/units.h"

namespace tidemark::probes {

class CgroupMemory {
 public:
  // An Error when the folder has no counter that can be read.
  static Result<CgroupMemory> open(const std::filesystem::path& folder);

  // Takes what the counter has come to since the last look, and sets it back.
  void look();

  // Forgets what was before: peak() is of what follows. What the processes hold now.
  Bytes begin();

  // The most of all looks.
  Bytes peak() const { return peak_; }

 private:
  CgroupMemory(std::filesystem::path folder, FileDescriptor counter, bool is_v2)
      : folder_(std::move(folder)), counter_(std::move(counter)), is_v2_(is_v2) {}

  // Whose the memory is at a moment.
  struct Shares {
    Bytes processes{0};
    Bytes others{0};
  };
  std::optional<Bytes> highest() const;
  std::optional<Shares> shares() const;

  std::filesystem::path folder_;
  FileDescriptor counter_;
  bool is_v2_;
  Bytes counted_{0};  // at the last look
  Bytes others_{0};   // then
  Bytes peak_{0};
};

}  // namespace tidemark::probes
