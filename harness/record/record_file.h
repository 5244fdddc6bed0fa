#pragma once

// A record on disk: one JSON object a line, written as the run goes on and only ever appended to,
// so that whatever happens to Tidemark, what was measured is there. The format is in README.md.

#include <filesystem>
#include <string>

#include "harness/base/error.h"
#include "harness/base/file.h"
#include "harness/record/record.h"

namespace tidemark::record {

inline constexpr char kRecordFile[] = "record.jsonl";

// One thread. Each event is on disk (in the kernel's hands) when write() returns.
class RecordWriter {
 public:
  // Begins a new record in `folder`; an older one there is replaced.
  static Result<RecordWriter> create(const std::filesystem::path& folder, const Header& header);

  // After an error nothing more is written: what is on disk ends with a whole line.
  Result<void> write(const Event& event);

 private:
  explicit RecordWriter(FileDescriptor file) : file_(std::move(file)) {}
  Result<void> write_line(std::string line);

  FileDescriptor file_;
  off_t size_ = 0;  // bytes of whole lines
  std::optional<Error> broken_;
};

// Reads the record in `folder`. A last line that was cut off in writing is left out; any other
// broken line is an Error with its number.
Result<Record> read_record(const std::filesystem::path& folder);

// The same, of a file with any name.
Result<Record> read_record_file(const std::filesystem::path& path);

}  // namespace tidemark::record
