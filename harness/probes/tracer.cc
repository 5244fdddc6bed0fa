#include "harness/probes/tracer.h"

#include <algorithm>

namespace tidemark::probes {
namespace {

// Numbers of the wrong count would be read at the wrong marks.
bool has_marks(const record::ProcessDiagnosis& diagnosis, std::size_t marks) {
  return diagnosis.traced_bytes.size() == marks &&
         std::all_of(diagnosis.sites.begin(), diagnosis.sites.end(), [&](const auto& site) {
           return site.bytes.size() == marks && !site.frames.empty();
         });
}

bool is_whole(const CaughtPeak& peak) {
  return peak.traced_peak >= 0_B && peak.taken_at >= 0_B &&
         std::all_of(peak.sites.begin(), peak.sites.end(), [](const auto& site) {
           return site.bytes.size() == 1 && !site.frames.empty();
         });
}

}  // namespace

Tracer::Tracer(std::filesystem::path agents, const std::vector<record::ProcessKey>& processes)
    : agents_(std::move(agents)) {
  for (const record::ProcessKey& process : processes)
    if (agents_.has_agent(process.pid)) traced_.push_back({process, {}});
}

bool Tracer::has_processes() const {
  return std::any_of(traced_.begin(), traced_.end(),
                     [](const Traced& each) { return each.gap.empty(); });
}

std::vector<int> Tracer::pids() const {
  std::vector<int> pids;
  for (const Traced& each : traced_)
    if (each.gap.empty()) pids.push_back(each.process.pid);
  return pids;
}

void Tracer::drop(int pid, const std::string& gap) {
  for (Traced& each : traced_)
    if (each.process.pid == pid) each.gap = gap;
}

const record::ProcessKey& Tracer::key_of(int pid) const {
  return std::find_if(traced_.begin(), traced_.end(),
                      [&](const Traced& each) { return each.process.pid == pid; })
      ->process;
}

void Tracer::note(const std::vector<int>& pids, const std::vector<Result<void>>& answers) {
  for (std::size_t i = 0; i < pids.size(); ++i)
    if (!answers[i]) drop(pids[i], answers[i].error().message);
}

void Tracer::start(int frames, Patience patience) {
  const auto asked = pids();
  note(asked, agents_.trace(asked, frames, patience));
}

void Tracer::mark(Patience patience) {
  const auto asked = pids();
  note(asked, agents_.mark(asked, patience));
  ++marks_;
}

std::vector<record::ProcessDiagnosis> Tracer::diagnose(std::int64_t iterations, Patience patience) {
  const auto asked = pids();
  const auto answers = agents_.diagnose(asked, iterations, patience);
  std::vector<record::ProcessDiagnosis> diagnoses;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (!answers[i])
      drop(asked[i], answers[i].error().message);
    else if (!has_marks(*answers[i], marks_))
      drop(asked[i], "its agent has other marks than it was asked for");
    else
      diagnoses.emplace_back(*answers[i]).process = key_of(asked[i]);
  }
  for (const Traced& each : traced_) {
    if (each.gap.empty()) continue;
    record::ProcessDiagnosis missing;
    missing.process = each.process;
    missing.gap = each.gap;
    diagnoses.push_back(std::move(missing));
  }
  marks_ = 0;
  return diagnoses;
}

void Tracer::watch(Bytes above, Patience patience) {
  const auto asked = pids();
  note(asked, agents_.watch(asked, above, patience));
}

std::optional<record::PeakDiagnosis> Tracer::caught(Patience patience) {
  const auto asked = pids();
  auto answers = agents_.caught(asked, patience);
  std::optional<record::PeakDiagnosis> largest;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (!answers[i] || !is_whole(*answers[i])) {
      drop(asked[i], answers[i] ? "its agent's peak is not whole" : answers[i].error().message);
      continue;
    }
    CaughtPeak& peak = *answers[i];
    if (largest && largest->traced_peak >= peak.traced_peak) continue;
    largest = record::PeakDiagnosis{
        0, key_of(asked[i]), peak.traced_peak, peak.taken_at, std::move(peak.sites), {}};
  }
  return largest;
}

void Tracer::stop(Patience patience) {
  std::vector<int> all;  // those that were dropped may be tracing too
  for (const Traced& each : traced_) all.push_back(each.process.pid);
  agents_.untrace(all, patience);
}

}  // namespace tidemark::probes
