#pragma once

// Scenarios in a line or two, and an engine that drives them at a test's server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "harness/load/http_engine.h"
#include "tests/unit/load/scripted_server.h"

namespace tidemark::load {

// For the messages of tests that fail.
inline void PrintTo(const RequestCounts& counts, std::ostream* out) {
  *out << counts.started << " started: " << counts.succeeded << " succeeded, " << counts.failed
       << " failed, " << counts.errored << " errored, " << counts.timed_out << " timed out";
}

using Errors = std::map<std::string, std::int64_t>;

inline plan::Template text(std::string_view written) {
  return *plan::parse_template(written);
}

inline plan::Request request(const std::string& method, const std::string& path) {
  plan::Request request;
  request.name = method + " " + path;
  request.method = method;
  request.path = text(path);
  request.timeout.total = Seconds(10);
  return request;
}
inline plan::Request get(const std::string& path) {
  return request("GET", path);
}
inline plan::Request post(const std::string& path, plan::Body body = {}) {
  plan::Request post = request("POST", path);
  post.body = std::move(body);
  return post;
}
// A GET whose answer's header of that name is captured as {{NAME}}.
inline plan::Request get_and_capture(const std::string& path, const std::string& name) {
  plan::Request request = get(path);
  request.captures = {{name, plan::Capture::From::kHeader, name, {}}};
  return request;
}

inline plan::Scenario scenario_of(std::vector<plan::Step> steps) {
  plan::Scenario scenario;
  scenario.file = "tests/scenario.yaml";
  scenario.flows.push_back({{}, 1, std::move(steps)});
  return scenario;
}

inline Workload workload(const plan::Scenario& scenario, int port,
                         const plan::Placeholders& placeholders = {}) {
  auto workload = fill_workload(scenario, port, placeholders);
  EXPECT_TRUE(workload) << workload.error().message;
  return std::move(*workload);
}

inline BatchOrder iterations(int count, int vus = 1) {
  BatchOrder order;
  order.iterations = count;
  order.vus = vus;
  return order;
}
// Paced by the scenario's load, from its beginning.
inline BatchOrder paced(int count, int vus = 100, Seconds load_time = Seconds(0)) {
  BatchOrder order = iterations(count, vus);
  order.load_time = load_time;
  return order;
}

// What must be true of every batch, however the server behaves.
inline void expect_counts_add_up(const BatchResult& result) {
  const RequestCounts& all = result.requests;
  EXPECT_EQ(all.started, all.succeeded + all.failed + all.errored + all.timed_out);
  RequestCounts sum;
  std::int64_t errors = 0;
  for (const RequestStatistics& request : result.by_request) {
    sum.started += request.counts.started;
    sum.succeeded += request.counts.succeeded;
    sum.failed += request.counts.failed;
    sum.errored += request.counts.errored;
    sum.timed_out += request.counts.timed_out;
    EXPECT_EQ(request.service_time.count(),
              static_cast<std::uint64_t>(request.counts.succeeded + request.counts.failed));
  }
  EXPECT_EQ(sum, all);
  for (const auto& [name, count] : result.errors) errors += count;
  EXPECT_EQ(errors, all.errored + all.timed_out);
  EXPECT_EQ(result.iteration_duration.count(),
            static_cast<std::uint64_t>(result.iterations - result.failed_iterations));
}

inline BatchResult drive(HttpEngine& engine, const BatchOrder& order) {
  engine.start(order);
  EXPECT_TRUE(wait_readable(engine.done_fd(), Seconds(30))) << "the batch does not end";
  BatchResult result = engine.take();
  expect_counts_add_up(result);
  return result;
}

// One batch on an engine of its own.
inline BatchResult drive(const plan::Scenario& scenario, int port,
                         const BatchOrder& order = iterations(1)) {
  HttpEngine engine(workload(scenario, port));
  return drive(engine, order);
}

// The first unexpected answer, in words; "" if there is none.
inline std::string first_problem(const BatchResult& result) {
  return result.examples.empty() ? std::string() : result.examples.front().what;
}

}  // namespace tidemark::load
