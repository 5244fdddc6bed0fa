#include "harness/analysis/growth_rules.h"

#include <algorithm>
#include <array>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>

#include "harness/analysis/normal_equations.h"

namespace tidemark::analysis {
namespace {

// Kept for the few degrees of freedom that occur: the quantile costs more than a look.
double student_quantile(std::size_t degrees_of_freedom, double probability) {
  return boost::math::quantile(boost::math::students_t(static_cast<double>(degrees_of_freedom)),
                               probability);
}

constexpr std::size_t kMostLineBlocks = 12;
using Quantiles = std::array<double, kMostLineBlocks + 1>;  // by the number of blocks

Quantiles quantiles_for_lines(double probability) {
  Quantiles quantiles{};
  for (std::size_t blocks = 3; blocks <= kMostLineBlocks; ++blocks)
    quantiles[blocks] = student_quantile(blocks - 2, probability);
  return quantiles;
}

// Below this the scatter of blocks is not believed.
double least_noise(const Blocks& blocks, const SignalKind& kind) {
  return std::max(kind.quantum / std::sqrt(12.0), kind.noise / std::sqrt(blocks.points_each));
}

struct Line {
  double slope = 0;        // per iteration
  double residual = 0;     // standard deviation of the blocks around the line, never below noise
  double slope_error = 0;  // standard error of the slope
  double middle_iteration = 0;
  double persistence = 0;  // 0: blocks scatter less than checkpoints, as independent noise does; 1:
                           // as much, as a random walk does
};

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::optional<Line> fit_line(const Blocks& blocks, const std::vector<double>& value,
                             const SignalKind& kind) {
  Line line;
  line.middle_iteration = mean_of(blocks.iteration);
  const double middle_value = mean_of(value);
  double spread = 0;
  double product = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const double apart = blocks.iteration[i] - line.middle_iteration;
    spread += apart * apart;
    product += apart * (value[i] - middle_value);
  }
  if (spread <= 0) return std::nullopt;
  line.slope = product / spread;
  double squares = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const double fitted = line.slope * (blocks.iteration[i] - line.middle_iteration);
    const double residual = value[i] - middle_value - fitted;
    squares += residual * residual;
  }
  const double floor = least_noise(blocks, kind);
  line.residual = std::max(std::sqrt(squares / static_cast<double>(value.size() - 2)), floor);
  line.slope_error = line.residual / std::sqrt(spread);
  // What lies inside the blocks, without the growth inside them.
  const double inside = blocks.value_variance - line.slope * line.slope * blocks.iteration_variance;
  const double ratio = line.residual / std::max(std::sqrt(std::max(inside, 0.0)), floor);
  line.persistence = std::min(1.0, ratio * ratio);
  return line;
}

// Enough blocks for a line with an error of its own, few enough that a block's median means
// something.
std::size_t blocks_for_line(std::size_t points) {
  return std::clamp<std::size_t>(points / 3, 4, points >= 100 ? kMostLineBlocks : 8);
}

// The blocks' values without the one jump that may have been among them: there they take the usual
// step.
std::vector<double> without_jump(const Blocks& blocks) {
  std::vector<double> steps = even_steps(blocks);
  const auto jump = find_jump(steps, Jumps::kUpAndDown);
  if (!jump) return blocks.value;
  // Noise has a largest step too.
  constexpr double kNoJump = 7;  // standard deviations of a block
  const double noise = std::sqrt(std::max(blocks.value_variance, 0.0) / blocks.points_each);
  double height = 0;
  for (std::size_t i = 0; i < jump->steps; ++i) height += steps[jump->first_step + i];
  if (std::abs(height) < kNoJump * noise) return blocks.value;
  const std::vector<double> as_they_are = steps;
  const double usual = median_of(steps);
  const double mean = (blocks.iteration.back() - blocks.iteration.front()) /
                      static_cast<double>(blocks.count() - 1);
  std::vector<double> value = blocks.value;
  for (std::size_t step = jump->first_step; step < jump->first_step + jump->steps; ++step) {
    const double apart = blocks.iteration[step + 1] - blocks.iteration[step];
    const double excess = (as_they_are[step] - usual) * apart / mean;
    for (std::size_t block = step + 1; block < value.size(); ++block) value[block] -= excess;
  }
  return value;
}

