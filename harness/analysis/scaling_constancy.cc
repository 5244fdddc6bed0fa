#include "harness/analysis/scaling_constancy.h"

#include <algorithm>
#include <cmath>

namespace tidemark::analysis {
namespace {

using plan::Complexity;

// What has clearly grown at production, far beyond the sizes measured, does not matter below this
// share of the whole.
constexpr double kTolerableShare = 0.2;
// Standard deviations: one end of 95 %, of 98 % and of 99.9 %.
constexpr double kBound = 1.645;
constexpr double kClearBound = 2.05;
constexpr double kSureBound = 3.09;

// How much a curve grows between two sizes, with a standard deviation.
struct Growth {
  double value = 0;
  double deviation = 0;

  double bound(double deviations) const { return value + deviations * deviation; }
};

Growth growth_of(const ClassFit& fit, double begin, double end, double inflation) {
  const Terms growth = {
      0, 0, complexity_function(fit.complexity, end) - complexity_function(fit.complexity, begin)};
  return {fit.value(growth), inflation * std::sqrt(fit.variance(growth))};
}

// Whether growth that would matter far beyond the sizes measured is neither seen nor left possible.
// What is too small to be seen is taken to go on as a line at most: any bend may hide in it.
bool is_excluded_further(const Candidates& all, const ClassFit& fit, const ScalingFloors& floors,
                         double from, double further) {
  const double begin = std::max(from, fit.knee);
  const Growth growth = growth_of(fit, begin, further, seeming_inflation(all, fit));
  const double before = fit.value(fit.terms_at(begin));
  // After what fills up it has to be seen to stand still.
  const bool is_clear = fit.knee > 0 || growth.bound(-kClearBound) > 0;
  const double tolerable = std::max(kTolerableShare * (before + growth.value), floors.tolerance);
  if (is_clear && growth.value > tolerable) return false;
  const double most = growth.bound(kBound);
  return fit.complexity > Complexity::kLinear ||
         most <= std::max(floors.further_share * (before + most), floors.further_tolerance);
}

// A cache that fills up in a large process is no growth, and too small to be told by the criterion.
bool is_excluded_further(const Candidates& all, Complexity complexity, const ScalingFloors& floors,
                         double from, double further) {
  const Complexity at_most_linear = std::min(complexity, Complexity::kLinear);
  const auto& filled = all.filled[static_cast<std::size_t>(at_most_linear)];
  return is_excluded_further(all, all.of(complexity), floors, from, further) ||
         (filled && is_excluded_further(all, *filled, floors, from, further));
}

}  // namespace

Constancy constancy_of(Candidates& all, const std::vector<Complexity>& growing,
                       const ScalingFloors& floors, double from, double to, double further) {
  bool is_excluded = true;
  bool is_certain = true;
  for (const Complexity complexity : growing) {
    const ClassFit& fit = all.of(complexity);
    const double begin = std::max(from, fit.knee);
    const double tolerated =
        std::max(floors.relative_tolerance * fit.value(fit.terms_at(begin)), floors.tolerance);
    const double larger = inflation(all, fit);
    is_excluded = is_excluded && growth_of(fit, begin, to, larger).bound(kBound) <= tolerated;
    is_certain =
        is_certain && growth_of(fit, begin, further, larger).bound(-kSureBound) > tolerated;
    if (further > to)
      is_excluded = is_excluded && is_excluded_further(all, complexity, floors, from, further);
  }
  const bool is_contradicted =
      all.information.front() > all.best(1) + kContradicted;  // O(1), with a part that fills up
  if (is_excluded && !is_certain) return Constancy::kConstant;
  if (!is_contradicted) return Constancy::kUnknown;
  if (const auto filling = filling_curve(all)) {
    all.fits.front() = *filling;
    return is_certain ? Constancy::kFillingPerhaps : Constancy::kUnknown;
  }
  return is_certain ? Constancy::kGrowing : Constancy::kUnknown;
}

}  // namespace tidemark::analysis
