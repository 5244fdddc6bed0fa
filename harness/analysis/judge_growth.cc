#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "harness/analysis/batch_effects.h"
#include "harness/analysis/data_feed.h"
#include "harness/analysis/growth_verdict.h"
#include "harness/analysis/judge.h"
#include "harness/analysis/segments.h"

namespace tidemark::analysis {
namespace {

using record::Signal;

// Whole descriptors or threads that may come and stay during a run without being a leak.
constexpr double kStrayCounts = 4;

void set_measured(GateReport& gate, const std::optional<Slope>& slope, Unit unit) {
  if (slope) gate.measured = Measured{{slope->per_iteration, unit}, slope->low, slope->high};
}

struct GrowthSignals {
  GrowthEvidence decisive;  // by which existence and bytes are judged
  GrowthEvidence shape;     // by which the shape is judged as well, if it moves at all
};

// An interpreter whose agent is missing does not count in the exact signals, whatever it keeps: a
// manager with an agent would acquit workers without one.
bool has_unseen_python(const record::Record& record, const GrowthWindow& window) {
  return std::any_of(record.processes.begin(), record.processes.end(),
                     [&](const record::ProcessSeen& seen) {
                       return seen.runtime.empty() && window.processes.contains(seen.process) &&
                              record::runs_python(seen.command);
                     });
}

// Bytes come from the allocators' own counters where most checkpoints have them, else from pages.
GrowthSignals signals_of(const record::Record& record, const GrowthWindow& window) {
  const Series live = tree_series(window, Signal::kLiveBytes);
  const bool exact = !live.points.empty() &&
                     live.points.size() * 5 >= window.checkpoints.size() * 4 &&
                     !has_unseen_python(record, window);
  const SignalKind kind = exact ? kExactBytes : kPageBytes;
  const SignalKind shape_kind = exact ? kCounts : kPageBytes;
  return {evidence_of(exact ? live : tree_series(window, Signal::kUss), kind),
          evidence_of(tree_series(window, exact ? Signal::kLiveBlocks : Signal::kRss), shape_kind)};
}

Shape shape_by(const GrowthSignals& signals, double limit, std::string& shape_signal) {
  const Series& counts = signals.shape.adjusted;
  const Series& bytes = signals.decisive.adjusted;
  const Shape by_counts = shape_of(counts.points, signals.shape.kind, 0);
  // Memory of the C library moves no counter of the runtime.
  const bool counts_tell = by_counts != Shape::kStable && by_counts != Shape::kUnknown;
  shape_signal = signal_name(counts_tell ? counts.signal : bytes.signal);
  return counts_tell ? by_counts : shape_of(bytes.points, signals.decisive.kind, limit / 2);
}

// Private pages beyond what the C heap and the runtime's allocator hold: mapped memory, other
// allocators, processes without an agent. Free arenas that the allocators keep are not in it; they
// come and go.
struct Outside {
  bool grows = false;  // by more than pages' slack, as far as can be told
  bool leaks = false;
  std::optional<Slope> slope;

