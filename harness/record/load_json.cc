#include <map>
#include <string>

#include "harness/record/record_json.h"

namespace tidemark::record {
namespace {

Seconds seconds_from(const Json& json) {
  return Seconds(json.get<double>());
}

Json to_json(const LatencyHistogram& histogram) {
  Json buckets = Json::array();
  for (const auto& [index, count] : histogram.filled_buckets()) buckets.push_back({index, count});
  return {{"largest_seconds", histogram.largest().count()},
          {"total_seconds", histogram.total().count()},
          {"buckets", std::move(buckets)}};
}
LatencyHistogram histogram_from(const Json& json) {
  std::vector<LatencyHistogram::Bucket> buckets;
  for (const Json& bucket : json.at("buckets")) buckets.push_back({bucket.at(0), bucket.at(1)});
  return LatencyHistogram::restore(buckets, seconds_from(json.at("largest_seconds")),
                                   seconds_from(json.at("total_seconds")));
}

Json to_json(const LatencyQuantiles& quantiles) {
  return {{"p50", quantiles.p50.count()},
          {"p95", quantiles.p95.count()},
          {"p99", quantiles.p99.count()},
          {"max", quantiles.max.count()}};
}
LatencyQuantiles quantiles_from(const Json& json) {
  return {seconds_from(json.at("p50")), seconds_from(json.at("p95")), seconds_from(json.at("p99")),
          seconds_from(json.at("max"))};
}

Json to_json(const RequestSummary& request) {
  return {{"name", request.name},
          {"started", request.counts.started},
          {"succeeded", request.counts.succeeded},
          {"failed", request.counts.failed},
          {"errored", request.counts.errored},
          {"timed_out", request.counts.timed_out},
          {"service_time", to_json(request.service_time)},
          {"response_time", to_json(request.response_time)}};
}
RequestSummary request_from(const Json& json) {
  return {json.at("name"),
          {json.at("started"), json.at("succeeded"), json.at("failed"), json.at("errored"),
           json.at("timed_out")},
          histogram_from(json.at("service_time")),
          histogram_from(json.at("response_time"))};
}

}  // namespace

Json to_json(const Batch& batch) {
  Json json = {{"event", "batch"},
               {"phase", phase_name(batch.phase)},
               {"iterations", batch.iterations},
               {"failed_iterations", batch.failed_iterations},
               {"duration_seconds", batch.duration.count()},
               {"elapsed_seconds", batch.elapsed.count()},
               {"requests", batch.requests},
               {"succeeded", batch.succeeded},
               {"failed", batch.failed},
               {"errored", batch.errored},
               {"timed_out", batch.timed_out},
               {"dropped", batch.dropped},
               {"body_bytes", batch.body_bytes.count}};
  if (batch.response) json["response_seconds"] = to_json(*batch.response);
  return json;
}

Batch batch_from_json(const Json& json, Phase phase) {
  Batch batch;
  batch.phase = phase;
  batch.iterations = json.at("iterations");
  batch.failed_iterations = json.at("failed_iterations");
  batch.duration = seconds_from(json.at("duration_seconds"));
  batch.elapsed = Seconds(json.value("elapsed_seconds", 0.0));
  batch.requests = json.at("requests");
  batch.succeeded = json.at("succeeded");
  batch.failed = json.at("failed");
  batch.errored = json.at("errored");
  batch.timed_out = json.at("timed_out");
  batch.dropped = json.value("dropped", std::int64_t{0});
  batch.body_bytes = Bytes{json.value("body_bytes", std::int64_t{0})};
  if (json.contains("response_seconds"))
    batch.response = quantiles_from(json.at("response_seconds"));
  return batch;
}

Json to_json(const LatencySummary& latency) {
  Json json = {{"event", "latency"},
               {"service_time", to_json(latency.service_time)},
               {"response_time", to_json(latency.response_time)},
               {"iterations", to_json(latency.iterations)},
               {"lateness", to_json(latency.lateness)},
               {"by_request", Json::array()},
               {"errors", latency.errors}};
  for (const RequestSummary& request : latency.by_request)
    json["by_request"].push_back(to_json(request));
  return json;
}

LatencySummary latency_from_json(const Json& json) {
  LatencySummary latency;
  latency.iterations = histogram_from(json.at("iterations"));
  if (json.contains("requests")) {
    // Before there was an open model, a request was due when it was sent.
    latency.service_time = latency.response_time = histogram_from(json.at("requests"));
    return latency;
  }
  latency.service_time = histogram_from(json.at("service_time"));
  latency.response_time = histogram_from(json.at("response_time"));
  latency.lateness = histogram_from(json.at("lateness"));
  for (const Json& request : json.at("by_request"))
    latency.by_request.push_back(request_from(request));
  latency.errors = json.at("errors").get<std::map<std::string, std::int64_t>>();
  return latency;
}

}  // namespace tidemark::record
