#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "harness/analysis/scaling.h"
#include "harness/analysis/scaling_advice.h"
#include "harness/analysis/scaling_candidates.h"
#include "harness/analysis/scaling_constancy.h"
#include "harness/analysis/scaling_model.h"

namespace tidemark::analysis {
namespace {

using plan::Complexity;
using plan::kFewestSizes;
using plan::kFurthestPrediction;

constexpr std::size_t kBandSizes = 40;
// The simplest class is named while every other is less likely by e^1 at least.
constexpr double kPreferred = 2;

std::vector<ScalingPoint> usable(std::vector<ScalingPoint> points) {
  std::vector<ScalingPoint> merged;
  std::stable_sort(points.begin(), points.end(),
                   [](const ScalingPoint& a, const ScalingPoint& b) { return a.size < b.size; });
  for (ScalingPoint& point : points) {
    std::erase_if(point.values, [](double value) { return !std::isfinite(value); });
    if (!std::isfinite(point.size) || point.size <= 0 || point.values.empty()) continue;
    if (!merged.empty() && merged.back().size == point.size)
      merged.back().values.insert(merged.back().values.end(), point.values.begin(),
                                  point.values.end());
    else
      merged.push_back(std::move(point));
  }
  // The same in whatever order they came.
  for (ScalingPoint& point : merged) std::sort(point.values.begin(), point.values.end());
  return merged;
}

void fill_fits(const Candidates& all, ScalingReport& report) {
  const double best = all.best(0);
  double sum = 0;
  for (const double information : all.information) sum += std::exp((best - information) / 2);
  for (std::size_t i = 0; i < all.fits.size(); ++i) {
    const ClassFit& fit = all.fits[i];
    const double slope = fit.coefficients[kSlope];
    const double half = half_width(all, fit) * std::sqrt(fit.covariance[kSlope][kSlope]);
    const double fixed = fit.coefficients[kFixed] + fit.coefficients[kFill] * fit.knee;
    report.fits.push_back({fit.complexity, fixed, slope, std::max(0.0, slope - half), slope + half,
                           fit.r_squared, std::exp((best - all.information[i]) / 2) / sum});
  }
}

// Of one more unit of size at the largest one, by a class that grows by about as much for each.
void fill_per_unit(const ComplexityFit& fit, ScalingReport& report) {
  double derivative = 1;
  if (fit.complexity == Complexity::kLinearithmic) {
    const double largest = report.points.back().size;
    derivative = std::log1p(largest) + largest / (1 + largest);
  } else if (fit.complexity != Complexity::kLinear) {
    return;
  }
  report.per_unit = fit.slope * derivative;
  report.per_unit_low = fit.slope_low * derivative;
  report.per_unit_high = fit.slope_high * derivative;
}

bool is_preferred(const Candidates& all, const std::vector<Complexity>& left) {
  const auto information = [&](Complexity complexity) {
    return all.information[static_cast<std::size_t>(complexity)];
  };
  return std::all_of(left.begin() + 1, left.end(), [&](Complexity other) {
    return information(left.front()) + kPreferred <= information(other);
  });
}

// The classes that the data leave possible, best first; `complexity` where one can be named.
std::vector<Complexity> classify(Candidates& all, std::optional<double> production,
                                 ScalingReport& report) {
  std::vector<Complexity> growing;
  const double best = all.best(1);
  for (std::size_t i = 1; i < all.fits.size(); ++i)
    if (all.information[i] <= best + kContradicted) growing.push_back(plan::kComplexities[i]);
  const double smallest = report.points.front().size;
  const double largest = report.points.back().size;
  const double further =
      std::min(std::max(production.value_or(largest), largest), kFurthestPrediction * largest);
  std::vector<Complexity> left = growing;
  switch (constancy_of(all, growing, floors_of(report.quantity), smallest, largest, further)) {
    case Constancy::kConstant:
      report.complexity = report.best = report.worst = Complexity::kConstant;
      // Growth too small to be seen may go on: as far as that, it is taken to be linear.
      return {Complexity::kConstant, Complexity::kLinear};
    case Constancy::kUnknown:
      left.insert(left.begin(), Complexity::kConstant);
      report.reason = "what it grows by lies near the tolerance: whether it is O(1) cannot be told";
      break;
    case Constancy::kFillingPerhaps:
      left.insert(left.begin(), Complexity::kConstant);
      report.reason = "it grows like what fills up: whether that ends cannot be told";
      break;
    case Constancy::kGrowing:
      if (is_preferred(all, left))
        report.complexity = left.front();
      else
        report.reason = fmt::format("{} and {} cannot be told apart", complexity_name(left.front()),
                                    complexity_name(left.back()));
  }
  report.best = left.front();
  report.worst = left.back();
  if (left.size() > 1) report.advice = advised_size(report.points, production);
  return left;
}

Complexity likeliest(const ScalingReport& report) {
  return std::max_element(
             report.fits.begin(), report.fits.end(),
             [](const ComplexityFit& a, const ComplexityFit& b) { return a.weight < b.weight; })
      ->complexity;
}

std::vector<ScalingPrediction> band_over(const Candidates& all, const std::vector<Complexity>& left,
                                         Complexity chosen, double from, double to) {
  std::vector<ScalingPrediction> band;
  for (std::size_t i = 0; i < kBandSizes; ++i) {
    const double share = static_cast<double>(i) / (kBandSizes - 1);
    const double size = i + 1 == kBandSizes ? to : from * std::pow(to / from, share);
    band.push_back(predict(all, left, chosen, size));
  }
  return band;
}

}  // namespace

ScalingReport fit_scaling(plan::ScaledQuantity quantity, std::vector<ScalingPoint> points,
                          std::optional<double> production) {
  ScalingReport report;
  report.quantity = quantity;
  report.unit = quantity == plan::ScaledQuantity::kDuration ? Unit::kSeconds : Unit::kBytes;
  report.points = usable(std::move(points));
  explain_shortage(report, production);
  if (report.points.size() < kFewestSizes) return report;
  const ScalingData data = scaling_data(report.points, floors_of(quantity));
  Candidates all = candidates_of(data);
  fill_fits(all, report);
  report.undetermined = !report.reason.empty();
  const bool is_narrow = report.undetermined;
  std::vector<Complexity> left(plan::kComplexities.begin(), plan::kComplexities.end());
  if (!is_narrow) left = classify(all, production, report);
  const Complexity chosen = report.complexity.value_or(likeliest(report));
  if (!is_narrow) fill_per_unit(report.fits[static_cast<std::size_t>(chosen)], report);
  const double largest = report.points.back().size;
  const bool is_near = production && *production <= kFurthestPrediction * largest;
  if (is_near && !is_narrow) report.prediction = predict(all, left, chosen, *production);
  if (report.advice.empty() && !is_narrow) report.advice = advice_for(report, production);
  report.band = band_over(all, left, chosen, report.points.front().size,
                          is_near && !is_narrow ? std::max(largest, *production) : largest);
  return report;
}

std::vector<ScalingReport> fit_kinds(plan::ScaledQuantity quantity,
                                     std::vector<ScalingPoint> points,
                                     std::optional<double> production) {
  points = usable(std::move(points));
  if (points.empty()) return {fit_scaling(quantity, {}, production)};
  ScalingKinds kinds = kinds_of(points, floors_of(quantity));
  std::vector<ScalingReport> reports = {fit_scaling(quantity, std::move(kinds.usual), production)};
  if (kinds.dear.empty()) return reports;
  ScalingReport& dear = reports.emplace_back();
  if (kinds.dear_at.size() >= kFewestSizes) {
    dear = fit_scaling(quantity, std::move(kinds.dear), production);
  } else {
    dear.quantity = quantity;
    dear.unit = reports.front().unit;
    dear.points = std::move(points);
    dear.reason = fmt::format("at {} some iterations needed far more than the others did",
                              sizes_words(kinds.dear_at));
    dear.advice = "give what they ask for a scenario of its own";
  }
  dear.dear = true;
  return reports;
}

}  // namespace tidemark::analysis
