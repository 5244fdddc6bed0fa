#pragma once

// What a watcher at a terminal sees while a scenario runs: a few lines that are drawn over and
// over. Pure; names are made printable.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/analysis/report.h"
#include "harness/base/units.h"
#include "reporters/terminal/memory_course.h"

namespace tidemark::reporters {

struct LiveView {
  std::string scenario;
  std::size_t number = 1;  // of the scenario, from 1
  std::size_t count = 1;   // of all
  std::string phase = {};
  std::int64_t iteration = 0;
  std::int64_t most_iterations = 0;
  std::optional<double> requests_per_second = {};  // of the last batch, under load
  std::optional<Seconds> p95 = {};                 // of its response times
  Seconds left{0};                                 // at most
  MemoryCourse memory = {};                        // private memory of the target
  std::vector<analysis::GateReport> gates = {};    // as they stand now
  std::vector<analysis::Outcome> done = {};        // of the scenarios before
};

// Each line at most `width` columns wide, without an end: scenario, phase, progress and load; the
// memory with its course; the gates so far; where there are several, the scenarios that are over.
std::vector<std::string> live_block(const LiveView& view, std::size_t width, bool color);

// The course of values in so many characters, the lowest low and the highest high: "▁▂▃▅█". Of more
// values than characters each stretch shows its largest.
std::string sparkline(const std::vector<Bytes>& values, std::size_t width);

}  // namespace tidemark::reporters
