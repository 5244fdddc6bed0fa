#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/analysis/scaling.h"

namespace tidemark::analysis {
namespace {

using plan::Complexity;

std::string words_of(const ScalingReport& report) {
  std::string words =
      report.quantity == plan::ScaledQuantity::kDuration ? "the duration" : "peak memory";
  if (report.dear) words += " of the iterations that need most";
  if (!report.flow.empty()) words += fmt::format(" of the flow '{}'", report.flow);
  return words;
}

std::string size_words(double size) {
  if (size < 1e15 && size == std::floor(size)) return format_count(static_cast<std::int64_t>(size));
  return fmt::format("{:.6g}", size);
}

std::string interval_words(const ScalingPrediction& at, Unit unit) {
  return fmt::format("{} ({} to {})", format_quantity({at.value, unit}),
                     format_quantity({at.low, unit}), format_quantity({at.high, unit}));
}

// "peak memory grows as O(n): 772 B for each of the users; at 500,000 that makes 370 MiB (…)".
std::string growth_words(const ScalingReport& report) {
  const std::string quantity = words_of(report);
  std::string words;
  if (report.complexity == Complexity::kConstant)
    words = fmt::format("{} does not grow: O(1)", quantity);
  else if (report.complexity)
    words = fmt::format("{} grows as {}", quantity, complexity_name(*report.complexity));
  else if (report.best == Complexity::kConstant)
    words =
        fmt::format("{} does not grow, or as {} at worst", quantity, complexity_name(report.worst));
  else
    words = fmt::format("{} grows as {} to {}", quantity, complexity_name(report.best),
                        complexity_name(report.worst));
  if (report.per_unit)
    words += fmt::format(": {} for each{}", format_quantity({*report.per_unit, report.unit}),
                         report.variable.empty() ? " more" : " of the " + report.variable);
  if (report.complexity && report.worst > *report.complexity)
    words += fmt::format(" ({} is not excluded)", complexity_name(report.worst));
  if (report.prediction)
    words += fmt::format("; at {} that makes {}", size_words(report.prediction->size),
                         interval_words(*report.prediction, report.unit));
  return words;
}

std::string with_advice(std::string reason, const ScalingReport& report) {
  return report.advice.empty() ? reason : reason + "; " + report.advice;
}

void judge_class(const ScalingReport& report, Complexity allowed, GateReport& gate) {
  gate.complexity_limit = allowed;
  gate.complexity = report.complexity;
  if (report.undetermined) {
    gate.reason = with_advice(report.reason, report);
    return;
  }
  gate.reason = growth_words(report);
  if (report.worst <= allowed)
    gate.outcome = Outcome::kPass;
  else if (report.best > allowed)
    gate.outcome = Outcome::kFail;
  else
    gate.reason = with_advice(gate.reason, report);
}

// The size, not above production's, at which the maximum was exceeded already; nothing: at none.
// Once is once: something else may have been at work. Single durations differ too much to count.
std::optional<double> exceeded_at(const ScalingReport& report, double production, double max,
                                  std::size_t times) {
  for (const ScalingPoint& point : report.points) {
    const auto above = static_cast<std::size_t>(std::count_if(
        point.values.begin(), point.values.end(), [&](double value) { return value > max; }));
    const bool is_duration = report.quantity == plan::ScaledQuantity::kDuration;
    const std::size_t enough = is_duration ? point.values.size() / 2 + 1 : times;
    if (point.size <= production && above >= enough) return point.size;
  }
  return std::nullopt;
}

void judge_max(const ScalingReport& report, double production, double max, GateReport& gate) {
  gate.complexity = report.complexity;
  if (const auto size = exceeded_at(report, production, max, 2)) {
    gate.outcome = Outcome::kFail;
    gate.reason = fmt::format("{} was more at {} already", words_of(report), size_words(*size));
    return;
  }
  if (!report.prediction) {
    gate.reason = report.reason;
    if (!report.undetermined)
      gate.reason = fmt::format("{} is {:.0f} times the largest size measured: too far to predict",
                                size_words(production), production / report.points.back().size);
    gate.reason = with_advice(gate.reason, report);
    return;
  }
  const ScalingPrediction& at = *report.prediction;
  gate.reason = growth_words(report);
  const bool is_known_above = report.complexity && (at.value > max || !at.is_wide());
  if (const auto size = exceeded_at(report, production, max, 1))
    gate.reason += fmt::format(", but once it was more at {}", size_words(*size));
  else if (at.high <= max)
    gate.outcome = Outcome::kPass;
  else if (is_known_above || at.least > max)
    gate.outcome = Outcome::kFail;
  else
    gate.reason = with_advice(gate.reason + ", and the sweep is too narrow to say more", report);
}

}  // namespace

GateReport judge_scaling(const ScalingReport& report, const plan::ScalingBudget& budget) {
  GateReport gate;
  gate.id = budget.id;
  gate.gate = budget.quantity == plan::ScaledQuantity::kDuration ? plan::Gate::kDuration
                                                                 : plan::Gate::kPeakMemory;
  gate.position = budget.position;
  gate.limit = budget.max;
  gate.signal = plan::scaled_quantity_name(budget.quantity);
  if (report.prediction)
    gate.measured = Measured{
        {report.prediction->value, report.unit}, report.prediction->low, report.prediction->high};
  if (budget.worst) judge_class(report, *budget.worst, gate);
  if (budget.max) judge_max(report, budget.at.value_or(0), budget.max->value, gate);
  return gate;
}

GateReport judge_scaling(const std::vector<ScalingReport>& reports,
                         const plan::ScalingBudget& budget) {
  std::optional<GateReport> worst;
  for (const ScalingReport& report : reports) {
    GateReport gate = judge_scaling(report, budget);
    if (!worst || worst_of({*worst, gate}) != worst->outcome) worst = std::move(gate);
  }
  return *worst;
}

}  // namespace tidemark::analysis
