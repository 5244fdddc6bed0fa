#pragma once

// How much memory the processes of a cgroup have needed at most, by the kernel's own counter: file
// cache and the kernel's memory are taken out, so that it is what they hold themselves (anonymous
// pages; not the code and the files that they map). Shared memory is taken out too: files on a
// tmpfs cannot be told from it. v1 and v2. One thread at a time.
//
// Exact to what each processor holds back of a cgroup's charges, some 256 KiB. The counter knows no
// kinds of memory: what of its maximum was cache is known from the looks before and after, so look
// often. Between two looks over which the cache shrank (a file was removed), only what the
// processes hold at the second is known: is_lower_bound() says so. Where the counter cannot be set
// back (v2 before Linux 6.12), memory that is needed after a maximum may go unseen as well.

#include <filesystem>
#include <optional>
#include <string_view>

#include "harness/base/error.h"
#include "harness/base/file.h"
#include "harness/base/units.h"

namespace tidemark::probes {

class CgroupMemory {
 public:
  // An Error when the folder has no counter that can be read. It is the first look.
  static Result<CgroupMemory> open(const std::filesystem::path& folder);

  // Takes what the counter has come to since the last look, and sets it back.
  void look();

  // Forgets what was before: peak() is of what follows. What the processes hold now.
  Bytes begin();

  // The most of all looks.
  Bytes peak() const { return peak_; }

  // Whether the processes may have needed more than peak() between two of the looks.
  bool is_lower_bound() const { return is_lower_bound_; }

  // Whether there was shared memory, or a file on a tmpfs, worth telling.
  bool has_shared() const { return has_shared_; }

  // Whether each look begins anew; if not, only new maxima are seen.
  bool can_be_set_back() const { return can_be_set_back_; }

 private:
  CgroupMemory(std::filesystem::path folder, FileDescriptor counter, bool is_v2)
      : folder_(std::move(folder)), counter_(std::move(counter)), is_v2_(is_v2) {}

  // Whose the memory is at a moment.
  struct Shares {
    Bytes processes{0};
    Bytes others{0};
    Bytes shared{0};  // of the others
  };
  std::optional<Bytes> highest() const;
  std::optional<Shares> shares() const;

  std::filesystem::path folder_;
  FileDescriptor counter_;
  bool is_v2_;
  bool can_be_set_back_ = false;
  Bytes counted_{0};  // at the last look
  Bytes others_{0};   // then
  Bytes peak_{0};
  bool is_lower_bound_ = false;
  bool has_shared_ = false;
};

}  // namespace tidemark::probes
