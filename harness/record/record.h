#pragma once

// Everything that was measured in one scenario, as facts with their time: what the run writes down
// and the analysis reads. Value types only. It holds no secrets; text from the target in it is
// untrusted.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/base/latency_histogram.h"
#include "harness/base/units.h"
#include "harness/plan/plan.h"
#include "harness/record/diagnosis.h"
#include "harness/record/process_key.h"

namespace tidemark::record {

// One measured quantity of one process.
enum class Signal {
  kLiveBytes,
  kHeldBytes,
  kLiveBlocks,
  kGcObjects,
  kUss,
  kAnon,
  kPss,
  kRss,
  kFds,
  kThreads,
};
inline constexpr std::size_t kSignalCount = 10;
inline constexpr std::array<Signal, kSignalCount> kSignals = {
    Signal::kLiveBytes, Signal::kHeldBytes, Signal::kLiveBlocks, Signal::kGcObjects,
    Signal::kUss,       Signal::kAnon,      Signal::kPss,        Signal::kRss,
    Signal::kFds,       Signal::kThreads};

std::string_view signal_name(Signal signal);
std::optional<Signal> parse_signal(std::string_view name);
Unit signal_unit(Signal signal);  // bytes or count

// One value a signal; nothing where the reading failed: a gap.
class SignalValues {
 public:
  std::optional<double> get(Signal signal) const {
    return values_[static_cast<std::size_t>(signal)];
  }
  void set(Signal signal, double value) { values_[static_cast<std::size_t>(signal)] = value; }

  friend bool operator==(const SignalValues&, const SignalValues&) = default;

 private:
  std::array<std::optional<double>, kSignalCount> values_;
};

// Python's cyclic collector, one generation; without the collections that Tidemark asked for.
struct GcGeneration {
  int generation = 0;
  std::int64_t collections = 0;
  std::int64_t collected = 0;
  std::int64_t uncollectable = 0;
  std::int64_t threshold = 0;
  std::int64_t count = 0;
  // Nothing: the agent could not watch the pauses.
  std::optional<Seconds> paused = std::nullopt;
  std::optional<Seconds> longest_pause = std::nullopt;

  friend bool operator==(const GcGeneration&, const GcGeneration&) = default;
};

// One process at one checkpoint.
struct Reading {
  ProcessKey process;
  SignalValues values;
  std::vector<GcGeneration> gc;
  std::optional<bool> collector_on;  // nothing: no agent in the process
  std::int64_t frozen = 0;           // objects in the collector's permanent generation
  std::optional<bool> django_debug;
  Bytes swapped{0};
  // CPU time since the last reading, without what settling took: what this process did of the
  // batch, where several share it. Nothing at its first reading.
  std::optional<Seconds> worked;
  std::optional<Bytes> peak;  // highest RSS since the last checkpoint, less the RSS it began with
  // Free memory that can be used from here on without a trace in RSS: see PeakSample.
  Bytes reusable{0};
  std::optional<Bytes> unsettled;  // live bytes before settling; where peaks are judged
  std::int64_t unreachable = 0;    // garbage that settling found and the application had not
  Seconds settle{0};
  std::string gap;  // why values are missing; empty: none is
};

// Nothing of the diagnosis phase is judged: tracing costs time and memory.
enum class Phase { kWarmup, kPeaks, kGrowth, kDiagnosis };
std::string_view phase_name(Phase phase);

// All processes at a moment with nothing in flight, after a batch of iterations (none: a blank
// one).
struct Checkpoint {
  Phase phase = Phase::kWarmup;
  std::int64_t iteration = 0;  // finished so far, in all phases
  std::int64_t batch = 0;      // of them, since the last checkpoint
  Seconds elapsed{0};          // since the launch
  std::vector<Reading> readings;
};

// What says how much an iteration needed: the largest of them.
enum class PeakSignal {
  kRss,      // the kernel's high-water mark of single processes
  kCgroup,   // the kernel's counter of the whole tree, without file cache
  kSampled,  // the whole tree as it was seen from time to time: a lower bound
};
std::string_view peak_signal_name(PeakSignal signal);  // "peak_rss", …

// What one iteration, or one request of it, needed on top, per process that could be read.
struct PeakSample {
  struct Process {
    ProcessKey process;
    Bytes base{0};       // RSS just before
    Bytes peak{0};       // the kernel's high-water mark just after
    Bytes lazy_free{0};  // of the base: freed pages that the kernel has not taken back yet
    Bytes kept{0};       // of the base: free memory that allocators have kept since the launch
  };
  Phase phase = Phase::kPeaks;
  std::int64_t iteration = 0;
  std::vector<Process> processes;  // of a program's run: one, that stands for its whole tree
  std::string request = {};        // its name; empty: the whole iteration
  std::string flow = {};           // that the iteration took; empty: there is only one
  // Pages that were shared with another process of the tree and are copies now: RSS does not show
  // them.
  Bytes copied{0};
  // The most that processes which were not there before held at once, of their own.
  Bytes children{0};
  bool unseen_children = false;  // some came and went faster than anybody could look
  bool idle = false;  // nothing was asked of the target meanwhile: what others do at the same time
  PeakSignal signal = PeakSignal::kRss;
  bool upper_bound = false;  // so small that the kernel counted the process that launched it
};

// Of the response times of one batch: from the moment a request was due to its complete answer.
struct LatencyQuantiles {
  Seconds p50{0}, p95{0}, p99{0}, max{0};