std::optional<GrowthBound> bound_of(Points points, const SignalKind& kind) {
  static const Quantiles kQuantiles = quantiles_for_lines(0.995);
  if (points.size() < kind.least_for_pass) return std::nullopt;
  const Blocks blocks = make_blocks(points, blocks_for_line(points.size()));
  if (blocks.iterations <= 0) return std::nullopt;
  const std::vector<double> value = kind.jumps_are_events ? without_jump(blocks) : blocks.value;
  const auto line = fit_line(blocks, value, kind);
  if (!line) return std::nullopt;
  const double factor = std::max(2.5 + 5 * line->persistence, kQuantiles[blocks.count()]);
  const double growth =
      std::max({line->slope * blocks.iterations, value.back() - value.front(), 0.0});
  return GrowthBound{(growth + kind.resolution) / blocks.iterations + factor * line->slope_error,
                     blocks.iterations, 0};
}

// The curve y = m + b u + c s, u from -1 to 1, s = u² less its mean: b + c is the growth of the
// second half of the blocks, b - c that of the first. The columns are orthogonal.
struct Curve {
  double b = 0;
  double c = 0;
  double residual = 0;
  double sum_u2 = 0;
  double sum_s2 = 0;
};

Curve fit_curve(const std::vector<double>& value) {
  const auto count = static_cast<double>(value.size());
  const double centre = (count - 1) / 2;
  const auto u_of = [&](std::size_t i) { return (static_cast<double>(i) - centre) / centre; };
  Curve curve;
  for (std::size_t i = 0; i < value.size(); ++i) curve.sum_u2 += u_of(i) * u_of(i);
  const double mean_u2 = curve.sum_u2 / count;
  const double middle = mean_of(value);
  for (std::size_t i = 0; i < value.size(); ++i) {
    const double u = u_of(i);
    const double s = u * u - mean_u2;
    curve.sum_s2 += s * s;
    curve.b += u * (value[i] - middle);
    curve.c += s * (value[i] - middle);
  }
  curve.b /= curve.sum_u2;
  curve.c /= curve.sum_s2;
  double squares = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const double u = u_of(i);
    const double residual = value[i] - middle - curve.b * u - curve.c * (u * u - mean_u2);
    squares += residual * residual;
  }
  curve.residual = std::sqrt(squares / (count - 3));
  return curve;
}

// Growth of the second half of the blocks over that of the first, were it a logarithm of the
// iterations from the first one on.
double bend_of_a_logarithm(const Blocks& blocks) {
  std::vector<double> logarithm;
  const double first = blocks.iteration.front();
  const double apart = (blocks.iteration.back() - first) / static_cast<double>(blocks.count() - 1);
  for (std::size_t i = 0; i < blocks.count(); ++i)
    logarithm.push_back(std::log1p((first + apart * static_cast<double>(i)) / 10));
  const Curve curve = fit_curve(logarithm);
  return (curve.b + curve.c) / (curve.b - curve.c);
}

// How much a series must grow, and how, to be a candidate. Noise is the standard deviation of a
// block.
struct CandidateRule {
  std::size_t blocks = 16;
  double growth = kLeastGrowthInNoise;
  double bend = 3.4;           // above a logarithm's, in its standard error
  double bend_margin = 0.08;   // and that of a logarithm is taken so much straighter
  double largest_step = 0.25;  // at most, of the whole rise: a leak does not come in a few steps
  double late_growth = 0.3;    // at least, of the growth before: it is still growing at the end
  double allowance = 0.5;      // for noise in the last two
};

