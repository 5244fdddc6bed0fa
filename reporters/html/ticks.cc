#include "reporters/html/ticks.h"

#include <algorithm>
#include <cmath>

namespace tidemark::reporters {

double tick_step(double span, bool bytes) {
  const double rough = span / 5;
  if (bytes) return std::max(1.0, std::exp2(std::ceil(std::log2(rough))));
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= rough) return factor * power;
  return 10 * power;
}

std::vector<double> logarithmic_ticks(double least, double most) {
  std::vector<double> values;
  for (double power = std::pow(10, std::floor(std::log10(least)));; power *= 10)
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double value = factor * power;
      if (value <= least) values.clear();
      values.push_back(value);
      if (values.size() > 1 && value >= most) return values;
    }
}

}  // namespace tidemark::reporters
