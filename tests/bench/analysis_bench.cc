// What a look costs, against the number of checkpoints it looks at.

#include <benchmark/benchmark.h>

#include <random>

#include "harness/analysis/judge.h"

namespace tidemark::analysis {
namespace {

// A leak in noise with batches in contrast: nothing that a rule could leave early for.
Series leaking_series(std::int64_t checkpoints) {
  std::mt19937_64 generator(1);
  std::normal_distribution<double> noise(0, 500);
  Series series{record::Signal::kLiveBytes, {}};
  std::int64_t iteration = 0;
  for (std::int64_t i = 0; i < checkpoints; ++i) {
    const std::int64_t batch = i % 9 == 8 ? 0 : i % 2 == 0 ? 2 : 40;
    iteration += batch;
    series.points.push_back(
        {iteration, batch, 1000 * static_cast<double>(iteration) + noise(generator)});
  }
  return series;
}

void look_at_one_series(benchmark::State& state) {
  const Series series = leaking_series(state.range(0));
  for (auto _ : state) {
    const Series adjusted = adjust(series, kExactBytes).series;
    benchmark::DoNotOptimize(growth_bound(adjusted, kExactBytes));
    benchmark::DoNotOptimize(is_leak_candidate(adjusted, kExactBytes, 64));
    benchmark::DoNotOptimize(contrast_slope(adjusted));
  }
  state.SetComplexityN(state.range(0));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(look_at_one_series)->RangeMultiplier(10)->Range(100, 1'000'000)->Complexity();

}  // namespace
}  // namespace tidemark::analysis
