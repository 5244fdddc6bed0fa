#pragma once

// How a swept quantity grows with its size: O(1), O(log n), O(n), O(n log n) or O(n^2), with what
// that says about the size of production. Value types and pure functions; the method, its sources
// and its limits stand in README.md.

#include <optional>
#include <string>
#include <vector>

#include "harness/analysis/gate_report.h"
#include "harness/base/units.h"
#include "harness/plan/scaling.h"

namespace tidemark::analysis {

// What was measured at one size; bytes or seconds of single iterations.
struct ScalingPoint {
  double size = 0;
  std::vector<double> values;

  friend bool operator==(const ScalingPoint&, const ScalingPoint&) = default;
};

// value = fixed + slope * f(size), where f is the class's function; neither is negative. A part
// that fills up at small sizes (a page cache, say) counts as fixed: there the curve begins lower.
struct ComplexityFit {
  plan::Complexity complexity = plan::Complexity::kConstant;
  double fixed = 0;
  double slope = 0;                      // of f(size); 0 for O(1)
  double slope_low = 0, slope_high = 0;  // its 95 % interval
  double r_squared = 0;                  // of the points' means, weighted
  double weight = 0;  // among the five, by the corrected Akaike criterion; sums to 1
};

struct ScalingPrediction {
  double size = 0;
  double value = 0;
  double low = 0, high = 0;  // 95 %, over the classes that the data leave possible
  double least = 0;          // the value by the class, of those, that needs least

  // An upper end so far above the value says more about the sweep than about the target.
  bool is_wide() const { return high > 1.5 * value; }
};

// One quantity of a sweep, fitted.
struct ScalingReport {
  plan::ScaledQuantity quantity = plan::ScaledQuantity::kPeakMemory;
  Unit unit = Unit::kBytes;
  std::vector<ScalingPoint> points;  // by ascending size
  std::vector<ComplexityFit>
      fits;  // one a class, best class first (as in the enum); empty: too few points
  // The simplest class that the data do not contradict, where every other is less likely; nothing:
  // they cannot tell, and `reason` says why. A class may be told, and a steeper one not be
  // excluded.
  std::optional<plan::Complexity> complexity;
  plan::Complexity best = plan::Complexity::kConstant;    // not contradicted: from best …
  plan::Complexity worst = plan::Complexity::kQuadratic;  // … to worst
  bool undetermined = true;  // nothing at all can be said: too few sizes, or too close together
  std::string reason;
  std::string advice;  // "add a point at 200000": what would narrow it; empty: nothing is missing
  // Of one more unit of size, where the class is O(n) or near it: with its interval.
  std::optional<double> per_unit;
  std::optional<double> per_unit_low, per_unit_high;
  std::optional<ScalingPrediction> prediction;  // at the size of production
  std::vector<ScalingPrediction> band;          // the fitted line for a picture, by ascending size
  std::string variable = {};                    // what was swept; empty: it is not told
  std::string flow = {};  // of which alone the values are; empty: there is only one
  bool dear = false;      // of those values alone that lie far above the others of their size
};

// `production`: the size that is predicted; nothing: the band ends at the largest size measured.
ScalingReport fit_scaling(plan::ScaledQuantity quantity, std::vector<ScalingPoint> points,
                          std::optional<double> production);

// The same for values of several kinds. Those far above the others of their size are outliers where
// they are at one size; at several they are rows, or ways through the application, that cost more
// and grow in a way of their own: then there is a second fit, of them alone.
std::vector<ScalingReport> fit_kinds(plan::ScaledQuantity quantity,
                                     std::vector<ScalingPoint> points,
                                     std::optional<double> production);

// A class passes when none that is left is worse than allowed, and fails when all are. A maximum
// fails when the prediction's upper end is above it; where the value is not, and the upper end more
// than half above the value, it is inconclusive: a larger point would tell.
GateReport judge_scaling(const ScalingReport& report, const plan::ScalingBudget& budget);

// The worst of them; at least one.
GateReport judge_scaling(const std::vector<ScalingReport>& reports,
                         const plan::ScalingBudget& budget);

}  // namespace tidemark::analysis
