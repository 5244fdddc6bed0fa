#include "harness/analysis/growth_verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "harness/analysis/batch_effects.h"
#include "harness/analysis/noise.h"

namespace tidemark::analysis {
namespace {

constexpr std::size_t kFewPoints = 100;

std::string per_iteration(double value, Unit unit) {
  return format_quantity({value, unit});
}

// False when large batches do not surely grow more than small ones: then settling may explain the
// growth. Where batches are all alike there is nothing to ask.
bool comes_with_iterations(const Series& series, bool last_look) {
  const auto contrast = contrast_slope(series);
  return !contrast || is_surely_positive(*contrast, last_look);
}

// What the machine and the readings move by themselves: nothing was done before a blank checkpoint.
double noise_of_blanks(Points points) {
  constexpr std::size_t kFewest = 4;
  std::vector<double> differences;
  for (std::size_t i = 1; i < points.size(); ++i)
    if (points[i].batch == 0) differences.push_back(points[i].value - points[i - 1].value);
  return differences.size() < kFewest ? 0 : noise_of_differences(std::move(differences));
}

Series prefix(const Series& series, std::size_t count) {
  return {series.signal,
          {series.points.begin(), series.points.begin() + static_cast<std::ptrdiff_t>(count)}};
}

std::int64_t decided_at(const Series& series, const GrowthQuestion& question, Outcome outcome) {
  std::int64_t decided = series.points.back().iteration;
  for (const std::size_t count : looks_back(series.points.size())) {
    const GrowthEvidence then = evidence_of(prefix(series, count), question.kind);
    if (look_at(then, question, false) != outcome) break;
    decided = series.points[count - 1].iteration;
  }
  return decided;
}

}  // namespace

std::string_view outcome_name(Outcome outcome) {
  constexpr std::array<std::string_view, 5> kNames = {"pass", "fail", "inconclusive", "invalid",
                                                      "skipped"};
  return kNames[static_cast<std::size_t>(outcome)];
}

std::size_t next_look(std::size_t count) {
  return count < kFewPoints ? count + 1 : count + count / 20;
}

std::vector<std::size_t> looks_back(std::size_t count) {
  std::vector<std::size_t> looks;
  const auto earlier = [](std::size_t look) {
    return std::min(look - 1, look > kFewPoints ? look * 6 / 10 : look * 10 / 12);
  };
  for (std::size_t look = count; look > 12;) looks.push_back(look = earlier(look));
  return looks;
}

GrowthEvidence evidence_of(Series series, SignalKind kind) {
  GrowthEvidence evidence;
  if (!series.points.empty())
    evidence.iterations = series.points.back().iteration - series.points.front().iteration;
  kind.noise = std::max(kind.noise, noise_of_blanks(series.points));
  evidence.adjusted = adjust(std::move(series), kind).series;
  evidence.bound = growth_bound(evidence.adjusted.points, kind);
  evidence.kind = kind;
  return evidence;
}

std::optional<Slope> bounded_slope(const GrowthEvidence& evidence) {
  const Points points = evidence.adjusted.points;
  return slope_of(evidence.bound ? points.subspan(evidence.bound->from) : points, evidence.kind);
}

bool grows_like_a_leak(const GrowthEvidence& evidence, double limit, bool last_look) {
  const Points points = evidence.adjusted.points;
  return is_confirmed_candidate(points, evidence.kind, limit, last_look) &&
         comes_with_iterations(evidence.adjusted, last_look);
}

Outcome look_at(const GrowthEvidence& evidence, const GrowthQuestion& question, bool last) {
  if (evidence.is_within(question.limit)) return Outcome::kPass;
  const bool at_horizon = last || evidence.iterations >= question.horizon;
  return at_horizon && grows_like_a_leak(evidence, question.limit, last) ? Outcome::kFail
                                                                         : Outcome::kInconclusive;
}

GrowthVerdict judge_series(const Series& series, const GrowthQuestion& question) {
  GrowthVerdict verdict;
  if (series.points.empty()) {
    verdict.reason = "growth was not measured";
    return verdict;
  }
  const GrowthEvidence evidence = evidence_of(series, question.kind);
  verdict.outcome = look_at(evidence, question, true);
  verdict.growth = verdict.outcome == Outcome::kPass
                       ? bounded_slope(evidence)
                       : slope_of(evidence.adjusted.points, evidence.kind);
  constexpr Unit kUnit = Unit::kBytesPerIteration;
  if (verdict.outcome == Outcome::kFail) {
    verdict.classification = Shape::kLeak;
    verdict.reason = leak_reason({verdict.growth->per_iteration, kUnit}, evidence.iterations);
  } else {
    verdict.classification = shape_of(evidence.adjusted.points, evidence.kind, question.limit / 2);
    if (verdict.outcome == Outcome::kPass && verdict.classification == Shape::kUnknown)
      verdict.classification = Shape::kStable;
    verdict.reason = verdict.outcome == Outcome::kPass
                         ? pass_reason(evidence.bound->per_iteration, evidence.iterations, kUnit)
                         : undecided_reason(evidence, question, kUnit);
  }
  if (verdict.outcome != Outcome::kInconclusive)
    verdict.decided_at = decided_at(series, question, verdict.outcome);
  return verdict;
}

std::string leak_reason(const Quantity& growth, std::int64_t iterations) {
  const auto total = std::llround(growth.value * static_cast<double>(iterations));
  return fmt::format("{} stay behind, and it goes on: {} in {} iterations",
                     per_iteration(growth.value, growth.unit), format_bytes({total}), iterations);
}

std::string pass_reason(double most_per_iteration, std::int64_t iterations, Unit unit) {
  return fmt::format(
      "at most {} stay behind, by {} iterations; a leak that comes less often than every {} "
      "iterations would not show",
      per_iteration(most_per_iteration, unit), iterations,
      std::max<std::int64_t>(iterations / 2, 1));
}

std::string undecided_reason(const GrowthEvidence& evidence, const GrowthQuestion& question,
                             Unit unit) {
  const Points points = evidence.adjusted.points;
  if (!evidence.bound)
    return fmt::format("{} checkpoints are too few to tell: at least {} are needed", points.size(),
                       question.kind.least_for_pass);
  const double most = evidence.bound->per_iteration;
  std::string reason = fmt::format("growth up to {} is not excluded, the limit is {}",
                                   per_iteration(most, unit), per_iteration(question.limit, unit));
  const auto slope = slope_of(points, evidence.kind);
  if (slope && slope->per_iteration < question.limit && most > question.limit) {
    // The bound's distance from the estimate shrinks with the root of the iterations, at least.
    const double shrink = (most - slope->per_iteration) / (question.limit - slope->per_iteration);
    const double more = static_cast<double>(evidence.iterations) * (shrink * shrink - 1);
    if (more < 1e6)
      reason += fmt::format("; about {:.0f} more iterations would tell", std::max(more, 20.0));
  }
  return reason;
}

}  // namespace tidemark::analysis
