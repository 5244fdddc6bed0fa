#include "harness/record/record_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "harness/record/record_json.h"

namespace tidemark::record {
namespace {

std::string to_line(const Json& json) {
  return json_text(json) + "\n";
}

}  // namespace

Result<RecordWriter> RecordWriter::create(const std::filesystem::path& folder,
                                          const Header& header) {
  if (auto made = make_folders(folder); !made) return tl::unexpected(made.error());
  const std::filesystem::path path = folder / kRecordFile;
  FileDescriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666));
  if (!file.open())
    return failure(fmt::format("cannot write {}: {}", path.string(), errno_text(errno)));
  RecordWriter writer(std::move(file));
  if (auto written = writer.write_line(to_line(header_to_json(header))); !written)
    return tl::unexpected(written.error());
  return writer;
}

Result<void> RecordWriter::write(const Event& event) {
  return write_line(to_line(event_to_json(event)));
}

Result<void> RecordWriter::write_line(std::string line) {
  if (broken_) return tl::unexpected(*broken_);
  if (auto written = write_all(file_.get(), line); !written) {
    (void)::ftruncate(file_.get(), size_);
    broken_ = with_context("cannot write the record", written.error());
    return tl::unexpected(*broken_);
  }
  size_ += static_cast<off_t>(line.size());
  return {};
}

Result<Record> read_record(const std::filesystem::path& folder) {
  return read_record_file(folder / kRecordFile);
}

Result<Record> read_record_file(const std::filesystem::path& path) {
  const Result<std::string> text = read_file(path, std::size_t{4} << 30);
  if (!text) return tl::unexpected(text.error());
  Record record;
  std::string_view rest = *text;
  for (int line = 1; !rest.empty(); ++line) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) break;  // cut off in writing
    const auto read = read_json(rest.substr(0, end), [&](const Json& json) {
      if (line == 1)
        record.header = header_from_json(json);
      else
        append(record, event_from_json(json));
      return true;
    });
    if (!read)
      return failure(fmt::format("this line of the record is broken: {}", read.error().message),
                     {path.string(), line, 1});
    rest.remove_prefix(end + 1);
  }
  if (record.header.scenario.empty())
    return failure(fmt::format("{} holds no record", path.string()));
  return record;
}

}  // namespace tidemark::record
