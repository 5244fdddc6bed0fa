#include "harness/run/recorder.h"

#include <fmt/format.h>
#include <algorithm>
#include <string_view>

#include <utility>
#include <variant>

#include "harness/base/text.h"

namespace tidemark::run {
namespace {

constexpr std::size_t kMostUnexpectedAnswers = 20;
constexpr std::size_t kLongestWhat = 600;  // bytes; a header in it may have many more
constexpr std::size_t kMostErrorNames = 50;
constexpr std::size_t kAgentsLongestText = 300;     // characters (agents/PROTOCOL.md)
constexpr std::string_view kOtherErrors = "other";  // what comes after them

template <class Redact>
void redact_sites(std::vector<record::TraceSite>& sites, Redact redact) {
  for (record::TraceSite& site : sites) {
    redact(site.type);
    const auto redact_frame = [&](record::TraceFrame& frame) {
      for (std::string* text : {&frame.file, &frame.function, &frame.source}) redact(*text);
      for (std::string& line : frame.context) redact(line);
    };
    std::for_each(site.frames.begin(), site.frames.end(), redact_frame);
    if (site.headline) redact_frame(*site.headline);
  }
}

template <class Redact>
void redact_diagnosis(record::ProcessDiagnosis& process, Redact redact) {
  redact(process.gap);
  redact_sites(process.sites, redact);
  for (record::Holder& holder : process.holders) {
    redact(holder.name);
    redact(holder.type);
    for (std::string& step : holder.path) redact(step);
  }
  for (record::TypeGrowth& growth : process.types) {
    redact(growth.type);
    for (std::string& step : growth.path) redact(step);
  }
}

void redact_texts(record::Event& event, const plan::Placeholders& secrets) {
  const auto redact = [&](std::string& text) { text = secrets.redact(std::move(text)); };
  if (auto* seen = std::get_if<record::ProcessSeen>(&event)) redact(seen->command);
  if (auto* remark = std::get_if<record::Remark>(&event)) redact(remark->detail);
  if (auto* end = std::get_if<record::End>(&event)) redact(end->message);
  if (auto* checkpoint = std::get_if<record::Checkpoint>(&event))
    for (record::Reading& reading : checkpoint->readings) redact(reading.gap);
  // An agent cuts long texts, maybe within a secret.
  const auto redact_traced = [&](std::string& text) {
    text = text.size() < kAgentsLongestText ? secrets.redact(std::move(text))
                                            : secrets.redact_cut(std::move(text));
  };
  if (auto* diagnosis = std::get_if<record::Diagnosis>(&event)) {
    redact(diagnosis->gap);
    for (record::ProcessDiagnosis& process : diagnosis->processes)
      redact_diagnosis(process, redact_traced);
  }
  if (auto* peak = std::get_if<record::PeakDiagnosis>(&event))
    redact_sites(peak->sites, redact_traced);
  if (auto* answer = std::get_if<record::UnexpectedAnswer>(&event)) {
    redact(answer->what);
    answer->body = secrets.redact_cut(std::move(answer->body));
  }
}

// What a capture looked for is best understood beside what was there.
void show_body(record::UnexpectedAnswer& answer) {
  if (answer.what.starts_with("capture "))
    answer.what += fmt::format("; the body begins with '{}'", printable_line(answer.body, 200));
}

std::optional<record::LatencyQuantiles> quantiles_of(const LatencyHistogram& times) {
  if (times.count() == 0) return std::nullopt;
  return record::LatencyQuantiles{times.quantile(0.5), times.quantile(0.95), times.quantile(0.99),
                                  times.largest()};
}

// The row of that name, made where there is none: flows have few requests and share some of them.
record::RequestSummary& row_of(std::vector<record::RequestSummary>& rows, const std::string& name) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const record::RequestSummary& row) {
    return row.name == name;
  });
  if (found != rows.end()) return *found;
  rows.emplace_back().name = name;
  return rows.back();
}

void add_counts(record::RequestCounts& sum, const load::RequestCounts& more) {
  sum.started += more.started;
  sum.succeeded += more.succeeded;
  sum.failed += more.failed;
  sum.errored += more.errored;
  sum.timed_out += more.timed_out;
}

// Counts and errors of every phase that is judged; times of the growth phase, in which the load is
// the scenario's.
void add_to_summary(record::Phase phase, const load::BatchResult& result,
                    record::LatencySummary& summary) {
  const bool in_growth = phase == record::Phase::kGrowth;
  for (const auto& [name, count] : result.errors) {
    const bool has_room = summary.errors.size() < kMostErrorNames || summary.errors.contains(name);
    summary.errors[has_room ? name : std::string(kOtherErrors)] += count;
  }
  for (const load::RequestStatistics& request : result.by_request) {
    record::RequestSummary& row = row_of(summary.by_request, request.name);
    add_counts(row.counts, request.counts);
    if (!in_growth) continue;
    row.service_time.merge(request.service_time);
    row.response_time.merge(request.response_time);
  }
  if (!in_growth) return;
  summary.service_time.merge(result.service_time);
  summary.response_time.merge(result.response_time);
  summary.iterations.merge(result.iteration_duration);
  summary.lateness.merge(result.lateness);
}

}  // namespace

Result<Recorder> Recorder::create(const std::filesystem::path& folder, record::Header header,
                                  plan::Placeholders secrets) {
  auto writer = record::RecordWriter::create(folder, header);
  if (!writer) return tl::unexpected(writer.error());
  return Recorder(std::move(*writer), std::move(header), std::move(secrets));
}

void Recorder::add(record::Event event) {
  if (secrets_.has_secrets()) redact_texts(event, secrets_);
  if (auto* answer = std::get_if<record::UnexpectedAnswer>(&event))
    answer->what = printable_line(answer->what, kLongestWhat);
  if (auto* answer = std::get_if<record::UnexpectedAnswer>(&event)) show_body(*answer);
  if (auto written = writer_.write(event); !written && !write_error_)
    write_error_ = written.error();
  record::append(record_, std::move(event));
}

void Recorder::add_batch(record::Phase phase, const load::BatchResult& result, Seconds elapsed) {
  iterations_ += result.iterations;
  const bool is_judged = phase != record::Phase::kDiagnosis;
  for (const load::UnexpectedAnswer& answer : result.examples)
    if (is_judged && record_.unexpected_answers.size() < kMostUnexpectedAnswers)
      add(record::UnexpectedAnswer{iterations_, answer.request, answer.what, answer.body});
  const load::RequestCounts& requests = result.requests;
  record::Batch batch{phase,
                      result.iterations,
                      result.failed_iterations,
                      result.duration,
                      requests.started,
                      requests.succeeded,
                      requests.failed,
                      requests.errored,
                      requests.timed_out,
                      elapsed,
                      result.dropped,
                      {},
                      quantiles_of(result.response_time)};
  batch.body_bytes = Bytes{static_cast<std::int64_t>(result.body_bytes)};
  add(std::move(batch));
  if (is_judged) add_to_summary(phase, result, record_.latency);
}

}  // namespace tidemark::run
