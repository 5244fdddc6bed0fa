#include "reporters/words.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

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

}  // namespace

using analysis::GateReport;
using analysis::Outcome;
using analysis::RunReport;
using analysis::ScenarioReport;

std::string measured_words(const GateReport& gate) {
  if (!gate.measured) return "not measured";
  const auto& [value, low, high] = *gate.measured;
  const std::string text = format_quantity(value);
  if (!low || !high) return text;
  const std::string low_text = format_quantity({*low, value.unit}, value.value);
  const std::string high_text = format_quantity({*high, value.unit}, value.value);
  if (low_text == high_text) return text;
  // The unit once is enough: it ends the value.
  const auto without_rate = [](std::string words) { return words.substr(0, words.find('/')); };
  return fmt::format("{} ({} to {})", text, without_rate(low_text), without_rate(high_text));
}

std::string limit_words(const GateReport& gate) {
  return gate.limit ? format_quantity(*gate.limit) : std::string();
}

std::string margin_words(const GateReport& gate) {
  if (!gate.measured || !gate.limit || gate.limit->value <= 0) return {};
  const double ratio = gate.measured->value.value / gate.limit->value;
  if (ratio <= 0) return "0 % of the limit";
  if (ratio < 2) return fmt::format("{:.0f} % of the limit", 100 * ratio);
  return fmt::format("{:.{}f} x the limit", ratio, ratio < 10 ? 1 : 0);
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
  return scenario.expected == plan::ExpectedOutcome::kFail && scenario.outcome == Outcome::kPass &&
         gate.outcome == Outcome::kFail;
}

std::string outcome_words(const ScenarioReport& scenario) {
  if (scenario.outcome == Outcome::kSkipped) return "skipped";
  if (scenario.expected == plan::ExpectedOutcome::kFail) {
    if (scenario.outcome == Outcome::kPass) return "fail, as expected";
    if (scenario.outcome == Outcome::kFail) return "no gate failed, though one was expected to";
  }
  return std::string(outcome_name(scenario.outcome));
}

std::string summary_words(const RunReport& report) {
  constexpr std::array kOrder = {Outcome::kPass, Outcome::kFail, Outcome::kInvalid,
                                 Outcome::kInconclusive, Outcome::kSkipped};
  std::array<int, kOrder.size()> counts = {};
  int expected_failures = 0;
  for (const ScenarioReport& scenario : report.scenarios) {
    for (std::size_t i = 0; i < kOrder.size(); ++i)
      counts[i] += scenario.outcome == kOrder[i] ? 1 : 0;
    expected_failures +=
        scenario.outcome == Outcome::kPass && scenario.expected == plan::ExpectedOutcome::kFail;
  }
  std::string words;
  for (std::size_t i = 0; i < kOrder.size(); ++i) {
    if (counts[i] == 0) continue;
    if (!words.empty()) words += ", ";
    words += fmt::format("{} {}", counts[i],
                         kOrder[i] == Outcome::kPass ? "as expected" : outcome_name(kOrder[i]));
    if (kOrder[i] == Outcome::kPass && expected_failures > 0)
      words += fmt::format(" ({} of them to show a failure)", expected_failures);
  }
  return fmt::format("{} scenario{}: {}", report.scenarios.size(),
                     report.scenarios.size() == 1 ? "" : "s", words.empty() ? "none ran" : words);
}

}  // namespace tidemark::reporters
