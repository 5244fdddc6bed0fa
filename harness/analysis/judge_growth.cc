#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/analysis/growth_rules.h"
#include "harness/analysis/judge.h"

namespace tidemark::analysis {
namespace {

using record::Signal;

constexpr double kDefaultExactLimit = 64;         // bytes per iteration
constexpr double kDefaultPageLimit = 4.0 * 1024;  // their slack alone is 256 KiB over the run
// A smaller limit cannot be told from none, and is judged as this one.
constexpr double kLeastExactLimit = 1;
constexpr double kLeastPageLimit = 512;
// Whole descriptors or threads that may come and stay during a run without being a leak.
constexpr double kStrayCounts = 4;

std::string per_iteration(double value, Unit unit) {
  return format_quantity({value, unit});
}

// The first four fifths of a series, if that is enough to tell.
Series earlier(const Series& series, const SignalKind& kind) {
  Series prefix = series;
  const auto wanted = static_cast<std::size_t>(0.8 * static_cast<double>(series.points.size()));
  prefix.points.resize(std::min(series.points.size(), std::max(wanted, kind.least_for_fail)));
  return prefix;
}

// A candidate by everything, and by the first four fifths already.
bool is_confirmed(const Series& series, const SignalKind& kind, double limit) {
  return is_leak_candidate(series, kind, limit) &&
         is_leak_candidate(earlier(series, kind), kind, limit);
}

// True when large batches do not grow more than small ones: then settling explains the growth.
bool explained_by_checkpoints(const Series& series, double per_iteration) {
  const auto contrast = contrast_slope(series);
  return contrast && contrast->high < 0.5 * per_iteration;
}

void set_measured(GateReport& gate, const std::optional<Slope>& slope, Unit unit) {
  if (slope) gate.measured = Measured{{slope->per_iteration, unit}, slope->low, slope->high};
}

// What an undecided gate can still say: the largest leak not excluded, and what would settle it.
std::string undecided_reason(const Series& series, const SignalKind& kind, double limit,
                             Unit unit) {
  const auto bound = growth_bound(series, kind);
  if (!bound)
    return fmt::format("{} checkpoints are too few to tell: at least {} are needed",
                       series.points.size(), kind.least_for_pass);
  std::string reason =
      fmt::format("growth up to {} is not excluded, the limit is {}",
                  per_iteration(bound->per_iteration, unit), per_iteration(limit, unit));
  const auto slope = slope_of(series, kind);
  if (slope && slope->per_iteration < limit && bound->per_iteration > limit) {
    // The bound's distance from the estimate shrinks with the root of the iterations, at least.
    const double shrink =
        (bound->per_iteration - slope->per_iteration) / (limit - slope->per_iteration);
    const double iterations =
        static_cast<double>(series.points.back().iteration - series.points.front().iteration);
    const double more = iterations * (shrink * shrink - 1);
    if (more < 1e6)
      reason += fmt::format("; about {:.0f} more iterations would tell", std::max(more, 20.0));
  }
  return reason;
}

std::string stays_behind(const Measured& growth, std::int64_t iterations) {
  const auto total = std::llround(growth.value.value * static_cast<double>(iterations));
  return fmt::format("{} stay behind, and it goes on: {} in {} iterations",
                     per_iteration(growth.value.value, growth.value.unit), format_bytes({total}),
                     iterations);
}

struct GrowthSignals {
  Series decisive;  // by which existence and bytes are judged
  Series shape;     // by which the shape is judged as well, if it moves at all
  SignalKind kind;
  SignalKind shape_kind;
};

Shape shape_by(const GrowthSignals& signals, double limit, std::string& shape_signal) {
  const Shape by_counts = shape_of(signals.shape, signals.shape_kind, 0);
  // Memory of the C library moves no counter of the runtime.
  const bool counts_tell = by_counts != Shape::kStable && by_counts != Shape::kUnknown;
  shape_signal = signal_name(counts_tell ? signals.shape.signal : signals.decisive.signal);
  return counts_tell ? by_counts : shape_of(signals.decisive, signals.kind, limit / 2);
}

// Private pages beyond what the C heap and the runtime's allocator hold: mapped memory, other
// allocators, processes without an agent. Free arenas that the allocators keep are not in it; they
// come and go.
struct Outside {
  bool grows = false;  // by more than pages' slack, as far as can be told
  bool leaks = false;
  std::optional<Slope> slope;

