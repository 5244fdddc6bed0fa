#include "harness/analysis/series.h"

#include <algorithm>

namespace tidemark::analysis {

using record::Checkpoint;
using record::ProcessKey;
using record::Reading;
using record::Signal;

namespace {

// A gap joins its batch to the next point's, so that growth is still set against all its
// iterations.
void add_point(Series& series, std::int64_t& skipped, const Checkpoint& checkpoint,
               std::optional<double> value) {
  if (!value) {
    skipped += checkpoint.batch;
    return;
  }
  series.points.push_back({checkpoint.iteration, checkpoint.batch + skipped, *value});
  skipped = 0;
}

}  // namespace

std::set<ProcessKey> processes_of(const Checkpoint& checkpoint) {
  std::set<ProcessKey> keys;
  for (const Reading& reading : checkpoint.readings) keys.insert(reading.process);
  return keys;
}

std::int64_t GrowthWindow::iterations() const {
  if (checkpoints.empty()) return 0;
  return checkpoints.back()->iteration - checkpoints.front()->iteration;
}

GrowthWindow growth_window(const record::Record& record, std::size_t most_checkpoints) {
  std::vector<const Checkpoint*> growth;
  for (const Checkpoint& checkpoint : record.checkpoints)
    if (checkpoint.phase == record::Phase::kGrowth && growth.size() < most_checkpoints)
      growth.push_back(&checkpoint);
  GrowthWindow window;
  if (growth.empty()) return window;
  window.processes = processes_of(*growth.back());
  auto first = growth.end();
  while (first != growth.begin() && processes_of(**(first - 1)) == window.processes) --first;
  window.left_out = first - growth.begin();
  window.checkpoints.assign(first, growth.end());
  return window;
}

Series tree_series(const GrowthWindow& window, Signal signal) {
  std::set<ProcessKey> having;
  for (const Checkpoint* checkpoint : window.checkpoints)
    for (const Reading& reading : checkpoint->readings)
      if (reading.values.get(signal)) having.insert(reading.process);
  Series series{signal, {}};
  if (having.empty()) return series;
  std::int64_t skipped = 0;
  for (const Checkpoint* checkpoint : window.checkpoints) {
    double sum = 0;
    std::size_t read = 0;
    for (const Reading& reading : checkpoint->readings) {
      const auto value = reading.values.get(signal);
      sum += value.value_or(0);
      read += value.has_value();
    }
    add_point(series, skipped, *checkpoint,
              read == having.size() ? std::optional<double>(sum) : std::nullopt);
  }
  return series;
}

Series process_series(const record::Record& record, const ProcessKey& process, Signal signal) {
  Series series{signal, {}};
  std::int64_t skipped = 0;
  for (const Checkpoint& checkpoint : record.checkpoints)
    for (const Reading& reading : checkpoint.readings)
      if (reading.process == process)
        add_point(series, skipped, checkpoint, reading.values.get(signal));
  return series;
}

Series foreign_series(const record::CsvSeries& rows, Signal signal) {
  Series series{signal, {}};
  series.points.reserve(rows.rows.size());
  std::int64_t before = rows.rows.empty() ? 0 : rows.rows.front().iteration;
  for (const record::CsvRow& row : rows.rows) {
    series.points.push_back({row.iteration, row.iteration - before, row.bytes});
    before = row.iteration;
  }
  return series;
}

Series difference(const Series& a, const Series& b) {
  // Two checkpoints may have the same iteration (a blank one), so points are matched by order too.
  Series result{a.signal, {}};
  auto other = b.points.begin();
  for (const SeriesPoint& point : a.points) {
    other = std::find_if(other, b.points.end(), [&](const SeriesPoint& candidate) {
      return candidate.iteration >= point.iteration;
    });
    if (other == b.points.end()) break;
    if (other->iteration != point.iteration) continue;
    result.points.push_back({point.iteration, point.batch, point.value - other->value});
    ++other;
  }
  return result;
}

}  // namespace tidemark::analysis
