#include "harness/probes/probe.h"

#include <fmt/format.h>

#include <algorithm>

namespace tidemark::probes {
namespace {

using record::PeakSample;
using record::ProcessKey;
using record::Reading;
using record::Signal;

constexpr Seconds kHelloDeadline{5};

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
  reading.settle = agent.settle;
}

}  // namespace

std::string Probe::runtime(int pid, int stop_fd) const {
  if (!agents_.has_agent(pid)) return {};
  const auto identity = agents_.hello(pid, {kHelloDeadline, stop_fd});
  return identity ? fmt::format("{} {}", identity->runtime, identity->version) : std::string();
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
    if (agents_.has_agent(process.pid)) with_agent.push_back(process.pid);
  const auto answers = agents_.settle(with_agent, patience);

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

std::vector<PeakSample::Process> Probe::begin_peaks(const std::vector<ProcessKey>& processes) {
  std::vector<PeakSample::Process> begun;
  for (const ProcessKey& process : processes) {
    if (!proc_.reset_peak(process.pid)) continue;
    const auto base = proc_.peak(process.pid);  // the same counter as the peak's
    const auto memory = proc_.memory(process.pid);
    if (!base || !memory) continue;
    begun.push_back({process, *base, *base, memory->lazy_free, kept_since_launch(process)});
  }
  return begun;
}

void Probe::finish_peaks(std::vector<PeakSample::Process>& processes) const {
  std::erase_if(processes, [this](PeakSample::Process& process) {
    const auto peak = proc_.peak(process.process.pid);
    if (peak) process.peak = *peak;
    return !peak;
  });
}

}  // namespace tidemark::probes
