#include "reporters/terminal/findings_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "harness/base/text.h"
#include "reporters/words/finding_words.h"

namespace tidemark::reporters {
namespace {

using analysis::Finding;
using analysis::GateReport;
using analysis::Outcome;
using analysis::ScenarioReport;

constexpr std::size_t kMostShown = 5;

Ink ink_of(const Finding& finding) {
  return finding_label(finding) == "leak" ? Ink::kBad : Ink::kDoubtful;
}

class Writer {
 public:
  Writer(std::vector<Finding> findings, const FindingsStyle& style)
      : findings_(std::move(findings)), style_(style), pen_(style.color) {
    for (const Finding& finding : shown()) {
      label_width_ = std::max(label_width_, columns(label(finding)));
      place_width_ = std::max(place_width_, columns(place(finding)));
    }
  }

  // Each with what is known of it, and how many more there are.
  std::string in_full() const {
    std::string lines;
    for (const Finding& finding : shown()) lines += head(finding) + details(finding);
    if (findings_.size() > kMostShown)
      lines += line("", fmt::format("and {} more, see report.html", findings_.size() - kMostShown));
    return lines;
  }

  // Where they are, and why they are accepted.
  std::string in_brief() const {
    std::string lines;
    for (const Finding& finding : shown()) lines += head(finding) + remarks(finding);
    return lines;
  }

 private:
  std::vector<Finding> shown() const {
    const auto count = static_cast<std::ptrdiff_t>(std::min(findings_.size(), kMostShown));
    return {findings_.begin(), findings_.begin() + count};
  }

  // All that is held at a peak is listed under one heading, and needs no label.
  static std::string label(const Finding& finding) {
    return finding.kind == Finding::Kind::kPeak ? "" : std::string(finding_label(finding));
  }

  std::string place(const Finding& finding) const {
    return place_words(finding.file, finding.line, finding.function, style_.longest_file);
  }

  std::string head(const Finding& finding) const {
    std::string text =
        fmt::format("{}   {}", padded(place(finding), place_width_), amount_words(finding));
    if (!finding.type.empty()) text += "  " + printable_line(finding.type, 80);
    const std::string name = label(finding);
    if (!name.empty())
      text =
          pen_(ink_of(finding), name) + std::string(label_width_ + 2 - columns(name), ' ') + text;
    return line("", text);
  }

  std::string remarks(const Finding& finding) const {
    std::string lines;
    for (const std::string& remark : remark_words(finding))
      lines += line(below(), pen_(Ink::kDoubtful, printable_line(remark, 300)));
    return lines;
  }

  std::string details(const Finding& finding) const {
    std::string lines;
    if (!finding.source.empty()) lines += line(below(), printable_line(finding.source, 160));
    if (const std::string kept = retained_words(finding.retained_by); !kept.empty())
      lines += line(below(), "kept by " + printable_line(kept, 300));
    lines += remarks(finding);
    return lines + line(below(), pen_(Ink::kFaint,
                                      "fingerprint " + printable_line(finding.fingerprint, 40)));
  }

  std::string below() const { return std::string(label_width_ + 2, ' '); }

  std::string line(const std::string& more_indentation, const std::string& text) const {
    return fmt::format("{}{}{}\n", style_.indentation, more_indentation, text);
  }

  std::vector<Finding> findings_;
  FindingsStyle style_;
  Pen pen_;
  std::size_t label_width_ = 0;
  std::size_t place_width_ = 0;
};

std::string growth_lines(const ScenarioReport& scenario, const FindingsStyle& style) {
  const std::vector<Finding> findings = findings_of(scenario, Finding::Kind::kGrowth);
  std::string lines = Writer(findings, style).in_full();
  if (!scenario.growth_diagnosis) return lines;
  const std::string words = explained_words(*scenario.growth_diagnosis, findings.size());
  if (!words.empty()) lines += style.indentation + printable_line(words, 600) + "\n";
  return lines;
}

std::string accepted_lines(const ScenarioReport& scenario, const FindingsStyle& style) {
  std::vector<Finding> findings = findings_of(scenario, Finding::Kind::kGrowth);
  std::erase_if(findings,
                [](const Finding& finding) { return !finding.filling && !finding.known; });
  return Writer(std::move(findings), style).in_brief();
}

std::string peak_lines(const ScenarioReport& scenario, const GateReport& gate,
                       const FindingsStyle& style) {
  if (!scenario.peak_findings || scenario.peak_findings->request != gate.request) return {};
  const auto& peak = *scenario.peak_findings;
  FindingsStyle inner = style;
  inner.indentation += "  ";
  return fmt::format("{}{}{}\n", style.indentation, printable_line(peak_words(peak), 600),
                     peak.gap.empty() ? ":" : "") +
         Writer(findings_of(scenario, Finding::Kind::kPeak), inner).in_full();
}

}  // namespace

std::string findings_lines(const ScenarioReport& scenario, const GateReport& gate,
                           const FindingsStyle& style) {
  const bool passed = gate.outcome == Outcome::kPass;
  if (gate.gate == plan::Gate::kGrowth)
    return passed ? accepted_lines(scenario, style) : growth_lines(scenario, style);
  if (gate.gate == plan::Gate::kPeakMemory && !passed) return peak_lines(scenario, gate, style);
  return {};
}

}  // namespace tidemark::reporters
