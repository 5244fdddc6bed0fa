#include "harness/analysis/scaling_advice.h"

#include <fmt/format.h>

#include <cmath>

#include "harness/base/text.h"

namespace tidemark::analysis {
namespace {

using plan::kFewestSizes;
using plan::kFurthestPrediction;
using plan::kLeastSpan;

constexpr double kNextStep = 4;  // the size that is advised, over the largest

// Digits as one writes them in a scenario file.
std::string digits(double size) {
  return fmt::format("{:.15g}", size);
}

// 1, 2 or 5 times a power of ten, the nearest by ratio.
double rounded_size(double size) {
  const double power = std::pow(10, std::floor(std::log10(size)));
  double nearest = power;
  for (const double factor : {2.0, 5.0, 10.0})
    if (std::abs(std::log(factor * power / size)) < std::abs(std::log(nearest / size)))
      nearest = factor * power;
  return nearest;
}

// Between the two that lie furthest apart, or nothing where they are neighbours already.
std::optional<double> missing_size(const std::vector<ScalingPoint>& points) {
  double widest = 2;
  std::optional<double> missing;
  for (std::size_t i = 1; i < points.size(); ++i) {
    const double ratio = points[i].size / points[i - 1].size;
    const double middle = rounded_size(std::sqrt(points[i].size * points[i - 1].size));
    if (ratio <= widest || middle <= points[i - 1].size || middle >= points[i].size) continue;
    widest = ratio;
    missing = middle;
  }
  return missing;
}

}  // namespace

std::string sizes_words(const std::vector<double>& sizes) {
  std::vector<std::string> words;
  for (const double size : sizes) words.push_back(digits(size));
  const std::string last = words.back();
  words.pop_back();
  return words.empty() ? last : join(words, ", ") + " and " + last;
}

std::string advised_size(const std::vector<ScalingPoint>& points,
                         std::optional<double> production) {
  const double smallest = points.front().size;
  const double largest = points.back().size;
  double size = std::max(rounded_size(kNextStep * largest), rounded_size(kLeastSpan * smallest));
  if (production && *production > largest) size = std::min(size, *production);
  if (size >= kLeastSpan * smallest) return fmt::format("add a point at {}", digits(size));
  return fmt::format("add a point at {}", digits(rounded_size(size / kLeastSpan / 2)));
}

std::string advice_for(const ScalingReport& report, std::optional<double> production) {
  if (!production || *production <= report.points.back().size) return {};
  if (!report.prediction)
    return fmt::format("add a point at {}",
                       digits(rounded_size(*production / (kFurthestPrediction / 2))));
  return report.prediction->is_wide() ? advised_size(report.points, production) : std::string();
}

void explain_shortage(ScalingReport& report, std::optional<double> production) {
  const auto& points = report.points;
  if (points.empty()) {
    report.reason = "nothing was measured";
    return;
  }
  const double span = points.back().size / points.front().size;
  if (points.size() < kFewestSizes)
    report.reason = fmt::format("{} sizes are too few to tell how it grows: at least {} are needed",
                                points.size(), kFewestSizes);
  else if (span < kLeastSpan)
    report.reason =
        fmt::format("the sizes span a factor of {:.2g}: at least {} is needed to tell how it grows",
                    span, kLeastSpan);
  else
    return;
  const auto missing = span >= kLeastSpan ? missing_size(points) : std::nullopt;
  report.advice = missing ? fmt::format("add a point at {}", digits(*missing))
                          : advised_size(points, production);
}

}  // namespace tidemark::analysis
