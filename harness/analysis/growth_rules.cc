#include "harness/analysis/growth_rules.h"

#include <algorithm>
#include <array>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>
#include <string_view>
#include <vector>

#include "harness/analysis/line_fit.h"

namespace tidemark::analysis {
namespace {

struct Blocks {
  std::vector<double> iteration;  // the median of each block
  std::vector<double> value;      // the median of each block
  double within = 0;              // root mean square of the standard deviations inside the blocks
  double iterations = 0;          // that the blocks span, first checkpoint to last

  std::size_t count() const { return value.size(); }
};

// Leaves out the first `drop` points and cuts the rest into `count` blocks of nearly equal length.
Blocks make_blocks(const Series& series, std::size_t drop, std::size_t count) {
  Blocks blocks;
  const auto& points = series.points;
  const std::size_t length = points.size() - drop;
  double variance = 0;
  for (std::size_t block = 0; block < count; ++block) {
    const std::size_t begin = drop + block * length / count;
    const std::size_t end = drop + (block + 1) * length / count;
    std::vector<double> values;
    std::vector<double> iterations;
    for (std::size_t i = begin; i < end; ++i) {
      values.push_back(points[i].value);
      iterations.push_back(static_cast<double>(points[i].iteration));
    }
    const double middle = median(values);
    double squares = 0;
    for (const double value : values) squares += (value - middle) * (value - middle);
    variance += squares / static_cast<double>(values.size());
    blocks.iteration.push_back(median(iterations));  // where a steady growth has its median too
    blocks.value.push_back(middle);
  }
  blocks.within = std::sqrt(variance / static_cast<double>(count));
  blocks.iterations = static_cast<double>(points.back().iteration - points[drop].iteration);
  return blocks;
}

double student_quantile(std::size_t degrees_of_freedom, double probability) {
  return boost::math::quantile(boost::math::students_t(static_cast<double>(degrees_of_freedom)),
                               probability);
}

struct Line {
  double slope = 0;        // per iteration
  double residual = 0;     // standard deviation of the blocks around the line, never below noise
  double slope_error = 0;  // standard error of the slope
  double persistence = 0;  // 0: blocks scatter less than checkpoints, as independent noise does; 1:
                           // as much, as a random walk does
};

std::optional<Line> fit_line(const Blocks& blocks, const SignalKind& kind) {
  const Fit fit =
      least_squares({std::vector<double>(blocks.count(), 1.0), blocks.iteration}, blocks.value);
  if (fit.coefficients.empty()) return std::nullopt;
  Line line;
  line.slope = fit.coefficients[1];
  const double floor = kind.quantum / std::sqrt(12.0);
  line.residual =
      std::max(std::sqrt(fit.residual_sum / static_cast<double>(blocks.count() - 2)), floor);
  double mean = 0;
  for (const double iteration : blocks.iteration) mean += iteration;
  mean /= static_cast<double>(blocks.count());
  double spread = 0;
  for (const double iteration : blocks.iteration) spread += (iteration - mean) * (iteration - mean);
  line.slope_error = line.residual / std::sqrt(spread);
  const double ratio = line.residual / std::max(blocks.within, floor);
  line.persistence = std::min(1.0, ratio * ratio);
  return line;
}

// Enough blocks for a line with an error of its own, few enough that a block's median means
// something.
std::size_t blocks_for_line(std::size_t points) {
  return std::clamp<std::size_t>(points / 3, 4, points >= 100 ? 12 : 8);
}

std::optional<GrowthBound> bound_after(const Series& series, const SignalKind& kind,
                                       std::size_t drop) {
  const std::size_t points = series.points.size() - drop;
  if (points < kind.least_for_pass) return std::nullopt;
  const Blocks blocks = make_blocks(series, drop, blocks_for_line(points));
  const auto line = fit_line(blocks, kind);
  if (!line || blocks.iterations <= 0) return std::nullopt;
  const double factor =
      std::max(2.5 + 5 * line->persistence, student_quantile(blocks.count() - 2, 0.995));
  const double growth =
      std::max({line->slope * blocks.iterations, blocks.value.back() - blocks.value.front(), 0.0});
  return GrowthBound{(growth + kind.resolution) / blocks.iterations + factor * line->slope_error,
                     blocks.iterations};
}

// Growth from block to block, as if all blocks were equally many iterations apart.
std::vector<double> even_steps(const Blocks& blocks) {
  const double span = blocks.iteration.back() - blocks.iteration.front();
  const double mean = span / static_cast<double>(blocks.count() - 1);
  std::vector<double> steps;
  for (std::size_t i = 1; i < blocks.count(); ++i) {
    const double apart = std::max(blocks.iteration[i] - blocks.iteration[i - 1], mean * 1e-6);
    steps.push_back((blocks.value[i] - blocks.value[i - 1]) / apart * mean);
  }
  return steps;
}

// One single jump up, far larger than any other move, is taken for something that happened once. A
// drop is never repaired: that would turn slow collections into leaks.
void repair_one_step(std::vector<double>& steps) {
  std::vector<double> sizes;
  for (const double step : steps) sizes.push_back(std::abs(step));
  std::sort(sizes.rbegin(), sizes.rend());
  const auto largest = std::max_element(steps.begin(), steps.end());
  if (*largest == sizes[0] && sizes[0] > 3 * sizes[1]) *largest = median(steps);
}

// The curve y = m + b u + c s, u from -1 to 1, s = u² less its mean: b + c is the growth of the
// second half of the blocks, b - c that of the first.
struct Curve {
  double b = 0;
  double c = 0;
  double residual = 0;
  double sum_u2 = 0;
  double sum_s2 = 0;
};

Curve fit_curve(const std::vector<double>& value) {
  const std::size_t count = value.size();
  const double centre = static_cast<double>(count - 1) / 2;
  std::vector<double> u;
  std::vector<double> s;
  double mean = 0;
  for (std::size_t i = 0; i < count; ++i) {
    u.push_back((static_cast<double>(i) - centre) / centre);
    mean += u.back() * u.back() / static_cast<double>(count);
  }
  Curve curve;
  for (const double x : u) {
    s.push_back(x * x - mean);
    curve.sum_u2 += x * x;
    curve.sum_s2 += s.back() * s.back();
  }
  const Fit fit = least_squares({std::vector<double>(count, 1.0), u, s}, value);
  curve.b = fit.coefficients[1];
  curve.c = fit.coefficients[2];
  curve.residual = std::sqrt(fit.residual_sum / static_cast<double>(count - 3));
  return curve;
}

bool is_candidate_after(const Series& series, const SignalKind& kind, double limit,
                        std::size_t drop, std::size_t count) {
  const Blocks blocks = make_blocks(series, drop, count);
  if (blocks.iterations <= 0 || blocks.iteration.back() <= blocks.iteration.front()) return false;
  std::vector<double> steps = even_steps(blocks);
  repair_one_step(steps);
  std::vector<double> value = {0};
  for (const double step : steps) value.push_back(value.back() + step);

  // What growth by a logarithm from the first iteration on would look like over the same blocks.
  std::vector<double> logarithm;
  const double first = blocks.iteration.front();
  const double apart = (blocks.iteration.back() - first) / static_cast<double>(count - 1);
  for (std::size_t i = 0; i < count; ++i)
    logarithm.push_back(std::log1p((first + apart * static_cast<double>(i)) / 10));
  const Curve log_curve = fit_curve(logarithm);
  const double log_ratio = (log_curve.b + log_curve.c) / (log_curve.b - log_curve.c);
  const double ratio = std::min(0.95, 0.03 + std::max(0.05, log_ratio));

  const Curve curve = fit_curve(value);
  const double noise = std::max(curve.residual, kind.quantum / std::sqrt(12.0));
  const double bend_error = noise * std::sqrt((1 - ratio) * (1 - ratio) / curve.sum_u2 +
                                              (1 + ratio) * (1 + ratio) / curve.sum_s2);
  const double bend = (curve.b + curve.c) - ratio * (curve.b - curve.c);
  const double growth = 2 * curve.b * static_cast<double>(count) / static_cast<double>(count - 1);
  const double rise = value.back() - value.front();
  const double largest_step = *std::max_element(steps.begin(), steps.end());
  const double most_in_one_step = count >= 16 ? 0.25 : 0.3;
  const double late = (value[count - 1] - value[count - 3]) / 2;
  const double early = value[count - 3] / static_cast<double>(count - 3);
  return bend > 4.5 * bend_error &&                             // bends less than a logarithm
         growth > kLeastGrowthInNoise * noise &&                // no random walk goes so far
         rise > 0 && largest_step < most_in_one_step * rise &&  // not in a few steps
         late > 0.3 * early &&                                  // still growing at the end
         (growth - kLeastExcessInNoise * noise) / blocks.iterations > limit;
}

}  // namespace

namespace {

// What a blank checkpoint adds by itself: the mean of what the blank ones did, if that is certain.
// An uncertain figure would be worse than none, because it is taken out once for every checkpoint.
double own_growth(const std::vector<double>& blank_growth, double quantum) {
  constexpr std::size_t kFewest = 4;
  constexpr double kCertain = 10;  // standard errors
  if (blank_growth.size() < kFewest) return 0;
  const auto count = static_cast<double>(blank_growth.size());
  const double mean = std::accumulate(blank_growth.begin(), blank_growth.end(), 0.0) / count;
  double squares = 0;
  for (const double growth : blank_growth) squares += (growth - mean) * (growth - mean);
  const double error = std::max(std::sqrt(squares / (count - 1)), quantum) / std::sqrt(count);
  return std::abs(mean) > kCertain * error ? mean : 0;
}

}  // namespace

AdjustedSeries adjust(const Series& series, const SignalKind& kind) {
  AdjustedSeries adjusted{series, 0, 0};
  auto& points = adjusted.series.points;
  if (points.size() < 4) return adjusted;
  std::vector<double> blank_growth;
  for (std::size_t i = 1; i < points.size(); ++i)
    if (points[i].batch == 0) blank_growth.push_back(points[i].value - points[i - 1].value);
  adjusted.growth_per_checkpoint = own_growth(blank_growth, kind.quantum);

  // growth = g · batch + k · (change of the last batch's size) + h; k is used when it is certain.
  // What the batch before the first point was is not known, so growth counts from the second on.
  std::vector<double> last_batch = {0, static_cast<double>(points[1].batch)};
  std::vector<double> growth, batch, change;
  for (std::size_t i = 2; i < points.size(); ++i) {
    const auto iterations = static_cast<double>(points[i].batch);
    last_batch.push_back(points[i].batch == 0 ? last_batch.back() : iterations);
    growth.push_back(points[i].value - points[i - 1].value);
    batch.push_back(iterations);
    change.push_back(last_batch[i] - last_batch[i - 1]);
  }
  const std::vector<double> ones(growth.size(), 1.0);
  const Fit with = least_squares({batch, change, ones}, growth);
  const Fit without = least_squares({batch, ones}, growth);
  const bool certain = with.coefficients.size() == 3 && without.coefficients.size() == 2 &&
                       growth.size() >= 10 && with.residual_sum < 0.5 * without.residual_sum;
  if (certain) adjusted.batch_effect = with.coefficients[1];
  for (std::size_t i = 0; i < points.size(); ++i)
    points[i].value -= adjusted.growth_per_checkpoint * static_cast<double>(i) +
                       adjusted.batch_effect * (last_batch[i] - last_batch.back());
  if (certain) points.erase(points.begin());
  return adjusted;
}

std::optional<Slope> slope_of(const Series& series, const SignalKind& kind) {
  const std::size_t points = series.points.size();
  if (points < 4) return std::nullopt;
  const Blocks blocks = make_blocks(series, 0, std::min(blocks_for_line(points), points));
  const auto line = fit_line(blocks, kind);
  if (!line) return std::nullopt;
  const double factor =
      std::max(2 + 3 * line->persistence, student_quantile(blocks.count() - 2, 0.975));
  const double half_width = factor * line->slope_error;
  const auto mean = [](const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  };
  return Slope{line->slope, line->slope - half_width, line->slope + half_width,
               mean(blocks.iteration), mean(blocks.value)};
}

std::optional<GrowthBound> growth_bound(const Series& series, const SignalKind& kind) {
  const auto whole = bound_after(series, kind, 0);
  const auto second_half = bound_after(series, kind, series.points.size() / 2);
  if (!whole || !second_half) return whole ? whole : second_half;
  return whole->per_iteration < second_half->per_iteration ? whole : second_half;
}

bool is_leak_candidate(const Series& series, const SignalKind& kind, double limit) {
  constexpr std::size_t kEnoughForFineBlocks = 47;
  const std::size_t points = series.points.size();
  if (points < kind.least_for_fail) return false;
  for (const double share : {0.05, 0.15, 0.30, 0.50}) {
    const auto drop = static_cast<std::size_t>(share * static_cast<double>(points));
    if (points - drop >= kEnoughForFineBlocks && is_candidate_after(series, kind, limit, drop, 16))
      return true;
  }
  // Too short for that: only exact signals get so far, and their noise allows coarser blocks.
  return points < kEnoughForFineBlocks + 3 && is_candidate_after(series, kind, limit, 1, 8);
}

std::optional<Contrast> contrast_slope(const Series& series) {
  constexpr std::size_t kFewest = 12;
  constexpr std::size_t kJackknifeBlocks = 6;
  const auto& points = series.points;
  if (points.size() < kFewest) return std::nullopt;
  // A batch's effect on the level (see adjust) is already out, so growth and batch are enough here.
  const auto fit_without = [&](std::size_t begin, std::size_t end) -> std::optional<double> {
    std::vector<double> growth, batch, ones;
    for (std::size_t i = 1; i < points.size(); ++i) {
      if (i >= begin && i < end) continue;
      growth.push_back(points[i].value - points[i - 1].value);
      batch.push_back(static_cast<double>(points[i].batch));
      ones.push_back(1);
    }
    const Fit fit = least_squares({batch, ones}, growth);
    if (fit.coefficients.empty()) return std::nullopt;
    return fit.coefficients[0];
  };
  const auto whole = fit_without(0, 0);
  if (!whole) return std::nullopt;
  double squares = 0;
  for (std::size_t block = 0; block < kJackknifeBlocks; ++block) {
    const auto part = fit_without(1 + block * (points.size() - 1) / kJackknifeBlocks,
                                  1 + (block + 1) * (points.size() - 1) / kJackknifeBlocks);
    if (!part) return std::nullopt;
    squares += (*part - *whole) * (*part - *whole);
  }
  // Delete-a-group jackknife (Wu 1986): variance = (B - 1) / B · Σ (g₋ᵦ - g)².
  const double error = std::sqrt(squares * (kJackknifeBlocks - 1) / kJackknifeBlocks);
  const double half_width = student_quantile(kJackknifeBlocks - 1, 0.975) * error;
  return Contrast{*whole, *whole + half_width};
}

std::string_view shape_name(Shape shape) {
  constexpr std::array<std::string_view, 5> kNames = {"stable", "saturating", "step", "leak",
                                                      "unknown"};
  return kNames[static_cast<std::size_t>(shape)];
}

Shape shape_of(const Series& series, const SignalKind& kind, double tolerance) {
  const std::size_t points = series.points.size();
  if (points < kind.least_for_pass) return Shape::kUnknown;
  const Blocks blocks = make_blocks(series, 0, points >= 64 ? 16 : points >= 24 ? 8 : 4);
  const std::vector<double> steps = even_steps(blocks);
  const double rise = blocks.value.back() - blocks.value.front();
  const double still = std::max(tolerance * blocks.iterations,
                                kind.resolution + 4 * std::max(blocks.within, kind.quantum));
  if (rise <= still) return Shape::kStable;
  if (is_leak_candidate(series, kind, 0)) return Shape::kLeak;
  if (*std::max_element(steps.begin(), steps.end()) > 0.6 * rise) return Shape::kStep;
  const std::size_t half = blocks.count() / 2;
  const double first = blocks.value[half] - blocks.value.front();
  const double second = blocks.value.back() - blocks.value[half];
  if (second < 0.5 * first) return Shape::kSaturating;
  return Shape::kUnknown;
}

}  // namespace tidemark::analysis
