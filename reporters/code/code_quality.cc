// Code quality as GitLab reads it: a list of what is wrong, each at a place in the repository.

#include <fmt/format.h>

#include <set>

#include "harness/analysis/fingerprint.h"
#include "harness/base/json.h"
#include "harness/base/text.h"
#include "reporters/code/problems.h"
#include "reporters/reporters.h"
#include "reporters/words/finding_words.h"

namespace tidemark::reporters {
namespace {

using analysis::Finding;
using analysis::Outcome;

constexpr std::size_t kLongestDescription = 600;
constexpr std::size_t kLongestName = 100;
constexpr std::size_t kLongestFile = 120;

std::string_view severity_of(const Problem& problem) {
  if (!problem.is_error) return "minor";
  return problem.outcome == Outcome::kFail ? "critical" : "major";
}

class Entries {
 public:
  explicit Entries(const SourceRoot& root) : root_(root) {}

  void add(const Problem& problem) {
    bool has_place = false;
    for (const Finding& finding : problem.to_blame)
      if (const auto place = place_of(finding, root_)) {
        has_place = true;
        add(*place, words(problem, finding), problem.gate, severity_of(problem),
            identity(problem) + finding.fingerprint);
      }
    if (has_place) return;
    if (const auto place = place_of(problem.position, root_))
      add(*place, fmt::format("{}: {}", problem.scenario, problem.sentence), problem.gate,
          severity_of(problem), identity(problem));
  }

  void add_known(const analysis::ScenarioReport& scenario, const Finding& finding) {
    const auto place = place_of(finding, root_);
    if (!place || !finding.known || finding.known->expired) return;
    add(*place, fmt::format("{}: {}", finding_words(finding), join(remark_words(finding), "; ")),
        "known", "info", fmt::format("{}\n{}", scenario.name, finding.fingerprint));
  }

  std::string text() const { return json_text(entries_, 2) + "\n"; }

 private:
  // What stays when lines move, measured values change, or the run's folder is another one.
  std::string identity(const Problem& problem) const {
    const auto file = below_root(root_, problem.position.file);
    return fmt::format("{}\n{}\n{}\n", file.value_or(""), problem.scenario, problem.gate);
  }

  static std::string finding_words(const Finding& finding) {
    return fmt::format("{} {} {}", finding.function,
                       finding.kind == Finding::Kind::kPeak ? "holds" : "keeps",
                       amount_words(finding));
  }

  static std::string words(const Problem& problem, const Finding& finding) {
    const std::string kept = retained_words(finding.retained_by);
    return fmt::format("{}: {}{} ({})", title_of(problem), finding_words(finding),
                       kept.empty() ? "" : ", kept by " + kept,
                       place_words(finding.file, finding.line, finding.function, kLongestFile));
  }

  // Of two that are the same the second says so: a fingerprint must not stand there twice.
  std::string unique(const std::string& identity) {
    std::string fingerprint = analysis::fingerprint(identity, "");
    for (int number = 2; !taken_.insert(fingerprint).second; ++number)
      fingerprint = analysis::fingerprint(fmt::format("{}\n{}", identity, number), "");
    return fingerprint;
  }

  void add(const CodePlace& place, const std::string& description, const std::string& check,
           std::string_view severity, const std::string& identity) {
    const std::string name = check.empty() ? "scenario" : printable_line(check, kLongestName);
    entries_.push_back({{"description", printable_line(description, kLongestDescription)},
                        {"check_name", "tidemark/" + name},
                        {"fingerprint", unique(identity)},
                        {"severity", severity},
                        {"location", {{"path", place.file}, {"lines", {{"begin", place.line}}}}}});
  }

  SourceRoot root_;
  Json entries_ = Json::array();
  std::set<std::string> taken_;
};

}  // namespace

std::string render_code_quality(const analysis::RunReport& report, const SourceRoot& root) {
  Entries entries(root);
  for (const Problem& problem : problems_of(report)) entries.add(problem);
  for (const analysis::ScenarioReport& scenario : report.scenarios)
    for (const Finding& finding : scenario.findings) entries.add_known(scenario, finding);
  return entries.text();
}

}  // namespace tidemark::reporters
