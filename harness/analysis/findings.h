#pragma once

// From what tracing saw to the lines that keep memory. Pure.

#include <optional>
#include <string>
#include <vector>

#include "harness/analysis/report.h"
#include "harness/record/record.h"

namespace tidemark::analysis {

struct Diagnosed {
  std::vector<Finding> findings;          // the largest first
  std::optional<GrowthDiagnosis> growth;  // nothing: there was no such diagnosis
};

// Sites are put together where they have the same guilty line, and those without one with what the
// same container holds. `measured`: bytes per iteration, by the growth gate.
Diagnosed growth_findings(const record::Record& record, double measured);

struct DiagnosedPeak {
  std::vector<Finding> findings;
  std::optional<PeakFindings> peak;
};
DiagnosedPeak peak_findings(const record::Record& record);

// The line at which a site is shown: its headline, else its innermost frame that has source.
const record::TraceFrame& shown_frame(const record::TraceSite& site);

// "shop/views.py:12 in index: KEPT.append(x)"
std::string frame_words(const record::TraceFrame& frame);

// Marks what `known` lists; on the day on which the run began.
void mark_known(const record::Header& header, std::vector<Finding>& findings);

// For each entry of `known`, whether it was met. After apply_findings.
std::vector<KnownUse> known_uses(const record::Header& header, const ScenarioReport& report);
// What entries that were not met are told, or nothing: "… was not met: take it out".
std::vector<AuditCheck> unmet(const std::vector<KnownUse>& uses);

// What findings change of the gates. Growth that known findings and filling containers account for
// does not fail the gate, as long as the other findings are within the limit; a known one that is
// over is named.
void apply_findings(const std::vector<Finding>& findings, std::vector<GateReport>& gates);

}  // namespace tidemark::analysis