  // More than a healthy program's pages ever do: to be counted, whatever the allocators say.
  bool counts() const { return slope && (leaks || (grows && slope->low > kDefaultPageLimit)); }
};

Outside growth_outside(const GrowthWindow& window, double limit, bool last_look) {
  const Series private_pages = tree_series(window, Signal::kUss);
  const GrowthEvidence beyond_held =
      evidence_of(difference(private_pages, tree_series(window, Signal::kHeldBytes)), kPageBytes);
  const GrowthEvidence beyond_live =
      evidence_of(difference(private_pages, tree_series(window, Signal::kLiveBytes)), kPageBytes);
  const auto held = slope_of(beyond_held.adjusted.points, beyond_held.kind);
  const auto live = slope_of(beyond_live.adjusted.points, beyond_live.kind);
  Outside result;
  if (!held || !live) return result;
  // A leak that fills free arenas makes them resident: more pages, and no more is held. It is in
  // the live bytes already.
  result.slope = held->per_iteration < live->per_iteration ? held : live;
  const double slack = kPageBytes.resolution / static_cast<double>(window.iterations());
  result.grows = std::min(held->low, live->low) > slack;
  const double page_limit = std::max(limit, slack);
  result.leaks = is_confirmed_candidate(beyond_held.adjusted.points, beyond_held.kind, page_limit,
                                        last_look) &&
                 is_leak_candidate(beyond_live.adjusted.points, beyond_live.kind, page_limit);
  return result;
}

// What grows inside and outside the allocators together.
Measured total_growth(const Measured& inside, const Slope& outside) {
  return {{inside.value.value + outside.per_iteration, inside.value.unit},
          inside.low.value_or(inside.value.value) + outside.low,
          inside.high.value_or(inside.value.value) + outside.high};
}

// Runtimes that let garbage lie until their heap is full, and that we cannot ask to collect it.
bool has_lazy_collector(const record::Record& record) {
  return std::any_of(record.processes.begin(), record.processes.end(),
                     [](const record::ProcessSeen& seen) {
                       const std::string program = seen.command.substr(0, seen.command.find(' '));
                       const std::string name = program.substr(program.rfind('/') + 1);
                       return name == "java" || name == "dotnet";
                     });
}

// Whether memory has ever been given back: by more than a tenth of what there is more now.
bool has_dropped(Points points) {
  double highest = points.front().value;
  double deepest = 0;
  for (const SeriesPoint& point : points) {
    highest = std::max(highest, point.value);
    deepest = std::max(deepest, highest - point.value);
  }
  return deepest > 0.1 * (points.back().value - points.front().value);
}

void pass(GateReport& gate, std::string reason) {
  gate.outcome = Outcome::kPass;
  if (gate.classification == Shape::kUnknown) gate.classification = Shape::kStable;
  gate.reason = std::move(reason);
}

// Growth between the moments at which processes come and go. Nothing when that was not measured, or
// not often enough.
std::optional<GateReport> judge_recycled(const record::Record& record, const plan::Budget& budget,
                                         const Look& look) {
  auto signal = Signal::kLiveBytes;
  auto segments = segments_of(record, signal, look.growth_checkpoints);
  const bool exact = !segments.empty();
  if (!exact) segments = segments_of(record, signal = Signal::kUss, look.growth_checkpoints);
  const auto growth = segmented_growth(segments);
  if (!growth) return std::nullopt;
  constexpr Unit kUnit = Unit::kBytesPerIteration;
  GateReport gate = undecided(budget);
  gate.limit =
      budget.limit.value_or(Quantity{exact ? kDefaultExactLimit : kDefaultPageLimit, kUnit});
  gate.signal = gate.shape_signal = signal_name(signal);
  gate.classification = Shape::kUnknown;
  gate.measured = Measured{{growth->per_iteration, kUnit}, growth->low(0.975), growth->high(0.975)};
  GrowthQuestion question{exact ? kExactBytes : kPageBytes, gate.limit->value};
  question.horizon = growth_horizon(record);
  const bool enough = count_iterations(record).total >= record.header.min_iterations;
  if (enough || look.last) gate.outcome = look_at(*growth, question, look.last);
  const std::string lives =
      fmt::format("in {} stretches between processes that came and went, {:.0f} iterations in all",
                  growth->segments, growth->iterations);
  if (gate.outcome == Outcome::kFail) {
    gate.classification = Shape::kLeak;
    gate.reason = fmt::format("{} stay behind {}", format_quantity(gate.measured->value), lives);
  } else if (gate.outcome == Outcome::kPass) {
    gate.classification = Shape::kStable;
    gate.reason = fmt::format("at most {} stay behind {}",
                              format_quantity({growth->high(0.995), kUnit}), lives);
  } else {
    gate.reason = fmt::format("growth up to {} is not excluded {}, the limit is {}",
                              format_quantity({growth->high(0.995), kUnit}), lives,
                              format_quantity(*gate.limit));
  }
  return gate;
}

}  // namespace

GateReport judge_growth(const record::Record& record, const plan::Budget& budget,
                        const Look& look) {
  const GrowthWindow window = growth_window(record, look.growth_checkpoints);
  if (is_recycled(window))
    if (auto judged = judge_recycled(record, budget, look)) return *judged;
  GateReport gate = undecided(budget);
  const GrowthSignals signals = signals_of(record, window);
  const Series& decisive = signals.decisive.adjusted;
  const bool exact = decisive.signal == Signal::kLiveBytes;
  constexpr Unit kUnit = Unit::kBytesPerIteration;
  gate.limit =
      budget.limit.value_or(Quantity{exact ? kDefaultExactLimit : kDefaultPageLimit, kUnit});
  const double limit = std::max(gate.limit->value, exact ? kLeastExactLimit : kLeastPageLimit);
  gate.signal = gate.shape_signal = signal_name(decisive.signal);
  if (decisive.points.empty()) {
    gate.reason = "growth was not measured";
    return gate;
  }
  set_measured(gate, slope_of(decisive.points, signals.decisive.kind), kUnit);
  const Shape shape = shape_by(signals, limit, gate.shape_signal);
  gate.classification = shape;

  const std::int64_t iterations = window.iterations();
  const bool enough = count_iterations(record).total >= record.header.min_iterations;
  const bool at_horizon = look.last || (enough && iterations >= growth_horizon(record));
  const Outside outside = exact ? growth_outside(window, limit, look.last) : Outside();
  const bool outside_counts = gate.measured && outside.counts();
  std::string about_outside;
  if (outside_counts) {
    gate.measured = total_growth(*gate.measured, *outside.slope);
    gate.signal = gate.shape_signal = signal_name(Signal::kUss);
    gate.classification = outside.leaks ? Shape::kLeak : Shape::kUnknown;
    about_outside =
        fmt::format("; {} of it outside the allocators (mapped memory, a library's own heap)",
                    format_quantity({outside.slope->per_iteration, kUnit}));
  }

  if (at_horizon && outside.leaks) {
    gate.outcome = Outcome::kFail;
    gate.reason = leak_reason(gate.measured->value, iterations) + about_outside;
    return gate;
  }
  const auto& bound = signals.decisive.bound;
  const double most =
      bound ? bound->per_iteration + (outside_counts ? outside.slope->high : 0) : INFINITY;
  // Slack of pages settles by and by, so all looks but the last wait for it.
  const bool settles = outside.grows && !outside_counts && !look.last;
  if (most <= limit && enough && !settles) {
    if (!outside_counts) set_measured(gate, bounded_slope(signals.decisive), kUnit);
    pass(gate, pass_reason(most, iterations, kUnit));
    return gate;
  }
  const bool bounded = shape == Shape::kSaturating || shape == Shape::kStep;
  const bool pages_agree =
      exact || is_leak_candidate(signals.shape.adjusted.points, signals.shape.kind, 0);
  if (!bounded && pages_agree && gate.measured &&
      grows_like_a_leak(signals.decisive, limit, look.last)) {
    gate.classification = Shape::kLeak;
    if (!exact && has_lazy_collector(record) && !has_dropped(decisive.points)) {
      gate.classification = Shape::kUnknown;
      gate.reason =
          "it grows like a leak, but so does a heap that has not been collected yet: nothing has "
          "been given back so "
          "far; give it a smaller heap (java -Xmx) or more iterations";
    } else if (at_horizon) {
      gate.outcome = Outcome::kFail;
      gate.reason = leak_reason(gate.measured->value, iterations) + about_outside;
    } else {
      gate.reason = fmt::format(
          "it grows like a leak, but so does a cache that is filling: {} of {} iterations are done",
          iterations, growth_horizon(record));
    }
    return gate;
  }
  if (outside_counts) {
    gate.reason = fmt::format("{} may stay behind{}: too few checkpoints yet to call pages a leak",
                              format_quantity(gate.measured->value), about_outside);
    return gate;
  }
  gate.reason = undecided_reason(signals.decisive, {signals.decisive.kind, limit}, kUnit);
  if (bounded)
    gate.reason += shape == Shape::kStep
                       ? "; most of it came in one step"
                       : "; it grows more and more slowly and may still be warming up";
  if (outside.grows) gate.reason += "; pages outside the allocators are still growing";
  return gate;
}

GateReport judge_count(const record::Record& record, const plan::Budget& budget, const Look& look) {
  GateReport gate = undecided(budget);
  const Signal signal = budget.gate == plan::Gate::kFds ? Signal::kFds : Signal::kThreads;
  const GrowthWindow window = growth_window(record, look.growth_checkpoints);
  const GrowthEvidence evidence = evidence_of(tree_series(window, signal), kCounts);
  const auto& points = evidence.adjusted.points;
  gate.signal = gate.shape_signal = signal_name(signal);
  constexpr Unit kUnit = Unit::kCountPerIteration;
  if (points.empty()) {
    gate.reason = fmt::format("{} were not counted", gate.signal);
    return gate;
  }
  set_measured(gate, slope_of(points, kCounts), kUnit);
  const double limit = budget.limit ? budget.limit->value : 0;
  gate.classification = shape_of(points, kCounts, limit);
  const auto iterations = static_cast<double>(evidence.iterations);
  const double rise = points.back().value - points.front().value;
  const auto& bound = evidence.bound;
  const bool enough = count_iterations(record).total >= record.header.min_iterations;
  if (bound && (bound->per_iteration - limit) * bound->iterations <= kStrayCounts && enough) {
    pass(gate, fmt::format("{:+.0f} in {:.0f} iterations", rise, iterations));
  } else if (rise > kStrayCounts && is_confirmed_candidate(points, kCounts, limit, look.last) &&
             (look.last || (enough && evidence.iterations >= growth_horizon(record)))) {
    gate.outcome = Outcome::kFail;
    gate.classification = Shape::kLeak;
    gate.reason = fmt::format("{:+.0f} in {:.0f} iterations, and it goes on", rise, iterations);
  } else {
    gate.reason = undecided_reason(evidence, {kCounts, limit}, kUnit);
  }
  return gate;
}

}  // namespace tidemark::analysis
