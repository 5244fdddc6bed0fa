#pragma once

// One class of growth, fitted to what was measured at each size of a sweep, by weighted least
// squares. Value types and pure functions.

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "harness/analysis/scaling.h"

namespace tidemark::analysis {

// The values of one size together.
struct ScalingMean {
  double size = 0;
  double value = 0;  // mean of those that are no outliers
  double count = 0;  // of them

  friend bool operator==(const ScalingMean&, const ScalingMean&) = default;
};

// How far a mean may lie from the curve: by what no repetition takes away (pages and arenas, the
// steps in which containers grow, one launch and the next), and by the scatter of single values.
// Each has an absolute part, in the values' unit, and one relative to the curve.
struct ScalingErrors {
  double absolute_floor = 0, relative_floor = 0;
  double absolute = 0, relative = 0;  // standard deviations of one value

  double variance(double fitted, double count) const;
};

// What is taken for granted of a quantity, whatever its values scatter.
struct ScalingFloors {
  double absolute = 0, relative = 0;
  // Growth below one of them, the second a share of the level, does not matter.
  double tolerance = 0, relative_tolerance = 0;
  // At production, far beyond what was measured, more than one of them, the second a share of the
  // whole, must surely not have grown.
  double further_tolerance = 0, further_share = 0;
};
ScalingFloors floors_of(plan::ScaledQuantity quantity);

// Means without outliers, by ascending size, and the scatter of the values around them.
struct ScalingData {
  std::vector<ScalingMean> means;
  ScalingErrors errors;
};
// `points` by ascending size, each size once and with at least one value.
ScalingData scaling_data(std::span<const ScalingPoint> points, const ScalingFloors& floors);

// Values apart from others so far below them that they are of another kind.
struct ScalingKinds {
  std::vector<ScalingPoint> usual;
  // Of all sizes, the largest value where none is dear; empty: none is, or only at one size, which
  // is not the largest.
  std::vector<ScalingPoint> dear;
  std::vector<double> dear_at;  // sizes
};
// `points` as above.
ScalingKinds kinds_of(std::span<const ScalingPoint> points, const ScalingFloors& floors);

// The function of a class, never falling: 1, log(1 + n), n, n log(1 + n), n^2.
double complexity_function(plan::Complexity complexity, double size);

// How a part fills up, such as a database's page cache: as n does until the knee is reached, or
// ever more slowly, with the knee for the time constant.
enum class FillCurve { kEven, kSlowing };

// What a curve is made of: a fixed part; a part that fills up; and the class's own function. None
// is negative.
enum Term { kFixed, kFill, kSlope };
inline constexpr std::size_t kTerms = 3;
using Terms = std::array<double, kTerms>;

struct ClassFit {
  plan::Complexity complexity = plan::Complexity::kConstant;
  double knee = 0;  // the size from which on nothing more fills up; 0: nothing does
  FillCurve fill = FillCurve::kEven;
  Terms coefficients{};
  std::array<Terms, kTerms> covariance{};  // as the errors are taken to be
  double misfit = 0;                       // weighted sum of squared residuals
  double log_variances = 0;  // their sum: the other part of minus twice the log-likelihood
  double r_squared = 0;
  int parameters = 1;

  Terms terms_at(double size) const;
  double value(const Terms& terms) const;
  double variance(const Terms& terms) const;
};

// Which terms a curve may have; of O(1) there is no slope.
struct ScalingShape {
  bool fixed = true;
  std::optional<double> knee;  // nothing: no part that fills up
  FillCurve fill = FillCurve::kEven;
};

// At least one mean.
ClassFit fit_class(plan::Complexity complexity, const ScalingShape& shape,
                   std::span<const ScalingMean> means, const ScalingErrors& errors);

}  // namespace tidemark::analysis
