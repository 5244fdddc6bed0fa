#include "reporters/terminal/memory_course.h"

#include <algorithm>

namespace tidemark::reporters {

void MemoryCourse::add(Bytes now) {
  if (count_ == 0) first_ = now;
  last_ = now;
  const bool begins_stretch = count_++ % stride_ == 0;
  if (!begins_stretch) {
    stretches_.back() = std::max(stretches_.back(), now);
    return;
  }
  if (stretches_.size() == kMost) {
    for (std::size_t i = 0; i < kMost / 2; ++i)
      stretches_[i] = std::max(stretches_[2 * i], stretches_[2 * i + 1]);
    stretches_.resize(kMost / 2);
    stride_ *= 2;
  }
  stretches_.push_back(now);
}

}  // namespace tidemark::reporters
