#include "reporters/words/sweep_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "harness/base/text.h"
#include "reporters/words/gc_words.h"
#include "reporters/words/words.h"

namespace tidemark::reporters {
namespace {

using analysis::RunReport;
using analysis::ScalingReport;
using analysis::ScenarioReport;
using analysis::SweepReport;
using analysis::SweepRow;
using plan::Complexity;

constexpr std::string_view kNothing = "-";

std::string words_of(const std::optional<double>& value, Unit unit) {
  return value ? format_quantity({*value, unit}) : std::string(kNothing);
}

std::string words_of(const std::optional<Bytes>& bytes) {
  return bytes ? format_bytes(*bytes) : std::string(kNothing);
}

std::optional<double> median(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

struct Column {
  std::string_view name;
  std::function<std::string(const SweepRow&)> words;
};

const std::vector<Column>& columns_of_sweeps() {
  static const std::vector<Column> kColumns = {
      {"peak", [](const SweepRow& row) { return words_of(row.peak); }},
      {"duration",
       [](const SweepRow& row) { return words_of(median(row.durations), Unit::kSeconds); }},
      {"response", [](const SweepRow& row) { return words_of(row.response_bytes, Unit::kBytes); }},
      {"retained",
       [](const SweepRow& row) { return words_of(row.retained, Unit::kBytesPerIteration); }},
      {"requests",
       [](const SweepRow& row) {
         return row.throughput_per_second ? format_rate(*row.throughput_per_second)
                                          : std::string(kNothing);
       }},
      {"p95", [](const SweepRow& row) { return seconds_words(row.p95); }},
      {"collections",
       [](const SweepRow& row) {
         return words_of(row.collections_per_iteration, Unit::kCountPerIteration);
       }},
      {"stopped", [](const SweepRow& row) { return seconds_words(row.paused); }},
      {"longest stop", [](const SweepRow& row) { return seconds_words(row.longest_pause); }},
      {"memory", [](const SweepRow& row) { return words_of(row.memory); }},
  };
  return kColumns;
}

// Of a class that stands in the report; nothing without fits.
const analysis::ComplexityFit* fit_of(const ScalingReport& scaling, Complexity complexity) {
  const auto found = std::find_if(scaling.fits.begin(), scaling.fits.end(),
                                  [&](const auto& fit) { return fit.complexity == complexity; });
  return found == scaling.fits.end() ? nullptr : &*found;
}

std::string class_words(const ScalingReport& scaling, const std::string& variable) {
  const std::string quantity = quantity_words(scaling.quantity);
  if (!scaling.complexity)
    return fmt::format("cannot tell how {} grows: {}", quantity, scaling.reason);
  std::string words =
      *scaling.complexity == Complexity::kConstant
          ? fmt::format("{} does not grow with {}: O(1)", quantity, variable)
          : fmt::format("{} grows as {}", quantity, complexity_name(*scaling.complexity));
  if (scaling.worst > *scaling.complexity)
    words += fmt::format(" ({} is not excluded)", complexity_name(scaling.worst));
  return words;
}

std::string_view response_name(const SweepReport& sweep) {
  return sweep.program ? "output" : "response";
}

// "772 B (741 B to 803 B) for each of the users (the response is 51 B of that)".
std::string unit_words(const SweepReport& sweep, const ScalingReport& scaling) {
  const double per_unit = *scaling.per_unit;
  std::string words = fmt::format(
      "{} for each of the {}",
      interval_words({{per_unit, scaling.unit}, scaling.per_unit_low, scaling.per_unit_high}),
      sweep.variable);
  const bool is_memory = scaling.quantity == plan::ScaledQuantity::kPeakMemory;
  if (is_memory && sweep.response_per_unit && *sweep.response_per_unit <= per_unit)
    words += fmt::format(" (the {} is {} of that)", response_name(sweep),
                         format_quantity({*sweep.response_per_unit, scaling.unit}));
  return words;
}

std::string fixed_words(const ScalingReport& scaling) {
  if (!scaling.complexity) return {};
  const auto* fit = fit_of(scaling, *scaling.complexity);
  if (fit == nullptr || fit->fixed <= 0) return {};
  const std::string words = format_quantity({fit->fixed, scaling.unit});
  return *scaling.complexity == Complexity::kConstant ? words : words + " fixed";
}

// A memory that does not grow says nothing of a response that does.
std::string response_words(const SweepReport& sweep, const ScalingReport& scaling) {
  const bool is_said = scaling.per_unit && sweep.response_per_unit <= scaling.per_unit;
  if (scaling.quantity != plan::ScaledQuantity::kPeakMemory || is_said ||
      sweep.response_per_unit.value_or(0) <= 0)
    return {};
  return fmt::format("; the {} grows by {} for each", response_name(sweep),
                     format_quantity({*sweep.response_per_unit, Unit::kBytes}));
}

}  // namespace

SweepTable sweep_table(const SweepReport& sweep) {
  SweepTable table;
  table.head.push_back(sweep.variable);
  for (const SweepRow& row : sweep.rows) table.rows.push_back({row.value});
  for (const Column& column : columns_of_sweeps()) {
    const bool says_something =
        std::any_of(sweep.rows.begin(), sweep.rows.end(),
                    [&](const SweepRow& row) { return column.words(row) != kNothing; });
    if (!says_something) continue;
    table.head.emplace_back(column.name == "response" ? response_name(sweep) : column.name);
    for (std::size_t i = 0; i < sweep.rows.size(); ++i)
      table.rows[i].push_back(column.words(sweep.rows[i]));
  }
  table.head.emplace_back("outcome");
  for (std::size_t i = 0; i < sweep.rows.size(); ++i)
    table.rows[i].emplace_back(outcome_name(sweep.rows[i].outcome));
  return table;
}

std::string sweep_title(const SweepReport& sweep) {
  return fmt::format("{} over {}", sweep.scenario, sweep.variable);
}

std::string size_words(double size) {
  if (std::abs(size) < 1e15 && size == std::floor(size))
    return format_count(static_cast<std::int64_t>(size));
  return fmt::format("{:.6g}", size);
}

std::string quantity_words(plan::ScaledQuantity quantity) {
  return quantity == plan::ScaledQuantity::kDuration ? "duration" : "peak memory";
}

std::string scaling_words(const SweepReport& sweep, const ScalingReport& scaling) {
  const bool was_asked = !sweep.gates.empty() || !scaling.fits.empty();
  if (scaling.points.empty() || !was_asked) return {};
  std::string words = class_words(scaling, sweep.variable);
  std::vector<std::string> amounts;
  if (scaling.per_unit) amounts.push_back(unit_words(sweep, scaling));
  if (const std::string fixed = fixed_words(scaling); !fixed.empty()) amounts.push_back(fixed);
  if (!amounts.empty())
    words += (scaling.complexity == Complexity::kConstant ? ", "
              : scaling.complexity                        ? ": "
                                                          : "; ") +
             join(amounts, ", ");
  words += response_words(sweep, scaling);
  if (const auto& at = scaling.prediction)
    words += fmt::format("; at {}: {}", size_words(at->size),
                         interval_words({{at->value, scaling.unit}, at->low, at->high}));
  if (!scaling.advice.empty()) words += "; " + scaling.advice;
  return words;
}

std::vector<std::string> scaling_sentences(const SweepReport& sweep) {
  std::vector<std::string> sentences;
  for (const ScalingReport& scaling : sweep.scaling)
    if (std::string words = scaling_words(sweep, scaling); !words.empty())
      sentences.push_back(std::move(words));
  return sentences;
}

std::string repeat_command(const SweepReport& sweep, const RunReport& report) {
  for (const SweepRow& row : sweep.rows) {
    const auto scenario =
        std::find_if(report.scenarios.begin(), report.scenarios.end(),
                     [&](const ScenarioReport& each) { return each.folder == row.folder; });
    if (scenario == report.scenarios.end()) continue;
    // A point's ends in --only '^list \[users=1000\]$', and '^list$' takes all of them.
    std::string command = scenario->repeat_command;
    constexpr std::string_view kEnd = "\\]$";
    const auto begin = command.find(" \\[" + sweep.variable + "=");
    const auto end = begin == std::string::npos ? begin : command.find(kEnd, begin);
    if (end == std::string::npos) continue;
    return command.erase(begin, end + kEnd.size() - 1 - begin);
  }
  return {};
}

}  // namespace tidemark::reporters
