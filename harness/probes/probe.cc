#include "harness/probes/probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "harness/base/file.h"

namespace tidemark::probes {
namespace {

using record::PeakSample;
using record::ProcessKey;
using record::Reading;
using record::Signal;

constexpr Seconds kHelloDeadline{5};
// While its process forks, an agent is away for a moment. Who is taken to have none is judged by
// pages for good, so it is asked again.
constexpr Seconds kForkPatience{1};
constexpr Seconds kForkInterval{0.05};

void add_agent_reading(const AgentReading& agent, Reading& reading) {
  const auto set = [&](Signal signal, std::optional<std::int64_t> value) {
    if (value) reading.values.set(signal, static_cast<double>(*value));
  };
  set(Signal::kLiveBytes, agent.live_bytes);
  set(Signal::kHeldBytes, agent.held_bytes);
  set(Signal::kLiveBlocks, agent.live_blocks);
  set(Signal::kGcObjects, agent.gc_objects);
  reading.gc = agent.gc;
  reading.collector_on = agent.collector_on;
  reading.frozen = agent.frozen;
  reading.django_debug = agent.django_debug;
  reading.unreachable = agent.unreachable.value_or(0);
  if (agent.unsettled_bytes) reading.unsettled = Bytes{*agent.unsettled_bytes};
  reading.settle = agent.settle;
}

}  // namespace

std::string Probe::runtime(int pid, int stop_fd) {
  if (!agents_.has_agent(pid)) return {};
  const auto deadline = std::chrono::steady_clock::now() + kForkPatience;
  do {
    if (const auto identity = agents_.hello(pid, {kHelloDeadline, stop_fd})) {
      answered_.insert(pid);
      return fmt::format("{} {}", identity->runtime, identity->version);
    }
  } while (std::chrono::steady_clock::now() < deadline && !wait_readable(stop_fd, kForkInterval));
  return {};
}

bool Probe::has_agent(int pid) const {
  return agents_.has_agent(pid) && (answered_.contains(pid) || !agents_.refuses(pid));
}

Reading Probe::read_outside(const ProcessKey& process) const {
  Reading reading;
  reading.process = process;
  const auto note = [&](const Error& error) {
    if (reading.gap.empty()) reading.gap = error.message;
  };
  if (const auto memory = proc_.memory(process.pid)) {
    reading.values.set(Signal::kUss, static_cast<double>(memory->uss.count));
    reading.values.set(Signal::kAnon, static_cast<double>(memory->anon.count));
    reading.values.set(Signal::kPss, static_cast<double>(memory->pss.count));
    reading.values.set(Signal::kRss, static_cast<double>(memory->rss.count));
    reading.swapped = memory->swapped;
    reading.reusable = memory->lazy_free;
  } else {
    note(memory.error());
  }
  if (const auto fds = proc_.fds(process.pid))
    reading.values.set(Signal::kFds, static_cast<double>(*fds));
  else
    note(fds.error());
  if (const auto threads = proc_.threads(process.pid))
    reading.values.set(Signal::kThreads, static_cast<double>(*threads));
  else
    note(threads.error());
  return reading;
}

std::vector<Reading> Probe::read(const std::vector<ProcessKey>& processes, Patience patience) {
  std::map<ProcessKey, Bytes> peaks;  // before settling, which may raise the marks itself
  for (const ProcessKey& process : processes)
    if (const auto base = bases_.find(process); base != bases_.end())
      if (const auto peak = proc_.peak(process.pid)) peaks[process] = *peak - base->second;
  std::map<ProcessKey, Seconds> worked;  // settling is our work, not the application's
  for (const ProcessKey& process : processes)
    if (const auto before = cpu_times_.find(process); before != cpu_times_.end())
      if (const auto now = ProcReader::cpu_time(process.pid))
        worked[process] = *now - before->second;
  std::vector<int> with_agent;
  for (const ProcessKey& process : processes)
    if (has_agent(process.pid)) with_agent.push_back(process.pid);
  const auto answers = agents_.settle(with_agent, patience, for_peaks_);

  std::vector<Reading> readings;
  bases_.clear();
  cpu_times_.clear();
  for (const ProcessKey& process : processes) {
    Reading reading = read_outside(process);
    for (std::size_t i = 0; i < with_agent.size(); ++i) {
      if (with_agent[i] != process.pid) continue;
      if (answers[i])
        add_agent_reading(*answers[i], reading);
      else
        reading.gap = answers[i].error().message;
    }
    note_slack(reading);
    reading.reusable += kept_since_launch(process);
    if (const auto peak = peaks.find(process); peak != peaks.end()) reading.peak = peak->second;
    if (proc_.reset_peak(process.pid))
      if (const auto base = proc_.peak(process.pid)) bases_[process] = *base;
    if (const auto done = worked.find(process); done != worked.end()) reading.worked = done->second;
    if (const auto time = ProcReader::cpu_time(process.pid)) cpu_times_[process] = *time;
    readings.push_back(std::move(reading));
  }
  return readings;
}

void Probe::note_slack(const Reading& reading) {
  const auto live = reading.values.get(Signal::kLiveBytes);
  const auto held = reading.values.get(Signal::kHeldBytes);
  const auto uss = reading.values.get(Signal::kUss);
  if (!live || !held || !uss) return;
  const Slack slack{Bytes{static_cast<std::int64_t>(*held - *live)},
                    Bytes{static_cast<std::int64_t>(*uss - *live)}};
  first_slack_.emplace(reading.process, slack);
  last_slack_[reading.process] = slack;
}

Bytes Probe::kept_since_launch(const ProcessKey& process) const {
  const auto first = first_slack_.find(process);
  if (first == first_slack_.end()) return Bytes{0};
  const Slack& last = last_slack_.at(process);
  // Arenas that were never touched are held but not resident: the smaller growth of the two is what
  // can be used again without a trace.
  return std::max(Bytes{0},
                  std::min(last.held - first->second.held, last.resident - first->second.resident));
}

PeakBase Probe::begin_peaks(const std::vector<ProcessKey>& processes) const {
  PeakBase begun;
  for (const ProcessKey& process : processes) {
    if (!proc_.reset_peak(process.pid)) continue;
    const auto base = proc_.peak(process.pid);  // the same counter as the peak's
    const auto memory = proc_.memory(process.pid);
    if (!base || !memory) continue;
    begun.processes.push_back(
        {process, *base, *base, memory->lazy_free, kept_since_launch(process)});
    begun.anon += memory->anon;
    begun.pss_anon += memory->pss_anon;
    begun.child_faults += proc_.child_faults(process.pid).value_or(0);
  }
  return begun;
}

PeakSample Probe::finish_peaks(const PeakBase& base) const {
  PeakSample sample;
  Bytes anon{0};
  Bytes pss_anon{0};
  std::int64_t child_faults = 0;
  for (PeakSample::Process process : base.processes) {
    const int pid = process.process.pid;
    const auto peak = proc_.peak(pid);
    const auto memory = proc_.memory(pid);
    if (!peak || !memory) continue;
    process.peak = *peak;
    anon += memory->anon;
    pss_anon += memory->pss_anon;
    child_faults += proc_.child_faults(pid).value_or(0);
    sample.processes.push_back(process);
  }
  sample.unseen_children = child_faults > base.child_faults;
  if (sample.processes.size() < base.processes.size()) return sample;  // its pages fell to others
  // When a process writes to a page that it shares, the copy is new memory, and its RSS is what it
  // was. What RSS shows of the rest is in the peaks already.
  sample.copied =
      std::max(Bytes{0}, (pss_anon - base.pss_anon) - std::max(Bytes{0}, anon - base.anon));
  return sample;
}

}  // namespace tidemark::probes
