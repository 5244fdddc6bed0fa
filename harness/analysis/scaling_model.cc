#include "harness/analysis/scaling_model.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "harness/analysis/blocks.h"
#include "harness/base/units.h"

namespace tidemark::analysis {
namespace {

using plan::Complexity;

// Weights depend on the curve, which depends on the weights.
constexpr int kReweightings = 10;
constexpr double kConverged = 1e-6;  // in shares of a coefficient
// Values further from the median, in standard deviations, are outliers.
constexpr double kOutlier = 4;
// High ones at so many sizes are none, nor are those at the largest, beyond which nothing is known.
constexpr std::size_t kRecurrences = 2;
// Of a normal distribution, one standard deviation over the median absolute one.
constexpr double kNormal = 1.4826;

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// The values of one size, as far as they are believed.
struct Group {
  double centre = 0;
  std::vector<double> values;
};

std::vector<Group> groups_of(std::span<const ScalingPoint> points) {
  std::vector<Group> groups;
  for (const ScalingPoint& point : points) {
    Group& group = groups.emplace_back();
    group.values = point.values;
    group.centre = median_of(group.values);
  }
  return groups;
}

// The standard deviation of single values around their centres, each divided by the centre where
// `relative`; of what is left of `known` absolute or relative deviation.
double robust_deviation(std::span<const Group> groups, bool relative, double known) {
  std::vector<double> deviations;
  for (const Group& group : groups) {
    if (group.values.size() < 2 || (relative && group.centre == 0)) continue;
    std::vector<double> own;
    for (const double value : group.values)
      own.push_back(std::abs(value - group.centre) / (relative ? std::abs(group.centre) : 1));
    // One of them is the median itself, or nearly so: it says nothing.
    own.erase(std::min_element(own.begin(), own.end()));
    deviations.insert(deviations.end(), own.begin(), own.end());
  }
  if (deviations.empty()) return 0;
  const double deviation = kNormal * median_of(deviations);
  return std::sqrt(std::max(0.0, deviation * deviation - known * known));
}

double pooled_deviation(std::span<const Group> groups, bool relative, double known) {
  double squares = 0;
  double degrees_of_freedom = 0;
  for (const Group& group : groups) {
    if (group.values.size() < 2 || (relative && group.centre == 0)) continue;
    const double scale = relative ? std::abs(group.centre) : 1;
    for (const double value : group.values)
      squares += (value - group.centre) * (value - group.centre) / scale / scale;
    degrees_of_freedom += static_cast<double>(group.values.size()) - 1;
  }
  if (degrees_of_freedom == 0) return 0;
  return std::sqrt(std::max(0.0, squares / degrees_of_freedom - known * known));
}

// Large values show the relative scatter, small ones what is left of it: the absolute.
template <class Deviation>
void measure_scatter(std::vector<Group> groups, ScalingErrors& errors, Deviation deviation) {
  std::stable_sort(groups.begin(), groups.end(), [](const Group& a, const Group& b) {
    return std::abs(a.centre) < std::abs(b.centre);
  });
  const std::span<const Group> all(groups);
  const auto small = all.first(groups.size() / 2);
  const auto large = all.subspan(groups.size() / 2);
  errors.relative = deviation(large, true, 0);
  double explained = 0;  // of the small ones' scatter
  for (const Group& group : small)
    explained = std::max(explained, errors.relative * std::abs(group.centre));
  errors.absolute = deviation(small, false, explained);
}

// How far from its centre a value may lie and be none.
double outlier_distance(const Group& group, const ScalingErrors& errors) {
  const double least = std::hypot(errors.absolute_floor, errors.relative_floor * group.centre);
  const double usual = std::hypot(errors.absolute, errors.relative * group.centre);
  return kOutlier * std::max(least / 2, usual);
}

void drop_outliers(std::vector<Group>& groups, const ScalingErrors& errors) {
  for (Group& group : groups) {
    const double distance = outlier_distance(group, errors);
    std::erase_if(group.values,
                  [&](double value) { return std::abs(value - group.centre) > distance; });
    if (group.values.empty()) group.values = {group.centre};
    group.centre = mean(group.values);
  }
}

// By what is left when outliers are looked away from.
ScalingErrors usual_errors(const std::vector<Group>& groups, const ScalingFloors& floors) {
  ScalingErrors errors;
  errors.absolute_floor = floors.absolute;
  errors.relative_floor = floors.relative;
  measure_scatter(groups, errors, robust_deviation);
  return errors;
}

using Matrix = std::array<Terms, kTerms>;

// The inverse of the part of a symmetric matrix that belongs to the terms in use, with zeros for
// the others; nothing where they are not independent.
std::optional<Matrix> inverse(const Matrix& products, const std::array<bool, kTerms>& used) {
  Matrix rest = products;
  Matrix inverse{};
  for (std::size_t i = 0; i < kTerms; ++i) inverse[i][i] = used[i] ? 1 : 0;
  for (std::size_t pivot = 0; pivot < kTerms; ++pivot) {
    if (!used[pivot]) continue;
    if (rest[pivot][pivot] <= 1e-9 * products[pivot][pivot]) return std::nullopt;
    const double scale = 1 / rest[pivot][pivot];
    for (std::size_t column = 0; column < kTerms; ++column) {
      rest[pivot][column] *= scale;
      inverse[pivot][column] *= scale;
    }
    for (std::size_t row = 0; row < kTerms; ++row) {
      if (row == pivot || !used[row]) continue;
      const double factor = rest[row][pivot];
      for (std::size_t column = 0; column < kTerms; ++column) {
        rest[row][column] -= factor * rest[pivot][column];
        inverse[row][column] -= factor * inverse[pivot][column];
      }
    }
  }
  return inverse;
}

// Least squares with coefficients that are not negative: of all ways to leave terms out the one
// that explains most.
void solve(const Matrix& products, const Terms& sums, const std::array<bool, kTerms>& allowed,
           ClassFit& fit) {
  double most = -1;
  std::array<bool, kTerms> best{};
  for (unsigned subset = 0; subset < 1U << kTerms; ++subset) {
    std::array<bool, kTerms> used{};
    bool is_allowed = true;
    for (std::size_t i = 0; i < kTerms; ++i) {
      used[i] = (subset >> i & 1U) != 0;
      is_allowed = is_allowed && (allowed[i] || !used[i]);
    }
    if (!is_allowed) continue;
    const auto covariance = inverse(products, used);
    if (!covariance) continue;
    Terms coefficients{};
    double explained = 0;
    for (std::size_t i = 0; i < kTerms; ++i) {
      for (std::size_t j = 0; j < kTerms; ++j) coefficients[i] += (*covariance)[i][j] * sums[j];
      explained += coefficients[i] * sums[i];
    }
    const bool is_negative = std::any_of(coefficients.begin(), coefficients.end(),
                                         [](double coefficient) { return coefficient < 0; });
    if (is_negative || explained <= most) continue;
    most = explained;
    fit.coefficients = coefficients;
    best = used;
  }
  // A slope that came out as nothing is not known to be nothing.
  auto varied = best;
  varied[kSlope] = allowed[kSlope];
  const auto covariance = inverse(products, varied);
  fit.covariance = covariance ? *covariance : inverse(products, best).value_or(Matrix{});
}

bool is_same(const Terms& before, const Terms& after) {
  for (std::size_t i = 0; i < kTerms; ++i)
    if (std::abs(after[i] - before[i]) > kConverged * std::abs(after[i])) return false;
  return true;
}

}  // namespace

ScalingFloors floors_of(plan::ScaledQuantity quantity) {
  const auto bytes = [](Bytes size) { return static_cast<double>(size.count); };
  if (quantity == plan::ScaledQuantity::kDuration) return {0.0005, 0.1, 0.005, 0.5, 0.05, 0.8};
  return {bytes(128_KiB), 0.02, bytes(1_MiB), 0.2, bytes(16_MiB), 0.57};
}

double ScalingErrors::variance(double fitted, double count) const {
  const auto square = [](double value) { return value * value; };
  return square(absolute_floor) + square(relative_floor * fitted) +
         (square(absolute) + square(relative * fitted)) / count;
}

ScalingKinds kinds_of(std::span<const ScalingPoint> points, const ScalingFloors& floors) {
  const std::vector<Group> groups = groups_of(points);
  const ScalingErrors errors = usual_errors(groups, floors);
  ScalingKinds kinds;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const double centre = groups[i].centre;
    const double most = centre + std::max({outlier_distance(groups[i], errors), floors.tolerance,
                                           floors.relative_tolerance * centre});
    ScalingPoint usual{points[i].size, {}};
    ScalingPoint dear{points[i].size, {}};
    for (const double value : points[i].values)
      (value > most ? dear : usual).values.push_back(value);
    if (dear.values.empty())
      dear.values = {*std::max_element(usual.values.begin(), usual.values.end())};
    else
      kinds.dear_at.push_back(dear.size);
    kinds.usual.push_back(std::move(usual));
    kinds.dear.push_back(std::move(dear));
  }
  const bool is_at_largest = !kinds.dear_at.empty() && kinds.dear_at.back() == points.back().size;
  if (kinds.dear_at.size() >= kRecurrences || is_at_largest) return kinds;
  return {{points.begin(), points.end()}, {}, {}};
}

