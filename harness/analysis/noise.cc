#include "harness/analysis/noise.h"

#include <cmath>

#include "harness/analysis/line_fit.h"

namespace tidemark::analysis {
namespace {

// Turns the median absolute deviation of a normal distribution into its standard deviation.
constexpr double kDeviationsPerMedian = 1.4826;

}  // namespace

Noise noise_of(const std::vector<double>& values) {
  Noise noise;
  noise.readings = values.size();
  if (values.size() < 2) return noise;
  noise.drift = values.back() - values.front();
  if (values.size() < 3) return noise;
  std::vector<double> differences;
  for (std::size_t i = 1; i < values.size(); ++i) differences.push_back(values[i] - values[i - 1]);
  const double middle = median(differences);
  for (double& difference : differences) difference = std::abs(difference - middle);
  // A difference has the noise of two readings in it.
  noise.deviation = kDeviationsPerMedian * median(differences) / std::sqrt(2.0);
  return noise;
}

}  // namespace tidemark::analysis
