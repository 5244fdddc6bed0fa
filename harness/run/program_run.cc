#include "harness/run/program_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "harness/analysis/judge.h"
#include "harness/base/text.h"
#include "harness/run/failures.h"
#include "harness/run/memory_watch.h"
#include "harness/run/program_process.h"

namespace tidemark::run {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using record::Ending;
using record::Phase;

constexpr int kPeakRuns = 5;
constexpr int kMostPeakRuns = 10;  // where one alone was above the limit
constexpr int kMostLoggedFailures = 20;
constexpr Seconds kStopGrace{5};  // of services

std::string_view last_line(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  return text.substr(text.rfind('\n') + 1);
}

class ProgramPhases {
 public:
  ProgramPhases(const plan::Scenario& scenario, const target::LaunchOptions& launch,
                Recorder& recorder, Progress& progress)
      : scenario_(scenario), launch_(launch), recorder_(recorder), progress_(progress) {}

  record::End run(target::Scratch& scratch);
  void stop_services();

 private:
  using Stop = std::optional<record::End>;

  Result<void> prepare(target::Scratch& scratch);
  Stop run_once(Phase phase);
  Stop until_decided();
  bool decided() const;
  std::string unexpected(const ProgramRun& run, load::ResponseCheck& check) const;
  Stop stop_after(const ProgramRun& run, Phase phase) const;
  Stop service_died(Phase phase);
  Stop check_failures(Phase phase) const;
  void add(const ProgramRun& run, Phase phase, const std::string& unexpected,
           std::uint64_t written);
  void add_peak(const ProgramRun& run, Phase phase, std::int64_t iteration);
  void note_left_behind(std::size_t count);
  void log(const ProgramRun& run, const std::string& unexpected);
  record::End end(Ending ending, Phase phase, std::string message) const {
    return {ending, std::move(message), phase, elapsed()};
  }
  Seconds elapsed() const { return Clock::now() - began_; }
  Seconds left() const { return scenario_.max_duration - elapsed(); }

