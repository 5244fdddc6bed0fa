#pragma once

// What will be done, with nothing left to decide but what only the launch knows. Value types only.
// It holds no secrets: {{env:NAME}} is still a placeholder in every Template.

#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "harness/base/error.h"
#include "harness/base/units.h"
#include "harness/plan/load.h"
#include "harness/plan/outputs.h"
#include "harness/plan/request.h"
#include "harness/plan/scaling.h"
#include "harness/plan/template.h"

namespace tidemark::plan {

using CommandLine = std::vector<Template>;

// When a launched target counts as ready.
struct AnswersPath {
  Template path;  // a GET of it is answered with a status below 400
};
struct WritesLog {
  std::string text;  // a line of its output contains this
};
struct OpensPort {
  std::string service;  // whose {{port:NAME}} accepts connections; empty: the target's own
};
struct Starts {};  // a service only: it has been started, that is enough
struct Readiness {
  std::variant<OpensPort, AnswersPath, WritesLog, Starts> condition;
  Seconds timeout{30};
};

enum class Runtime { kAuto, kPython, kNone };

// A helper that the target needs. It is not measured.
struct Service {
  std::string name;  // unique within the target; a-z, 0-9, _ and -
  CommandLine command;
  NamedTemplates environment;
  Readiness readiness;
};

// What fills the scratch folder before a launch.
struct Preparation {
  struct Input {
    std::filesystem::path path;  // a file or a folder
    SourcePosition position;
  };
  std::vector<CommandLine> commands;
  bool cache =
      false;  // what they left is used by later runs, too, while commands and inputs are same
  std::vector<Input> inputs;
};

struct Target {
  std::filesystem::path directory;
  SourcePosition directory_position;
  Preparation prepare;
  CommandLine command;
  NamedTemplates environment;
  std::vector<Service> services;  // in the order in which they are started
  std::optional<int> port;        // nothing: a free one
  Readiness readiness;
  Runtime runtime = Runtime::kAuto;
  std::optional<Bytes> memory_limit;
  SourcePosition position;  // of its command or program
};

// A program that is started, runs and ends: one run is an iteration.
struct Program {
  CommandLine command;
  int exit = 0;         // the code that it must end with
  Expectation output;   // of its standard output
  Seconds timeout{30};  // of one run
};

enum class Gate {
  kGrowth,
  kPeakMemory,
  kDuration,
  kErrors,
  kFds,
  kThreads,
  kGcCollections,
  kGcUncollectable,
  kGcPause,
};
std::string_view gate_name(Gate gate);  // as in a scenario file: "peak_memory", "gc.pause"
std::optional<Gate> parse_gate(std::string_view name);

// One budget: a limit that the measured value must not exceed.
struct Budget {
  Gate gate = Gate::kGrowth;
  std::string id;                 // "growth", "duration.p95": its name in every output
  double quantile = 0;            // kDuration only: 0.95; 1 is the maximum
  std::optional<Quantity> limit;  // nothing: the default for the signal that will decide
  SourcePosition position;
  std::string request = {};  // kPeakMemory only: of this request alone; empty: of the iteration
};

// Fewer single iterations, or durations, say nothing.
inline constexpr int kFewestPeaks = 2;
inline constexpr int kFewestDurations = 10;

// No run has more.
inline constexpr int kMostIterations = 1'000'000'000;

enum class ExpectedOutcome { kPass, kFail };

// What the application meets where it does its work: nothing here is driven or enforced, the report
// says how long a leak would take to use it up.
struct Production {
  std::optional<double> rate_per_second;  // of iterations, over the whole tree
  std::optional<Bytes> memory;            // of all processes together
};

// A finding that somebody has accepted: it does not fail the growth gate until its end date.
struct Known {
  std::string fingerprint;  // 12 hexadecimal digits
  std::string reason;
  std::string until;  // the last day on which it holds, 2026-12-31
  SourcePosition position;
  bool of_file = false;  // it stands beside the scenarios, and holds for all of them

  friend bool operator==(const Known&, const Known&) = default;
};

// When lines are looked for: where growth or a peak is above its limit, or may be; in any case;
// never.
enum class DiagnosisMode { kAuto, kAlways, kOff };

// One value of a sweep: the scenario is launched anew for each.
struct SweepPoint {
  std::string of;  // the scenario's name, as its author wrote it
  std::string variable;
  std::string value;

  friend bool operator==(const SweepPoint&, const SweepPoint&) = default;
};

// Of a sweep: the thresholds of Python's collector, not a variable of the file.
inline constexpr std::string_view kGcThreshold = "gc_threshold";

struct Scenario {
  std::string name;  // of one point of a sweep: "list [gc_threshold=700]"
  std::string description;
  std::string folder;  // a slug of the name, unique within the run
  std::string file;    // the scenario file, as given on the command line
  SourcePosition position;
  std::optional<CommandLine> requires_command;
  std::optional<Program> program;  // in place of flows; the target's command is not started
  std::vector<Flow> flows;
  Load load;
  Connection connection;
  std::optional<DataFeed> data;
  std::optional<int> warmup;  // iterations; nothing: until the signals are flat
  int min_iterations = 40;
  bool min_is_given = false;  // by the author: nothing is over before
  int max_iterations = 2000;
  int horizon_iterations = 200;  // of the growth phase, before which nothing is called a leak
  Seconds max_duration{300};
  Production production;
  std::vector<Budget> budgets;
  std::vector<ScalingBudget> scaling;  // judged over the whole sweep
  std::vector<Known> known;
  DiagnosisMode diagnosis = DiagnosisMode::kAuto;
  ExpectedOutcome expect_outcome = ExpectedOutcome::kPass;
  std::optional<SweepPoint> sweep;
  std::optional<std::string> gc_threshold;  // "700" or "700,10,10", set in every Python process
  Target target;
};

// Those of Python's cyclic collector.
constexpr bool is_gc(Gate gate) {
  return gate == Gate::kGcCollections || gate == Gate::kGcUncollectable || gate == Gate::kGcPause;
}

bool has_gate(const Scenario& scenario, std::initializer_list<Gate> gates);

// Whether single iterations are measured: for a gate, or to relate them to the size that a sweep
// varies.
bool measures_peaks(const Scenario& scenario);

// Whether one of its gates needs a growth phase: growth, fds, threads, the collector's.
bool judges_growth(const Scenario& scenario);

struct Plan {
  std::string name;
  std::vector<Scenario> scenarios;
  Outputs outputs = {};  // of the chosen profile
};

}  // namespace tidemark::plan
