#include <algorithm>
#include <vector>

#include "harness/analysis/findings.h"
#include "harness/analysis/fingerprint.h"
#include "harness/analysis/judge.h"

namespace tidemark::analysis {
namespace {

using record::TraceFrame;
using record::TraceSite;

// Lines that hold less than that share of the snapshot are left out, and so are those after these.
constexpr double kLeastShare = 0.05;
constexpr std::size_t kMostFindings = 5;
constexpr Bytes kMostBytes{std::int64_t{1} << 53};  // what an agent says may be anything

Finding* finding_at(const TraceFrame& line, std::vector<Finding>& findings) {
  const auto found = std::find_if(findings.begin(), findings.end(), [&](const Finding& finding) {
    return finding.line == line.line && finding.file == line.file &&
           finding.function == line.function;
  });
  return found == findings.end() ? nullptr : &*found;
}

Finding begun_at(const TraceSite& site) {
  const TraceFrame& line = shown_frame(site);
  Finding finding;
  finding.kind = Finding::Kind::kPeak;
  finding.fingerprint = fingerprint(line.function, line.source, line.file);
  finding.file = line.file;
  finding.line = line.line;
  finding.function = line.function;
  finding.source = line.source;
  finding.first_of_context = line.first_of_context;
  finding.context = line.context;
  finding.application = line.application;
  finding.type = site.type;
  for (const TraceFrame& frame : site.frames)
    finding.frames.push_back({frame_words(frame), frame.application});
  return finding;
}

Bytes largest_peak(const record::Record& record, const std::string& request) {
  Bytes largest{0};
  for (const record::PeakSample& sample : record.peaks)
    if (sample.phase == record::Phase::kPeaks && !sample.idle && sample.request == request)
      largest = std::max(largest, needed_on_top(sample));
  return largest;
}

}  // namespace

DiagnosedPeak peak_findings(const record::Record& record) {
  if (!record.peak_diagnosis) return {};
  const record::PeakDiagnosis& diagnosis = *record.peak_diagnosis;
  DiagnosedPeak result;
  result.peak = PeakFindings{diagnosis.iteration,   largest_peak(record, diagnosis.request),
                             diagnosis.traced_peak, diagnosis.taken_at,
                             diagnosis.gap,         diagnosis.request};
  auto& findings = result.findings;
  for (const TraceSite& site : diagnosis.sites) {  // the largest first
    Finding* finding = finding_at(shown_frame(site), findings);
    if (!finding) finding = &findings.emplace_back(begun_at(site));
    const auto bytes = static_cast<double>(site.bytes.front());
    const auto blocks = static_cast<double>(site.blocks.front());
    finding->bytes += bytes;
    finding->objects += blocks;
    finding->sites.push_back({site.frames.front(), site.type, bytes, blocks});
  }
  std::sort(findings.begin(), findings.end(),
            [](const Finding& one, const Finding& other) { return one.bytes > other.bytes; });
  double held = 0;  // in the allocators' blocks, which are larger than what was asked for
  for (const Finding& finding : findings) held += finding.bytes;
  held = std::min(held, static_cast<double>(kMostBytes.count));
  result.peak->taken_at = std::max(result.peak->taken_at, Bytes{static_cast<std::int64_t>(held)});
  const double least = kLeastShare * static_cast<double>(diagnosis.taken_at.count);
  std::erase_if(findings, [&](const Finding& finding) { return finding.bytes < least; });
  if (findings.size() > kMostFindings) findings.resize(kMostFindings);
  if (findings.empty() && result.peak->gap.empty())
    result.peak->gap = "no snapshot could be taken while the memory was held";
  return result;
}

}  // namespace tidemark::analysis
