#pragma once

// The points of a sweep side by side. Value types and a pure function.

#include <optional>
#include <string>
#include <vector>

#include "harness/analysis/outcome.h"
#include "harness/base/units.h"

namespace tidemark::analysis {

struct ScenarioReport;

// One value. What was not measured, or could not be, is nothing.
struct SweepRow {
  std::string value;
  std::string scenario;  // "list [gc_threshold=700]"
  std::string folder;
  Outcome outcome = Outcome::kInconclusive;
  std::optional<double> throughput_per_second;  // of requests
  std::optional<Seconds> p95;                   // of response times
  std::optional<double> collections_per_iteration;
  std::optional<Seconds> paused;         // by the collector, in all
  std::optional<Seconds> longest_pause;  // at most
  std::optional<Bytes> memory;           // USS of all processes at the end of the growth phase
  std::optional<Bytes> peak;             // the most that one iteration needed on top
};

struct SweepReport {
  std::string scenario;  // as its author wrote it
  std::string file;
  std::string variable;
  std::vector<SweepRow> rows;  // in the order of the run
};

std::vector<SweepReport> sweep_reports(const std::vector<ScenarioReport>& scenarios);

}  // namespace tidemark::analysis
