#include "harness/analysis/gc_report.h"

#include <algorithm>
#include <set>

namespace tidemark::analysis {
namespace {

using Stretches = std::vector<GcStretch>;

GcGenerationReport generation_report(const GcHistory& history, const Stretches& long_ones,
                                     std::size_t index) {
  GcGenerationReport report;
  std::set<std::int64_t> thresholds;
  bool all_watched = true;
  Seconds paused{0};
  LongestPause longest;
  for (const GcProcess& process : history.processes) {
    if (index >= process.generations.size()) continue;
    const GcChange& change = process.generations[index];
    report.generation = change.last.generation;
    report.collections += change.collections();
    report.collected += change.last.collected - change.first.collected;
    report.uncollectable += change.last.uncollectable - change.first.uncollectable;
    thresholds.insert(change.last.threshold);
    const auto pause = longest_pause(change);
    all_watched = all_watched && pause.has_value();
    if (!pause) continue;
    paused += *change.paused();
    longest.at_least = std::max(longest.at_least, pause->at_least);
    longest.at_most = std::max(longest.at_most, pause->at_most);
  }
  report.thresholds.assign(thresholds.begin(), thresholds.end());
  if (all_watched) {
    report.paused = paused;
    report.longest_pause = longest;
  }
  double collections = 0;
  double iterations = 0;
  for (const GcStretch& stretch : long_ones) {
    iterations += static_cast<double>(stretch.iterations());
    if (index < stretch.collections.size())
      collections += static_cast<double>(stretch.collections[index]);
  }
  if (iterations > 0) report.collections_per_iteration = collections / iterations;
  return report;
}

std::vector<GcPoint> points_of(const Stretches& stretches) {
  std::vector<GcPoint> points;
  if (stretches.empty()) return points;
  points.push_back(
      {stretches.front().from, std::vector<std::int64_t>(stretches.front().collections.size())});
  for (const GcStretch& stretch : stretches) {
    GcPoint point{stretch.to, points.back().collections};
    point.collections.resize(std::max(point.collections.size(), stretch.collections.size()));
    for (std::size_t i = 0; i < stretch.collections.size(); ++i)
      point.collections[i] += stretch.collections[i];
    points.push_back(std::move(point));
  }
  if (points.size() <= kMostGcPoints) return points;
  std::vector<GcPoint> thinned;  // evenly, the first and the last among them
  for (std::size_t i = 0; i < kMostGcPoints; ++i)
    thinned.push_back(points[i * (points.size() - 1) / (kMostGcPoints - 1)]);
  return thinned;
}

Seconds time_under_load(const record::Record& record) {
  Seconds sum{0};
  for (const record::Batch& batch : record.batches)
    if (batch.phase == record::Phase::kGrowth) sum += batch.duration;
  return sum;
}

// Of the process that the collector stopped longest in all.
Seconds longest_stopped(const std::vector<GcProcess>& processes) {
  Seconds longest{0};
  for (const GcProcess& process : processes) {
    Seconds paused{0};
    for (const GcChange& change : process.generations)
      paused += change.paused().value_or(Seconds(0));
    longest = std::max(longest, paused);
  }
  return longest;
}

// The sum over generations; nothing where one of them has nothing.
template <class T, class Of>
std::optional<T> sum_of(const std::vector<GcGenerationReport>& generations, Of of) {
  std::optional<T> sum = T{};
  for (const GcGenerationReport& each : generations) {
    const std::optional<T> value = of(each);
    if (!value) return std::nullopt;
    *sum += *value;
  }
  return sum;
}

}  // namespace

std::optional<Seconds> GcGenerationReport::mean_pause() const {
  if (!paused || collections <= 0) return std::nullopt;
  return *paused / static_cast<double>(collections);
}

std::int64_t GcReport::collections() const {
  std::int64_t sum = 0;
  for (const GcGenerationReport& each : generations) sum += each.collections;
  return sum;
}

std::optional<double> GcReport::collections_per_iteration() const {
  return sum_of<double>(generations,
                        [](const auto& each) { return each.collections_per_iteration; });
}

std::optional<Seconds> GcReport::paused() const {
  return sum_of<Seconds>(generations, [](const auto& each) { return each.paused; });
}

std::optional<LongestPause> GcReport::longest_pause() const {
  LongestPause longest;
  for (const GcGenerationReport& each : generations) {
    if (!each.longest_pause) return std::nullopt;
    longest.at_least = std::max(longest.at_least, each.longest_pause->at_least);
    longest.at_most = std::max(longest.at_most, each.longest_pause->at_most);
  }
  return longest;
}

std::optional<GcReport> gc_report(const record::Record& record) {
  const GcHistory history = gc_history(record);
  if (history.processes.empty()) return std::nullopt;
  GcReport report;
  report.threshold_set = record.header.gc_threshold;
  report.processes = history.processes.size();
  const record::Checkpoint* first = nullptr;
  const record::Checkpoint* last = nullptr;
  for (const record::Checkpoint& checkpoint : record.checkpoints) {
    if (checkpoint.phase != record::Phase::kGrowth) continue;
    if (!first) first = &checkpoint;
    last = &checkpoint;
  }
  report.iterations = last->iteration - first->iteration;
  for (const record::Reading& reading : last->readings)
    if (reading.collector_on == false) ++report.processes_off;
  std::size_t generations = 0;
  for (const GcProcess& process : history.processes)
    generations = std::max(generations, process.generations.size());
  const Stretches long_ones = long_stretches(history.stretches);
  for (std::size_t i = 0; i < generations; ++i)
    report.generations.push_back(generation_report(history, long_ones, i));
  const Seconds load = time_under_load(record);
  if (report.paused() && load > Seconds(0))
    report.paused_share = longest_stopped(history.processes) / load;
  report.over_time = points_of(history.stretches);
  report.advice = gc_advice(report);
  return report;
}

}  // namespace tidemark::analysis
