#include <fmt/format.h>

#include <algorithm>

#include "harness/analysis/findings.h"

namespace tidemark::analysis {
namespace {

// Growth and its explanation are measured apart, so they may differ by so much of it. That is for
// what no finding explains: one that is not accepted has the gate's limit, and nothing more.
constexpr double kTolerance = 0.05;
// Growth that would make no finding: bytes per iteration.
constexpr double kNoGrowth = 16;

// Whether what used to leak has gone, although nobody looked for lines.
bool grows_no_more(const GateReport& gate) {
  if (gate.gate != plan::Gate::kGrowth || gate.outcome != Outcome::kPass || !gate.measured)
    return false;
  return gate.measured->value.unit == Unit::kBytesPerIteration && gate.measured->low <= 0 &&
         gate.measured->value.value < kNoGrowth;
}

std::string day_of(const std::string& timestamp) {
  return timestamp.substr(0, 10);  // 2026-01-31T12:00:00Z
}

std::string filling_words(const Finding& finding) {
  return fmt::format("{}:{} is filling a container, {} of {}", finding.file, finding.line,
                     finding.filling->length, finding.filling->bound);
}

std::string known_words(const Finding& finding) {
  const KnownFinding& known = *finding.known;
  const std::string what =
      fmt::format("{} ({}:{})", finding.fingerprint, finding.file, finding.line);
  if (known.expired)
    return fmt::format("{} was accepted until {}, which is over: {}", what, known.until,
                       known.reason);
  return fmt::format("{} is known{}: {}", what, known.until.empty() ? "" : " until " + known.until,
                     known.reason);
}

}  // namespace

void mark_known(const record::Header& header, std::vector<Finding>& findings) {
  for (Finding& finding : findings)
    for (const plan::Known& known : header.known)
      if (known.fingerprint == finding.fingerprint)
        finding.known = KnownFinding{known.reason, known.until,
                                     !known.until.empty() && known.until < day_of(header.started)};
}

std::vector<KnownUse> known_uses(const record::Header& header, const ScenarioReport& report) {
  // A leak below the limit passes without a diagnosis, and is still there.
  bool can_tell = std::any_of(report.gates.begin(), report.gates.end(), grows_no_more);
  if (report.growth_diagnosis) can_tell = report.growth_diagnosis->gap.empty();
  std::vector<KnownUse> uses;
  for (const plan::Known& known : header.known) {
    const bool met = std::any_of(
        report.findings.begin(), report.findings.end(),
        [&](const Finding& finding) { return finding.fingerprint == known.fingerprint; });
    uses.push_back({known, met, can_tell});
  }
  return uses;
}

std::vector<AuditCheck> unmet(const std::vector<KnownUse>& uses) {
  std::vector<AuditCheck> checks;
  for (const KnownUse& use : uses)
    if (!use.met && use.can_tell)
      checks.push_back(
          {"known", false,
           fmt::format("{} ({}:{}) was not met: what it accepts may be mended; take it out",
                       use.known.fingerprint, use.known.position.file, use.known.position.line)});
  return checks;
}

void apply_findings(const std::vector<Finding>& findings, std::vector<GateReport>& gates) {
  double excused = 0;
  double others = 0;
  bool filling = false;
  std::string words;
  for (const Finding& finding : findings) {
    if (finding.kind != Finding::Kind::kGrowth) continue;
    const bool fills = finding.filling.has_value();
    const bool is_known = finding.known && !finding.known->expired;
    (fills || is_known ? excused : others) += finding.bytes_per_iteration;
    filling = filling || fills;
    if (fills || finding.known)
      words += "; " + (fills ? filling_words(finding) : known_words(finding));
  }
  if (words.empty()) return;
  for (GateReport& gate : gates) {
    if (gate.gate != plan::Gate::kGrowth || gate.outcome != Outcome::kFail) continue;
    if (!gate.measured || !gate.limit) continue;
    const double measured = gate.measured->value.value;
    const double limit = gate.limit->value;
    const double rest = std::max(0.0, measured - excused);
    if (excused > 0 && others <= limit && rest <= limit + kTolerance * measured) {
      gate.outcome = Outcome::kPass;
      if (filling) gate.classification = Shape::kSaturating;
      gate.reason = fmt::format("{} stay behind, and nothing of it fails this gate",
                                format_quantity(gate.measured->value));
    }
    gate.reason += words;
  }
}

}  // namespace tidemark::analysis