  friend bool operator==(const LatencyQuantiles&, const LatencyQuantiles&) = default;
};

struct Batch {
  Phase phase = Phase::kWarmup;
  std::int64_t iterations = 0;
  std::int64_t failed_iterations = 0;
  Seconds duration{0};  // under load
  std::int64_t requests = 0;
  std::int64_t succeeded = 0;
  std::int64_t failed = 0;
  std::int64_t errored = 0;
  std::int64_t timed_out = 0;
  // Since the launch, when it was over; 0 in records from before it was written down.
  Seconds elapsed{0};
  std::int64_t dropped = 0;  // iterations that were due and never begun
  Bytes body_bytes{0};
  std::optional<LatencyQuantiles> response = std::nullopt;  // nothing: no complete answer
};

struct ProcessSeen {
  ProcessKey process;
  ProcessKey parent;
  std::string command;
  std::string runtime;  // "CPython 3.11.2", empty without an agent
  std::int64_t iteration = 0;
};

// Whether a command line is that of a Python interpreter, or of a server that has one inside.
bool runs_python(std::string_view command);
bool runs_uwsgi(std::string_view command);

struct ProcessEnded {
  ProcessKey process;
  std::int64_t iteration = 0;
};

struct UnexpectedAnswer {
  std::int64_t iteration = 0;  // about: it fell into the batch that ended there
  std::string request;
  std::string what;
  std::string body;
};

// What the audit should know and no number says.
struct Remark {
  std::string check;  // "agent", "processes", …
  bool ok = true;
  std::string detail;
};

struct RequestCounts {
  std::int64_t started = 0;
  std::int64_t succeeded = 0;  // answered as expected
  std::int64_t failed = 0;     // answered, but not as expected
  std::int64_t errored = 0;    // no complete answer
  std::int64_t timed_out = 0;

  friend bool operator==(const RequestCounts&, const RequestCounts&) = default;
};

// One request of the flows. Counts are of all phases, like those of the batches; times are of the
// growth phase, like all others.
struct RequestSummary {
  std::string name;
  RequestCounts counts;
  LatencyHistogram service_time;
  LatencyHistogram response_time;
};

// Times are of the growth phase, errors of all phases: one in the warm-up is worth knowing too.
// Service time runs from the moment a request was sent, response time from when it was due.
struct LatencySummary {
  LatencyHistogram service_time;
  LatencyHistogram response_time;
  LatencyHistogram iterations;  // from the moment each was due, without think times
  LatencyHistogram lateness;    // open model: from due to begun
  std::vector<RequestSummary> by_request;
  std::map<std::string, std::int64_t> errors;  // no complete answer, by why
};

enum class Ending {
  kCompleted,          // every gate was decided, or the plan came to its end
  kSkipped,            // its `requires` did not hold
  kNotLaunched,        // prepare, launch or readiness failed
  kTargetDied,         // while it was being driven
  kMemoryLimit,        // it grew into memory_limit and was stopped
  kUnexpectedAnswers,  // too many to go on
  kInterrupted,
};
std::string_view ending_name(Ending ending);

struct End {
  Ending ending = Ending::kCompleted;
  std::string message;  // several lines at times
  Phase phase = Phase::kWarmup;
  Seconds elapsed{0};
};

// Rows that iterations were fed with.
struct DataFacts {
  std::int64_t rows = 0;
  plan::DataFeed::Order order = plan::DataFeed::Order::kSequence;

  friend bool operator==(const DataFacts&, const DataFacts&) = default;
};

// Which scenario this is and by which limits it is judged.
struct Header {
  std::string run;  // the scenario file's name
  std::string scenario;
  std::string description;
  std::string file;
  SourcePosition position;
  std::string folder;
  std::string started;  // 2026-01-31T12:00:00Z
  std::vector<plan::Budget> budgets;
  std::vector<plan::ScalingBudget> scaling;  // of the whole sweep
  std::vector<plan::Known> known;
  plan::ExpectedOutcome expect_outcome = plan::ExpectedOutcome::kPass;
  bool program = false;  // an iteration is the run of a program; its target is no server
  int vus = 1;
  std::string load;  // in words: "50/s, at most 100 virtual users"; empty in older records
  plan::LoadModel model = plan::LoadModel::kClosed;
  int min_iterations = 0;
  int max_iterations = 0;
  int horizon_iterations = 200;  // of the growth phase, before which nothing is called a leak
  Seconds max_duration{0};
  std::optional<Bytes> memory_limit;
  plan::Production production;
  std::optional<DataFacts> data;
  std::optional<plan::SweepPoint> sweep;
  std::optional<std::string> gc_threshold;  // that Tidemark set in the target's processes
  std::optional<Bytes> machine_memory;
  std::string repeat_command;
  std::map<std::string, std::string> environment;  // of the machine: kernel, processors, versions
};

// One line of the record. PlannedGrowth marks that warm-up is over and what was planned then.
struct PlannedGrowth {
  std::int64_t iteration = 0;
  std::string words;  // "2.1 s an iteration: 40 checkpoints …"
};

using Event = std::variant<ProcessSeen, ProcessEnded, Checkpoint, PeakSample, Batch, PlannedGrowth,
                           UnexpectedAnswer, Remark, LatencySummary, Diagnosis, PeakDiagnosis, End>;

struct Record {
  Header header;
  std::vector<ProcessSeen> processes;
  std::vector<ProcessEnded> ended;
  std::vector<Checkpoint> checkpoints;
  std::vector<PeakSample> peaks;
  std::vector<Batch> batches;
  std::optional<PlannedGrowth> planned_growth;
  std::vector<UnexpectedAnswer> unexpected_answers;
  std::vector<Remark> remarks;
  LatencySummary latency;
  std::optional<Diagnosis> diagnosis;
  std::optional<PeakDiagnosis> peak_diagnosis;
  std::optional<End> end;  // nothing: Tidemark was killed, or is still running
};

// Adds an event to the record in memory.
void append(Record& record, Event event);

}  // namespace tidemark::record
