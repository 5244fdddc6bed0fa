#include "harness/analysis/single_iterations.h"

#include <map>

#include "harness/analysis/blocks.h"
#include "harness/analysis/judge.h"
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
  std::map<std::int64_t, std::string> flows;
  for (const record::PeakSample& sample : record.peaks)
    if (is_judged_iteration(sample)) flows[sample.iteration] = sample.flow;
  // Every run of a program is one by itself, and none knows of the others.
  const Phase phase = record.header.program ? Phase::kGrowth : Phase::kPeaks;
  std::int64_t iteration = 0;
  for (const record::Batch& batch : record.batches) {
    iteration += batch.iterations;
    if (batch.phase != phase || batch.iterations != 1 || batch.failed_iterations > 0) continue;
    single.durations.push_back(batch.duration);
    single.bodies.push_back(batch.body_bytes);
    single.flows.push_back(flows[iteration]);
  }
  std::vector<double> left;
  for (std::size_t i = 1; i < record.checkpoints.size(); ++i) {
    const Checkpoint& checkpoint = record.checkpoints[i];
    if (checkpoint.phase != Phase::kPeaks || checkpoint.batch < 1) continue;
    if (const auto bytes = left_behind(record.checkpoints[i - 1], checkpoint))
      left.push_back(*bytes);
  }
  if (!left.empty()) single.retained = median_of(left);
  return single;
}

std::set<std::int64_t> failed_single_iterations(const record::Record& record) {
  std::set<std::int64_t> failed;
  std::int64_t iteration = 0;
  for (const record::Batch& batch : record.batches) {
    iteration += batch.iterations;
    if (batch.iterations == 1 && batch.failed_iterations > 0) failed.insert(iteration);
  }
  return failed;
}

}  // namespace tidemark::analysis
