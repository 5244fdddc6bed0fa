#include "reporters/words/finding_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/base/text.h"
#include "reporters/terminal/pen.h"

namespace tidemark::reporters {
namespace {

using analysis::Finding;
using analysis::GrowthDiagnosis;

// A whole path on one line, however it ends.
std::string whole_line(const std::string& text) {
  return printable_line(text, 4 * text.size());  // a control character takes four
}

// The last characters, in so many columns.
std::string end_of(const std::string& text, std::size_t width) {
  std::size_t at = text.size();
  for (std::size_t shown = 0; at > 0 && shown < width; ++shown) do
      --at;
    while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
  return text.substr(at);
}

std::string shortened(const std::string& file, std::size_t longest) {
  const std::string line = whole_line(file);
  if (columns(line) <= longest) return line;
  for (std::size_t at = line.find('/'); at != std::string::npos; at = line.find('/', at + 1))
    if (columns(line.substr(at)) < longest) return "…" + line.substr(at);
  return "…" + end_of(line, longest - 1);
}

std::string objects_words(double count) {
  return fmt::format("{} {}", things_words(count),
                     things_words(count) == "1" ? "object" : "objects");
}

std::string rate_words(const Finding& finding) {
  const double objects = finding.objects_per_iteration;
  const bool is_whole = std::abs(objects - std::round(objects)) < 0.05 && objects > 0.5;
  if (finding.once_per_iteration && is_whole) return objects_words(std::round(objects)) + " each";
  return objects_words(objects) + "/iteration";
}

std::string known_words(const analysis::KnownFinding& known) {
  if (known.expired) return fmt::format("known, but expired on {}: {}", known.until, known.reason);
  return fmt::format("known{}: {}", known.until.empty() ? "" : " until " + known.until,
                     known.reason);
}

std::string per_iteration(double bytes) {
  return format_quantity({bytes, Unit::kBytesPerIteration});
}

}  // namespace

std::vector<Finding> findings_of(const analysis::ScenarioReport& scenario, Finding::Kind kind) {
  std::vector<Finding> findings;
  std::copy_if(scenario.findings.begin(), scenario.findings.end(), std::back_inserter(findings),
               [&](const Finding& finding) { return finding.kind == kind; });
  return findings;
}

std::string_view finding_label(const Finding& finding) {
  if (finding.kind == Finding::Kind::kPeak) return "held";
  if (finding.filling) return "filling";
  return finding.known && !finding.known->expired ? "known" : "leak";
}

bool is_accepted(const Finding& finding) {
  return finding.filling || (finding.known && !finding.known->expired);
}

std::string place_words(const std::string& file, int line, const std::string& function,
                        std::size_t longest_file) {
  return fmt::format("{}:{} in {}", shortened(file, longest_file), line,
                     printable_line(function, 120));
}

std::string amount_words(const Finding& finding) {
  if (finding.kind == Finding::Kind::kPeak)
    return fmt::format("{}, {}", format_quantity({finding.bytes, Unit::kBytes}),
                       objects_words(finding.objects));
  return fmt::format("{}, {}", per_iteration(finding.bytes_per_iteration), rate_words(finding));
}

std::vector<std::string> remark_words(const Finding& finding) {
  std::vector<std::string> remarks;
  if (finding.filling)
    remarks.push_back(fmt::format("filling, {} of {}: no leak",
                                  format_count(finding.filling->length),
                                  format_count(finding.filling->bound)));
  if (finding.known) remarks.push_back(known_words(*finding.known));
  return remarks;
}

std::string retained_words(const std::vector<std::string>& path) {
  return join(path, " → ");
}

std::string explained_words(const GrowthDiagnosis& diagnosis, std::size_t findings) {
  if (!diagnosis.gap.empty()) return "no line can be named: " + diagnosis.gap;
  if (diagnosis.measured <= 0) return {};
  const double share = percent(diagnosis.explained_share());
  const std::string outside = per_iteration(diagnosis.outside);
  const bool any_outside = percent(diagnosis.outside / diagnosis.measured) >= 1;
  if (share < 1)
    return fmt::format(
        "none of the growth is in Python's allocators: {} lie outside, in a C library or an "
        "extension module",
        outside);
  std::string words;
  if (findings == 0)
    words = fmt::format("{:.0f} % of the growth is in Python's allocators, but no line keeps much",
                        share);
  else
    words = fmt::format(
        "{} {}", findings == 1 ? "this line explains" : "these lines explain",
        share < 100 ? fmt::format("{:.0f} % of the growth", share) : "all of the growth");
  if (any_outside) words += fmt::format("; {} lie outside Python's allocators", outside);
  return words;
}

std::string peak_words(const analysis::PeakFindings& peak) {
  if (!peak.gap.empty()) return "no line can be named: " + peak.gap;
  return fmt::format("at the peak ({} of it)", format_bytes(peak.taken_at));
}

std::string things_words(double count) {
  return std::abs(count) >= 100 && std::abs(count) < 9e15 ? format_count(std::llround(count))
                                                          : format_quantity({count, Unit::kCount});
}

double percent(double share) {
  return std::round(100 * std::clamp(share, 0.0, 1.0));
}

}  // namespace tidemark::reporters
