#include "tests/calibration/sweeps.h"

#include <algorithm>
#include <cmath>

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

}  // namespace

std::string_view blur_name(Blur blur) {
  constexpr std::string_view kNames[] = {"5 % noise", "quiet", "256 KiB arenas",
                                         "launches 2 % apart", "5 % noise and outliers"};
  return kNames[static_cast<std::size_t>(blur)];
}

double Sweep::at(double size) const {
  return fixed + slope * function_of(complexity, size);
}

Sweep make_sweep(const SweepSetting& setting, Random& random) {
  Sweep sweep;
  sweep.complexity = setting.complexity;
  if (setting.complexity == Complexity::kConstant) {
    sweep.fixed = by_ratio(2 * kMiB, 200 * kMiB, random);
  } else {
    const double most = by_ratio(20 * kMiB, 400 * kMiB, random);
    sweep.slope = most / function_of(setting.complexity, setting.sizes.back());
    if (setting.fixed == FixedPart::kSome) sweep.fixed = most * uniform(0.01, 0.5, random);
  }
  const bool is_noisy = setting.blur == Blur::kNoise || setting.blur == Blur::kOutliers;
  for (const double size : setting.sizes) {
    const double launch = setting.blur == Blur::kLaunches ? deviation(0.02, random) : 1;
    analysis::ScalingPoint point{size, {}};
    for (int i = 0; i < setting.repetitions; ++i) {
      double value = sweep.at(size) * launch * deviation(is_noisy ? 0.05 : 0.005, random);
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
