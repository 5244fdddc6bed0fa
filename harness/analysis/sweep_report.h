#pragma once

// The points of a sweep side by side. Value types and a pure function.

#include <optional>
#include <string>
#include <vector>

#include "harness/analysis/gate_report.h"
#include "harness/analysis/outcome.h"
#include "harness/analysis/scaling.h"
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
  std::optional<double> size;            // the value, where it is a number above 0
  // Bytes on top, of all single iterations but the first and those that failed, or of which not all
  // was seen; and the flow that each took.
  std::vector<double> peaks;
  std::vector<std::string> peak_flows;
  int peaks_left_out = 0;         // because they failed, or were not seen in whole
  std::vector<double> durations;  // seconds, of the same
  std::vector<std::string> duration_flows;
  std::optional<double> response_bytes;  // of the bodies of one iteration
  std::optional<double> retained;        // bytes an iteration, roughly: over few of them
};

struct SweepReport {
  std::string scenario;  // as its author wrote it
  std::string file;
  std::string variable;
  std::vector<SweepRow> rows;  // in the order of the run
  bool program = false;        // its responses are what a program has written
  // Of the whole sweep; empty where the values are not sizes.
  // Peak memory, then duration; of several flows, or kinds of values, the one that needs most.
  std::vector<ScalingReport> scaling = {};
  std::optional<double> response_per_unit =
      {};                              // bytes of the response for one more of the variable
  std::vector<GateReport> gates = {};  // of `budgets.scaling`
  // Of those gates. Expected to fail, and there are such gates: a pass when one of them or of the
  // points' own has failed.
  Outcome outcome = Outcome::kPass;
  plan::ExpectedOutcome expected = plan::ExpectedOutcome::kPass;
};

std::vector<SweepReport> sweep_reports(const std::vector<ScenarioReport>& scenarios);

}  // namespace tidemark::analysis
