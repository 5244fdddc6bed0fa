#include "harness/analysis/scaling_candidates.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace tidemark::analysis {
namespace {

using plan::Complexity;

constexpr std::size_t kFewestForFill = 5;
// Something that fills up could have its knee so far out, in shares of the largest size, and still
// be seen to stand still; or such a time constant.
constexpr double kLatestKnee = 0.8;
constexpr double kLatestTimeConstant = 0.3;
constexpr double kPriorFreedom = 4;

double penalty(int parameters, double values) {
  return 2 * parameters +
         2 * parameters * (parameters + 1) / std::max(1.0, values - parameters - 1);
}

// Every curve of a class: without a fixed part, with it, and with a part that fills up at each of
// the inner sizes, where enough of them are left. Not so the steeper classes, which with such a
// part would mimic O(n).
std::vector<ClassFit> curves_of(Complexity complexity, const ScalingData& data) {
  std::vector<ScalingShape> shapes = {{}};
  if (complexity != Complexity::kConstant) shapes.push_back({false, std::nullopt});
  const auto& means = data.means;
  if (means.size() >= kFewestForFill && complexity <= Complexity::kLinear)
    for (std::size_t i = 1; i + 1 < means.size(); ++i)
      if (means[i].size <= means.back().size / 2)
        shapes.push_back({true, means[i].size, FillCurve::kEven});
  std::vector<ClassFit> curves;
  for (const ScalingShape& shape : shapes)
    curves.push_back(fit_class(complexity, shape, data.means, data.errors));
  return curves;
}

ScalingPrediction predict(const Candidates& all, const ClassFit& fit, double size) {
  const Terms terms = fit.terms_at(size);
  const double value = fit.value(terms);
  const double half =
      half_width(all, fit) * std::sqrt(fit.variance(terms) + all.errors.variance(value, all.count));
  return {size, value, std::max(0.0, value - half), value + half, value};
}

}  // namespace

double Candidates::best(std::size_t from) const {
  return *std::min_element(information.begin() + static_cast<std::ptrdiff_t>(from),
                           information.end());
}

double Candidates::degrees_of_freedom(const ClassFit& fit) const {
  return std::max(1.0, sizes - fit.parameters);
}

Candidates candidates_of(const ScalingData& data) {
  Candidates all;
  all.data = &data;
  all.errors = data.errors;
  all.sizes = static_cast<double>(data.means.size());
  double values = 0;
  for (const ScalingMean& mean : data.means) values += mean.count;
  all.count = values / all.sizes;
  std::vector<std::vector<ClassFit>> curves;
  double overdispersion = INFINITY;
  for (const Complexity complexity : plan::kComplexities) {
    curves.push_back(curves_of(complexity, data));
    for (const ClassFit& fit : curves.back())
      overdispersion = std::min(overdispersion, fit.misfit / all.degrees_of_freedom(fit));
  }
  all.overdispersion = std::max(1.0, overdispersion);
  const auto criterion = [&](const ClassFit& fit) {
    const int chosen = fit.knee > 0 ? 1 : 0;  // which of the sizes is the knee
    return all.unlikelihood(fit) + penalty(fit.parameters + chosen, values);
  };
  for (const std::vector<ClassFit>& of_class : curves) {
    const ClassFit& best = *std::min_element(
        of_class.begin(), of_class.end(),
        [&](const ClassFit& a, const ClassFit& b) { return criterion(a) < criterion(b); });
    all.fits.push_back(best);
    std::optional<ClassFit> filled;
    for (const ClassFit& fit : of_class)
      if (fit.knee > 0 && (!filled || all.unlikelihood(fit) < all.unlikelihood(*filled)))
        filled = fit;
    all.filled.push_back(filled);
    all.information.push_back(criterion(best));
  }
  return all;
}

std::optional<ClassFit> filling_curve(const Candidates& all) {
  constexpr double kStep = 1.4;
  const ScalingData& data = *all.data;
  const double largest = data.means.back().size;
  std::vector<ScalingShape> shapes;
  for (double knee = data.means.front().size; knee <= kLatestKnee * largest; knee *= kStep) {
    shapes.push_back({true, knee, FillCurve::kEven});
    if (knee <= kLatestTimeConstant * largest) shapes.push_back({true, knee, FillCurve::kSlowing});
  }
  for (const ScalingMean& mean : data.means)
    if (mean.size <= kLatestKnee * largest) shapes.push_back({true, mean.size, FillCurve::kEven});
  double least = INFINITY;
  for (auto fit = all.fits.begin() + 1; fit != all.fits.end(); ++fit)
    least = std::min(least, all.unlikelihood(*fit) + kContradicted);
  std::optional<ClassFit> best;
  for (const ScalingShape& shape : shapes) {
    const ClassFit fit = fit_class(Complexity::kConstant, shape, data.means, data.errors);
    if (all.unlikelihood(fit) > least) continue;
    least = all.unlikelihood(fit);
    best = fit;
  }
  return best;
}

double half_width(const Candidates& all, const ClassFit& fit) {
  const double freedom = all.degrees_of_freedom(fit) + kPriorFreedom;
  const double variance = std::max(1.0, (fit.misfit + kPriorFreedom) / freedom);
  return boost::math::quantile(boost::math::students_t(freedom), 0.975) * std::sqrt(variance);
}

double seeming_inflation(const Candidates& all, const ClassFit& fit) {
  return std::sqrt((fit.misfit + kPriorFreedom) / (all.degrees_of_freedom(fit) + kPriorFreedom));
}

double inflation(const Candidates& all, const ClassFit& fit) {
  return std::sqrt(std::max(1.0, fit.misfit / all.degrees_of_freedom(fit)));
}

ScalingPrediction predict(const Candidates& all, const std::vector<Complexity>& left,
                          Complexity chosen, double size) {
  ScalingPrediction whole = predict(all, all.of(chosen), size);
  for (const Complexity complexity : left) {
    const auto one = predict(all, all.of(complexity), size);
    whole.low = std::min(whole.low, one.low);
    whole.high = std::max(whole.high, one.high);
    whole.least = std::min(whole.least, one.value);
  }
  return whole;
}

}  // namespace tidemark::analysis
