#pragma once

// What the load driver did and how the target answered, as figures. Value types and a pure
// function. Times are of the growth phase, in which the load is the scenario's; counts and errors
// are of all phases. Request names are the author's and are in it as they came.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/units.h"
#include "harness/plan/load.h"
#include "harness/record/record.h"

namespace tidemark::analysis {

// A distribution of times; there is none without a single one.
struct TimesReport {
  Seconds p50{0}, p90{0}, p95{0}, p99{0}, max{0}, mean{0};

  friend bool operator==(const TimesReport&, const TimesReport&) = default;
};

struct RequestReport {
  std::string name;
  record::RequestCounts counts;
  std::optional<TimesReport> service_time;
  std::optional<TimesReport> response_time;
};

// A stretch of the growth phase: one batch, or neighbours together.
struct LoadPoint {
  Seconds elapsed{0};  // since the launch, when it was over
  Seconds load{0};     // time under load in it, pauses left out
  std::int64_t requests = 0;
  std::int64_t failed = 0;  // not answered as expected, for whatever reason
  // Response times; nothing where there was no complete answer. Of neighbours together: the mean of
  // their medians, weighted by requests, the larger p95 and the larger maximum.
  struct Times {
    Seconds p50{0}, p95{0}, max{0};

    friend bool operator==(const Times&, const Times&) = default;
  };
  std::optional<Times> times;

  double throughput_per_second() const {
    return load.count() > 0 ? static_cast<double>(requests) / load.count() : 0;
  }

  friend bool operator==(const LoadPoint&, const LoadPoint&) = default;
};

struct LoadReport {
  std::string words;  // "50/s, at most 100 virtual users"; empty in older records
  plan::LoadModel model = plan::LoadModel::kClosed;
  int vus = 1;  // iterations that may be under way at once
  record::RequestCounts counts;
  std::int64_t dropped = 0;  // iterations that were due and never begun
  Bytes body_bytes{0};
  std::map<std::string, std::int64_t> errors;  // no complete answer, by why
  double throughput_per_second = 0;            // of requests, while load was on
  std::optional<TimesReport> service_time;     // from the moment a request was sent
  std::optional<TimesReport> response_time;    // from the moment it was due
  std::optional<TimesReport> lateness;         // open model: of iterations, from due to begun
  std::vector<RequestReport> by_request;
  std::vector<LoadPoint> over_time;

  // Complete answers, as expected or not.
  std::int64_t done() const { return counts.succeeded + counts.failed; }
  // For whatever reason.
  std::int64_t not_as_expected() const { return counts.started - counts.succeeded; }
};

LoadReport load_report(const record::Record& record);

inline constexpr std::size_t kMostLoadPoints = 120;

// The growth phase's batches, neighbours together until each point holds at least its share of the
// time under load, and half of what a batch takes on average: one of two iterations alone says
// little about what a hundred virtual users do. Empty for records that do not say when their
// batches were.
std::vector<LoadPoint> load_over_time(const std::vector<record::Batch>& batches);

}  // namespace tidemark::analysis
