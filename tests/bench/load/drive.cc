// Drives one GET with the load engine and says what it measured: the side of Tidemark in compare.py
// and timing.py. Prints lines of a name and numbers.
//
//   tidemark_drive --port 8080 --path /small --vus 16 --seconds 3
//   tidemark_drive --port 8080 --path /small --vus 100 --seconds 10 --rate 1000
//   tidemark_drive --port 8080 --path /small --soak 10000000
//
// Exit code 1: a request failed, or a soak's memory grew by more than 1 MiB.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "harness/base/file.h"
#include "harness/load/http_engine.h"

namespace tidemark {
namespace {

constexpr int kSoakWarmup = 100'000;
constexpr int kSoakBatch = 1'000'000;
constexpr Bytes kSoakGrowth = 1_MiB;
constexpr Seconds kForEver{1e9};

struct Options {
  int port = 0;
  std::string path = "/";
  int vus = 16;
  int iterations = INT_MAX;
  double seconds = 0;
  double rate = 0;
  int soak = 0;
};

// All that depends on what the engine takes: the rest of this file knows batches only.
load::HttpEngine make_engine(const Options& options) {
  plan::Request request;
  request.name = request.method = "GET";
  request.path = plan::Template({{plan::TemplatePiece::Kind::kLiteral, options.path}});
  plan::Scenario scenario;
  scenario.flows.push_back({"", 1, {request}});
  scenario.load.vus = options.vus;
  if (options.rate > 0) {
    scenario.load.model = plan::LoadModel::kOpen;
    scenario.load.rate_per_second = options.rate;
    scenario.load.max_vus = options.vus;
    if (options.seconds > 0) scenario.load.duration = Seconds(options.seconds);
  }
  auto workload = load::fill_workload(scenario, options.port, {});
  if (!workload) {
    fmt::print(stderr, "{}\n", workload.error().message);
    std::exit(2);
  }
  return load::HttpEngine(std::move(*workload));
}

load::BatchOrder order_for(const Options& options, int iterations) {
  const auto load_time = options.rate > 0 ? std::optional(Seconds(0)) : std::nullopt;
  return {iterations, options.vus, INT_MAX, load_time};
}

// Resident memory of this process. From smaps_rollup, because status may be off by what each
// processor holds back.
Bytes resident() {
  const auto text = read_file("/proc/self/smaps_rollup");
  const std::size_t line = text ? text->find("\nRss:") : std::string::npos;
  if (line == std::string::npos) return {};
  return {std::strtoll(text->c_str() + line + 5, nullptr, 10) * 1024};
}

// How long threads of this process that could have run had to wait for a processor: what others on
// the machine have to do with lateness.
Seconds waited_for_processor() {
  double nanoseconds = 0;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    const auto text = read_file(thread.path() / "schedstat");  // ran, waited, turns
    const std::size_t space = text ? text->find(' ') : std::string::npos;
    if (space != std::string::npos) nanoseconds += std::strtod(text->c_str() + space, nullptr);
  }
  return Seconds(nanoseconds * 1e-9);
}

load::BatchResult run(load::HttpEngine& engine, const load::BatchOrder& order, Seconds longest) {
  engine.start(order);
  if (!wait_readable(engine.done_fd(), longest)) {
    engine.abort();
    wait_readable(engine.done_fd(), kForEver);
  }
  return engine.take();
}

void print_quantiles(const char* name, const LatencyHistogram& histogram) {
  if (histogram.count() == 0) return;
  const auto milliseconds = [&](double share) { return histogram.quantile(share).count() * 1e3; };
  fmt::print("{}_ms p50 {:.3f} p95 {:.3f} p99 {:.3f} max {:.3f}\n", name, milliseconds(0.5),
             milliseconds(0.95), milliseconds(0.99), histogram.largest().count() * 1e3);
}

std::int64_t answered(const load::BatchResult& result) {
  return result.requests.succeeded + result.requests.failed;
}

// Prints what went wrong; true when nothing did.
bool all_well(const load::BatchResult& result) {
  for (const load::UnexpectedAnswer& example : result.examples)
    fmt::print(stderr, "{}: {}\n", example.request, example.what);
  return result.requests.succeeded == result.requests.started && result.requests.succeeded > 0;
}

bool measure(const Options& options) {
  load::HttpEngine engine = make_engine(options);
  const Bytes before = resident();
  // The open model comes to its end by itself, after the last answer.
  const bool is_cut = options.seconds > 0 && options.rate == 0;
  const Seconds longest = is_cut ? Seconds(options.seconds) : kForEver;
  const load::BatchResult result = run(engine, order_for(options, options.iterations), longest);
  const double seconds = result.duration.count();
  fmt::print("requests {} of {}\n", answered(result), result.requests.started);
  fmt::print("dropped {}\n", result.dropped);
  fmt::print("seconds {:.3f}\n", seconds);
  fmt::print("requests_per_second {:.1f}\n", static_cast<double>(answered(result)) / seconds);
  fmt::print("bytes_per_second {:.0f}\n", static_cast<double>(result.body_bytes) / seconds);
  print_quantiles("service_time", result.service_time);
  print_quantiles("response_time", result.response_time);
  print_quantiles("lateness", result.lateness);
  fmt::print("waited_for_processor_ms {:.0f}\n", waited_for_processor().count() * 1e3);
  fmt::print("resident_kib {} {}\n", before.count / 1024, resident().count / 1024);
  return all_well(result);
}

bool soak(const Options& options) {
  load::HttpEngine engine = make_engine(options);
  Bytes first;
  for (int done = 0; done < options.soak;) {
    const int batch = std::min(done == 0 ? kSoakWarmup : kSoakBatch, options.soak - done);
    if (!all_well(run(engine, order_for(options, batch), kForEver))) return false;
    done += batch;
    const Bytes now = resident();
    fmt::print("resident_kib {} after {}\n", now.count / 1024, done);
    std::fflush(stdout);
    if (first.count == 0) first = now;
    if (done == options.soak) {
      fmt::print("grown_kib {}\n", (now - first).count / 1024);
      return now - first <= kSoakGrowth;
    }
  }
  return false;
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  tidemark::Options options;
  CLI::App app{"Drives one GET of 127.0.0.1 with Tidemark's load engine"};
  app.add_option("--port", options.port)->required();
  app.add_option("--path", options.path);
  app.add_option("--vus", options.vus, "virtual users; with --rate the most of them");
  app.add_option("--iterations", options.iterations);
  app.add_option("--seconds", options.seconds, "stop then, whatever is in flight");
  app.add_option("--rate", options.rate, "open model: so many a second");
  app.add_option("--soak", options.soak, "so many requests, and how resident memory grew");
  CLI11_PARSE(app, argc, argv);
  return (options.soak > 0 ? tidemark::soak(options) : tidemark::measure(options)) ? 0 : 1;
}
