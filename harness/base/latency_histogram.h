#pragma once

// How long things took, in a size that does not grow with their number: log-linear buckets from 1
// µs to over two hours, relative error below 0.8 %. A value type; histograms merge by adding counts
// (the layout is that of Gil Tene's HdrHistogram).

#include <cstdint>
#include <vector>

#include "harness/base/units.h"

namespace tidemark {

class LatencyHistogram {
 public:
  struct Bucket {
    std::uint32_t index = 0;
    std::uint64_t count = 0;

    friend bool operator==(const Bucket&, const Bucket&) = default;
  };

  void add(Seconds latency);
  void merge(const LatencyHistogram& other);

  std::uint64_t count() const { return count_; }
  Seconds largest() const { return largest_; }  // exact, not a bucket's
  Seconds total() const { return total_; }      // exact
  Seconds mean() const { return count_ == 0 ? Seconds(0) : total_ / static_cast<double>(count_); }

  // The latency that a share (0 to 1) of all do not exceed; zero when nothing was added.
  Seconds quantile(double share) const;

  // What a file keeps of it, and back.
  std::vector<Bucket> filled_buckets() const;
  static LatencyHistogram restore(const std::vector<Bucket>& buckets, Seconds largest,
                                  Seconds total);

 private:
  std::vector<std::uint64_t> counts_;  // by bucket index; as long as the highest filled one needs
  std::uint64_t count_ = 0;
  Seconds largest_{0};
  Seconds total_{0};
};

}  // namespace tidemark
