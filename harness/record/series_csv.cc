#include "harness/record/series_csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "harness/base/file.h"
#include "harness/base/text.h"

namespace tidemark::record {
namespace {

constexpr std::size_t kMostMistakes = 20;
constexpr std::size_t kFewestRows = 3;
constexpr double kMostBytes = 0x1p63;
constexpr std::size_t kLargestFile = std::size_t{4} << 30;

struct Cell {
  std::string_view text;  // without spaces and quotes around it
  int column = 0;         // of its first character in the line, from 1
};

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// Where the cell that begins at `begin` ends: at a comma, but not at one between quotes.
std::size_t end_of_cell(std::string_view line, std::size_t begin) {
  const std::size_t first = line.find_first_not_of(" \t", begin);
  std::size_t from = begin;
  if (first != std::string_view::npos && line[first] == '"')
    from = std::min(line.find('"', first + 1), line.size());
  return std::min(line.find(',', from), line.size());
}

void split(std::string_view line, std::vector<Cell>& cells) {
  cells.clear();
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = end_of_cell(line, begin);
    std::string_view text = trimmed(line.substr(begin, end - begin));
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
      text = text.substr(1, text.size() - 2);
    cells.push_back({text, static_cast<int>(begin) + 1});
    if (end == line.size()) return;
    begin = end + 1;
  }
}

template <class Number>
std::optional<Number> number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string quoted(std::string_view text) {
  return "'" + printable_line(text, 40) + "'";
}

class Reader {
 public:
  explicit Reader(std::string file) : file_(std::move(file)) {}

  void read(std::string_view text) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    for (line_ = 1; !text.empty() && !is_full(); ++line_) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      std::string_view line = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (trimmed(line).empty()) {
        empty_line_ = empty_line_ ? empty_line_ : line_;
        continue;
      }
      if (empty_line_) {
        mistake(empty_line_, 1, "an empty line between rows; take it out");
        empty_line_ = 0;
      }
      split(line, cells_);
      if (columns_ > 0)
        read_row();
      else if (!read_header(line))
        return;  // the rows would only repeat it
    }
    check_length();
  }

  CsvSeries take() { return std::move(series_); }

 private:
  bool is_full() const { return series_.mistakes.size() >= kMostMistakes; }

  void mistake(int line, int column, std::string message) {
    if (!is_full()) series_.mistakes.push_back({std::move(message), {file_, line, column}});
  }

  bool read_header(std::string_view line) {
    columns_ = cells_.size();
    if (printable(line) != line)
      mistake(line_, 1, "this is no text: a line with the names of the columns is needed");
    else if (columns_ < 2 && line.find(';') != std::string_view::npos)
      mistake(line_, 1, "columns are separated by ';' here: a comma is needed");
    else if (columns_ < 2)
      mistake(line_, 1,
              "one column is too few: the first counts iterations, each other one is a process's "
              "bytes");
    else if (std::all_of(cells_.begin(), cells_.end(),
                         [](const Cell& cell) { return number<double>(cell.text).has_value(); }))
      mistake(line_, 1,
              "numbers where names of columns should be: begin with a line such as "
              "iteration,process");
    return series_.mistakes.empty();
  }

  void read_row() {
    if (cells_.size() != columns_) {
      mistake(line_, 1, fmt::format("{} columns, and the header has {}", cells_.size(), columns_));
      return;
    }
    ++rows_;
    CsvRow row;
    bool good = read_iteration(row);
    for (std::size_t i = 1; i < cells_.size(); ++i) good = read_bytes(cells_[i], row) && good;
    if (good) series_.rows.push_back(row);
  }

  bool read_iteration(CsvRow& row) {
    const Cell& cell = cells_.front();
    const auto iteration = number<std::int64_t>(cell.text);
    if (!iteration || *iteration < 0) {
      mistake(line_, cell.column,
              cell.text.empty()
                  ? "the iteration count is missing"
                  : fmt::format("{} is no iteration count: a whole number of 0 or more "
                                "is needed",
                                quoted(cell.text)));
      return false;
    }
    if (*iteration < last_iteration_) {
      mistake(line_, cell.column,
              fmt::format("iteration {} after {}: the count is cumulative and never falls",
                          *iteration, last_iteration_));
      return false;
    }
    row.iteration = last_iteration_ = *iteration;
    return true;
  }

  bool read_bytes(const Cell& cell, CsvRow& row) {
    const auto bytes = number<double>(cell.text);
    if (bytes && *bytes >= 0 && *bytes <= kMostBytes) {
      row.bytes += *bytes;
      return true;
    }
    if (cell.text.empty())
      mistake(line_, cell.column,
              "a gap: each process needs a value in each row; leave out the row, or the process");
    else
      mistake(line_, cell.column,
              fmt::format("{} is no number of bytes: 0 to 2^63 is needed", quoted(cell.text)));
    return false;
  }

  void check_length() {
    if (is_full()) return;
    if (columns_ == 0)
      mistake(1, 1,
              "the file is empty: a line with names and a row for each checkpoint are needed");
    else if (rows_ < kFewestRows)
      mistake(std::max(line_ - 1, 1), 1,
              fmt::format("{} row{} of values: at least {} are needed to judge anything", rows_,
                          rows_ == 1 ? "" : "s", kFewestRows));
  }

  std::string file_;
  CsvSeries series_;
  std::vector<Cell> cells_;
  std::size_t columns_ = 0;
  std::size_t rows_ = 0;
  std::int64_t last_iteration_ = 0;
  int line_ = 0;
  int empty_line_ = 0;  // the first of those after the last row; 0: none
};

}  // namespace

CsvSeries parse_series_csv(std::string_view text, const std::string& file) {
  Reader reader(file);
  reader.read(text);
  return reader.take();
}

CsvSeries read_series_csv(const std::filesystem::path& path) {
  const auto text = read_file(path, kLargestFile);
  if (!text) return {{}, {text.error()}};
  return parse_series_csv(*text, path.string());
}

}  // namespace tidemark::record
