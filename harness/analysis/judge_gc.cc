// The gates of Python's cyclic collector. All speak of what the application's collector did of its
// own accord: the agent leaves Tidemark's collections out. But each settling empties the counters
// that make it begin, so that up to one collection a process and batch does not come to pass; the
// upper end of the interval counts it in, and only large batches are judged.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "harness/analysis/gc_history.h"
#include "harness/analysis/judge.h"

namespace tidemark::analysis {
namespace {

// Fewer batches have no scatter to speak of.
constexpr std::size_t kFewestStretches = 5;
// Half-width of the interval in standard errors: a run in a thousand lies outside.
constexpr double kReach = 3.3;

constexpr std::string_view kNoStatistics =
    "no collector's statistics: they come from the agent in Python processes";

struct Rate {
  double iterations = 0;
  double collections = 0;
  double value = 0;  // per iteration
  double low = 0;
  double high = 0;
};

// The ratio of two sums, with the scatter of the batches around it (Cochran, Sampling Techniques,
// 3rd ed., 6.3).
template <class Iterator>
Rate rate_of(Iterator begin, Iterator end) {
  Rate rate;
  double never_begun = 0;
  for (auto stretch = begin; stretch != end; ++stretch) {
    rate.iterations += static_cast<double>(stretch->iterations());
    rate.collections += static_cast<double>(stretch->all_collections());
    never_begun += stretch->processes;
  }
  rate.value = rate.collections / rate.iterations;
  double squares = 0;
  for (auto stretch = begin; stretch != end; ++stretch)
    squares += std::pow(static_cast<double>(stretch->all_collections()) -
                            rate.value * static_cast<double>(stretch->iterations()),
                        2);
  const auto count = static_cast<double>(std::distance(begin, end));
  const double error = std::sqrt(squares * count / std::max(1.0, count - 1)) / rate.iterations;
  rate.low = std::max(0.0, rate.value - kReach * error);
  rate.high = rate.value + kReach * error + never_begun / rate.iterations;
  return rate;
}

bool is_enough(const record::Record& record) {
  return count_iterations(record).total >= record.header.min_iterations;
}

GateReport judge_collections(const record::Record& record, const plan::Budget& budget,
                             const Look& look) {
  GateReport gate = undecided(budget);
  gate.signal = "gc_collections";
  const GcHistory history = gc_history(record, look.growth_checkpoints);
  if (history.processes.empty()) {
    gate.reason = kNoStatistics;
    return gate;
  }
  const std::vector<GcStretch> large = long_stretches(history.stretches);
  if (large.size() < kFewestStretches) {
    gate.reason = fmt::format(
        "{} batches between checkpoints with the same processes are too few: {} are needed",
        large.size(), kFewestStretches);
    return gate;
  }
  const Rate rate = rate_of(large.begin(), large.end());
  gate.measured = Measured{{rate.value, Unit::kCountPerIteration}, rate.low, rate.high};
  gate.reason = fmt::format("{} collections of all generations in {} iterations",
                            format_count(static_cast<std::int64_t>(rate.collections)),
                            format_count(static_cast<std::int64_t>(rate.iterations)));
  // A rate can come back: one that falls is waited for.
  const auto middle = large.begin() + static_cast<std::ptrdiff_t>(large.size() / 2);
  const double limit = gate.limit ? gate.limit->value : 0;
  const bool stays_above = rate_of(middle, large.end()).value > limit;
  const std::int64_t iterations = large.back().to - large.front().from;
  if (is_enough(record) && rate.high <= limit)
    gate.outcome = Outcome::kPass;
  else if (is_enough(record) && rate.low > limit &&
           (look.last || (stays_above && iterations >= record.header.horizon_iterations)))
    gate.outcome = Outcome::kFail;
  else
    gate.reason += fmt::format(
        ": between {} and {} an iteration, since settling keeps up to one a batch from beginning",
        format_quantity({rate.low, Unit::kCount}, rate.value),
        format_quantity({rate.high, Unit::kCount}, rate.value));
  return gate;
}

// Since each process's first reading, over all phases that are judged.
GateReport judge_uncollectable(const record::Record& record, const plan::Budget& budget,
                               const Look& look) {
  GateReport gate = undecided(budget);
  gate.signal = "gc_uncollectable";
  std::size_t growth_left = look.growth_checkpoints;
  std::map<record::ProcessKey, std::pair<std::int64_t, std::int64_t>> found;  // first, last
  for (const record::Checkpoint& checkpoint : record.checkpoints) {
    if (checkpoint.phase == record::Phase::kDiagnosis) continue;
    if (checkpoint.phase == record::Phase::kGrowth && growth_left-- == 0) break;
    for (const record::Reading& reading : checkpoint.readings) {
      if (reading.gc.empty()) continue;
      std::int64_t sum = 0;
      for (const record::GcGeneration& row : reading.gc) sum += row.uncollectable;
      found.try_emplace(reading.process, sum, sum).first->second.second = sum;
    }
  }
  if (found.empty()) {
    gate.reason = kNoStatistics;
    return gate;
  }
  std::int64_t count = 0;
  for (const auto& [process, ends] : found) count += ends.second - ends.first;
  gate.measured = Measured{{static_cast<double>(count), Unit::kCount}, std::nullopt, std::nullopt};
  gate.reason = fmt::format("the collector gave up on {} object{}", format_count(count),
                            count == 1 ? "" : "s");
  if (!is_enough(record)) return gate;
  const bool is_within = static_cast<double>(count) <= (gate.limit ? gate.limit->value : 0);
  gate.outcome = is_within ? Outcome::kPass : Outcome::kFail;
  return gate;
}

GateReport judge_pause(const record::Record& record, const plan::Budget& budget, const Look& look) {
  GateReport gate = undecided(budget);
  gate.signal = "gc_pause";
  const GcHistory history = gc_history(record, look.growth_checkpoints);
  LongestPause longest;
  std::int64_t collections = 0;
  bool any = false;
  for (const GcProcess& process : history.processes)
    for (const GcChange& change : process.generations)
      if (const auto pause = longest_pause(change)) {
        any = true;
        collections += change.collections();
        longest.at_least = std::max(longest.at_least, pause->at_least);
        longest.at_most = std::max(longest.at_most, pause->at_most);
      }
  if (!any) {
    gate.reason = history.processes.empty() ? std::string(kNoStatistics)
                                            : "the collector's pauses were not watched";
    return gate;
  }
  gate.measured = Measured{
      {longest.at_most.count(), Unit::kSeconds}, longest.at_least.count(), longest.at_most.count()};
  gate.reason = collections == 0
                    ? "the collector never began of its own accord"
                    : fmt::format("the longest of {} pauses", format_count(collections));
  if (!is_enough(record)) return gate;
  const double limit = gate.limit ? gate.limit->value : 0;
  if (longest.at_most.count() <= limit)
    gate.outcome = Outcome::kPass;
  else if (longest.at_least.count() > limit)
    gate.outcome = Outcome::kFail;
  else
    gate.reason += fmt::format(
        " was at most {}: one so long came before the growth phase, and hides shorter ones",
        format_duration(longest.at_most));
  return gate;
}

}  // namespace

GateReport judge_gc(const record::Record& record, const plan::Budget& budget, const Look& look) {
  if (budget.gate == plan::Gate::kGcUncollectable) return judge_uncollectable(record, budget, look);
  if (budget.gate == plan::Gate::kGcPause) return judge_pause(record, budget, look);
  return judge_collections(record, budget, look);
}

}  // namespace tidemark::analysis
