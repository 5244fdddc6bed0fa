#include "reporters/terminal/load_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "harness/base/text.h"
#include "reporters/terminal/pen.h"
#include "reporters/words/load_words.h"

namespace tidemark::reporters {
namespace {

using analysis::LoadReport;
using analysis::RequestReport;

constexpr std::size_t kLongestName = 60;  // bytes
constexpr std::size_t kColumns = 8;
using Row = std::array<std::string, kColumns>;

Row row_of(const RequestReport& request) {
  Row row = {printable_line(request.name, kLongestName), format_count(request.counts.started),
             format_count(request.counts.started - request.counts.succeeded)};
  std::fill(row.begin() + 3, row.end(), "-");
  if (const auto& times = request.response_time) {
    const std::array shown = {times->p50, times->p90, times->p95, times->p99, times->max};
    std::transform(shown.begin(), shown.end(), row.begin() + 3, format_duration);
  }
  return row;
}

}  // namespace

std::string time_lines(const LoadReport& load, const std::string& indentation) {
  if (!load.response_time) return {};
  const std::string rate = format_rate(load.throughput_per_second) + " · ";
  if (!has_two_times(load) || !load.service_time)
    return fmt::format("{}{}{}\n", indentation, rate, times_words(*load.response_time));
  return fmt::format("{0}{1}response time (from due)  {2}\n{0}{3}service time (from sent)  {4}\n",
                     indentation, rate, times_words(*load.response_time),
                     std::string(columns(rate), ' '), times_words(*load.service_time));
}

std::string failure_line(const LoadReport& load, const std::string& indentation) {
  const std::string words = failure_words(load);
  return words.empty() ? words : fmt::format("{}{}\n", indentation, printable_line(words, 1000));
}

std::string request_lines(const LoadReport& load, const std::string& indentation) {
  if (load.by_request.size() < 2) return {};
  std::vector<Row> rows = {
      {"request", "started", "not as expected", "p50", "p90", "p95", "p99", "max"}};
  for (const RequestReport& request : load.by_request) rows.push_back(row_of(request));
  std::array<std::size_t, kColumns> widths = {};
  for (const Row& row : rows)
    for (std::size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], columns(row[i]));
  std::string lines;
  for (const Row& row : rows) {
    lines += indentation + padded(row[0], widths[0]);
    for (std::size_t i = 1; i < kColumns; ++i) lines += "  " + right_aligned(row[i], widths[i]);
    lines += "\n";
  }
  return lines;
}

}  // namespace tidemark::reporters