  // By more than a healthy program's pages ever do: to be counted, whatever the allocators say.
  bool matters() const { return grows && slope->low > kDefaultPageLimit; }
};

// What grows inside and outside the allocators together.
Measured total_growth(const Measured& inside, const Slope& outside) {
  return {{inside.value.value + outside.per_iteration, inside.value.unit},
          inside.low.value_or(inside.value.value) + outside.low,
          inside.high.value_or(inside.value.value) + outside.high};
}

Outside growth_outside(const GrowthWindow& window, double limit) {
  const Series outside =
      adjust(difference(tree_series(window, Signal::kUss), tree_series(window, Signal::kHeldBytes)),
             kPageBytes)
          .series;
  Outside result;
  result.slope = slope_of(outside, kPageBytes);
  if (!result.slope) return result;
  result.grows =
      result.slope->low * static_cast<double>(window.iterations()) > kPageBytes.resolution;
  result.leaks = is_confirmed(outside, kPageBytes, limit);
  return result;
}

}  // namespace

GateReport judge_growth(const record::Record& record, const plan::Budget& budget,
                        const Look& look) {
  GateReport gate = undecided(budget);
  const GrowthWindow window = growth_window(record, look.growth_checkpoints);
  const Series live = tree_series(window, Signal::kLiveBytes);
  const bool exact =
      !live.points.empty() && live.points.size() * 5 >= window.checkpoints.size() * 4;
  GrowthSignals signals;
  signals.kind = exact ? kExactBytes : kPageBytes;
  signals.shape_kind = exact ? kCounts : kPageBytes;
  signals.decisive = adjust(exact ? live : tree_series(window, Signal::kUss), signals.kind).series;
  signals.shape =
      adjust(tree_series(window, exact ? Signal::kLiveBlocks : Signal::kRss), signals.shape_kind)
          .series;

  constexpr Unit kUnit = Unit::kBytesPerIteration;
  gate.limit =
      budget.limit.value_or(Quantity{exact ? kDefaultExactLimit : kDefaultPageLimit, kUnit});
  const double limit = std::max(gate.limit->value, exact ? kLeastExactLimit : kLeastPageLimit);
  gate.signal = signal_name(signals.decisive.signal);
  gate.shape_signal = gate.signal;
  if (signals.decisive.points.empty()) {
    gate.reason = "growth was not measured";
    return gate;
  }
  set_measured(gate, slope_of(signals.decisive, signals.kind), kUnit);
  const Shape shape = shape_by(signals, limit, gate.shape_signal);
  gate.classification = shape;

  const std::int64_t iterations = window.iterations();
  const Outside outside = exact ? growth_outside(window, limit) : Outside();
  const auto bound = growth_bound(signals.decisive, signals.kind);
  const bool enough = count_iterations(record).total >= record.header.min_iterations;
  const bool at_horizon = look.last || (enough && iterations >= record.header.horizon_iterations);
  const std::optional<Measured> inside = gate.measured;
  const bool outside_counts = inside && (outside.matters() || outside.leaks);
  if (outside_counts) {
    gate.measured = total_growth(*inside, *outside.slope);
    gate.signal = gate.shape_signal = signal_name(Signal::kUss);
    gate.classification = outside.leaks ? Shape::kLeak : Shape::kUnknown;
  }
  const std::string about_outside =
      outside_counts
          ? fmt::format("; {} of it outside the allocators (mapped memory, a library's own heap)",
                        per_iteration(outside.slope->per_iteration, kUnit))
          : "";

  if (at_horizon && outside.leaks) {
    gate.outcome = Outcome::kFail;
    gate.reason = stays_behind(*gate.measured, iterations) + about_outside;
    return gate;
  }
  const double most =
      bound ? bound->per_iteration + (outside_counts ? outside.slope->high : 0) : INFINITY;
  // Slack of pages settles by and by, so all looks but the last wait for it.
  const bool settles = outside.grows && !outside_counts && !look.last;
  if (most <= limit && enough && !settles) {
    gate.outcome = Outcome::kPass;
    if (gate.classification == Shape::kUnknown) gate.classification = Shape::kStable;
    gate.reason = fmt::format(
        "at most {} stay behind, by {} iterations; a leak that comes less often than every {} "
        "iterations would not show",
        per_iteration(most, kUnit), iterations, std::max<std::int64_t>(iterations / 2, 1));
    return gate;
  }
  const bool candidate = is_confirmed(signals.decisive, signals.kind, limit);
  const bool bounded = shape == Shape::kSaturating || shape == Shape::kStep;
  const bool pages_agree = exact || is_leak_candidate(signals.shape, signals.kind, 0);
  if (candidate && !bounded && pages_agree && inside &&
      !explained_by_checkpoints(signals.decisive, inside->value.value)) {
    gate.classification = Shape::kLeak;
    if (at_horizon) {
      gate.outcome = Outcome::kFail;
      gate.reason = stays_behind(*gate.measured, iterations) + about_outside;
    } else {
      gate.reason = fmt::format(
          "it grows like a leak, but so does a cache that is filling: {} of {} iterations are done",
          iterations, record.header.horizon_iterations);
    }
    return gate;
  }
  if (outside_counts) {
    gate.reason = fmt::format("{} may stay behind{}: too few checkpoints yet to call pages a leak",
                              per_iteration(gate.measured->value.value, kUnit), about_outside);
    return gate;
  }
  gate.reason = undecided_reason(signals.decisive, signals.kind, limit, kUnit);
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
  const Series series = adjust(tree_series(window, signal), kCounts).series;
  gate.signal = gate.shape_signal = signal_name(signal);
  constexpr Unit kUnit = Unit::kCountPerIteration;
  if (series.points.empty()) {
    gate.reason = fmt::format("{} were not counted", gate.signal);
    return gate;
  }
  set_measured(gate, slope_of(series, kCounts), kUnit);
  const double limit = budget.limit ? budget.limit->value : 0;
  gate.classification = shape_of(series, kCounts, limit);
  const auto iterations = static_cast<double>(window.iterations());
  const double rise = series.points.back().value - series.points.front().value;
  const auto bound = growth_bound(series, kCounts);
  const bool enough = count_iterations(record).total >= record.header.min_iterations;
  if (bound && (bound->per_iteration - limit) * bound->iterations <= kStrayCounts && enough) {
    gate.outcome = Outcome::kPass;
    if (gate.classification == Shape::kUnknown) gate.classification = Shape::kStable;
    gate.reason = fmt::format("{:+.0f} in {:.0f} iterations", rise, iterations);
  } else if (rise > kStrayCounts && is_confirmed(series, kCounts, limit) &&
             (look.last || (enough && window.iterations() >= record.header.horizon_iterations))) {
    gate.outcome = Outcome::kFail;
    gate.classification = Shape::kLeak;
    gate.reason = fmt::format("{:+.0f} in {:.0f} iterations, and it goes on", rise, iterations);
  } else {
    gate.reason = undecided_reason(series, kCounts, limit, kUnit);
  }
  return gate;
}

}  // namespace tidemark::analysis
