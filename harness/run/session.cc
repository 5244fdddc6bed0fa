#include "harness/run/session.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <set>
#include <utility>

#include "harness/run/failures.h"
#include "harness/run/machine.h"

namespace tidemark::run {
namespace {

using Clock = std::chrono::steady_clock;
using record::Ending;
using record::Phase;
using record::ProcessKey;

constexpr Seconds kStopGrace{5};
constexpr Seconds kDeathPatience{0.2};
constexpr Seconds kDrainPatience{1};
// A full collection over millions of objects takes a third of a second.
constexpr Seconds kSettlePatience{10};
constexpr Seconds kLeastSettlePatience{1};

ProcessKey key_of(const target::ProcessEntry& entry) {
  return {entry.pid, entry.started};
}

constexpr std::string_view kWhyNoAgent =
    "Python's options -I, -E and -S, another user, and programs that are not Python keep it out";
constexpr std::string_view kUwsgiNeeds =
    "uWSGI forks without Python's knowledge: start it with --enable-threads --py-call-osafterfork";

}  // namespace

Session::Session(SessionOptions options, target::RunningTarget target, load::Workload workload,
                 Recorder& recorder, Progress& progress)
    : options_(std::move(options)),
      target_(std::move(target)),
      engine_(std::move(workload)),
      probe_(options_.agent_sockets, plan::has_gate(options_.scenario, {plan::Gate::kPeakMemory})),
      recorder_(recorder),
      progress_(progress),
      end_(options_.scenario.max_duration),
      oom_kills_before_(oom_kills()) {
  if (target_.process.cgroup().empty()) return;
  auto memory = probes::CgroupMemory::open(target_.process.cgroup());
  if (memory && memory->can_be_set_back()) cgroup_.emplace(std::move(*memory));
}

Seconds Session::elapsed() const {
  return Clock::now() - target_.started;
}

record::End Session::end(Ending ending, Phase phase, std::string message) const {
  return {ending, std::move(message), phase, elapsed()};
}

record::End Session::data_ended(Phase phase) const {
  return end(Ending::kCompleted, phase,
             fmt::format("the rows of the data, each taken once, were used up in {}",
                         record::phase_name(phase)));
}

Stop Session::drive(Phase phase, int iterations, int vus, std::optional<std::size_t> flow) {
  return drive(phase, {iterations, vus, most_failures(options_.scenario), std::nullopt, flow});
}

Stop Session::drive_paced(int iterations) {
  const int vus = plan::most_vus(options_.scenario.load);
  return drive(Phase::kGrowth, {iterations, vus, most_failures(options_.scenario), load_time_});
}

Stop Session::drive(Phase phase, const load::BatchOrder& order) {
  show_progress(phase);
  engine_.start(order);
  Stop stop = wait_for_batch();
  if (stop && stop->ending != Ending::kMemoryLimit && stop->ending != Ending::kTargetDied) {
    engine_.drain();  // who is half-way may finish
    wait_readable(engine_.done_fd(), kDrainPatience);
  }
  if (stop) engine_.abort();
  // Without an end: what is called around a request uses this object and its caller's frame.
  while (!wait_readable(engine_.done_fd(), kDrainPatience)) {
  }
  load::BatchResult result = engine_.take();
  result.duration -= std::exchange(measuring_, Seconds(0));
  // What died took its connections along: the answers would only show the consequence.
  if (!stop && result.requests.errored > 0 &&
      target_.process.wait(kDeathPatience, options_.stop_fd))
    stop = target_died(phase);
  if (stop && stop->ending == Ending::kMemoryLimit) result.leave_out_errored();
  recorder_.add_batch(phase, result, elapsed());
  if (order.load_time) load_time_ = result.load_time;
  load_is_over_ = load_is_over_ || result.load_is_over;
  failed_ += result.failed_iterations;
  if (result.iterations > 0)
    iteration_duration_ = result.duration / static_cast<double>(result.iterations);
  if (stop) {
    stop->phase = phase;
    return stop;
  }
  return check_answers(phase);
}

Stop Session::wait_for_batch() {
  const int limit_fd = options_.watch ? options_.watch->exceeded_fd() : -1;
  while (true) {
    std::vector<pollfd> waits = {{engine_.done_fd(), POLLIN, 0},
                                 {options_.stop_fd, POLLIN, 0},
                                 {limit_fd, POLLIN, 0},
                                 {target_.process.news_fd(), POLLIN, 0}};
    for (const int fd : target_.services.news_fds()) waits.push_back({fd, POLLIN, 0});
    const double milliseconds = std::clamp(left().count() * 1000, 0.0, 3.6e6);
    ::poll(waits.data(), waits.size(), static_cast<int>(milliseconds) + 1);
    if (waits[1].revents != 0) return end(Ending::kInterrupted, {}, "interrupted");
    // What a service takes along with it is not the target's own death.
    if (Stop died = service_died({})) return died;
    if (waits[2].revents != 0 || waits[3].revents != 0) {
      if (Stop died = target_died({})) return died;
    }
    if (waits[0].revents != 0) return std::nullopt;
    if (left().count() <= 0)
      return end(Ending::kCompleted, {},
                 fmt::format("max_duration of {} was over in the middle of a batch",
                             format_duration(options_.scenario.max_duration)));
  }
}

Stop Session::target_died(Phase phase) {
  if (options_.watch && wait_readable(options_.watch->exceeded_fd(), kDeathPatience))
    return end(Ending::kMemoryLimit, phase, options_.watch->words());
  const auto exit = target_.process.poll_exit();
  if (target_.process.lost()) return end(Ending::kTargetDied, phase, "its guardian was killed");
  if (!exit) return std::nullopt;
  const bool by_kernel =
      exit->killed() && oom_killer_struck(target_.process.cgroup(), oom_kills_before_);
  return end(
      by_kernel ? Ending::kMemoryLimit : Ending::kTargetDied, phase,
      fmt::format("the target {} after {} iterations{}{}", exit->words(), recorder_.iterations(),
                  by_kernel ? ": the kernel's OOM killer struck" : "",
                  target::last_lines(options_.target_log)));
}

Stop Session::service_died(Phase phase) {
  const auto death = target_.services.death();
  if (!death) return std::nullopt;
  return end(Ending::kTargetDied, phase,
             fmt::format("after {} iterations {}", recorder_.iterations(), *death));
}

Stop Session::check_answers(Phase phase) {
  if (!is_hopeless(options_.scenario, failed_, recorder_.iterations())) return std::nullopt;
  if (Stop died = service_died(phase)) return died;
  const auto& answers = recorder_.record().unexpected_answers;
  std::string example;
  if (!answers.empty())
    example = fmt::format(": {}: {}", answers.front().request, answers.front().what);
  return end(Ending::kUnexpectedAnswers, phase,
             fmt::format("{} of {} iterations were not answered as expected{}{}", failed_,
                         recorder_.iterations(), example, target::last_lines(options_.target_log)));
}

std::vector<ProcessKey> Session::observe_processes() {
  std::vector<ProcessKey> present;
  for (const target::ProcessEntry& entry : target_.process.processes()) {
    const ProcessKey key = key_of(entry);
    present.push_back(key);
    if (known_.contains(key)) continue;
    record::ProcessSeen seen{key,
                             {},
                             probe_.command(key.pid),
                             probe_.runtime(key.pid, options_.stop_fd),
                             recorder_.iterations()};
    for (const auto& [other, facts] : known_)
      if (other.pid == entry.parent) seen.parent = other;
    note_missing_agent(seen);
    known_[key] = seen;
    recorder_.add(std::move(seen));
  }
  std::erase_if(known_, [&](const auto& known) {
    if (std::find(present.begin(), present.end(), known.first) != present.end()) return false;
    recorder_.add(record::ProcessEnded{known.first, recorder_.iterations()});
    return true;
  });
  return present;
}

void Session::note_missing_agent(const record::ProcessSeen& seen) {
  const plan::Runtime runtime = options_.scenario.target.runtime;
  const bool expected = runtime != plan::Runtime::kNone && record::runs_python(seen.command);
  if (!expected || !seen.runtime.empty()) return;
  recorder_.add(record::Remark{
      "agent", runtime != plan::Runtime::kPython,
      fmt::format("process {} ({}) has no agent and is measured by its pages only: {}",
                  seen.process.pid, recorder_.redact(seen.command).substr(0, 120),
                  record::runs_uwsgi(seen.command) ? kUwsgiNeeds : kWhyNoAgent)});
}

Stop Session::checkpoint(Phase phase) {
  const auto began = Clock::now();
  const std::vector<ProcessKey> present = observe_processes();
  if (present.empty()) {
    Stop died = target_died(phase);
    return died ? died : end(Ending::kTargetDied, phase, "no process of the target is left");
  }
  record::Checkpoint checkpoint{phase, recorder_.iterations(),
                                recorder_.iterations() - at_checkpoint_, elapsed(),
                                probe_.read(present, {settle_patience(), options_.stop_fd})};
  const bool has_gap =
      std::any_of(checkpoint.readings.begin(), checkpoint.readings.end(),
                  [](const record::Reading& reading) { return !reading.gap.empty(); });
  if (wait_readable(options_.stop_fd, Seconds(0)))
    return end(Ending::kInterrupted, phase, "interrupted");
  if (has_gap)
    if (Stop died = target_died(phase)) return died;
  memory_ = Bytes{0};
  for (const record::Reading& reading : checkpoint.readings)
    memory_ +=
        Bytes{static_cast<std::int64_t>(reading.values.get(record::Signal::kUss).value_or(0))};
  at_checkpoint_ = recorder_.iterations();
  recorder_.add(std::move(checkpoint));
  checkpoint_duration_ = Clock::now() - began;
  show_progress(phase);
  return std::nullopt;
}

Seconds Session::settle_patience() const {
  return std::clamp(left(), kLeastSettlePatience, kSettlePatience);
}

void Session::watch_children(const probes::PeakBase& base, bool are_likely) {
  child_watch_.reset();
  if (!are_likely) return;  // looking for them takes a good part of a processor
  if (cgroup_) cgroup_base_ = cgroup_->begin();
  std::set<int> known;
  for (const auto& process : base.processes) known.insert(process.process.pid);
  child_watch_ = std::make_unique<ChildWatch>(
      std::move(known),
      [guardian = target_.process.guardian()] { return target::descendant_pids(guardian); },
      cgroup_ ? &*cgroup_ : nullptr);
}

// What children needed on top of the others, as they were seen and by the cgroup's counter.
void Session::add_children(record::PeakSample& sample) {
  const auto watch = std::exchange(child_watch_, nullptr);
  if (!watch) return;
  const std::optional<Bytes> seen = watch->most();
  if (!seen && !sample.unseen_children) return;
  has_children_ = true;
  sample.children = seen.value_or(0_B);
  sample.unseen_children = !seen;
  if (!cgroup_) return;
  cgroup_->look();
  Bytes by_others = sample.copied;
  for (const auto& process : sample.processes) by_others += process.peak - process.base;
  const Bytes counted = cgroup_->peak() - cgroup_base_ - by_others;
  if (counted > sample.children) {
    sample.children = counted;
    sample.signal = record::PeakSignal::kCgroup;
  }
  // Where the counter cannot tell, what was seen of them counts, as without one.
  if (!cgroup_->is_lower_bound()) sample.unseen_children = false;
}

record::PeakSample Session::finish_peaks(Phase phase, const probes::PeakBase& base,
                                         std::optional<std::size_t> flow) {
  record::PeakSample sample = probe_.finish_peaks(base);
  sample.phase = phase;
  const auto& flows = options_.scenario.flows;
  if (flow && flows.size() > 1) sample.flow = flows[*flow].name;
  add_children(sample);
  has_children_ = has_children_ || sample.unseen_children;
  return sample;
}

Stop Session::drive_with_peaks(Phase phase, std::optional<std::size_t> flow) {
  const probes::PeakBase base = probe_.begin_peaks(observe_processes());
  watch_children(base, phase == Phase::kWarmup || has_children_);
  const std::int64_t before = recorder_.iterations();
  const Stop stop = drive(phase, 1, 1, flow);
  if (stop || recorder_.iterations() == before) {  // or the data have come to their end
    child_watch_.reset();
    return stop;
  }
  record::PeakSample sample = finish_peaks(phase, base, flow);
  sample.iteration = recorder_.iterations();
  recorder_.add(std::move(sample));
  return std::nullopt;
}

Stop Session::drive_with_request_peaks(std::size_t flow) {
  std::vector<record::PeakSample> samples;
  probes::PeakBase base;
  load::BatchOrder order{1, 1, most_failures(options_.scenario), std::nullopt, flow};
  order.before_request = [&](const std::string&) {
    const auto began = Clock::now();
    const std::vector<ProcessKey> present = observe_processes();
    probe_.read(present, {settle_patience(), options_.stop_fd});
    base = probe_.begin_peaks(present);
    watch_children(base, has_children_);
    measuring_ += Clock::now() - began;
  };
  order.after_request = [&](const std::string& request) {
    const auto began = Clock::now();
    samples.push_back(finish_peaks(Phase::kPeaks, base, flow));
    samples.back().request = request;
    measuring_ += Clock::now() - began;
  };
  const Stop stop = drive(Phase::kPeaks, order);
  child_watch_.reset();  // of a request that was not sent
  if (stop) return stop;
  for (record::PeakSample& sample : samples) {
    sample.iteration = recorder_.iterations();
    recorder_.add(std::move(sample));
  }
  return std::nullopt;
}

Stop Session::drive_around_requests(std::optional<std::size_t> flow, AroundRequest before,
                                    AroundRequest after) {
  load::BatchOrder order{1, 1, most_failures(options_.scenario), std::nullopt, flow};
  order.before_request = std::move(before);
  order.after_request = std::move(after);
  return drive(Phase::kDiagnosis, order);
}

void Session::idle_with_peaks(Seconds time) {
  const probes::PeakBase base = probe_.begin_peaks(observe_processes());
  wait_readable(options_.stop_fd, time);
  record::PeakSample sample = probe_.finish_peaks(base);
  sample.iteration = recorder_.iterations();
  sample.idle = true;
  recorder_.add(std::move(sample));
}

void Session::show_progress(Phase phase) {
  ProgressUpdate update{std::string(record::phase_name(phase)), recorder_.iterations(),
                        options_.scenario.max_iterations, memory_, std::max(left(), Seconds(0))};
  if (const auto& batches = recorder_.record().batches; !batches.empty()) {
    const record::Batch& last = batches.back();
    if (last.duration > Seconds(0))
      update.requests_per_second = static_cast<double>(last.requests) / last.duration.count();
    if (last.response) update.p95 = last.response->p95;
  }
  progress_.update(update);
}

Result<void> Session::stop_target() {
  return target_.stop(kStopGrace);
}

}  // namespace tidemark::run
