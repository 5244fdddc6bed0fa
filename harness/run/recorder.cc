#include "harness/run/recorder.h"

#include <utility>
#include <variant>

#include "harness/base/text.h"

namespace tidemark::run {
namespace {

constexpr std::size_t kMostUnexpectedAnswers = 20;
constexpr std::size_t kLongestWhat = 300;  // bytes; a header in it may have many more

void redact_texts(record::Event& event, const plan::Placeholders& secrets) {
  const auto redact = [&](std::string& text) { text = secrets.redact(std::move(text)); };
  if (auto* seen = std::get_if<record::ProcessSeen>(&event)) redact(seen->command);
  if (auto* remark = std::get_if<record::Remark>(&event)) redact(remark->detail);
  if (auto* end = std::get_if<record::End>(&event)) redact(end->message);
  if (auto* checkpoint = std::get_if<record::Checkpoint>(&event))
    for (record::Reading& reading : checkpoint->readings) redact(reading.gap);
  if (auto* answer = std::get_if<record::UnexpectedAnswer>(&event)) {
    redact(answer->what);
    answer->body = secrets.redact_cut(std::move(answer->body));
  }
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
  if (auto written = writer_.write(event); !written && !write_error_)
    write_error_ = written.error();
  record::append(record_, std::move(event));
}

void Recorder::add_batch(record::Phase phase, const load::BatchResult& result) {
  iterations_ += result.iterations;
  for (const load::UnexpectedAnswer& answer : result.examples)
    if (record_.unexpected_answers.size() < kMostUnexpectedAnswers)
      add(record::UnexpectedAnswer{iterations_, answer.request, answer.what, answer.body});
  const load::RequestCounts& requests = result.requests;
  add(record::Batch{phase, result.iterations, result.failed_iterations, result.duration,
                    requests.started, requests.succeeded, requests.failed, requests.errored,
                    requests.timed_out});
  if (phase != record::Phase::kGrowth) return;
  record_.latency.requests.merge(result.response_time);
  record_.latency.iterations.merge(result.iteration_duration);
}

}  // namespace tidemark::run
