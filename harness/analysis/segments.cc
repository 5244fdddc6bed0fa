#include "harness/analysis/segments.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <set>
#include <utility>

namespace tidemark::analysis {
namespace {

using record::Checkpoint;

// A young process imports and fills its caches; requests are shared out among all.
constexpr std::int64_t kWarmUpIterations = 5;
constexpr std::size_t kFewestPoints = 2;
constexpr std::size_t kFewestSegments = 4;
constexpr std::size_t kSegmentsToFail = 5;

// Sums over points, each segment with its own level.
struct Moments {
  double squares = 0;   // of iterations
  double products = 0;  // of iterations and value

  double slope() const { return squares > 0 ? products / squares : 0; }
  Moments operator-(const Moments& part) const {
    return {squares - part.squares, products - part.products};
  }
  void operator+=(const Moments& part) {
    squares += part.squares;
    products += part.products;
  }
};

Moments moments_of(Points points) {
  double iterations = 0;
  double value = 0;
  for (const SeriesPoint& point : points) {
    iterations += static_cast<double>(point.iteration);
    value += point.value;
  }
  iterations /= static_cast<double>(points.size());
  value /= static_cast<double>(points.size());
  Moments moments;
  for (const SeriesPoint& point : points) {
    const double apart = static_cast<double>(point.iteration) - iterations;
    moments.squares += apart * apart;
    moments.products += apart * (point.value - value);
  }
  return moments;
}

// One segment: the sum over its processes, once the last of them to begin has warmed up.
Series sum_of(const GrowthWindow& window, record::Signal signal, bool has_young) {
  Series series = tree_series(window, signal);
  if (!has_young) return series;
  const std::int64_t warm = window.checkpoints.front()->iteration +
                            kWarmUpIterations * static_cast<std::int64_t>(window.processes.size());
  std::erase_if(series.points, [&](const SeriesPoint& point) { return point.iteration < warm; });
  return series;
}

double quantile(std::size_t segments, double probability) {
  return boost::math::quantile(boost::math::students_t(static_cast<double>(segments - 1)),
                               probability);
}

}  // namespace

std::vector<Series> segments_of(const record::Record& record, record::Signal signal,
                                std::size_t most_checkpoints) {
  std::vector<Series> segments;
  const auto keep = [&](const GrowthWindow& window) {
    if (window.checkpoints.empty()) return;
    Series series = sum_of(window, signal, window.left_out > 0);
    const auto& points = series.points;
    if (points.size() >= kFewestPoints && points.back().iteration > points.front().iteration)
      segments.push_back(std::move(series));
  };
  GrowthWindow window;
  std::int64_t seen = 0;
  for (const Checkpoint& checkpoint : record.checkpoints) {
    if (checkpoint.phase != record::Phase::kGrowth) continue;
    if (static_cast<std::size_t>(seen) == most_checkpoints) break;
    std::set<record::ProcessKey> present = processes_of(checkpoint);
    if (present != window.processes) {
      keep(window);
      window = {{}, std::move(present), seen};
    }
    window.checkpoints.push_back(&checkpoint);
    ++seen;
  }
  keep(window);
  return segments;
}

double SegmentedGrowth::low(double probability) const {
  return per_iteration - quantile(segments, probability) * error;
}
double SegmentedGrowth::high(double probability) const {
  return per_iteration + quantile(segments, probability) * error;
}

std::optional<SegmentedGrowth> segmented_growth(const std::vector<Series>& segments) {
  if (segments.size() < kFewestSegments) return std::nullopt;
  std::vector<Moments> each;
  Moments all;
  Moments late;
  SegmentedGrowth growth;
  for (const Series& segment : segments) {
    const Points points = segment.points;
    each.push_back(moments_of(points));
    all += each.back();
    late += moments_of(points.subspan((points.size() - 1) / 2));
    growth.iterations += static_cast<double>(points.back().iteration - points.front().iteration);
    growth.rising += each.back().products > 0 ? 1.0 : 0.0;
  }
  const auto count = static_cast<double>(segments.size());
  growth.segments = segments.size();
  growth.rising /= count;
  growth.per_iteration = all.slope();
  growth.late = late.slope();
  double scatter = 0;
  for (const Moments& segment : each) {
    const double apart = (all - segment).slope() - growth.per_iteration;
    scatter += apart * apart;
  }
  // Delete-one jackknife over the segments (Wu 1986).
  growth.error = std::sqrt(scatter * (count - 1) / count);
  return growth;
}

Outcome look_at(const SegmentedGrowth& growth, const GrowthQuestion& question, bool last) {
  const double slack = question.kind.resolution / growth.iterations;
  if (growth.high(0.995) + slack <= question.limit) return Outcome::kPass;
  const bool at_horizon = last || growth.iterations >= static_cast<double>(question.horizon);
  const bool persists = growth.late > 0.5 * growth.per_iteration && growth.rising >= 0.8;
  return at_horizon && persists && growth.segments >= kSegmentsToFail &&
                 growth.low(0.999) > question.limit
             ? Outcome::kFail
             : Outcome::kInconclusive;
}

bool is_recycled(const GrowthWindow& window) {
  return window.left_out > 0 &&
         window.left_out * 2 >= static_cast<std::int64_t>(window.checkpoints.size());
}

}  // namespace tidemark::analysis
