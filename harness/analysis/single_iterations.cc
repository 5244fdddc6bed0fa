#include "harness/analysis/single_iterations.h"

#include <algorithm>

#include "harness/analysis/series.h"

namespace tidemark::analysis {
namespace {

using record::Checkpoint;
using record::Phase;
using record::Signal;

// Nothing where a process lacks it.
std::optional<double> sum_of(const Checkpoint& checkpoint, Signal signal) {
  double sum = 0;
  for (const record::Reading& reading : checkpoint.readings) {
    const auto value = reading.values.get(signal);
    if (!value) return std::nullopt;
    sum += *value;
  }
  return sum;
}

std::optional<double> left_behind(const Checkpoint& before, const Checkpoint& after) {
  if (before.readings.empty() || processes_of(before) != processes_of(after)) return std::nullopt;
  for (const Signal signal : {Signal::kLiveBytes, Signal::kUss}) {
    const auto first = sum_of(before, signal);
    const auto last = sum_of(after, signal);
    if (first && last) return (*last - *first) / static_cast<double>(after.batch);
  }
  return std::nullopt;
}

}  // namespace

SingleIterations single_iterations(const record::Record& record) {
  SingleIterations single;
  // Every run of a program is one by itself, and none knows of the others.
  const Phase phase = record.header.program ? Phase::kGrowth : Phase::kPeaks;
  for (const record::Batch& batch : record.batches) {
    if (batch.phase != phase || batch.iterations != 1 || batch.failed_iterations > 0) continue;
    single.durations.push_back(batch.duration);
    single.bodies.push_back(batch.body_bytes);
  }
  std::vector<double> left;
  for (std::size_t i = 1; i < record.checkpoints.size(); ++i) {
    const Checkpoint& checkpoint = record.checkpoints[i];
    if (checkpoint.phase != Phase::kPeaks || checkpoint.batch < 1) continue;
    if (const auto bytes = left_behind(record.checkpoints[i - 1], checkpoint))
      left.push_back(*bytes);
  }
  if (!left.empty()) {
    const auto middle = left.begin() + static_cast<std::ptrdiff_t>(left.size() / 2);
    std::nth_element(left.begin(), middle, left.end());
    single.retained = *middle;
  }
  return single;
}

}  // namespace tidemark::analysis
