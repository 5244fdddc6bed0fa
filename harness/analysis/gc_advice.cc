#include <fmt/format.h>

#include "harness/analysis/gc_report.h"

namespace tidemark::analysis {
namespace {

// Below these nobody would notice what the collector does.
constexpr double kNoticedShare = 0.05;  // of the time under load
constexpr Seconds kNoticedPause{0.05};
constexpr double kOftenFull = 0.01;  // full collections an iteration
// Collections that find next to nothing: fewer would do, at little cost in memory.
constexpr double kOften = 1;   // collections an iteration
constexpr double kLittle = 1;  // objects a collection

std::string off_words(const GcReport& report) {
  const std::string who = report.processes_off >= report.processes
                              ? "The collector is off"
                              : fmt::format("The collector is off in {} of {} processes",
                                            report.processes_off, report.processes);
  return who +
         ": objects that refer to each other in a circle stay until the process ends, and count as "
         "growth.";
}

std::string uncollectable_words(std::int64_t count) {
  return fmt::format(
      "The collector gave up on {} object{}: they stand in gc.garbage, most often because a type "
      "written in C does not support collection, or gc.DEBUG_SAVEALL is set.",
      format_count(count), count == 1 ? "" : "s");
}

std::string full_words(const GcGenerationReport& full, double per_iteration) {
  return fmt::format(
      "A full collection ran about every {} iterations and took {} on average, {} at most. "
      "gc.freeze() once the application has started takes what lives then out of them; a higher "
      "gc_threshold makes them rarer, and lets more garbage gather in between.",
      format_count(static_cast<std::int64_t>(1 / per_iteration + .5)),
      format_duration(full.mean_pause().value_or(Seconds(0))),
      format_duration(full.longest_pause->at_most));
}

std::string share_words(const GcReport& report) {
  return fmt::format(
      "Collections stopped a process for {:.0f} % of the time under load. A higher gc_threshold "
      "may take less, "
      "at the price of memory: sweep: {{gc_threshold: [700, 5000, 50000]}} shows both side by "
      "side.",
      100 * *report.paused_share);
}

}  // namespace

std::vector<std::string> gc_advice(const GcReport& report) {
  std::vector<std::string> advice;
  if (report.processes_off > 0) advice.push_back(off_words(report));
  std::int64_t uncollectable = 0;
  std::int64_t collected = 0;
  for (const GcGenerationReport& each : report.generations) {
    uncollectable += each.uncollectable;
    collected += each.collected;
  }
  if (uncollectable > 0) advice.push_back(uncollectable_words(uncollectable));
  if (report.generations.empty()) return advice;
  const GcGenerationReport& full = report.generations.back();
  const double fulls = full.collections_per_iteration.value_or(0);
  if (fulls >= kOftenFull && full.longest_pause && full.longest_pause->at_least >= kNoticedPause)
    advice.push_back(full_words(full, fulls));
  const auto often = report.collections_per_iteration();
  const std::int64_t collections = report.collections();
  if (report.paused_share && *report.paused_share >= kNoticedShare)
    advice.push_back(share_words(report));
  else if (often && *often >= kOften &&
           static_cast<double>(collected) < kLittle * static_cast<double>(collections))
    advice.push_back(fmt::format(
        "{} collections found {} objects to free: a higher gc_threshold would cost little memory.",
        format_count(collections), format_count(collected)));
  return advice;
}

}  // namespace tidemark::analysis
