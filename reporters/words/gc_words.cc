#include "reporters/words/gc_words.h"

#include <fmt/format.h>

#include "harness/base/text.h"

namespace tidemark::reporters {
namespace {

using analysis::GcReport;

constexpr std::string_view kNothing = "-";

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

}  // namespace tidemark::reporters
