#include "harness/run/recorder.h"

#include <utility>
#include <variant>

namespace tidemark::run {
namespace {

constexpr std::size_t kMostUnexpectedAnswers = 20;

}  // namespace

Result<Recorder> Recorder::create(const std::filesystem::path& folder, record::Header header,
                                  plan::Placeholders secrets) {
  auto writer = record::RecordWriter::create(folder, header);
  if (!writer) return tl::unexpected(writer.error());
  return Recorder(std::move(*writer), std::move(header), std::move(secrets));
}

void Recorder::add(record::Event event) {
  if (auto* seen = std::get_if<record::ProcessSeen>(&event))
    seen->command = secrets_.redact(std::move(seen->command));
  if (auto* answer = std::get_if<record::UnexpectedAnswer>(&event))
    answer->body = secrets_.redact(std::move(answer->body));
  if (auto* end = std::get_if<record::End>(&event))
    end->message = secrets_.redact(std::move(end->message));
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
  record_.latency.requests.merge(result.request_latency);
  record_.latency.iterations.merge(result.iteration_duration);
}

}  // namespace tidemark::run
