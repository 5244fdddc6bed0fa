#include "reporters/code/problems.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/base/text.h"
#include "reporters/terminal/findings_lines.h"
#include "reporters/words/finding_words.h"
#include "reporters/words/sweep_words.h"
#include "reporters/words/words.h"

namespace tidemark::reporters {
namespace {

using analysis::Finding;
using analysis::GateReport;
using analysis::Outcome;
using analysis::RunReport;
using analysis::ScenarioReport;
using analysis::SweepReport;

constexpr std::size_t kLongestMessage = 2000;  // why a scenario ended early

// Whether a gate without a verdict is what fails the run.
bool fails_run(const RunReport& report, Outcome outcome) {
  return outcome == Outcome::kFail ||
         (outcome == Outcome::kInvalid && analysis::exit_code(report) == 3);
}

void add_line(std::string& lines, const std::string& line) {
  if (line.empty()) return;
  if (!lines.empty()) lines += '\n';
  lines += line;
}

std::string ending_lines(const std::string& message, const std::string& repeat_command) {
  std::string lines = printable(message.substr(0, kLongestMessage));
  if (!repeat_command.empty())
    add_line(lines, "again: " + printable_line(repeat_command, kLongestMessage));
  return lines;
}

std::vector<Finding> to_blame(const ScenarioReport& scenario, const GateReport& gate) {
  const bool is_growth = gate.gate == plan::Gate::kGrowth;
  if (!is_growth && gate.gate != plan::Gate::kPeakMemory) return {};
  std::vector<Finding> findings =
      findings_of(scenario, is_growth ? Finding::Kind::kGrowth : Finding::Kind::kPeak);
  std::erase_if(findings, [](const Finding& finding) { return is_accepted(finding); });
  return findings;
}

template <typename Report>
void add_gates(const RunReport& run, const Report& report, const Problem& whole,
               std::vector<Problem>& problems) {
  for (const GateReport& gate : report.gates) {
    if (!is_problem(report, gate)) continue;
    Problem problem = whole;
    problem.outcome = gate.outcome;
    problem.is_error = fails_run(run, gate.outcome);
    problem.gate = gate.id;
    problem.sentence = gate_sentence(gate);
    problem.position = gate.position;
    if constexpr (std::is_same_v<Report, ScenarioReport>) {
      std::string details = gate_details(report, gate);
      add_line(details, whole.details);
      problem.details = std::move(details);
      problem.to_blame = to_blame(report, gate);
    }
    problems.push_back(std::move(problem));
  }
  if (report.expected == plan::ExpectedOutcome::kFail && report.outcome == Outcome::kFail) {
    Problem problem = whole;
    problem.gate = "expect_outcome";
    problem.sentence = kMissingFailure;
    problems.push_back(std::move(problem));
  }
}

void add(const RunReport& run, const ScenarioReport& scenario, std::vector<Problem>& problems) {
  Problem whole;
  whole.scenario = scenario.name;
  whole.position = scenario.position;
  whole.details = ending_lines(scenario.message, scenario.repeat_command);
  if (scenario.outcome == Outcome::kSkipped) {
    const bool nothing_ran =
        std::all_of(run.scenarios.begin(), run.scenarios.end(),
                    [](const auto& each) { return each.outcome == Outcome::kSkipped; });
    if (!nothing_ran) return;
    whole.outcome = Outcome::kInvalid;
    whole.sentence = "skipped, and so was all else";
    problems.push_back(std::move(whole));
    return;
  }
  add_gates(run, scenario, whole, problems);
  const bool was_judged = !scenario.gates.empty() || scenario.outcome == Outcome::kFail;
  if (was_judged || scenario.outcome == Outcome::kPass) return;
  whole.outcome = scenario.outcome;
  whole.is_error = fails_run(run, scenario.outcome);
  whole.sentence = fmt::format("{}: it could not be measured", outcome_name(scenario.outcome));
  problems.push_back(std::move(whole));
}

void add(const RunReport& run, const SweepReport& sweep, std::vector<Problem>& problems) {
  if (sweep.gates.empty()) return;
  Problem whole;
  whole.scenario = sweep_title(sweep);
  whole.position = sweep.gates.front().position;
  whole.details = ending_lines("", repeat_command(sweep, run));
  add_gates(run, sweep, whole, problems);
}

void add_interruption(const RunReport& run, std::vector<Problem>& problems) {
  if (!run.interrupted) return;
  Problem whole;
  whole.outcome = Outcome::kInconclusive;
  whole.is_error = false;
  whole.scenario = run.name;
  whole.sentence = verdict_words(run);
  whole.details = not_run_words(run);
  problems.push_back(std::move(whole));
}

}  // namespace

std::vector<Problem> problems_of(const RunReport& report) {
  std::vector<Problem> problems;
  add_interruption(report, problems);
  for (const ScenarioReport& scenario : report.scenarios) add(report, scenario, problems);
  for (const SweepReport& sweep : report.sweeps) add(report, sweep, problems);
  return problems;
}

std::string title_of(const Problem& problem) {
  return problem.gate.empty() ? problem.scenario
                              : fmt::format("{} of {}", problem.gate, problem.scenario);
}

std::optional<CodePlace> place_of(const Finding& finding, const SourceRoot& root) {
  const auto known = [&](bool application, const std::string& file,
                         int line) -> std::optional<CodePlace> {
    if (!application || line < 1) return std::nullopt;
    auto path = untrusted_below_root(root, file);
    if (!path) return std::nullopt;
    return CodePlace{std::move(*path), line};
  };
  if (auto place = known(finding.application, finding.file, finding.line)) return place;
  for (const analysis::FindingSite& site : finding.sites)
    if (auto place = known(site.frame.application, site.frame.file, site.frame.line)) return place;
  return std::nullopt;
}

std::optional<CodePlace> place_of(const SourcePosition& position, const SourceRoot& root) {
  if (!position.known()) return std::nullopt;
  auto path = below_root(root, position.file);
  if (!path) return std::nullopt;
  return CodePlace{std::move(*path), position.line};
}

std::optional<CodePlace> place_of(const Problem& problem, const SourceRoot& root) {
  for (const Finding& finding : problem.to_blame)
    if (auto place = place_of(finding, root)) return place;
  return place_of(problem.position, root);
}

std::string gate_details(const ScenarioReport& scenario, const GateReport& gate) {
  std::string details = printable(exhaustion_words(scenario, gate));
  std::string findings = findings_lines(scenario, gate, {.indentation = ""});
  if (!findings.empty()) findings.pop_back();  // the last line's end
  add_line(details, findings);
  return details;
}

}  // namespace tidemark::reporters
