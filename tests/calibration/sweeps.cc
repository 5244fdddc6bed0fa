#include "tests/calibration/sweeps.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace tidemark::calibration {
namespace {

using plan::Complexity;

constexpr double kMiB = 1024 * 1024;

double uniform(double from, double to, Random& random) {
  return std::uniform_real_distribution<double>(from, to)(random);
}

double by_ratio(double from, double to, Random& random) {
  return std::exp(uniform(std::log(from), std::log(to), random));
}

double deviation(double share, Random& random) {
  return std::max(0.0, 1 + share * std::normal_distribution<double>()(random));
}

double function_of(Complexity complexity, double size) {
  switch (complexity) {
    case Complexity::kConstant:
      return 0;
    case Complexity::kLogarithmic:
      return std::log(size);
    case Complexity::kLinear:
      return size;
    case Complexity::kLinearithmic:
      return size * std::log(size);
    case Complexity::kQuadratic:
      return size * size;
  }
  return 0;
}

double launch_deviation(Blur blur) {
  switch (blur) {
    case Blur::kLaunches:
      return 0.02;
    case Blur::kDifferentLaunches:
      return 0.05;
    case Blur::kVeryDifferentLaunches:
      return 0.1;
    default:
      return 0;
  }
}

// Full by half of the largest size: to 99 % where it never is.
double knee_of(const SweepSetting& setting, Random& random) {
  const double smallest = setting.sizes.front();
  const double latest = setting.sizes.back() / 2;
  if (setting.fills == Fills::kEverMoreSlowly) return by_ratio(smallest, latest / 5, random);
  if (setting.fills == Fills::kToBetweenSizes) return by_ratio(1.2 * smallest, latest, random);
  std::vector<double> inner;
  std::copy_if(setting.sizes.begin() + 1, setting.sizes.end(), std::back_inserter(inner),
               [&](double size) { return size <= latest; });
  return inner[std::uniform_int_distribution<std::size_t>(0, inner.size() - 1)(random)];
}

void add_heights(const SweepSetting& setting, Random& random, Sweep& sweep) {
  const double unit = setting.seconds ? 0.01 : kMiB;
  if (setting.fills != Fills::kNothing) {
    sweep.filled = by_ratio(unit, 100 * unit, random);
    sweep.fixed = sweep.filled * uniform(0.1, 3, random);
    sweep.knee = knee_of(setting, random);
  } else if (setting.complexity == Complexity::kConstant) {
    sweep.fixed = by_ratio(2 * unit, 200 * unit, random);
  } else {
    const double most = by_ratio(20 * unit, 400 * unit, random);
    if (setting.fixed == FixedPart::kSome) sweep.fixed = most * uniform(0.01, 0.5, random);
    if (setting.fixed_share) sweep.fixed = most * *setting.fixed_share;
    const double rest = setting.fixed_share ? most - sweep.fixed : most;
    sweep.slope = rest / function_of(setting.complexity, setting.sizes.back());
  }
}

}  // namespace

std::string_view blur_name(Blur blur) {
  constexpr std::string_view kNames[] = {"5 % noise",
                                         "quiet",
                                         "256 KiB arenas",
                                         "launches 2 % apart",
                                         "5 % noise and outliers",
                                         "launches 5 % apart",
                                         "launches 10 % apart"};
  return kNames[static_cast<std::size_t>(blur)];
}

std::string_view fills_name(Fills fills) {
  constexpr std::string_view kNames[] = {"nothing fills up", "full at a size", "full between sizes",
                                         "filling ever more slowly"};
  return kNames[static_cast<std::size_t>(fills)];
}

double Sweep::at(double size) const {
  const double share = fills == Fills::kNothing          ? 0
                       : fills == Fills::kEverMoreSlowly ? -std::expm1(-size / knee)
                                                         : std::min(1.0, size / knee);
  return fixed + filled * share + slope * function_of(complexity, size);
}

Sweep make_sweep(const SweepSetting& setting, Random& random) {
  Sweep sweep;
  sweep.complexity = setting.complexity;
  sweep.fills = setting.fills;
  add_heights(setting, random, sweep);
  const double dear_slope = setting.dear ? sweep.fixed * uniform(1, 10, random) /
                                               function_of(*setting.dear, setting.sizes.back())
                                         : 0;
  const bool is_noisy = setting.blur == Blur::kNoise || setting.blur == Blur::kOutliers;
  for (const double size : setting.sizes) {
    const double launch = deviation(launch_deviation(setting.blur), random);
    analysis::ScalingPoint point{size, {}};
    for (int i = 0; i < setting.repetitions; ++i) {
      double value = sweep.at(size);
      if (setting.dear && i == setting.repetitions / 2)
        value += dear_slope * function_of(*setting.dear, size);
      value *= launch * deviation(is_noisy ? 0.05 : 0.005, random);
      if (setting.blur == Blur::kArenas) value = std::ceil(value / (kMiB / 4)) * (kMiB / 4);
      if (setting.blur == Blur::kOutliers && uniform(0, 20, random) < 1)
        value *= uniform(1.2, 3, random);
      point.values.push_back(value);
    }
    sweep.points.push_back(std::move(point));
  }
  return sweep;
}

}  // namespace tidemark::calibration