  const plan::Scenario& scenario_;
  const target::LaunchOptions& launch_;
  Recorder& recorder_;
  Progress& progress_;
  Clock::time_point began_ = Clock::now();
  std::optional<target::Services> services_;
  ProgramOrder order_;
  std::string name_;  // of the program, for messages
  std::optional<load::ResponseRules> rules_;
  plan::Placeholders placeholders_;
  Seconds longest_{0};
  std::int64_t failed_ = 0;
  int peaks_ = 0;
  bool left_behind_noted_ = false;
  int logged_failures_ = 0;
  std::string failures_log_;
};

record::End ProgramPhases::run(target::Scratch& scratch) {
  if (auto prepared = prepare(scratch); !prepared) {
    const bool interrupted = wait_readable(launch_.stop_fd, Seconds(0));
    return end(interrupted ? Ending::kInterrupted : Ending::kNotLaunched, Phase::kWarmup,
               prepared.error().message);
  }
  began_ = Clock::now();
  // The first one finds cold caches: it is shown, not judged.
  const int warmup = std::max(1, scenario_.warmup.value_or(1));
  while (recorder_.iterations() < warmup)
    if (Stop stop = run_once(Phase::kWarmup)) return *stop;
  if (Stop stop = until_decided()) return *stop;
  return end(Ending::kCompleted, Phase::kGrowth, {});
}

Result<void> ProgramPhases::prepare(target::Scratch& scratch) {
  progress_.update({"prepare", 0, scenario_.max_iterations, {}, scenario_.max_duration});
  auto rules = load::ResponseRules::compile(scenario_.program->output, {});
  if (!rules) return tl::unexpected(with_context("expect", rules.error()));
  rules_.emplace(std::move(*rules));
  rules_->subject = "its output";
  auto prepared =
      target::prepare_program(scenario_.program->command, scenario_.target, scratch, launch_);
  if (!prepared) return tl::unexpected(prepared.error());
  services_.emplace(std::move(prepared->services));
  order_.start = std::move(prepared->start);
  order_.streams = launch_.work / "streams";
  order_.timeout = scenario_.program->timeout;
  order_.memory_limit = scenario_.target.memory_limit;
  if (order_.memory_limit) order_.start.most_memory = cgroup_limit(*order_.memory_limit);
  order_.stop_fd = launch_.stop_fd;
  placeholders_ = std::move(prepared->placeholders);
  std::vector<std::string> shown;  // quoting would hide a secret from whoever takes them out later
  for (const std::string& argument : order_.start.command)
    shown.push_back(placeholders_.redact(argument));
  name_ = shell_line(shown);
  return {};
}

void ProgramPhases::stop_services() {
  if (!services_) return;
  if (auto stopped = services_->stop(kStopGrace); !stopped)
    recorder_.add(record::Remark{"stopped", false, stopped.error().message});
}

std::string ProgramPhases::unexpected(const ProgramRun& run, load::ResponseCheck& check) const {
  std::string what;
  if (run.ending == ProgramRun::Ending::kTimedOut)
    what = fmt::format("it was still running after its timeout of {}",
                       format_duration(scenario_.program->timeout));
  else if (!run.exit.has_code(scenario_.program->exit))
    what =
        fmt::format("it {} where code {} was expected", run.exit.words(), scenario_.program->exit);
  else
    return check.finish(0).unexpected;
  // Before anything is cut or quoted, or of a secret a part would stay.
  const std::string why(placeholders_.redact(std::string(last_line(run.last_errors))));
  return why.empty() ? what : fmt::format("{}: {}", what, printable_line(why, 300));
}

ProgramPhases::Stop ProgramPhases::stop_after(const ProgramRun& run, Phase phase) const {
  switch (run.ending) {
    case ProgramRun::Ending::kExited:
    case ProgramRun::Ending::kTimedOut:
      return std::nullopt;
    case ProgramRun::Ending::kNoTimeLeft:
      return end(Ending::kCompleted, phase,
                 fmt::format("max_duration of {} was over in the middle of a run",
                             format_duration(scenario_.max_duration)));
    case ProgramRun::Ending::kMemoryLimit:
      return end(Ending::kMemoryLimit, phase, run.message);
    case ProgramRun::Ending::kInterrupted:
      return end(Ending::kInterrupted, phase, "interrupted");
    case ProgramRun::Ending::kLost:
      return end(Ending::kTargetDied, phase, "its guardian was killed");
  }
  return std::nullopt;
}

// What a service takes along with it is not the program's own failure.
ProgramPhases::Stop ProgramPhases::service_died(Phase phase) {
  const auto death = services_->death();
  if (!death) return std::nullopt;
  return end(Ending::kTargetDied, phase,
             fmt::format("after {} runs {}", recorder_.iterations(), *death));
}

ProgramPhases::Stop ProgramPhases::run_once(Phase phase) {
  progress_.update({phase == Phase::kWarmup ? "warm-up" : "runs",
                    recorder_.iterations(),
                    scenario_.max_iterations,
                    {},
                    std::max(left(), Seconds(0))});
  load::ResponseCheck check(*rules_);
  const auto begun = check.begin([&](std::string_view name) {
    return placeholders_.fill(
        plan::Template({{plan::TemplatePiece::Kind::kPlaceholder, std::string(name)}}));
  });
  if (!begun) return end(Ending::kNotLaunched, phase, begun.error().message);
  order_.time_left = left();
  const auto run = run_program_once(order_, check);
  if (!run) return end(Ending::kNotLaunched, phase, run.error().message);
  Stop stop = service_died(phase);
  if (!stop) stop = stop_after(*run, phase);
  const std::string what = stop ? stop->message : unexpected(*run, check);
  log(*run, what);
  note_left_behind(run->left_behind);
  // A run that was not let come to its end is none; how much it needed says something only where
  // that was the reason.
  if (!stop) add(*run, phase, what, check.bytes());
  if (stop && stop->ending == Ending::kMemoryLimit)
    add_peak(*run, phase, recorder_.iterations() + 1);
  return stop ? stop : check_failures(phase);
}

void ProgramPhases::add(const ProgramRun& run, Phase phase, const std::string& unexpected,
                        std::uint64_t written) {
  load::BatchResult batch;
  batch.iterations = 1;
  batch.duration = run.duration;
  batch.body_bytes = written;
  if (unexpected.empty()) {
    batch.iteration_duration.add(run.duration);
  } else {
    batch.failed_iterations = 1;
    batch.examples.push_back({name_, unexpected, run.last_errors, false});
    ++failed_;
  }
  longest_ = std::max(longest_, run.duration);
  const bool is_first = recorder_.iterations() == 0;
  if (is_first) recorder_.add(record::ProcessSeen{run.peak.process, {}, name_, {}, 0});
  recorder_.add_batch(phase, batch, elapsed());
  if (phase != Phase::kWarmup || is_first) add_peak(run, phase, recorder_.iterations());
}

void ProgramPhases::add_peak(const ProgramRun& run, Phase phase, std::int64_t iteration) {
  const Phase of_peak = phase == Phase::kWarmup ? Phase::kWarmup : Phase::kPeaks;
  record::PeakSample sample{of_peak, iteration, {run.peak}};
  sample.signal = run.signal;
  sample.upper_bound = run.upper_bound;
  recorder_.add(std::move(sample));
  if (of_peak == Phase::kPeaks) ++peaks_;
}

ProgramPhases::Stop ProgramPhases::check_failures(Phase phase) const {
  if (!is_hopeless(scenario_, failed_, recorder_.iterations())) return std::nullopt;
  const auto& answers = recorder_.record().unexpected_answers;
  return end(Ending::kUnexpectedAnswers, phase,
             fmt::format("{} of {} runs did not end as expected{}", failed_, recorder_.iterations(),
                         answers.empty() ? "" : ": " + answers.front().what));
}

bool ProgramPhases::decided() const {
  if (scenario_.min_is_given && recorder_.iterations() < scenario_.min_iterations) return false;
  auto gates = analysis::judge_all(recorder_.record(), {});
  progress_.judge(gates);
  const bool more_peaks = peaks_ < kMostPeakRuns;
  std::erase_if(gates, [&](const analysis::GateReport& gate) {
    return gate.gate == plan::Gate::kPeakMemory && !more_peaks;
  });
  return peaks_ >= kPeakRuns && analysis::all_decided(gates);
}

ProgramPhases::Stop ProgramPhases::until_decided() {
  while (!decided()) {
    if (recorder_.iterations() >= scenario_.max_iterations)
      return end(Ending::kCompleted, Phase::kGrowth,
                 fmt::format("iterations.max of {} is reached", scenario_.max_iterations));
    if (longest_ >= left())
      return end(
          Ending::kCompleted, Phase::kGrowth,
          fmt::format("max_duration of {} is over", format_duration(scenario_.max_duration)));
    if (Stop stop = run_once(Phase::kGrowth)) return stop;
  }
  return std::nullopt;
}

void ProgramPhases::note_left_behind(std::size_t count) {
  if (count == 0 || left_behind_noted_) return;
  left_behind_noted_ = true;
  recorder_.add(record::Remark{
      "left behind", true,
      fmt::format("{} still running when the program had ended, and {} ended then: each run begins "
                  "without those of the one before",
                  count == 1 ? "a process was" : fmt::format("{} processes were", count),
                  count == 1 ? "was" : "were")});
}

void ProgramPhases::log(const ProgramRun& run, const std::string& unexpected) {
  const std::string entry =
      fmt::format("=== run {}: {}\n{}", recorder_.iterations() + 1,
                  unexpected.empty() ? "as expected" : printable(unexpected), run.output);
  const bool is_kept = !unexpected.empty() && logged_failures_ < kMostLoggedFailures;
  if (is_kept) {
    failures_log_ += entry;
    ++logged_failures_;
  }
  // A disk that is full is the record's to tell of.
  (void)write_file(launch_.logs / "target.log", is_kept ? failures_log_ : failures_log_ + entry);
}

}  // namespace

record::End run_program(const plan::Scenario& scenario, const target::LaunchOptions& launch,
                        target::Scratch& scratch, Recorder& recorder, Progress& progress) {
  ProgramPhases phases(scenario, launch, recorder, progress);
  record::End end = phases.run(scratch);
  phases.stop_services();
  return end;
}

}  // namespace tidemark::run
