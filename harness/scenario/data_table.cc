#include "harness/scenario/data_table.h"

#include <csv.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "harness/base/file.h"
#include "harness/base/json.h"

namespace tidemark::scenario {
namespace {

constexpr std::size_t kLargestFile = 64 << 20;
constexpr std::size_t kMostMistakes = 20;  // of one file: the rest are of the same kind

// One file on its way into a table.
class Builder {
 public:
  Builder(const std::string& name, Diagnostics& diagnostics)
      : name_(name), diagnostics_(diagnostics) {}

  void report(int line, std::string message, std::string suggestion = {}) {
    if (++mistakes_ <= kMostMistakes)
      diagnostics_.push_back({{name_, line, 1}, std::move(message), std::move(suggestion)});
  }

  void set_columns(int line, std::vector<std::string> columns) {
    std::set<std::string> seen;
    for (const std::string& column : columns) {
      if (column.empty()) report(line, "a column has no name");
      if (!seen.insert(column).second)
        report(line, fmt::format("the column '{}' stands here twice", column));
    }
    table_.columns = std::move(columns);
    has_columns_ = true;
  }

  void add_row(int line, std::vector<std::string> row) {
    if (row.size() != table_.columns.size())
      report(line, fmt::format("{} values where the first line names {} columns", row.size(),
                               table_.columns.size()));
    else
      table_.rows.push_back(std::move(row));
  }

  bool has_columns() const { return has_columns_; }
  const std::vector<std::string>& columns() const { return table_.columns; }

  std::optional<DataTable> finish() {
    if (mistakes_ == 0 && table_.rows.empty())
      report(1, "the data has no rows",
             "write the names of the columns into the first line, and values below");
    if (mistakes_ > 0) return std::nullopt;
    return std::move(table_);
  }

 private:
  const std::string& name_;
  Diagnostics& diagnostics_;
  DataTable table_;
  bool has_columns_ = false;
  std::size_t mistakes_ = 0;
};

struct CsvReading {
  Builder& builder;
  std::vector<std::string> row;
  int row_line = 1;     // where it began
  bool in_row = false;  // a quoted value may go over several lines
};

void end_field(void* data, std::size_t size, void* self) {
  static_cast<CsvReading*>(self)->row.emplace_back(data ? static_cast<const char*>(data) : "",
                                                   size);
}

void end_row(int, void* self) {
  auto& reading = *static_cast<CsvReading*>(self);
  std::vector<std::string> row = std::move(reading.row);
  reading.row.clear();
  reading.in_row = false;
  if (reading.builder.has_columns())
    reading.builder.add_row(reading.row_line, std::move(row));
  else
    reading.builder.set_columns(reading.row_line, std::move(row));
}

void parse_csv(const std::string& text, Builder& builder) {
  CsvReading reading{builder, {}};
  csv_parser parser;
  csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI);
  // Spaces are part of a value (RFC 4180).
  csv_set_space_func(&parser, [](unsigned char) { return 0; });
  // Line by line: the library does not say where a row stands.
  int line = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    ++line;
    if (!reading.in_row) reading.row_line = line;
    // The library passes over blank lines between rows without a word.
    const std::string_view one(text.data() + begin, end - begin);
    reading.in_row = reading.in_row || one.find_first_not_of(" \t\r\n") != std::string_view::npos;
    if (csv_parse(&parser, text.data() + begin, end - begin, end_field, end_row, &reading) !=
        end - begin) {
      builder.report(line, "a quote stands where none may be",
                     "a value with quotes is quoted itself, and each of its quotes doubled");
      csv_free(&parser);
      return;
    }
    begin = end;
  }
  if (csv_fini(&parser, end_field, end_row, &reading) != 0)
    builder.report(reading.row_line, "a quoted value does not end");
  csv_free(&parser);
}

std::optional<std::string> scalar_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return std::string();
  if (value.is_primitive()) return json_text(value);
  return std::nullopt;
}

void add_json_line(const Json& object, int line, Builder& builder) {
  if (!object.is_object())
    return builder.report(line, "each line is a JSON object, such as {\"id\": 1}");
  if (!builder.has_columns()) {
    std::vector<std::string> columns;
    for (const auto& [key, value] : object.items()) columns.push_back(key);
    builder.set_columns(line, std::move(columns));
  }
  std::vector<std::string> row;
  for (const std::string& column : builder.columns()) {
    const auto found = object.find(column);
    if (found == object.end())
      return builder.report(line, fmt::format("'{}' is missing, which the first line has", column));
    auto text = scalar_text(*found);
    if (!text) return builder.report(line, fmt::format("'{}' must be a single value", column));
    row.push_back(std::move(*text));
  }
  if (object.size() != builder.columns().size())
    return builder.report(line, "has keys that the first line has not");
  builder.add_row(line, std::move(row));
}

void parse_json_lines(const std::string& text, Builder& builder) {
  int line = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view one(text.data() + begin, end - begin);
    begin = end + 1;
    ++line;
    if (one.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const auto read = read_json(one, [&](const Json& object) {
      add_json_line(object, line, builder);
      return true;
    });
    if (!read) builder.report(line, "this is no JSON: " + read.error().message);
  }
}

bool is_json_lines(const std::string& name) {
  return name.ends_with(".jsonl") || name.ends_with(".ndjson");
}

}  // namespace

std::optional<DataTable> parse_data_table(const std::string& text, const std::string& name,
                                          Diagnostics& diagnostics) {
  Builder builder(name, diagnostics);
  if (text.find('\0') != std::string::npos) {
    builder.report(1, "this is no text: it has a zero byte");
    return builder.finish();
  }
  if (is_json_lines(name))
    parse_json_lines(text, builder);
  else
    parse_csv(text, builder);
  return builder.finish();
}

std::optional<DataTable> read_data_table(const std::filesystem::path& file,
                                         const SourcePosition& place, Diagnostics& diagnostics) {
  auto text = read_file(file, kLargestFile);
  if (!text) {
    diagnostics.push_back({place, text.error().message, {}});
    return std::nullopt;
  }
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text->starts_with(kByteOrderMark)) text->erase(0, kByteOrderMark.size());
  return parse_data_table(*text, file.string(), diagnostics);
}

}  // namespace tidemark::scenario
