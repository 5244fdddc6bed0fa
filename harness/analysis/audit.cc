#include "harness/analysis/audit.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/analysis/data_feed.h"
#include "harness/analysis/judge.h"
#include "harness/analysis/segments.h"
#include "harness/base/text.h"

namespace tidemark::analysis {
namespace {

using record::Ending;
using record::Reading;
using record::Record;

// Without an `errors` budget, a run with more unexpected answers than this has tested something
// else.
constexpr double kMostUnexpected = 0.01;

// What begins later than this was not put on the target when it was due.
constexpr Seconds kMostLateness{0.010};

// As many as growth between processes that come and go needs.
constexpr std::size_t kFewestStretches = 4;

template <class Each>
void for_each_growth_reading(const Record& record, Each each) {
  for (const record::Checkpoint& checkpoint : record.checkpoints)
    if (checkpoint.phase == record::Phase::kGrowth)
      for (const Reading& reading : checkpoint.readings) each(reading);
}

bool has_gate(const Record& record, plan::Gate gate) {
  return std::any_of(record.header.budgets.begin(), record.header.budgets.end(),
                     [&](const plan::Budget& budget) { return budget.gate == gate; });
}

AuditCheck check_answers(const Record& record) {
  const IterationCounts counts = count_iterations(record);
  const double share = static_cast<double>(counts.failed) /
                       static_cast<double>(std::max<std::int64_t>(counts.total, 1));
  const bool of_runs = record.header.program;
  AuditCheck check{of_runs ? "runs" : "answers", counts.total > 0 && share <= kMostUnexpected,
                   fmt::format("{} of {} iterations {} as expected", counts.total - counts.failed,
                               counts.total, of_runs ? "ended" : "were answered")};
  if (!record.unexpected_answers.empty()) {
    const auto& first = record.unexpected_answers.front();
    check.detail += fmt::format("; the first that {} not: {}: {}", of_runs ? "did" : "was",
                                first.request, first.what);
  }
  if (has_gate(record, plan::Gate::kErrors)) check.ok = counts.total > 0;
  return check;
}

AuditCheck check_processes(const Record& record) {
  const GrowthWindow window = growth_window(record);
  if (window.checkpoints.empty()) return {"processes", true, "none was judged for growth"};
  if (window.left_out == 0)
    return {"processes", true,
            fmt::format("the same {} from the first checkpoint to the last",
                        window.processes.size() == 1
                            ? "process"
                            : fmt::format("{} processes", window.processes.size()))};
  const std::size_t stretches = std::max(segments_of(record, record::Signal::kLiveBytes).size(),
                                         segments_of(record, record::Signal::kUss).size());
  if (is_recycled(window) && stretches >= kFewestStretches)
    return {
        "processes", true,
        fmt::format("processes were started or ended; growth is judged by the {} stretches between",
                    stretches)};
  return {"processes", window.left_out * 2 < static_cast<std::int64_t>(window.checkpoints.size()),
          fmt::format("processes were started or ended; growth is judged by the {} checkpoints "
                      "since, {} before are left out",
                      window.checkpoints.size(), window.left_out)};
}

AuditCheck check_settled(const Record& record) {
  std::size_t readings = 0;
  std::size_t gaps = 0;
  std::string reason;
  Seconds settling{0};
  for_each_growth_reading(record, [&](const Reading& reading) {
    ++readings;
    settling += reading.settle;
    if (reading.gap.empty()) return;
    ++gaps;
    reason = reading.gap;
  });
  if (gaps > 0)
    return {"readings", gaps * 10 < readings,
            fmt::format("{} of {} readings are missing: {}", gaps, readings, reason)};
  return {"readings", true,
          fmt::format("{} readings, none is missing; settling took {} in all", readings,
                      format_duration(settling))};
}

// Garbage in cycles that our collections freed while the application's own collector never came to
// it: left alone the application would grow until its threshold is reached. Empty: there is none.
std::string garbage_left_to_us(const Record& record) {
  const GrowthWindow window = growth_window(record);
  if (window.iterations() == 0) return {};
  std::int64_t freed = 0;
  std::int64_t own_collections = 0;
  std::int64_t threshold = 0;
  for (const record::Checkpoint* checkpoint : window.checkpoints)
    for (const Reading& reading : checkpoint->readings) freed += reading.unreachable;
  for (const auto* checkpoint : {window.checkpoints.front(), window.checkpoints.back()})
    for (const Reading& reading : checkpoint->readings)
      for (const record::GcGeneration& row : reading.gc) {
        own_collections +=
            checkpoint == window.checkpoints.front() ? -row.collections : row.collections;
        if (row.generation == 0) threshold = std::max(threshold, row.threshold);
      }
  // With thresholds as they are usually set, the collector comes by some time.
  constexpr std::int64_t kUnusualThreshold = 100'000;
  if (own_collections > 0 || threshold < kUnusualThreshold || freed < window.iterations())
    return {};
  return fmt::format(
      "the application's collector never ran by itself (its threshold is {}), and our collections "
      "freed {:.1f} objects an iteration: left alone, they stay",
      threshold, static_cast<double>(freed) / static_cast<double>(window.iterations()));
}

AuditCheck check_collector(const Record& record) {
  bool any_agent = false;
  bool off = false;
  std::int64_t frozen = 0;
  for_each_growth_reading(record, [&](const Reading& reading) {
    any_agent = any_agent || reading.collector_on.has_value();
    off = off || (reading.collector_on && !*reading.collector_on);
    frozen = std::max(frozen, reading.frozen);
  });
  if (!any_agent)
    return {"collector", true, "no agent in the target: it is measured from outside, by its pages"};
  std::string detail = off ? "the application has its garbage collector switched off: it is "
                             "measured as it runs, nothing was collected for it"
                           : "on; a full collection before each reading";
  if (frozen > 0) detail += fmt::format("; {} objects are frozen (gc.freeze)", frozen);
  const std::string hidden = garbage_left_to_us(record);
  if (!hidden.empty()) detail += "; " + hidden;
  return {"collector", hidden.empty(), detail};
}

AuditCheck check_debug(const Record& record) {
  std::optional<bool> debug;
  for_each_growth_reading(record, [&](const Reading& reading) {
    if (reading.django_debug) debug = debug.value_or(false) || *reading.django_debug;
  });
  if (!debug) return {"debug", true, "no Django in the target"};
  if (!*debug) return {"debug", true, "Django's DEBUG is off"};
  return {"debug", false,
          "Django's DEBUG is on: it keeps up to 9,000 queries per connection; set DEBUG = False"};
}

AuditCheck check_swap(const Record& record) {
  Bytes most{0};
  for_each_growth_reading(record,
                          [&](const Reading& reading) { most = std::max(most, reading.swapped); });
  if (most == 0_B) return {"swap", true, "nothing of the target was swapped out"};
  return {"swap", false,
          fmt::format("{} of the target were swapped out: page signals show too little",
                      format_bytes(most))};
}

// What the figures of the load must be read with. It speaks of the load, not of memory: no verdict
// depends on it.
AuditCheck check_load(const Record& record) {
  if (record.header.model == plan::LoadModel::kClosed)
    return {"load", true, "virtual users wait for their answers: no iteration is late or dropped"};
  std::int64_t dropped = 0;
  for (const record::Batch& batch : record.batches) dropped += batch.dropped;
  const LatencyHistogram& lateness = record.latency.lateness;
  const Seconds late = lateness.quantile(0.99);
  std::vector<std::string> problems;
  if (dropped > 0)
    problems.push_back(fmt::format(
        "{} of {} iterations were dropped{}: no virtual user was free within the timeout; raise "
        "max_vus, or the target cannot serve this rate",
        format_count(dropped), format_count(count_iterations(record).total + dropped),
        record.header.load.empty() ? "" : fmt::format(" ({})", record.header.load)));
  if (late > kMostLateness)
    problems.push_back(fmt::format(
        "iterations began late: p99 {}, at most {}; latencies are given from the moment they were "
        "due",
        format_duration(late), format_duration(lateness.largest())));
  if (!problems.empty()) return {"load", false, join(problems, "; ")};
  return {"load", true,
          lateness.count() == 0
              ? std::string("no iteration was dropped")
              : fmt::format("no iteration was dropped; they began on time (p99 {} late)",
                            format_duration(late))};
}

std::optional<AuditCheck> check_data(const Record& record) {
  const auto& data = record.header.data;
  if (!data) return std::nullopt;
  const auto all_seen = iterations_to_see_all(*data);
  const std::string rows = format_count(data->rows) + (data->rows == 1 ? " row" : " rows");
  if (!all_seen)
    return AuditCheck{
        "data", false,
        fmt::format("each of {} is taken once: a cache keyed by the data fills as long "
                    "as there are any, and looks like a leak",
                    rows)};
  const std::int64_t needed = *all_seen + record.header.horizon_iterations;
  const std::int64_t total = count_iterations(record).total;
  if (total >= needed)
    return AuditCheck{"data", true,
                      fmt::format("{}, all of them seen before growth was judged", rows)};
  return AuditCheck{
      "data", false,
      fmt::format("{} of data: caches keyed by them may still have been filling; to tell "
                  "a leak takes {} iterations, and there were {}",
                  rows, format_count(needed), format_count(total))};
}

void invalidate(GateReport& gate, Outcome outcome, const std::string& reason) {
  gate.outcome = outcome;
  gate.reason = gate.reason.empty() ? reason : reason + " (" + gate.reason + ")";
}

bool holds(const std::vector<AuditCheck>& checks, std::string_view name) {
  return std::none_of(checks.begin(), checks.end(),
                      [&](const AuditCheck& check) { return check.check == name && !check.ok; });
}

// What stayed after settling, from the launch to the last checkpoint.
struct Stayed {
  double bytes = 0;
  std::int64_t iterations = 0;
  double room = 0;  // that there was at first, up to the limit as far as it is known