// While more is to come: many looks have many chances to err.
constexpr CandidateRule kEarlyLookRule = {16, 16, 5, 0.1, 0.25, 0.3, 0};

// What four fifths of a series must show when all of it shows a leak: the same leak has grown to
// less by then, over noise that is larger in shorter blocks (0.8^1.5 = 0.72).
constexpr CandidateRule kEarlierRule = {16, 10, 1.3, 0.08, 0.4, 0, 0.5};
// Blocks of so few points scatter by more than they show; only exact signals get so far.
constexpr CandidateRule kShortRule = {8, 42, 13.5, 0.08, 0.3, 0.3, 0};
constexpr CandidateRule kShortEarlierRule = {8, 30, 9.7, 0.08, 0.3, 0.3, 0};

// Values at even distances, the first 0, and without the one jump up that may have been among the
// steps: its size is what the curve around it leaves over.
std::vector<double> candidate_values(const Blocks& blocks) {
  const std::vector<double> steps = even_steps(blocks);
  std::vector<double> value = {0};
  for (const double step : steps) value.push_back(value.back() + step);
  const auto jump = find_jump(steps, Jumps::kUp);
  if (!jump) return value;
  NormalEquations<4> curve;
  const double centre = static_cast<double>(value.size() - 1) / 2;
  const std::size_t after = jump->first_step + jump->steps;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (i > jump->first_step && i < after) continue;  // the block it fell into
    const double u = (static_cast<double>(i) - centre) / centre;
    curve.add({1, u, u * u, i >= after ? 1.0 : 0.0}, value[i]);
  }
  const auto fit = curve.solve();
  if (!fit) return value;
  const auto& [level, slope, bend, height] = fit->coefficients;
  for (std::size_t i = after; i < value.size(); ++i) value[i] -= height;
  if (jump->steps == 2) {
    const double u = (static_cast<double>(after - 1) - centre) / centre;
    value[after - 1] = level + slope * u + bend * u * u;
  }
  return value;
}

bool is_candidate_by(Points points, const SignalKind& kind, double limit,
                     const CandidateRule& rule) {
  const Blocks blocks = make_blocks(points, rule.blocks);
  if (blocks.iterations <= 0) return false;
  const std::vector<double> value = candidate_values(blocks);
  const std::size_t last = value.size() - 1;
  const Curve curve = fit_curve(value);
  const double noise = std::max(curve.residual, least_noise(blocks, kind));
  const double growth = 2 * curve.b * static_cast<double>(rule.blocks) / static_cast<double>(last);
  if (growth <= rule.growth * noise ||
      (growth - kLeastExcessInNoise * noise) / blocks.iterations <= limit)
    return false;
  const double rise = value.back() - value.front();
  double largest_step = 0;
  for (std::size_t i = 1; i <= last; ++i)
    largest_step = std::max(largest_step, value[i] - value[i - 1]);
  if (rise <= 0 || largest_step >= rule.largest_step * rise + rule.allowance * noise) return false;
  // Per block: the last two against the two before them.
  const double late = (value[last] + value[last - 1] - value[last - 2] - value[last - 3]) / 4;
  const double early = value[last - 2] / static_cast<double>(last - 2);
  if (late + rule.allowance / 2 * noise <= rule.late_growth * early) return false;
  const double ratio =
      std::min(0.95, rule.bend_margin + std::max(0.05, bend_of_a_logarithm(blocks)));
  const double bend_error = noise * std::sqrt((1 - ratio) * (1 - ratio) / curve.sum_u2 +
                                              (1 + ratio) * (1 + ratio) / curve.sum_s2);
  return (curve.b + curve.c) - ratio * (curve.b - curve.c) > rule.bend * bend_error;
}

