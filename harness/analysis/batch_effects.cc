#include "harness/analysis/batch_effects.h"

#include <array>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <utility>

#include "harness/analysis/normal_equations.h"

namespace tidemark::analysis {
namespace {

// What a blank checkpoint adds by itself: the mean of what the blank ones did, if that is certain.
// An uncertain figure would be worse than none, because it is taken out once for every checkpoint.
double own_growth(Points points, double quantum) {
  constexpr double kFewest = 4;
  constexpr double kCertain = 10;  // standard errors
  double count = 0;
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 1; i < points.size(); ++i) {
    if (points[i].batch != 0) continue;
    const double growth = points[i].value - points[i - 1].value;
    ++count;
    sum += growth;
    squares += growth * growth;
  }
  if (count < kFewest) return 0;
  const double mean = sum / count;
  const double variance = std::max(0.0, squares - count * mean * mean) / (count - 1);
  const double error = std::max(std::sqrt(variance), quantum) / std::sqrt(count);
  return std::abs(mean) > kCertain * error ? mean : 0;
}

// growth = g · batch + k · (change of the last batch's size) + h: k, when it explains half of what
// the other two leave. What the batch before the first point was is not known, so growth counts
// from the second on.
double batch_effect(Points points) {
  constexpr std::size_t kFewest = 10;
  constexpr double kExplains = 0.5;
  if (points.size() < kFewest + 2) return 0;
  NormalEquations<3> with;
  NormalEquations<2> without;
  auto last = static_cast<double>(points[1].batch);
  for (std::size_t i = 2; i < points.size(); ++i) {
    const auto batch = static_cast<double>(points[i].batch);
    const double change = batch == 0 ? 0 : batch - last;
    last += change;
    const double growth = points[i].value - points[i - 1].value;
    with.add({batch, change, 1}, growth);
    without.add({batch, 1}, growth);
  }
  const auto fit = with.solve();
  const auto simpler = without.solve();
  if (!fit || !simpler || fit->residual_sum >= kExplains * simpler->residual_sum) return 0;
  return fit->coefficients[1];
}

}  // namespace

AdjustedSeries adjust(Series series, const SignalKind& kind) {
  AdjustedSeries adjusted{std::move(series), 0, 0};
  auto& points = adjusted.series.points;
  if (points.size() < 4) return adjusted;
  adjusted.growth_per_checkpoint = own_growth(points, kind.quantum);
  adjusted.batch_effect = batch_effect(points);
  if (adjusted.growth_per_checkpoint == 0 && adjusted.batch_effect == 0) return adjusted;
  // The last level stays as it was read; so does the last point.
  double last = 0;
  for (std::size_t i = points.size(); i-- > 1 && last == 0;)
    last = static_cast<double>(points[i].batch);
  const double final = last;
  last = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (i > 0 && points[i].batch != 0) last = static_cast<double>(points[i].batch);
    points[i].value -= adjusted.growth_per_checkpoint * static_cast<double>(i) +
                       adjusted.batch_effect * (last - final);
  }
  if (adjusted.batch_effect != 0) points.erase(points.begin());
  return adjusted;
}

std::optional<Contrast> contrast_slope(const Series& series) {
  constexpr std::size_t kFewest = 12;
  constexpr std::size_t kGroups = 6;
  const auto& points = series.points;
  if (points.size() < kFewest) return std::nullopt;
  // A batch's effect on the level (see adjust) is already out, so growth and batch are enough here.
  std::array<NormalEquations<2>, kGroups> groups;
  NormalEquations<2> all;
  const std::size_t moves = points.size() - 1;
  std::size_t group = 0;
  for (std::size_t i = 0; i < moves; ++i) {
    while (i >= (group + 1) * moves / kGroups) ++group;
    const double growth = points[i + 1].value - points[i].value;
    const auto batch = static_cast<double>(points[i + 1].batch);
    groups[group].add({batch, 1}, growth);
    all.add({batch, 1}, growth);
  }
  const auto whole = all.solve();
  if (!whole) return std::nullopt;
  const double slope = whole->coefficients[0];
  double squares = 0;
  for (const auto& each : groups) {
    const auto rest = all.minus(each).solve();
    if (!rest) return std::nullopt;
    squares += (rest->coefficients[0] - slope) * (rest->coefficients[0] - slope);
  }
  // Delete-a-group jackknife (Wu 1986): variance = (B - 1) / B · Σ (g₋ᵦ - g)².
  const double error = std::sqrt(squares * (kGroups - 1) / kGroups);
  static const double kQuantile =
      boost::math::quantile(boost::math::students_t(static_cast<double>(kGroups - 1)), 0.975);
  return Contrast{slope, slope + kQuantile * error};
}

}  // namespace tidemark::analysis
