#pragma once

// Writes each fact to the disk and adds it to the record in memory, by which the run decides when
// to stop. One thread at a time (see Session).

#include <filesystem>
#include <optional>
#include <string>

#include "harness/load/batch.h"
#include "harness/plan/placeholders.h"
#include "harness/record/record.h"
#include "harness/record/record_file.h"

namespace tidemark::run {

class Recorder {
 public:
  static Result<Recorder> create(const std::filesystem::path& folder, record::Header header,
                                 plan::Placeholders secrets);

  // Secrets in texts are replaced on the way. A disk that is full is noted once, not fatal: what is
  // in memory still gives a verdict.
  void add(record::Event event);

  std::string redact(std::string text) const { return secrets_.redact(std::move(text)); }

  // A batch that was over so long after the launch: counts, unexpected answers, latencies. However
  // many there are, of latencies and errors only sums are kept.
  void add_batch(record::Phase phase, const load::BatchResult& result, Seconds elapsed);

  const record::Record& record() const { return record_; }
  record::Record take() { return std::move(record_); }
  std::int64_t iterations() const { return iterations_; }

  // The first error in writing the record, if any.
  const std::optional<Error>& write_error() const { return write_error_; }

 private:
  Recorder(record::RecordWriter writer, record::Header header, plan::Placeholders secrets)
      : writer_(std::move(writer)), secrets_(std::move(secrets)) {
    record_.header = std::move(header);
  }

  record::RecordWriter writer_;
  plan::Placeholders secrets_;
  record::Record record_;
  std::int64_t iterations_ = 0;
  std::optional<Error> write_error_;
};

}  // namespace tidemark::run