bool is_candidate(Points points, const SignalKind& kind, double limit, const CandidateRule& rule,
                  const CandidateRule& short_rule) {
  constexpr std::size_t kEnoughForFineBlocks = 47;
  if (points.size() < kind.least_for_fail) return false;
  for (const double share : {0.05, 0.15, 0.30, 0.50}) {
    const auto drop = static_cast<std::size_t>(share * static_cast<double>(points.size()));
    if (points.size() - drop >= kEnoughForFineBlocks &&
        is_candidate_by(points.subspan(drop), kind, limit, rule))
      return true;
  }
  return points.size() < kEnoughForFineBlocks + 3 &&
         is_candidate_by(points.subspan(1), kind, limit, short_rule);
}

}  // namespace

std::optional<Slope> slope_of(Points points, const SignalKind& kind) {
  static const Quantiles kQuantiles = quantiles_for_lines(0.975);
  if (points.size() < 4) return std::nullopt;
  const Blocks blocks =
      make_blocks(points, std::min(blocks_for_line(points.size()), points.size()));
  const auto line =
      fit_line(blocks, kind.jumps_are_events ? without_jump(blocks) : blocks.value, kind);
  if (!line) return std::nullopt;
  const double factor = std::max(2 + 3 * line->persistence, kQuantiles[blocks.count()]);
  const double half_width = factor * line->slope_error;
  return Slope{line->slope, line->slope - half_width, line->slope + half_width,
               line->middle_iteration, mean_of(blocks.value)};
}

std::optional<GrowthBound> growth_bound(Points points, const SignalKind& kind) {
  const auto whole = bound_of(points, kind);
  const std::size_t middle = points.size() / 2;
  auto second_half = bound_of(points.subspan(middle), kind);
  if (second_half) second_half->from = middle;
  if (!whole || !second_half) return whole ? whole : second_half;
  return whole->per_iteration < second_half->per_iteration ? whole : second_half;
}

bool is_leak_candidate(Points points, const SignalKind& kind, double limit) {
  return is_candidate(points, kind, limit, {}, kShortRule);
}

bool is_confirmed_candidate(Points points, const SignalKind& kind, double limit, bool last_look) {
  constexpr double kEarlier = 0.8;
  const auto wanted = static_cast<std::size_t>(kEarlier * static_cast<double>(points.size()));
  const std::size_t earlier = std::min(points.size(), std::max(wanted, kind.least_for_fail));
  return is_candidate(points, kind, limit, last_look ? CandidateRule() : kEarlyLookRule,
                      kShortRule) &&
         is_candidate(points.first(earlier), kind, limit, kEarlierRule, kShortEarlierRule);
}

std::string_view shape_name(Shape shape) {
  constexpr std::array<std::string_view, 5> kNames = {"stable", "saturating", "step", "leak",
                                                      "unknown"};
  return kNames[static_cast<std::size_t>(shape)];
}

Shape shape_of(Points points, const SignalKind& kind, double tolerance) {
  if (points.size() < kind.least_for_pass) return Shape::kUnknown;
  const Blocks blocks = make_blocks(points, points.size() >= 64 ? 16 : points.size() >= 24 ? 8 : 4);
  const double rise = blocks.value.back() - blocks.value.front();
  const double noise = std::max({std::sqrt(blocks.value_variance), kind.quantum, kind.noise});
  const double still = std::max(tolerance * blocks.iterations, kind.resolution + 4 * noise);
  if (rise <= still) return Shape::kStable;
  if (is_leak_candidate(points, kind, 0)) return Shape::kLeak;
  const std::vector<double> steps = even_steps(blocks);
  if (*std::max_element(steps.begin(), steps.end()) > 0.6 * rise) return Shape::kStep;
  const std::size_t half = blocks.count() / 2;
  const double first = blocks.value[half] - blocks.value.front();
  const double second = blocks.value.back() - blocks.value[half];
  if (second < 0.5 * first) return Shape::kSaturating;
  return Shape::kUnknown;
}

}  // namespace tidemark::analysis
