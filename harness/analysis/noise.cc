#include "harness/analysis/noise.h"

#include <cmath>
#include <utility>

#include "harness/analysis/blocks.h"

namespace tidemark::analysis {
namespace {

// Turns the median absolute deviation of a normal distribution into its standard deviation.
constexpr double kDeviationsPerMedian = 1.4826;

}  // namespace

double noise_of_differences(std::vector<double> differences) {
  if (differences.size() < 2) return 0;
  const double middle = median_of(differences);
  for (double& difference : differences) difference = std::abs(difference - middle);
  return kDeviationsPerMedian * median_of(differences) / std::sqrt(2.0);
}

Noise noise_of(const std::vector<double>& values) {
  Noise noise;
  noise.readings = values.size();
  if (values.size() < 2) return noise;
  noise.drift = values.back() - values.front();
  std::vector<double> differences;
  for (std::size_t i = 1; i < values.size(); ++i) differences.push_back(values[i] - values[i - 1]);
  noise.deviation = noise_of_differences(std::move(differences));
  return noise;
}

}  // namespace tidemark::analysis