ScalingData scaling_data(std::span<const ScalingPoint> points, const ScalingFloors& floors) {
  ScalingData data;
  std::vector<Group> groups = groups_of(points);
  data.errors = usual_errors(groups, floors);
  drop_outliers(groups, data.errors);
  measure_scatter(groups, data.errors, pooled_deviation);
  for (std::size_t i = 0; i < groups.size(); ++i)
    data.means.push_back(
        {points[i].size, groups[i].centre, static_cast<double>(groups[i].values.size())});
  return data;
}

double complexity_function(Complexity complexity, double size) {
  size = std::min(size, 1e100);  // so that no square is infinite
  switch (complexity) {
    case Complexity::kConstant:
      return 0;
    case Complexity::kLogarithmic:
      return std::log1p(size);
    case Complexity::kLinear:
      return size;
    case Complexity::kLinearithmic:
      return size * std::log1p(size);
    case Complexity::kQuadratic:
      return size * size;
  }
  return 0;
}

Terms ClassFit::terms_at(double size) const {
  const double filled = fill == FillCurve::kEven || knee == 0 ? std::min(size, knee)
                                                              : knee * -std::expm1(-size / knee);
  return {1, filled, complexity_function(complexity, size)};
}

double ClassFit::value(const Terms& terms) const {
  return std::inner_product(terms.begin(), terms.end(), coefficients.begin(), 0.0);
}

