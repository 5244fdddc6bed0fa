#pragma once

// Python's cyclic collector over the growth phase, as figures: what it did of its own accord, what
// that cost, and what could be done about it. Value types and pure functions.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/analysis/gc_history.h"
#include "harness/base/units.h"
#include "harness/record/record.h"

namespace tidemark::analysis {

// Over all processes.
struct GcGenerationReport {
  int generation = 0;
  std::int64_t collections = 0;
  std::int64_t collected = 0;
  std::int64_t uncollectable = 0;
  std::vector<std::int64_t> thresholds;  // in force at the end; several where processes differ
  std::optional<double> collections_per_iteration;  // over the long stretches
  std::optional<Seconds> paused;                    // in all; nothing: nobody watched
  std::optional<LongestPause> longest_pause;

  std::optional<Seconds> mean_pause() const;
};

struct GcPoint {
  std::int64_t iteration = 0;
  std::vector<std::int64_t> collections;  // by generation, since the growth phase began

  friend bool operator==(const GcPoint&, const GcPoint&) = default;
};

struct GcReport {
  std::int64_t iterations = 0;  // of the growth phase
  std::size_t processes = 0;
  std::size_t processes_off = 0;             // in which the collector was off at the end
  std::optional<std::string> threshold_set;  // by the scenario file
  std::vector<GcGenerationReport> generations;
  // Of the time under load, the part for which the process was stopped that was stopped longest.
  std::optional<double> paused_share;
  std::vector<GcPoint> over_time;
  std::vector<std::string> advice;  // sentences

  std::int64_t collections() const;
  std::optional<double> collections_per_iteration() const;
  std::optional<Seconds> paused() const;
  std::optional<LongestPause> longest_pause() const;
};

inline constexpr std::size_t kMostGcPoints = 120;

// Nothing: no process gave the collector's numbers in the growth phase.
std::optional<GcReport> gc_report(const record::Record& record);

// What could be done, as far as the figures tell: none of it is certain to help.
std::vector<std::string> gc_advice(const GcReport& report);

}  // namespace tidemark::analysis
