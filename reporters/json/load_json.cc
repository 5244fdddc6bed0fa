#include "reporters/json/json_values.h"

namespace tidemark::reporters {
namespace {

using analysis::LoadPoint;
using analysis::LoadReport;
using analysis::RequestReport;
using analysis::TimesReport;

Json to_json(const std::optional<TimesReport>& times) {
  if (!times) return nullptr;
  return {{"p50", number(times->p50.count())}, {"p90", number(times->p90.count())},
          {"p95", number(times->p95.count())}, {"p99", number(times->p99.count())},
          {"max", number(times->max.count())}, {"mean", number(times->mean.count())}};
}

Json to_json(const record::RequestCounts& counts) {
  return {{"started", counts.started},     {"done", counts.succeeded + counts.failed},
          {"succeeded", counts.succeeded}, {"failed", counts.failed},
          {"errored", counts.errored},     {"timeout", counts.timed_out}};
}

Json to_json(const RequestReport& request) {
  return {{"name", request.name},
          {"counts", to_json(request.counts)},
          {"service_time_seconds", to_json(request.service_time)},
          {"response_time_seconds", to_json(request.response_time)}};
}

Json to_json(const LoadPoint& point) {
  Json latency = nullptr;
  if (point.times)
    latency = {{"p50", number(point.times->p50.count())},
               {"p95", number(point.times->p95.count())},
               {"max", number(point.times->max.count())}};
  return {{"elapsed_seconds", number(point.elapsed.count())},
          {"load_seconds", number(point.load.count())},
          {"requests", point.requests},
          {"failed", point.failed},
          {"throughput_per_second", number(point.throughput_per_second())},
          {"latency_seconds", std::move(latency)}};
}

}  // namespace

Json load_json(const LoadReport& load) {
  Json latency = to_json(load.response_time);
  if (!latency.is_null()) latency.erase("mean");
  Json counts = to_json(load.counts);
  counts["dropped"] = load.dropped;
  Json json = {{"total", load.counts.started},
               {"failed", load.not_as_expected()},
               {"errored", load.counts.errored},
               {"timed_out", load.counts.timed_out},
               {"throughput_per_second", number(load.throughput_per_second)},
               {"latency_seconds", std::move(latency)},
               {"load", load.words},
               {"model", load.model == plan::LoadModel::kOpen ? "open" : "closed"},
               {"counts", std::move(counts)},
               {"errors", load.errors},
               {"body_bytes", load.body_bytes.count},
               {"service_time_seconds", to_json(load.service_time)},
               {"response_time_seconds", to_json(load.response_time)},
               {"lateness_seconds", to_json(load.lateness)},
               {"by_request", Json::array()},
               {"over_time", Json::array()}};
  for (const RequestReport& request : load.by_request)
    json["by_request"].push_back(to_json(request));
  for (const LoadPoint& point : load.over_time) json["over_time"].push_back(to_json(point));
  return json;
}

}  // namespace tidemark::reporters