double ClassFit::variance(const Terms& terms) const {
  double sum = 0;
  for (std::size_t i = 0; i < kTerms; ++i)
    for (std::size_t j = 0; j < kTerms; ++j) sum += terms[i] * covariance[i][j] * terms[j];
  return std::max(0.0, sum);
}

ClassFit fit_class(Complexity complexity, const ScalingShape& shape,
                   std::span<const ScalingMean> means, const ScalingErrors& errors) {
  ClassFit fit;
  fit.complexity = complexity;
  fit.knee = shape.knee.value_or(0);
  fit.fill = shape.fill;
  // In units of the largest, so that no square is out of proportion.
  Terms unit{};
  std::vector<Terms> terms;  // of each mean
  for (const ScalingMean& mean : means) {
    terms.push_back(fit.terms_at(mean.size));
    for (std::size_t i = 0; i < kTerms; ++i) unit[i] = std::max(unit[i], terms.back()[i]);
  }
  for (double& each : unit)
    if (each == 0) each = 1;
  for (Terms& of_mean : terms)
    for (std::size_t i = 0; i < kTerms; ++i) of_mean[i] /= unit[i];
  const auto variance_of = [&](std::size_t mean) {
    return errors.variance(fit.value(terms[mean]), means[mean].count);
  };
  const std::array<bool, kTerms> allowed = {shape.fixed, shape.knee.has_value(),
                                            complexity != Complexity::kConstant};
  double around = 0;  // their weighted mean
  for (int round = 0; round < kReweightings; ++round) {
    Matrix products{};
    Terms sums{};
    for (std::size_t m = 0; m < means.size(); ++m) {
      const double weight =
          1 / (round == 0 ? errors.variance(means[m].value, means[m].count) : variance_of(m));
      for (std::size_t i = 0; i < kTerms; ++i) {
        for (std::size_t j = 0; j < kTerms; ++j)
          products[i][j] += weight * terms[m][i] * terms[m][j];
        sums[i] += weight * terms[m][i] * means[m].value;
      }
    }
    around = sums[kFixed] / products[kFixed][kFixed];
    const Terms before = fit.coefficients;
    solve(products, sums, allowed, fit);
    if (round > 0 && is_same(before, fit.coefficients)) break;
  }
  double total = 0;
  for (std::size_t m = 0; m < means.size(); ++m) {
    const double variance = variance_of(m);
    const double residual = means[m].value - fit.value(terms[m]);
    fit.misfit += residual * residual / variance;
    fit.log_variances += std::log(variance);
    total += (means[m].value - around) * (means[m].value - around) / variance;
  }
  if (total > 0 && complexity != Complexity::kConstant)
    fit.r_squared = std::clamp(1 - fit.misfit / total, 0.0, 1.0);
  const auto used = [&](Term term) { return fit.coefficients[term] > 0 ? 1 : 0; };
  // A part that fills up brings its height and its knee.
  fit.parameters = std::max(1, used(kFixed) + 2 * used(kFill) + used(kSlope));
  if (used(kFill) == 0) fit.knee = 0;
  for (std::size_t i = 0; i < kTerms; ++i) {
    fit.coefficients[i] /= unit[i];
    for (std::size_t j = 0; j < kTerms; ++j) fit.covariance[i][j] /= unit[i] * unit[j];
  }
  return fit;
}

}  // namespace tidemark::analysis
