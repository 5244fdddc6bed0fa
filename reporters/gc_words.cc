#include "reporters/gc_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "harness/base/text.h"

namespace tidemark::reporters {
namespace {

using analysis::GcReport;
using analysis::SweepReport;
using analysis::SweepRow;

constexpr std::string_view kNothing = "-";

std::string rate_words(const std::optional<double>& per_iteration) {
  return per_iteration ? format_quantity({*per_iteration, Unit::kCountPerIteration})
                       : std::string(kNothing);
}

std::string bytes_words(const std::optional<Bytes>& bytes) {
  return bytes ? format_bytes(*bytes) : std::string(kNothing);
}

struct Column {
  std::string_view name;
  std::function<std::string(const SweepRow&)> words;
};

const std::vector<Column>& columns_of_sweeps() {
  static const std::vector<Column> kColumns = {
      {"requests",
       [](const SweepRow& row) {
         return row.throughput_per_second ? format_rate(*row.throughput_per_second)
                                          : std::string(kNothing);
       }},
      {"p95", [](const SweepRow& row) { return seconds_words(row.p95); }},
      {"collections",
       [](const SweepRow& row) { return rate_words(row.collections_per_iteration); }},
      {"stopped", [](const SweepRow& row) { return seconds_words(row.paused); }},
      {"longest stop", [](const SweepRow& row) { return seconds_words(row.longest_pause); }},
      {"memory", [](const SweepRow& row) { return bytes_words(row.memory); }},
      {"peak", [](const SweepRow& row) { return bytes_words(row.peak); }},
  };
  return kColumns;
}

}  // namespace

std::string seconds_words(const std::optional<Seconds>& time) {
  return time ? format_duration(*time) : std::string(kNothing);
}

std::string longest_words(const std::optional<analysis::LongestPause>& pause) {
  if (!pause) return std::string(kNothing);
  const std::string most = format_duration(pause->at_most);
  return pause->at_least < pause->at_most ? "at most " + most : most;
}

std::string threshold_words(const analysis::GcGenerationReport& generation) {
  std::vector<std::string> words;
  for (const std::int64_t threshold : generation.thresholds)
    words.push_back(format_count(threshold));
  return join(words, " or ");
}

std::string collector_words(const GcReport& gc) {
  if (gc.processes_off >= gc.processes) return "off";
  const auto per_iteration = gc.collections_per_iteration();
  std::string words =
      per_iteration ? format_quantity({*per_iteration, Unit::kCount}) + " collections an iteration"
                    : format_count(gc.collections()) + " collections";
  if (const auto paused = gc.paused(); paused && gc.collections() > 0) {
    words += fmt::format(", stopped for {} in all", format_duration(*paused));
    if (gc.paused_share)
      words += fmt::format(" ({} of the time under load)",
                           format_quantity({100 * *gc.paused_share, Unit::kPercent}));
    words += fmt::format(", {} at the longest", longest_words(gc.longest_pause()));
  }
  return words;
}

SweepTable sweep_table(const SweepReport& sweep) {
  SweepTable table;
  table.title = fmt::format("{} over {}", sweep.scenario, sweep.variable);
  table.head.push_back(sweep.variable);
  for (const SweepRow& row : sweep.rows) table.rows.push_back({row.value});
  for (const Column& column : columns_of_sweeps()) {
    const bool says_something =
        std::any_of(sweep.rows.begin(), sweep.rows.end(),
                    [&](const SweepRow& row) { return column.words(row) != kNothing; });
    if (!says_something) continue;
    table.head.emplace_back(column.name);
    for (std::size_t i = 0; i < sweep.rows.size(); ++i)
      table.rows[i].push_back(column.words(sweep.rows[i]));
  }
  table.head.emplace_back("outcome");
  for (std::size_t i = 0; i < sweep.rows.size(); ++i)
    table.rows[i].emplace_back(outcome_name(sweep.rows[i].outcome));
  return table;
}

}  // namespace tidemark::reporters
