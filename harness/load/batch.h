#pragma once

// What the load engine is asked to do, and what it has done. Value types.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/error.h"
#include "harness/base/latency_histogram.h"
#include "harness/base/units.h"

namespace tidemark::load {

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
  // How many may be under way at once: of an unpaced batch, and the most of a paced one.
  int vus = 1;
  int most_failures = INT32_MAX;  // failed iterations after which no new one is begun
  // Paced: by the load's rate or stages, from this load time on. Nothing: as fast as can be.
  std::optional<Seconds> load_time;
  // The one that all iterations take. Nothing: each its own, in proportion to the flows' weights.
  std::optional<std::size_t> flow = std::nullopt;
  // Called around each request with its name, on the engine's thread, which waits for it: for
  // measuring with one virtual user, when nothing else is in flight. Empty: nobody is called. What
  // could not be sent, or was dropped by an abort, has no `after`.
  std::function<void(const std::string& request)> before_request = {};
  std::function<void(const std::string& request)> after_request = {};
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
  Seconds load_time{0};       // of a paced batch: where the course of the load has come to
  bool load_is_over = false;  // its stages, its duration or its data have come to their end
  LatencyHistogram lateness;  // open model: from due to begun
  std::vector<UnexpectedAnswer> examples;  // the first few

  // Takes out what got no complete answer, for when that was the harness's own doing.
  void leave_out_errored();
};

}  // namespace tidemark::load
