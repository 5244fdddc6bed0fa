#include "harness/analysis/gc_history.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace tidemark::analysis {
namespace {

using Rows = std::map<record::ProcessKey, std::vector<record::GcGeneration>>;

Rows rows_of(const record::Checkpoint& checkpoint) {
  Rows rows;
  for (const record::Reading& reading : checkpoint.readings)
    if (!reading.gc.empty()) rows.emplace(reading.process, reading.gc);
  return rows;
}

std::optional<GcStretch> stretch_between(const record::Checkpoint& before, const Rows& first,
                                         const record::Checkpoint& after, const Rows& last) {
  if (after.iteration <= before.iteration || last.empty() || first.size() != last.size())
    return std::nullopt;
  GcStretch stretch{before.iteration, after.iteration, static_cast<int>(last.size()), {}};
  for (const auto& [process, rows] : last) {
    const auto found = first.find(process);
    if (found == first.end() || found->second.size() != rows.size()) return std::nullopt;
    stretch.collections.resize(std::max(stretch.collections.size(), rows.size()));
    for (std::size_t i = 0; i < rows.size(); ++i)
      stretch.collections[i] += rows[i].collections - found->second[i].collections;
  }
  return stretch;
}

void extend(std::vector<GcProcess>& processes, const Rows& rows) {
  for (const auto& [process, generations] : rows) {
    auto found = std::find_if(processes.begin(), processes.end(),
                              [&, key = process](const auto& each) { return each.process == key; });
    if (found == processes.end()) {
      processes.push_back({process, {}});
      found = std::prev(processes.end());
      for (const record::GcGeneration& row : generations) found->generations.push_back({row, row});
    }
    for (std::size_t i = 0; i < std::min(generations.size(), found->generations.size()); ++i)
      found->generations[i].last = generations[i];
  }
}

}  // namespace

std::int64_t GcStretch::all_collections() const {
  return std::accumulate(collections.begin(), collections.end(), std::int64_t{0});
}

std::optional<Seconds> GcChange::paused() const {
  if (!first.paused || !last.paused) return std::nullopt;
  return *last.paused - *first.paused;
}

std::optional<LongestPause> longest_pause(const GcChange& change) {
  const auto paused = change.paused();
  if (!paused || !change.last.longest_pause || !change.first.longest_pause) return std::nullopt;
  if (change.collections() <= 0) return LongestPause{};
  if (*change.last.longest_pause > *change.first.longest_pause)
    return LongestPause{*change.last.longest_pause, *change.last.longest_pause};
  const Seconds mean = *paused / static_cast<double>(change.collections());
  const Seconds most = std::min(*change.last.longest_pause, *paused);
  return LongestPause{std::min(mean, most), most};
}

std::vector<GcStretch> long_stretches(const std::vector<GcStretch>& stretches) {
  std::int64_t longest = 0;
  for (const GcStretch& stretch : stretches) longest = std::max(longest, stretch.iterations());
  std::vector<GcStretch> chosen;
  for (const GcStretch& stretch : stretches)
    if (2 * stretch.iterations() >= longest) chosen.push_back(stretch);
  return chosen;
}

GcHistory gc_history(const record::Record& record, std::size_t growth_checkpoints) {
  GcHistory history;
  const record::Checkpoint* before = nullptr;
  Rows first;
  for (const record::Checkpoint& checkpoint : record.checkpoints) {
    if (checkpoint.phase != record::Phase::kGrowth) continue;
    if (growth_checkpoints-- == 0) break;
    Rows last = rows_of(checkpoint);
    extend(history.processes, last);
    if (before)
      if (auto stretch = stretch_between(*before, first, checkpoint, last))
        history.stretches.push_back(std::move(*stretch));
    before = &checkpoint;
    first = std::move(last);
  }
  return history;
}

}  // namespace tidemark::analysis
