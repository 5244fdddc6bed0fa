#include "harness/analysis/batch_effects.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <utility>
#include <vector>

#include "harness/analysis/normal_equations.h"

namespace tidemark::analysis {
namespace {

// What a blank checkpoint adds by itself: the mean of what the blank ones did, if that is certain.
// An uncertain figure would be worse than none, because it is taken out once for every checkpoint.
double own_growth(Points points, double quantum) {
  // Student: with so few, a mean of 14 standard errors comes by chance for once in 50,000 series.
  constexpr double kFewest = 6;
  constexpr double kCertain = 14;
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
  // What blank checkpoints give back was left by the others: taking it out would make flat memory
  // grow.
  return mean > kCertain * error ? mean : 0;
}

// growth = g · batch + k · (change of the last batch's size) + h: k, when it explains half of what
// the other two leave. What the batch before the first point was is not known, so growth counts
// from the second on.
double batch_effect(Points points, double quantum) {
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
  const double unexplained = quantum * quantum / 12 * static_cast<double>(points.size());
  if (!fit || !simpler || simpler->residual_sum <= unexplained ||
      fit->residual_sum >= kExplains * simpler->residual_sum)
    return 0;
  return fit->coefficients[1];
}

// Sums over points from which their straight line by checkpoints was taken: what is left of
// iterations is the contrast between the batches, and what is left of values belongs to it.
struct Moments {
  double squares = 0;   // of iterations
  double products = 0;  // of iterations and values

  void add(const Moments& other) {
    squares += other.squares;
    products += other.products;
  }
};

Moments without_trend(Points points) {
  const auto count = static_cast<double>(points.size());
  const double centre = (count - 1) / 2;
  // From the first point on, so that large values lose no digits.
  const auto iteration = [&](std::size_t i) {
    return static_cast<double>(points[i].iteration - points.front().iteration);
  };
  const auto value = [&](std::size_t i) { return points[i].value - points.front().value; };
  double spread = 0, iterations = 0, values = 0, iteration_trend = 0, value_trend = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double apart = static_cast<double>(i) - centre;
    spread += apart * apart;
    iterations += iteration(i);
    values += value(i);
    iteration_trend += apart * iteration(i);
    value_trend += apart * value(i);
  }
  Moments moments;
  if (spread == 0) return moments;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double apart = static_cast<double>(i) - centre;
    const double x = iteration(i) - iterations / count - iteration_trend / spread * apart;
    const double y = value(i) - values / count - value_trend / spread * apart;
    moments.squares += x * x;
    moments.products += x * y;
  }
  return moments;
}

}  // namespace

AdjustedSeries adjust(Series series, const SignalKind& kind) {
  AdjustedSeries adjusted{std::move(series), 0, 0};
  auto& points = adjusted.series.points;
  if (points.size() < 4) return adjusted;
  adjusted.growth_per_checkpoint = own_growth(points, kind.quantum);
  adjusted.batch_effect = batch_effect(points, kind.quantum);
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

bool is_surely_positive(const Contrast& contrast, bool last_look) {
  using Student = boost::math::students_t;
  const double probability = last_look ? 0.9985 : 0.99999;
  const double quantile =
      boost::math::quantile(Student(static_cast<double>(contrast.degrees_of_freedom)), probability);
  return contrast.per_iteration > quantile * contrast.error;
}

std::optional<Contrast> contrast_slope(const Series& series) {
  constexpr std::size_t kChunk = 18;  // two rounds of the schedule: long enough for a contrast
  constexpr std::size_t kMostGroups = 12;
  constexpr double kLeastContrast = 1e-3;  // iterations², as rounding leaves some
  const Points points = series.points;
  if (points.size() < kChunk) return std::nullopt;
  const std::size_t count = points.size() < 60 ? 6 : kMostGroups;
  std::vector<Moments> groups(count);
  Moments all;
  const std::size_t chunks = std::max(count, points.size() / kChunk);
  for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
    const std::size_t begin = chunk * points.size() / chunks;
    const std::size_t end = (chunk + 1) * points.size() / chunks;
    const Moments moments = without_trend(points.subspan(begin, end - begin));
    groups[chunk * count / chunks].add(moments);
    all.add(moments);
  }
  if (all.squares < kLeastContrast * static_cast<double>(points.size())) return std::nullopt;
  const double slope = all.products / all.squares;
  double scatter = 0;
  for (const Moments& group : groups) {
    const double rest = all.squares - group.squares;
    if (rest <= 0) return std::nullopt;
    const double without = (all.products - group.products) / rest;
    scatter += (without - slope) * (without - slope);
  }
  // Delete-a-group jackknife (Wu 1986): variance = (B - 1) / B · Σ (g₋ᵦ - g)².
  const auto degrees = static_cast<double>(count - 1);
  const double error = std::sqrt(scatter * degrees / static_cast<double>(count));
  return Contrast{slope, error, count - 1};
}

}  // namespace tidemark::analysis
