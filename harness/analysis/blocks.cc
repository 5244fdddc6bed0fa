#include "harness/analysis/blocks.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace tidemark::analysis {
double median_of(std::span<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

namespace {

// Where one block of points lies.
Points part(Points points, std::size_t block, std::size_t count) {
  const std::size_t begin = block * points.size() / count;
  return points.subspan(begin, (block + 1) * points.size() / count - begin);
}

// The median of each block, and how far points usually are from it: the median over the blocks of
// their mean distances, times what makes it the standard deviation of normal noise.
struct Middles {
  std::vector<double> medians;
  double deviation = 0;
};

Middles middles_of(Points points, std::size_t count) {
  constexpr double kNormal = 1.2533;
  Middles middles;
  std::vector<double> values;
  std::vector<double> distances;
  for (std::size_t block = 0; block < count; ++block) {
    values.clear();
    for (const SeriesPoint& point : part(points, block, count)) values.push_back(point.value);
    const double middle = median_of(values);
    double sum = 0;
    for (const double value : values) sum += std::abs(value - middle);
    middles.medians.push_back(middle);
    distances.push_back(sum / static_cast<double>(values.size()));
  }
  middles.deviation = kNormal * median_of(distances);
  return middles;
}

}  // namespace

Blocks make_blocks(Points points, std::size_t count) {
  constexpr double kFarOff = 2.5;  // standard deviations
  const Middles middles = middles_of(points, count);
  Blocks blocks;
  blocks.iteration.reserve(count);
  blocks.value.reserve(count);
  for (std::size_t block = 0; block < count; ++block) {
    const double middle = middles.medians[block];
    double size = 0;
    double value = 0;
    double squares = 0;
    double iteration = 0;
    double iteration_squares = 0;
    const Points inside = part(points, block, count);
    const auto start = static_cast<double>(inside.front().iteration);
    for (const SeriesPoint& point : inside) {
      const double apart = point.value - middle;
      if (std::abs(apart) > kFarOff * middles.deviation && point.value != middle) continue;
      const double passed = static_cast<double>(point.iteration) - start;
      ++size;
      value += apart;
      squares += apart * apart;
      iteration += passed;
      iteration_squares += passed * passed;
    }
    // An even number of values may have none near its median: two levels, and the median between
    // them.
    if (size == 0) {
      const std::size_t half = inside.size() / 2;
      const std::int64_t both = inside[half].iteration + inside[half - 1].iteration;
      size = 1;
      iteration = static_cast<double>(both) / 2 - start;
      iteration_squares = iteration * iteration;
    }
    value /= size;
    iteration /= size;
    blocks.value.push_back(middle + value);
    blocks.iteration.push_back(start + iteration);
    blocks.value_variance += (squares / size - value * value) / static_cast<double>(count);
    blocks.iteration_variance +=
        (iteration_squares / size - iteration * iteration) / static_cast<double>(count);
  }
  blocks.iterations = static_cast<double>(points.back().iteration - points.front().iteration);
  blocks.points_each = static_cast<double>(points.size()) / static_cast<double>(count);
  return blocks;
}

std::vector<double> even_steps(const Blocks& blocks) {
  const double span = blocks.iteration.back() - blocks.iteration.front();
  const double mean = span / static_cast<double>(blocks.count() - 1);
  std::vector<double> steps;
  steps.reserve(blocks.count());
  for (std::size_t i = 1; i < blocks.count(); ++i) {
    const double apart = std::max(blocks.iteration[i] - blocks.iteration[i - 1], mean * 1e-6);
    steps.push_back((blocks.value[i] - blocks.value[i - 1]) / apart * mean);
  }
  return steps;
}

std::optional<Jump> find_jump(std::span<const double> steps, Jumps which) {
  constexpr double kFarLarger = 3;
  constexpr std::size_t kFewestSteps = 5;
  constexpr std::size_t kWarmUp = 2;  // its first steps are large, and no jump
  if (steps.size() < kFewestSteps) return std::nullopt;
  const auto size_of = [&](std::size_t i) { return std::abs(steps[i]); };
  std::size_t largest = 0;
  for (std::size_t i = 1; i < steps.size(); ++i)
    if (size_of(i) > size_of(largest)) largest = i;
  if (which == Jumps::kUp && steps[largest] <= 0) return std::nullopt;
  std::size_t neighbour = largest == 0 ? 1 : largest - 1;
  if (largest + 1 < steps.size() && size_of(largest + 1) > size_of(neighbour))
    neighbour = largest + 1;
  double others = 0;
  for (std::size_t i = 0; i < steps.size(); ++i)
    if (i != largest && i != neighbour) others = std::max(others, size_of(i));
  if (size_of(largest) > kFarLarger * std::max(others, size_of(neighbour))) return Jump{largest, 1};
  const std::size_t first = std::min(largest, neighbour);
  const bool may_be_two =
      steps[largest] * steps[neighbour] > 0 && (which == Jumps::kUpAndDown || first >= kWarmUp);
  if (may_be_two && size_of(largest) + size_of(neighbour) > kFarLarger * others)
    return Jump{first, 2};
  return std::nullopt;
}

}  // namespace tidemark::analysis
