#include "reporters/gc_lines.h"

#include <algorithm>
#include <vector>

#include "harness/base/text.h"
#include "reporters/gc_words.h"
#include "reporters/pen.h"

namespace tidemark::reporters {
namespace {

constexpr std::size_t kLongestCell = 60;  // bytes

}  // namespace

std::string sweep_lines(const analysis::RunReport& report, const std::string& indentation) {
  std::string lines;
  for (const analysis::SweepReport& sweep : report.sweeps) {
    SweepTable table = sweep_table(sweep);
    std::vector<std::vector<std::string>> rows = {table.head};
    rows.insert(rows.end(), table.rows.begin(), table.rows.end());
    std::vector<std::size_t> widths(table.head.size());
    for (auto& row : rows)
      for (std::size_t i = 0; i < row.size(); ++i) {
        row[i] = printable_line(row[i], kLongestCell);
        widths[i] = std::max(widths[i], columns(row[i]));
      }
    lines += indentation + printable_line(table.title, 200) + "\n";
    for (const auto& row : rows) {
      lines += indentation + "  " + padded(row.front(), widths.front());
      for (std::size_t i = 1; i + 1 < row.size(); ++i)
        lines += "  " + right_aligned(row[i], widths[i]);
      lines += "  " + row.back() + "\n";
    }
  }
  return lines;
}

}  // namespace tidemark::reporters
