#pragma once

// What the load engine is asked to do, and what it has done. Value types.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/error.h"
#include "harness/base/latency_histogram.h"
#include "harness/base/units.h"
#include "harness/plan/placeholders.h"
#include "harness/plan/plan.h"

namespace tidemark::load {

// A request with every placeholder filled in: it may hold secrets.
struct HttpRequest {
  std::string name;
  std::string method;
  std::string url;
  std::vector<std::string> headers;  // "Name: value"
  std::optional<std::string> body;
  Seconds timeout{30};
  plan::Expectation expect;
};

using Flow = std::vector<HttpRequest>;

// The flow of a scenario against 127.0.0.1:port.
Result<Flow> fill_flow(const plan::Flow& flow, int port, const plan::Placeholders& placeholders);

// Every started request ends as exactly one of the four others.
struct RequestCounts {
  std::int64_t started = 0;
  std::int64_t succeeded = 0;  // answered as expected
  std::int64_t failed = 0;     // answered, but not as expected
  std::int64_t errored = 0;    // no complete answer
  std::int64_t timed_out = 0;

  friend bool operator==(const RequestCounts&, const RequestCounts&) = default;
};

// One request of the flows, over all iterations. Service time runs from the moment it was sent,
// response time from the moment it was due; they differ in the open model only, where the first
// request of an iteration is due when the iteration is. Only complete answers are in them.
struct RequestStatistics {
  std::string name;
  RequestCounts counts;
  LatencyHistogram service_time;
  LatencyHistogram response_time;
};

// One answer that was not as expected: enough to understand it.
struct UnexpectedAnswer {
  std::string request;
  std::string what;
  std::string body;  // its first 200 bytes, as received
  bool errored = false;
};

struct BatchOrder {
  int iterations = 1;
  int vus = 1;                    // how many iterations may be under way at once
  int most_failures = INT32_MAX;  // failed iterations after which no new one is begun
};

struct BatchResult {
  int iterations = 0;         // finished, well or not
  int failed_iterations = 0;  // with at least one unexpected answer
  std::int64_t dropped = 0;   // iterations that were due and never begun: no virtual user was free
  Seconds duration{0};        // from the first request to the last answer
  RequestCounts requests;     // of all
  std::map<std::string, std::int64_t> errors;  // why requests errored or timed out, by name
  std::uint64_t body_bytes = 0;
  std::vector<RequestStatistics> by_request;  // in the order of the flows
  LatencyHistogram service_time;              // of all complete answers
  LatencyHistogram response_time;
  // Of the iterations that went well, from the moment each was due, without think times.
  LatencyHistogram iteration_duration;
  LatencyHistogram lateness;               // open model: from due to begun
  std::vector<UnexpectedAnswer> examples;  // the first few

  // Takes out what got no complete answer, for when that was the harness's own doing.
  void leave_out_errored();
};

}  // namespace tidemark::load
