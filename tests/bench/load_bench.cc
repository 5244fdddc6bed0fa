// What checking an answer and counting a latency cost per request.

#include <benchmark/benchmark.h>

#include <string>

#include "harness/base/latency_histogram.h"
#include "harness/load/response_check.h"

namespace tidemark::load {
namespace {

constexpr std::size_t kPiece = 16 * 1024;  // as libcurl hands bodies over

std::string csv(std::size_t size) {
  std::string text;
  while (text.size() < size) text += "1234,somebody,somebody@example.com,2026-01-31\n";
  text.resize(size);
  return text;
}

void check_body(benchmark::State& state, const plan::Expectation& expect) {
  const std::string piece = csv(kPiece);
  for (auto _ : state) {
    ResponseCheck check(expect);
    for (int i = 0; i < 64; ++i) check.receive(piece);
    benchmark::DoNotOptimize(check.verdict(200, "text/csv"));
  }
  state.SetBytesProcessed(state.iterations() * 64 * static_cast<std::int64_t>(kPiece));
}

void count_rows(benchmark::State& state) {
  plan::Expectation expect;
  expect.min_rows = 1;
  check_body(state, expect);
}
BENCHMARK(count_rows);

void find_text(benchmark::State& state) {
  plan::Expectation expect;
  expect.contains = *plan::parse_template("nobody@example.com");
  check_body(state, expect);
}
BENCHMARK(find_text);

void only_drop(benchmark::State& state) {
  check_body(state, {});
}
BENCHMARK(only_drop);

void add_latency(benchmark::State& state) {
  LatencyHistogram histogram;
  double latency = 1e-6;
  for (auto _ : state) {
    histogram.add(Seconds(latency));
    latency = latency < 100 ? latency * 1.01 : 1e-6;
  }
  benchmark::DoNotOptimize(histogram.quantile(0.99));
}
BENCHMARK(add_latency);

}  // namespace
}  // namespace tidemark::load
