#pragma once

// The statistics of a growth verdict, for one series. Pure; each function is O(points).
//   * a *bound* from a straight line through the medians of blocks says how much growth the data
//     still allow;
//   * a *candidate* for a leak must grow by far more than its noise, go on growing to the end, not
//     in a few steps, and bend less than a logarithm would, because warm-up looks like a logarithm.
// tests/calibration says how often they err.

#include <cstddef>
#include <optional>
#include <string_view>

#include "harness/analysis/blocks.h"

namespace tidemark::analysis {

// What is known of a kind of signal before it is read.
struct SignalKind {
  double quantum = 1;     // the unit in which it moves: below that, noise cannot be told
  double resolution = 0;  // what may lie around unused without being a leak, over a whole run
  std::size_t least_for_pass = 12;  // checkpoints
  std::size_t least_for_fail = 20;
  // Whether one jump may be left out of a pass. Pages jump where a runtime's heap is extended for
  // what a leak has filled.
  bool jumps_are_events = true;
  // Standard deviation of a reading by itself, as blank checkpoints showed it on this machine.
  double noise = 0;
};

// Counters of the runtime and the allocators after settling: exact to a few blocks.
inline constexpr SignalKind kExactBytes = {16, 64, 12, 20, true, 0};
// Whole pages, with slack in resident arenas.
inline constexpr SignalKind kPageBytes = {4096, 256.0 * 1024, 40, 50, false, 0};
// Descriptors and threads: whole numbers.
inline constexpr SignalKind kCounts = {0.05, 2, 12, 20, true, 0};

// A leak grows by more than so many times its noise: no random walk goes so far.
inline constexpr double kLeastGrowthInNoise = 14;
// ... and beyond its limit by so many times.
inline constexpr double kLeastExcessInNoise = 4;

struct Slope {
  double per_iteration = 0;
  double low = 0;  // 95 % interval, widened where blocks scatter more than their checkpoints do
  double high = 0;
  double middle_iteration = 0;  // the line goes through this point
  double middle_value = 0;
};

// The straight line through the blocks of the whole series, without the one jump that may be in it;
// nothing when there are too few points.
std::optional<Slope> slope_of(Points points, const SignalKind& kind);

struct GrowthBound {
  double per_iteration = 0;
  double iterations = 0;  // that it rests on
  std::size_t from = 0;   // and its first point
};

// The largest growth per iteration that the data allow, with 99.5 % confidence: the better bound of
// the whole series and of its second half (a warm-up that ran into the first half is not growth).
// One jump that is far larger than any other move does not count, where the kind says so. Nothing
// when there are fewer than least_for_pass points.
std::optional<GrowthBound> growth_bound(Points points, const SignalKind& kind);

// Whether the series grows like a leak of more than `limit` per iteration.
bool is_leak_candidate(Points points, const SignalKind& kind, double limit);

// A candidate by everything, and by the first four fifths already. At looks before the last more is
// asked.
bool is_confirmed_candidate(Points points, const SignalKind& kind, double limit, bool last_look);

enum class Shape { kStable, kSaturating, kStep, kLeak, kUnknown };
std::string_view shape_name(Shape shape);

// How the series moves; `tolerance` per iteration is what still counts as standing still.
Shape shape_of(Points points, const SignalKind& kind, double tolerance);

}  // namespace tidemark::analysis
