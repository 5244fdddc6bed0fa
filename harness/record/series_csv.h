#pragma once

// Series that somebody else measured: a CSV whose first column counts iterations and whose others
// are bytes, one process each. Untrusted text. Any thread.

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "harness/base/error.h"

namespace tidemark::record {

struct CsvRow {
  std::int64_t iteration = 0;  // finished so far; the same as before: a blank checkpoint
  double bytes = 0;            // of all processes together
};

struct CsvSeries {
  std::vector<CsvRow> rows;
  std::vector<Error>
      mistakes;  // each with its place; the first few, and without any the rows are complete
};

// A row for each line after the header. `file` is named in the mistakes.
CsvSeries parse_series_csv(std::string_view text, const std::string& file);

// The same of a file; one that cannot be read is a mistake too.
CsvSeries read_series_csv(const std::filesystem::path& path);

}  // namespace tidemark::record
