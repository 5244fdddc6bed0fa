// What checking an answer and counting a latency cost per request.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/latency_histogram.h"
#include "harness/load/pacer.h"
#include "harness/load/response_check.h"

namespace tidemark::load {
namespace {

constexpr std::size_t kPiece = 16 * 1024;  // as libcurl hands bodies over
constexpr std::size_t kBody = std::size_t{1} << 20;

std::string repeated(const std::string& line, std::size_t size) {
  std::string text;
  while (text.size() + line.size() <= size) text += line;
  return text;
}

std::string csv() {
  return repeated("1234,somebody,somebody@example.com,2026-01-31\n", kBody);
}

std::string json() {
  const std::string row = R"({"id": 1234, "name": "somebody", "mail": "somebody@example.com"},)";
  return "{\"items\": [" + repeated(row, kBody) + "{}], \"total\": 17}";
}

std::string html() {
  const std::string row = "<tr class=row><td>1234</td><td><a href='/u/1'>somebody</a></td></tr>\n";
  return "<!DOCTYPE html><title>Users</title><table>" + repeated(row, kBody) +
         "</table><input name=csrf value=token>";
}

Result<std::string> no_value(std::string_view name) {
  return failure(std::string(name));
}

// One answer after the other, as a virtual user has them.
void check_body(benchmark::State& state, const std::string& body, const plan::Expectation& expect,
                const std::vector<plan::Capture>& captures = {}) {
  const ResponseRules rules = std::move(*ResponseRules::compile(expect, captures));
  ResponseCheck check(rules);
  for (auto _ : state) {
    (void)check.begin(no_value);
    for (std::string_view rest = body; !rest.empty();
         rest.remove_prefix(std::min(kPiece, rest.size())))
      check.receive(rest.substr(0, kPiece));
    benchmark::DoNotOptimize(check.finish(200));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}

void only_drop(benchmark::State& state) {
  check_body(state, csv(), {});
}
BENCHMARK(only_drop);

void count_rows(benchmark::State& state) {
  plan::Expectation expect;
  expect.min_rows = 1;
  check_body(state, csv(), expect);
}
BENCHMARK(count_rows);

void find_text(benchmark::State& state) {
  plan::Expectation expect;
  expect.contains = *plan::parse_template("nobody@example.com");
  check_body(state, csv(), expect);
}
BENCHMARK(find_text);

void find_pattern(benchmark::State& state) {
  plan::Expectation expect;
  expect.matches = "[a-z]+@(\\w+)[.]org";
  check_body(state, csv(), expect);
}
BENCHMARK(find_pattern);

void find_json_value(benchmark::State& state) {
  plan::Expectation expect;
  expect.json.push_back({"/total", *plan::parse_template("17")});
  expect.json.push_back({"/items/3/id", *plan::parse_template("1234")});
  check_body(state, json(), expect);
}
BENCHMARK(find_json_value);

void sum_up(benchmark::State& state) {
  plan::Expectation expect;
  expect.sha256 = std::string(64, '0');
  check_body(state, csv(), expect);
}
BENCHMARK(sum_up);

void find_element(benchmark::State& state) {
  check_body(state, html(), {}, {{"csrf", plan::Capture::From::kCss, "input[name=csrf]", "value"}});
}
BENCHMARK(find_element);

// What every answer costs, however small.
void check_nothing(benchmark::State& state) {
  check_body(state, "ok", {});
}
BENCHMARK(check_nothing);

void check_small_json(benchmark::State& state) {
  plan::Expectation expect;
  expect.json.push_back({"/ok", *plan::parse_template("true")});
  check_body(state, R"({"ok": true, "id": 17})", expect);
}
BENCHMARK(check_small_json);

void capture_from_small_page(benchmark::State& state) {
  check_body(state, "<title>Log in</title><form><input name=csrf value=token></form>", {},
             {{"csrf", plan::Capture::From::kCss, "input[name=csrf]", "value"}});
}
BENCHMARK(capture_from_small_page);

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

void next_arrival(benchmark::State& state, plan::Arrivals arrivals, bool has_stages) {
  plan::Load load;
  load.model = plan::LoadModel::kOpen;
  load.rate_per_second = 1000;
  load.arrivals = arrivals;
  if (has_stages)
    for (int i = 0; i < 10; ++i)
      load.stages.push_back({Seconds(1e6), i % 2 == 0 ? 2000.0 : 1000.0});
  Pacer pacer(load);
  Seconds time{0};
  for (auto _ : state) benchmark::DoNotOptimize(time = *pacer.next_arrival(time));
}
BENCHMARK_CAPTURE(next_arrival, constant, plan::Arrivals::kConstant, false);
BENCHMARK_CAPTURE(next_arrival, poisson, plan::Arrivals::kPoisson, false);
BENCHMARK_CAPTURE(next_arrival, constant_in_stages, plan::Arrivals::kConstant, true);

}  // namespace
}  // namespace tidemark::load