  // What one iteration needs is gone at the next checkpoint; what has stayed was growth.
  bool is_growth() const {
    constexpr double kGrownShare = 0.25;
    return bytes > kGrownShare * room;
  }
};

Stayed stayed_until_the_limit(const Record& record) {
  if (record.checkpoints.empty()) return {};
  const auto uss = [](const record::Checkpoint& checkpoint) {
    double sum = 0;
    for (const Reading& reading : checkpoint.readings)
      sum += reading.values.get(record::Signal::kUss).value_or(0);
    return sum;
  };
  const record::Checkpoint& first = record.checkpoints.front();
  const record::Checkpoint& last = record.checkpoints.back();
  // The kernel's OOM killer does not say what its limit was; not far beyond what there was last.
  const double unknown = 2 * uss(last);
  const double limit =
      record.header.memory_limit ? static_cast<double>(record.header.memory_limit->count) : unknown;
  return {uss(last) - uss(first), last.iteration - first.iteration,
          std::min(limit, unknown) - uss(first)};
}

void convict_of_growth(const Stayed& stayed, GateReport& gate) {
  gate.outcome = Outcome::kFail;
  gate.classification = Shape::kLeak;
  gate.reason =
      fmt::format("{} had stayed behind after {} iterations",
                  format_bytes({static_cast<std::int64_t>(stayed.bytes)}), stayed.iterations);
  if (gate.measured || stayed.iterations == 0) return;
  gate.signal = gate.shape_signal = signal_name(record::Signal::kUss);
  gate.measured =
      Measured{{stayed.bytes / static_cast<double>(stayed.iterations), Unit::kBytesPerIteration},
               std::nullopt,
               std::nullopt};
}

// A target that died of its memory decides what its memory says; everything else was not tested.
void apply_memory_limit(const Record& record, std::vector<GateReport>& gates) {
  const Stayed stayed = stayed_until_the_limit(record);
  const bool grew = stayed.is_growth();
  for (GateReport& gate : gates) {
    const bool is_peak = gate.gate == plan::Gate::kPeakMemory;
    if (grew && gate.gate == plan::Gate::kGrowth) {
      convict_of_growth(stayed, gate);
      gate.reason = record.end->message + "; " + gate.reason;
    } else if (!grew && is_peak && gate.outcome != Outcome::kPass) {
      gate.outcome = Outcome::kFail;
      gate.reason = record.end->message + (gate.reason.empty() ? "" : "; " + gate.reason);
    } else if (gate.outcome != Outcome::kFail && !(is_peak && gate.outcome == Outcome::kPass)) {
      invalidate(gate, Outcome::kInvalid, record.end->message);
    }
  }
}

}  // namespace

std::vector<AuditCheck> audit(const Record& record) {
  std::vector<AuditCheck> checks = {check_answers(record)};
  // Of a program's processes nothing stays that could be looked at.
  if (!record.header.program)
    for (const auto check :
         {check_processes, check_settled, check_collector, check_debug, check_swap, check_load})
      checks.push_back(check(record));
  if (auto data = check_data(record)) checks.push_back(std::move(*data));
  for (const record::Remark& remark : record.remarks)
    checks.push_back({remark.check, remark.ok, remark.detail});
  return checks;
}

void apply_audit(const Record& record, const std::vector<AuditCheck>& checks,
                 std::vector<GateReport>& gates) {
  const Ending ending = record.end ? record.end->ending : Ending::kInterrupted;
  if (ending == Ending::kMemoryLimit) {
    apply_memory_limit(record, gates);
    return;
  }
  for (GateReport& gate : gates) {
    const bool is_memory = gate.gate == plan::Gate::kGrowth || gate.gate == plan::Gate::kPeakMemory;
    const bool is_count = gate.gate == plan::Gate::kFds || gate.gate == plan::Gate::kThreads;
    const bool is_gc = plan::is_gc(gate.gate);
    const bool by_checkpoints = gate.gate == plan::Gate::kGrowth || is_count;
    if (ending == Ending::kNotLaunched)
      invalidate(gate, Outcome::kInvalid, "the target could not be tested");
    else if (ending == Ending::kTargetDied && gate.outcome != Outcome::kFail)
      invalidate(gate, Outcome::kInvalid, "the target died");
    else if (!holds(checks, "answers") && gate.gate != plan::Gate::kErrors)
      invalidate(gate, Outcome::kInvalid, "the answers were not as expected");
    else if (!holds(checks, "runs") && gate.gate != plan::Gate::kErrors)
      invalidate(gate, Outcome::kInvalid, "its runs did not end as expected");
    else if (!holds(checks, "agent") && (gate.gate == plan::Gate::kGrowth || is_gc))
      invalidate(gate, Outcome::kInvalid, "an agent was asked for, and there was none");
    else if (!holds(checks, "readings") && (by_checkpoints || is_gc) &&
             gate.outcome == Outcome::kPass)
      invalidate(gate, Outcome::kInconclusive, "too many readings are missing");
    else if (!holds(checks, "processes") && by_checkpoints && gate.outcome == Outcome::kPass)
      invalidate(gate, Outcome::kInconclusive,
                 "processes came and went, and most of the run is left out");
    else if (!holds(checks, "debug") && gate.gate == plan::Gate::kGrowth &&
             gate.outcome == Outcome::kFail)
      invalidate(gate, Outcome::kInvalid, "Django's DEBUG is on and keeps queries");
    else if (!holds(checks, "data") && gate.gate == plan::Gate::kGrowth &&
             gate.outcome == Outcome::kFail)
      invalidate(gate, Outcome::kInconclusive, "caches keyed by the data may still be filling");
    else if (!holds(checks, "swap") && is_memory && gate.outcome == Outcome::kPass)
      invalidate(gate, Outcome::kInconclusive, "parts of the target were swapped out");
    else if (ending == Ending::kInterrupted && gate.outcome == Outcome::kInconclusive)
      invalidate(gate, Outcome::kInconclusive, "interrupted");
  }
}

std::optional<Bytes> exceeded_by_one_iteration(const Record& record) {
  if (!record.end || record.end->ending != Ending::kMemoryLimit || !record.header.memory_limit)
    return std::nullopt;
  const Bytes limit = *record.header.memory_limit;
  // A program's iteration is all of it.
  if (record.header.program) return limit;
  const Stayed stayed = stayed_until_the_limit(record);
  if (stayed.is_growth()) return std::nullopt;
  Bytes before{0};
  if (!record.checkpoints.empty())
    for (const Reading& reading : record.checkpoints.back().readings)
      before +=
          Bytes{static_cast<std::int64_t>(reading.values.get(record::Signal::kRss).value_or(0))};
  return std::max(0_B, limit - before);
}

}  // namespace tidemark::analysis
