#pragma once

// How much memory there was, over however long a time: in stretches of the same length, each with
// its largest value. Where they become too many two become one, so that time stays even. A value
// type.

#include <cstddef>
#include <vector>

#include "harness/base/units.h"

namespace tidemark::reporters {

class MemoryCourse {
 public:
  static constexpr std::size_t kMost = 512;  // stretches

  void add(Bytes now);

  std::size_t count() const { return count_; }  // of values
  Bytes first() const { return first_; }
  Bytes last() const { return last_; }
  // The last one may not be full yet.
  const std::vector<Bytes>& stretches() const { return stretches_; }

 private:
  std::vector<Bytes> stretches_;
  std::size_t stride_ = 1;  // values a stretch
  std::size_t count_ = 0;
  Bytes first_{0};
  Bytes last_{0};
};

}  // namespace tidemark::reporters
