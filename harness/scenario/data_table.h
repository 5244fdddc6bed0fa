#pragma once

// Rows of data that iterations are fed with, from a CSV file with a line of names or from JSON
// lines.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/scenario/diagnostics.h"

namespace tidemark::scenario {

struct DataTable {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  // each as long as `columns`
};

// `name` is the file's, for messages; its ending says what it is: .jsonl and .ndjson hold JSON, one
// object of single values a line, anything else CSV (RFC 4180). Every mistake goes to the
// diagnostics, at its line; then there is no table. Pure.
std::optional<DataTable> parse_data_table(const std::string& text, const std::string& name,
                                          Diagnostics& diagnostics);

// The same, from disk. At most 64 MiB. A file that cannot be read is reported at `place`.
std::optional<DataTable> read_data_table(const std::filesystem::path& file,
                                         const SourcePosition& place, Diagnostics& diagnostics);

}  // namespace tidemark::scenario
