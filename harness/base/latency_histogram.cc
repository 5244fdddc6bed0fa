#include "harness/base/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace tidemark {
namespace {

// Below 128 µs a bucket is 1 µs wide; above, each power of two is cut into 64 buckets.
constexpr int kSubBits = 6;
constexpr std::uint64_t kLinear = std::uint64_t{2} << kSubBits;
constexpr std::uint64_t kHighest = std::uint64_t{1} << 33;  // µs: 2.4 hours

std::uint32_t bucket_of(Seconds latency) {
  const auto micros = static_cast<std::uint64_t>(
      std::clamp(latency.count() * 1e6, 0.0, static_cast<double>(kHighest)));
  if (micros < kLinear) return static_cast<std::uint32_t>(micros);
  const int shift = static_cast<int>(std::bit_width(micros)) - 1 - kSubBits;
  return static_cast<std::uint32_t>((static_cast<std::uint64_t>(shift) << kSubBits) +
                                    (micros >> shift));
}

// The middle of the latencies that fall into a bucket.
Seconds middle_of(std::uint32_t bucket) {
  if (bucket < kLinear) return Seconds((bucket + 0.5) * 1e-6);
  const std::uint32_t shift = (bucket >> kSubBits) - 1;
  const std::uint64_t low = (std::uint64_t{bucket} - (std::uint64_t{shift} << kSubBits)) << shift;
  return Seconds((static_cast<double>(low) + 0.5 * static_cast<double>(std::uint64_t{1} << shift)) *
                 1e-6);
}

}  // namespace

void LatencyHistogram::add(Seconds latency) {
  const std::uint32_t bucket = bucket_of(latency);
  if (bucket >= counts_.size()) counts_.resize(bucket + 1);
  ++counts_[bucket];
  ++count_;
  largest_ = std::max(largest_, latency);
  total_ += latency;
}

void LatencyHistogram::merge(const LatencyHistogram& other) {
  counts_.resize(std::max(counts_.size(), other.counts_.size()));
  for (std::size_t i = 0; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  largest_ = std::max(largest_, other.largest_);
  total_ += other.total_;
}

Seconds LatencyHistogram::quantile(double share) const {
  if (count_ == 0) return Seconds(0);
  if (share >= 1) return largest_;
  const auto rank =
      static_cast<std::uint64_t>(std::max(1.0, std::ceil(share * static_cast<double>(count_))));
  std::uint64_t seen = 0;
  for (std::uint32_t bucket = 0; bucket < counts_.size(); ++bucket) {
    seen += counts_[bucket];
    if (seen >= rank) return std::min(middle_of(bucket), largest_);
  }
  return largest_;
}

std::vector<LatencyHistogram::Bucket> LatencyHistogram::filled_buckets() const {
  std::vector<Bucket> filled;
  for (std::uint32_t bucket = 0; bucket < counts_.size(); ++bucket)
    if (counts_[bucket] > 0) filled.push_back({bucket, counts_[bucket]});
  return filled;
}

LatencyHistogram LatencyHistogram::restore(const std::vector<Bucket>& buckets, Seconds largest,
                                           Seconds total) {
  LatencyHistogram histogram;
  for (const Bucket& bucket : buckets) {
    if (bucket.index > bucket_of(Seconds(1e9))) continue;  // no file can make it grow beyond that
    if (bucket.index >= histogram.counts_.size()) histogram.counts_.resize(bucket.index + 1);
    histogram.counts_[bucket.index] += bucket.count;
    histogram.count_ += bucket.count;
  }
  histogram.largest_ = largest;
  histogram.total_ = total;
  return histogram;
}

}  // namespace tidemark
