#pragma once

// The finished report: what every reporter renders and none adds to. Value types only. Text that
// came from the target (commands, answers, its output) is in it as it came; whoever shows it
// escapes it.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/analysis/diagnosis_report.h"
#include "harness/analysis/exhaustion.h"
#include "harness/analysis/gate_report.h"
#include "harness/analysis/gc_report.h"
#include "harness/analysis/growth_rules.h"
#include "harness/analysis/load_report.h"
#include "harness/analysis/outcome.h"
#include "harness/analysis/series.h"
#include "harness/analysis/single_iterations.h"
#include "harness/analysis/sweep_report.h"
#include "harness/base/error.h"
#include "harness/base/units.h"
#include "harness/plan/plan.h"
#include "harness/record/record.h"

namespace tidemark::analysis {

struct AuditCheck {
  std::string check;
  bool ok = true;
  std::string detail;
};

struct ProcessReport {
  record::ProcessKey process;
  std::string role;  // "main", "worker"
  std::string command;
  std::string runtime;
  std::vector<record::GcGeneration> gc;  // over the run
  std::vector<Series> series;            // those that have points
};

// What one iteration needed on top, over all processes.
struct PeakReport {
  std::int64_t iteration = 0;
  bool first = false;  // the first iteration of all: imports, first caches; not judged
  Bytes needed{0};
  bool upper_bound = false;      // freed pages lay around and may have been used again
  std::string request = {};      // of this one alone; empty: of the whole iteration
  std::string flow = {};         // that the iteration took; empty: there is only one
  bool failed = false;           // the iteration was not answered, or did not end, as expected
  bool unseen_children = false;  // what some children held is not in it
};

// A tree's signal with the line that was judged.
struct TreeChart {
  Series series;
  std::optional<Slope> slope;    // per iteration, over the growth phase
  std::int64_t fitted_from = 0;  // iteration
};

struct ScenarioReport {
  std::string name;
  std::string description;
  std::string file;
  SourcePosition position;
  std::string folder;
  std::string run = {};                      // its label, in a report of several runs
  Outcome outcome = Outcome::kInconclusive;  // with expect_outcome taken into account
  plan::ExpectedOutcome expected = plan::ExpectedOutcome::kPass;
  std::string message;  // why it ended early, if it did; several lines at times
  bool partial = false;
  bool program = false;  // an iteration is the run of a program, not requests to a server
  std::int64_t iterations = 0;
  Seconds duration{0};
  std::string plan;               // what was planned for the growth phase, in words
  std::int64_t growth_began = 0;  // iteration; warm-up and peaks lie before
  std::optional<Bytes> memory_limit;
  std::string repeat_command;
  LoadReport load;
  std::vector<GateReport> gates;
  std::optional<Exhaustion> exhaustion;  // where the growth gate shows a leak
  std::vector<KnownUse> known;           // what the scenario file accepts
  std::vector<Finding> findings;         // growth first, then peaks; the largest first
  std::optional<GrowthDiagnosis> growth_diagnosis;
  std::optional<PeakFindings> peak_findings;
  std::optional<plan::SweepPoint> sweep;
  std::vector<plan::ScalingBudget> scaling;  // of the sweep, which it is a point of
  std::optional<GcReport> gc;
  std::optional<Bytes> memory_at_end;  // USS of all processes when the growth phase was over
  std::vector<ProcessReport> processes;
  std::vector<TreeChart> charts;
  std::vector<PeakReport> peaks;
  SingleIterations single;
  // What a single iteration needed on top at least, which took the target beyond its memory limit.
  std::optional<Bytes> limit_exceeded_by_one = {};
  std::vector<record::UnexpectedAnswer> unexpected_answers;
  std::vector<AuditCheck> audit;
};

// One of the runs of which a report is made.
struct RunFacts {
  std::string label;  // its folder
  std::string name;
  std::string started;
  Seconds duration{0};
  Outcome outcome = Outcome::kInconclusive;
  bool interrupted = false;
  std::size_t scenarios = 0;  // that were begun
  std::size_t planned = 0;
};

struct RunReport {
  std::string name;
  std::string started;
  Outcome outcome = Outcome::kInconclusive;
  bool interrupted = false;
  Seconds duration{0};
  std::map<std::string, std::string> environment;
  std::vector<ScenarioReport> scenarios;
  std::vector<SweepReport> sweeps = {};
  std::vector<RunFacts> runs = {};        // of several; empty: it is one run's
  std::vector<std::string> not_run = {};  // scenarios that an interrupted run never began
};

// One scenario: judged as of now when the record has no end yet.
ScenarioReport report_scenario(const record::Record& record);

// The run's outcome from its scenarios' and its sweeps'; records in the order of the run. One that
// was interrupted, in a scenario or before one, has not passed.
RunReport report_run(std::vector<ScenarioReport> scenarios, const std::string& name,
                     const std::string& started, Seconds duration,
                     std::map<std::string, std::string> environment,
                     std::vector<std::string> not_run = {});

// The command's exit code (design: 130 before 1, 1 before 3, 3 before 4).
int exit_code(const RunReport& report);

}  // namespace tidemark::analysis
