#include "harness/record/record.h"

#include <type_traits>
#include <utility>

namespace tidemark::record {
namespace {

constexpr std::array<std::string_view, kSignalCount> kSignalNames = {
    "live_bytes", "held_bytes", "live_blocks", "gc_objects", "uss",
    "anon",       "pss",        "rss",         "fds",        "threads"};

// The first word, without the folder.
std::string_view program_of(std::string_view command) {
  const std::string_view program = command.substr(0, command.find(' '));
  return program.substr(program.rfind('/') + 1);
}

}  // namespace

std::string_view signal_name(Signal signal) {
  return kSignalNames[static_cast<std::size_t>(signal)];
}

std::optional<Signal> parse_signal(std::string_view name) {
  for (const Signal signal : kSignals)
    if (signal_name(signal) == name) return signal;
  return std::nullopt;
}

bool runs_python(std::string_view command) {
  return program_of(command).starts_with("python") || runs_uwsgi(command);
}

bool runs_uwsgi(std::string_view command) {
  return program_of(command).starts_with("uwsgi");
}

Unit signal_unit(Signal signal) {
  switch (signal) {
    case Signal::kLiveBlocks:
    case Signal::kGcObjects:
    case Signal::kFds:
    case Signal::kThreads:
      return Unit::kCount;
    default:
      return Unit::kBytes;
  }
}

std::string_view phase_name(Phase phase) {
  switch (phase) {
    case Phase::kWarmup:
      return "warm-up";
    case Phase::kPeaks:
      return "peaks";
    case Phase::kGrowth:
      return "growth";
    case Phase::kDiagnosis:
      return "diagnosis";
  }
  return {};
}

std::string_view peak_signal_name(PeakSignal signal) {
  switch (signal) {
    case PeakSignal::kRss:
      return "peak_rss";
    case PeakSignal::kCgroup:
      return "peak_cgroup";
    case PeakSignal::kSampled:
      return "peak_sampled";
  }
  return {};
}

std::string_view ending_name(Ending ending) {
  switch (ending) {
    case Ending::kCompleted:
      return "completed";
    case Ending::kSkipped:
      return "skipped";
    case Ending::kNotLaunched:
      return "not_launched";
    case Ending::kTargetDied:
      return "target_died";
    case Ending::kMemoryLimit:
      return "memory_limit";
    case Ending::kUnexpectedAnswers:
      return "unexpected_answers";
    case Ending::kInterrupted:
      return "interrupted";
  }
  return {};
}

void append(Record& record, Event event) {
  std::visit(
      [&](auto&& fact) {
        using Fact = std::decay_t<decltype(fact)>;
        if constexpr (std::is_same_v<Fact, ProcessSeen>)
          record.processes.push_back(std::move(fact));
        else if constexpr (std::is_same_v<Fact, ProcessEnded>)
          record.ended.push_back(fact);
        else if constexpr (std::is_same_v<Fact, Checkpoint>)
          record.checkpoints.push_back(std::move(fact));
        else if constexpr (std::is_same_v<Fact, PeakSample>)
          record.peaks.push_back(std::move(fact));
        else if constexpr (std::is_same_v<Fact, Batch>)
          record.batches.push_back(fact);
        else if constexpr (std::is_same_v<Fact, PlannedGrowth>)
          record.planned_growth = std::move(fact);
        else if constexpr (std::is_same_v<Fact, UnexpectedAnswer>)
          record.unexpected_answers.push_back(std::move(fact));
        else if constexpr (std::is_same_v<Fact, Remark>)
          record.remarks.push_back(std::move(fact));
        else if constexpr (std::is_same_v<Fact, LatencySummary>)
          record.latency = std::move(fact);
        else if constexpr (std::is_same_v<Fact, Diagnosis>)
          record.diagnosis = std::move(fact);
        else if constexpr (std::is_same_v<Fact, PeakDiagnosis>)
          record.peak_diagnosis = std::move(fact);
        else
          record.end = std::move(fact);
      },
      std::move(event));
}

}  // namespace tidemark::record
