// What judging growth costs, against the number of checkpoints.

#include <benchmark/benchmark.h>

#include <random>

#include "harness/analysis/growth_verdict.h"

namespace tidemark::analysis {
namespace {

constexpr std::int64_t kFewest = 100;
constexpr std::int64_t kMost = 1'000'000;

// Batches in contrast, with blank ones, as a run makes them.
Series series_of(std::int64_t checkpoints, double per_iteration) {
  std::mt19937_64 generator(1);
  std::normal_distribution<double> noise(0, 500);
  Series series{record::Signal::kLiveBytes, {}};
  std::int64_t iteration = 0;
  for (std::int64_t i = 0; i < checkpoints; ++i) {
    const std::int64_t batch = i % 9 == 8 ? 0 : i % 2 == 0 ? 2 : 40;
    iteration += batch;
    const double grown = per_iteration * static_cast<double>(iteration);
    series.points.push_back({iteration, batch, grown + noise(generator)});
  }
  return series;
}

constexpr GrowthQuestion kQuestion = {kExactBytes, 64};

// A verdict with the place of its decision: everything that `tidemark analyze` does to a series.
void judge(benchmark::State& state, double per_iteration) {
  const Series series = series_of(state.range(0), per_iteration);
  for (auto _ : state) benchmark::DoNotOptimize(judge_series(series, kQuestion));
  state.SetComplexityN(state.range(0));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(judge, healthy, 0.0)->RangeMultiplier(10)->Range(kFewest, kMost)->Complexity();
BENCHMARK_CAPTURE(judge, leaking, 1000.0)->RangeMultiplier(10)->Range(kFewest, kMost)->Complexity();

// One look while a run goes on.
void look(benchmark::State& state, double per_iteration) {
  const Series series = series_of(state.range(0), per_iteration);
  for (auto _ : state) {
    const GrowthEvidence evidence = evidence_of(series, kExactBytes);
    if (!evidence.is_within(kQuestion.limit))
      benchmark::DoNotOptimize(grows_like_a_leak(evidence, kQuestion.limit, true));
  }
  state.SetComplexityN(state.range(0));
}
BENCHMARK_CAPTURE(look, healthy, 0.0)->RangeMultiplier(10)->Range(kFewest, kMost)->Complexity();
BENCHMARK_CAPTURE(look, leaking, 1000.0)->RangeMultiplier(10)->Range(kFewest, kMost)->Complexity();

}  // namespace
}  // namespace tidemark::analysis
