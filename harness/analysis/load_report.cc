#include "harness/analysis/load_report.h"

#include <algorithm>

namespace tidemark::analysis {
namespace {

using record::Batch;
using record::Phase;
using record::Record;

std::optional<TimesReport> times_of(const LatencyHistogram& times) {
  if (times.count() == 0) return std::nullopt;
  return TimesReport{times.quantile(0.5),  times.quantile(0.9), times.quantile(0.95),
                     times.quantile(0.99), times.largest(),     times.mean()};
}

bool is_on_the_time_axis(const Batch& batch) {
  return batch.phase == Phase::kGrowth && batch.requests > 0 && batch.elapsed.count() > 0;
}

LoadPoint point_of(const Batch& batch) {
  LoadPoint point{batch.elapsed, batch.duration, batch.requests, batch.requests - batch.succeeded,
                  std::nullopt};
  if (batch.response)
    point.times = LoadPoint::Times{batch.response->p50, batch.response->p95, batch.response->max};
  return point;
}

void merge(LoadPoint& point, const LoadPoint& next) {
  if (!point.times) {
    point.times = next.times;
  } else if (next.times) {
    const auto before = static_cast<double>(point.requests);
    const auto added = static_cast<double>(next.requests);
    point.times->p50 =
        (point.times->p50 * before + next.times->p50 * added) / std::max(before + added, 1.0);
    point.times->p95 = std::max(point.times->p95, next.times->p95);
    point.times->max = std::max(point.times->max, next.times->max);
  }
  point.elapsed = next.elapsed;
  point.load += next.load;
  point.requests += next.requests;
  point.failed += next.failed;
}

}  // namespace

std::vector<LoadPoint> load_over_time(const std::vector<Batch>& batches) {
  // Sums of equal durations are equal up to rounding only.
  constexpr double kRounding = 0.999;
  constexpr std::size_t kShortestBatch = 2;  // times that fit into an average one, to stand alone
  Seconds all{0};
  std::size_t count = 0;
  for (const Batch& batch : batches) {
    if (!is_on_the_time_axis(batch)) continue;
    all += batch.duration;
    ++count;
  }
  if (all.count() <= 0) return {};
  const Seconds least =
      all * kRounding / static_cast<double>(std::min(kMostLoadPoints, kShortestBatch * count));
  std::vector<LoadPoint> points;
  for (const Batch& batch : batches) {
    if (!is_on_the_time_axis(batch)) continue;
    if (points.empty() || points.back().load >= least)
      points.push_back(point_of(batch));
    else
      merge(points.back(), point_of(batch));
  }
  // What is left at the end is no stretch of its own.
  if (points.size() > 1 && points.back().load < least) {
    merge(points[points.size() - 2], points.back());
    points.pop_back();
  }
  return points;
}

LoadReport load_report(const Record& record) {
  LoadReport report;
  report.words = record.header.load;
  report.model = record.header.model;
  report.vus = record.header.vus;
  Seconds under_load{0};
  std::int64_t load_requests = 0;
  for (const Batch& batch : record.batches) {
    if (batch.phase == Phase::kDiagnosis) continue;
    report.counts.started += batch.requests;
    report.counts.succeeded += batch.succeeded;
    report.counts.failed += batch.failed;
    report.counts.errored += batch.errored;
    report.counts.timed_out += batch.timed_out;
    report.dropped += batch.dropped;
    report.body_bytes += batch.body_bytes;
    if (batch.phase != Phase::kGrowth) continue;
    under_load += batch.duration;
    load_requests += batch.requests;
  }
  if (under_load.count() > 0)
    report.throughput_per_second = static_cast<double>(load_requests) / under_load.count();
  report.errors = record.latency.errors;
  report.service_time = times_of(record.latency.service_time);
  report.response_time = times_of(record.latency.response_time);
  if (report.model == plan::LoadModel::kOpen) report.lateness = times_of(record.latency.lateness);
  for (const record::RequestSummary& request : record.latency.by_request)
    report.by_request.push_back({request.name, request.counts, times_of(request.service_time),
                                 times_of(request.response_time)});
  report.over_time = load_over_time(record.batches);
  return report;
}

}  // namespace tidemark::analysis
