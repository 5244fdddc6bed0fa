#include "reporters/words/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "harness/base/text.h"

namespace tidemark::reporters {
namespace {

// ", its memory_limit,": nothing where the author has named the limit for this.
std::string_view whose_limit(const analysis::Exhaustion& exhaustion) {
  if (exhaustion.limit_from == analysis::kFromMemoryLimit) return ", its memory_limit,";
  if (exhaustion.limit_from == analysis::kFromMachine) return ", all of this machine's memory,";
  return "";
}

std::string interval_words(const analysis::Exhaustion& exhaustion) {
  if (!exhaustion.earliest || !exhaustion.latest) return {};
  const std::string earliest = format_rough_duration(*exhaustion.earliest);
  const std::string latest = format_rough_duration(*exhaustion.latest);
  return earliest == latest ? "" : fmt::format(" ({} to {})", earliest, latest);
}

constexpr std::array kOutcomes = {analysis::Outcome::kPass, analysis::Outcome::kFail,
                                  analysis::Outcome::kInvalid, analysis::Outcome::kInconclusive,
                                  analysis::Outcome::kSkipped};

struct Judged {
  analysis::Outcome outcome;
  bool shows_failure;  // as it was expected to
};

constexpr std::size_t kMostNotRun = 10;  // named

// "6 scenarios: 5 as expected (1 of them to show a failure), 1 fail".
std::string tally(std::string_view what, const std::vector<Judged>& all, std::size_t planned) {
  std::string words;
  for (const analysis::Outcome outcome : kOutcomes) {
    int count = 0;
    int failures = 0;
    for (const Judged& each : all) {
      count += each.outcome == outcome ? 1 : 0;
      failures += each.outcome == outcome && each.shows_failure ? 1 : 0;
    }
    if (count == 0) continue;
    if (!words.empty()) words += ", ";
    const bool is_good = outcome == analysis::Outcome::kPass;
    words += fmt::format("{} {}", count, is_good ? "as expected" : outcome_name(outcome));
    if (failures > 0) words += fmt::format(" ({} of them to show a failure)", failures);
  }
  return fmt::format("{}{} {}{}: {}", all.size(),
                     planned > all.size() ? fmt::format(" of {}", planned) : "", what,
                     planned == 1 ? "" : "s", words.empty() ? "none ran" : words);
}

template <typename Report>
bool failed_as_expected(const Report& report) {
  return report.expected == plan::ExpectedOutcome::kFail &&
         report.outcome == analysis::Outcome::kPass;
}

// A sweep that is expected to fail as a whole has points that did not.
bool shows_failure(const analysis::ScenarioReport& scenario) {
  const bool has_failed =
      std::any_of(scenario.gates.begin(), scenario.gates.end(),
                  [](const auto& gate) { return gate.outcome == analysis::Outcome::kFail; });
  return failed_as_expected(scenario) && (scenario.scaling.empty() || has_failed);
}

template <typename Report>
std::string words_of(const Report& report, bool shows_failure) {
  if (report.outcome == analysis::Outcome::kSkipped) return "skipped";
  if (shows_failure) return "fail, as expected";
  if (report.expected == plan::ExpectedOutcome::kFail && report.outcome == analysis::Outcome::kFail)
    return kMissingFailure;
  return std::string(outcome_name(report.outcome));
}

// Of a gate that limits the class of growth.
std::string class_words(const analysis::GateReport& gate) {
  if (gate.complexity) return std::string(complexity_name(*gate.complexity));
  const std::string_view limit = complexity_name(*gate.complexity_limit);
  if (gate.outcome == analysis::Outcome::kFail) return fmt::format("worse than {}", limit);
  if (gate.outcome == analysis::Outcome::kPass) return fmt::format("not worse than {}", limit);
  return "cannot tell";
}

}  // namespace

using analysis::GateReport;
using analysis::Outcome;
using analysis::RunReport;
using analysis::ScenarioReport;
using analysis::SweepReport;

std::string interval_words(const analysis::Measured& measured) {
  const auto& [value, low, high] = measured;
  const std::string text = format_quantity(value);
  if (!low || !high) return text;
  const std::string low_text = format_quantity({*low, value.unit}, value.value);
  const std::string high_text = format_quantity({*high, value.unit}, value.value);
  if (low_text == high_text) return text;
  // The unit once is enough: it ends the value.
  const auto without_rate = [](std::string words) { return words.substr(0, words.find('/')); };
  return fmt::format("{} ({} to {})", text, without_rate(low_text), without_rate(high_text));
}

std::string value_words(const GateReport& gate) {
  if (gate.complexity_limit) return class_words(gate);
  return gate.measured ? format_quantity(gate.measured->value) : "not measured";
}

std::string measured_words(const GateReport& gate) {
  if (gate.complexity_limit || !gate.measured) return value_words(gate);
  return interval_words(*gate.measured);
}

std::string limit_words(const GateReport& gate) {
  if (gate.complexity_limit) return std::string(complexity_name(*gate.complexity_limit));
  return gate.limit ? format_quantity(*gate.limit) : std::string();
}

std::string margin_words(const GateReport& gate) {
  if (gate.complexity_limit) {
    if (!gate.complexity || *gate.complexity <= *gate.complexity_limit) return {};
    const int classes =
        static_cast<int>(*gate.complexity) - static_cast<int>(*gate.complexity_limit);
    return fmt::format("{} class{} worse", classes, classes == 1 ? "" : "es");
  }
  if (!gate.measured || !gate.limit || gate.limit->value <= 0) return {};
  const double ratio = gate.measured->value.value / gate.limit->value;
  if (ratio <= 0) return "0 % of the limit";
  if (ratio < 2) return fmt::format("{:.0f} % of the limit", 100 * ratio);
  return fmt::format("{:.{}f} x the limit", ratio, ratio < 10 ? 1 : 0);
}

std::string gate_sentence(const GateReport& gate) {
  const std::string limit = limit_words(gate);
  return fmt::format("{}: {}{}; {}", gate.id, measured_words(gate),
                     limit.empty() ? "" : ", limit " + limit, gate.reason);
}

std::string exhaustion_words(const ScenarioReport& scenario, const GateReport& gate) {
  if (gate.gate != plan::Gate::kGrowth || !scenario.exhaustion) return {};
  const analysis::Exhaustion& exhaustion = *scenario.exhaustion;
  if (exhaustion.in_use >= exhaustion.limit)
    return fmt::format("it uses {} already, more than {}", format_bytes(exhaustion.in_use),
                       format_bytes(exhaustion.limit));
  return fmt::format("at {}{} it reaches {}{} after {}{}", format_rate(exhaustion.rate_per_second),
                     exhaustion.rate_given ? "" : ", as measured,", format_bytes(exhaustion.limit),
                     whose_limit(exhaustion), format_rough_duration(exhaustion.after),
                     interval_words(exhaustion));
}

bool is_expected(const ScenarioReport& scenario, const GateReport& gate) {
  return failed_as_expected(scenario) && gate.outcome == Outcome::kFail;
}

bool is_expected(const SweepReport& sweep, const GateReport& gate) {
  return failed_as_expected(sweep) && gate.outcome == Outcome::kFail;
}

bool is_problem(const ScenarioReport& scenario, const GateReport& gate) {
  return gate.outcome != Outcome::kPass && !failed_as_expected(scenario);
}

bool is_problem(const SweepReport& sweep, const GateReport& gate) {
  return gate.outcome != Outcome::kPass && !failed_as_expected(sweep);
}

std::string outcome_words(const ScenarioReport& scenario) {
  return words_of(scenario, shows_failure(scenario));
}

std::string outcome_words(const SweepReport& sweep) {
  return words_of(sweep, failed_as_expected(sweep));
}

std::string summary_words(const RunReport& report) {
  std::vector<Judged> scenarios;
  for (const ScenarioReport& each : report.scenarios)
    scenarios.push_back({each.outcome, shows_failure(each)});
  std::vector<Judged> sweeps;
  for (const SweepReport& each : report.sweeps)
    if (!each.gates.empty()) sweeps.push_back({each.outcome, failed_as_expected(each)});
  const std::string words = tally("scenario", scenarios, scenarios.size() + report.not_run.size());
  return sweeps.empty() ? words : words + "; " + tally("sweep", sweeps, sweeps.size());
}

std::string_view verdict_word(const RunReport& report) {
  return report.interrupted ? "interrupted" : outcome_name(report.outcome);
}

std::string_view verdict_word(const analysis::RunFacts& run) {
  return run.interrupted ? "interrupted" : outcome_name(run.outcome);
}

std::vector<std::vector<std::string>> run_rows(const RunReport& report) {
  if (report.runs.empty()) return {};
  std::vector<std::vector<std::string>> rows = {
      {"run", "of", "started", "took", "scenarios", "outcome"}};
  for (const analysis::RunFacts& run : report.runs) {
    std::string scenarios = fmt::format("{}", run.scenarios);
    if (run.planned > run.scenarios) scenarios += fmt::format(" of {}", run.planned);
    rows.push_back({run.label, run.name, run.started, format_duration(run.duration),
                    std::move(scenarios), std::string(verdict_word(run))});
  }
  return rows;
}

std::string verdict_words(const RunReport& report) {
  std::string words(verdict_word(report));
  if (!report.not_run.empty())
    words += fmt::format(": {} of {} scenarios", report.scenarios.size(),
                         report.scenarios.size() + report.not_run.size());
  return words;
}

std::string not_run_words(const RunReport& report) {
  if (report.not_run.empty()) return {};
  const std::size_t named = std::min(report.not_run.size(), kMostNotRun);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < named; ++i) names.push_back(printable_line(report.not_run[i]));
  if (report.not_run.size() > named)
    names.push_back(fmt::format("and {} more", report.not_run.size() - named));
  return "not run: " + join(names, ", ");
}

}  // namespace tidemark::reporters
