#pragma once

// One series, judged: what a single signal says by itself. Gates put several of these together
// (judge_growth.cc); foreign series and the calibration have nothing else. Pure. A look is
// O(points), a verdict with the place of its decision too.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/analysis/growth_rules.h"
#include "harness/analysis/outcome.h"
#include "harness/analysis/series.h"
#include "harness/base/units.h"

namespace tidemark::analysis {

// Iterations before which nothing is called a leak, unless the plan ends earlier: before a cache is
// full its data are a leak's data.
inline constexpr std::int64_t kHorizonIterations = 200;

// Limits where a budget names none, in bytes per iteration.
inline constexpr double kDefaultExactLimit = 64;
inline constexpr double kDefaultPageLimit = 4.0 * 1024;  // slack alone is 256 KiB over the run
// A smaller limit cannot be told from none, and gates judge by this one.
inline constexpr double kLeastExactLimit = 1;
inline constexpr double kLeastPageLimit = 512;

struct GrowthQuestion {
  SignalKind kind;
  double limit = 0;  // per iteration
  std::int64_t horizon = kHorizonIterations;
};

// Everything that a look at one series needs to know of it.
struct GrowthEvidence {
  Series adjusted;  // without what batches and checkpoints do by themselves
  SignalKind kind;  // with the noise that blank checkpoints showed
  std::int64_t iterations = 0;
  std::optional<GrowthBound> bound;

  bool is_within(double limit) const { return bound && bound->per_iteration <= limit; }
};
GrowthEvidence evidence_of(Series series, SignalKind kind);

// The growth of the stretch on which the bound rests: what a pass shows.
std::optional<Slope> bounded_slope(const GrowthEvidence& evidence);

// Grows like a leak of more than the limit, all along, and not because of the checkpoints.
bool grows_like_a_leak(const GrowthEvidence& evidence, double limit, bool last_look);

// What a look says: it may pass at any time, and fail at the horizon, or when nothing more will
// come.
Outcome look_at(const GrowthEvidence& evidence, const GrowthQuestion& question, bool last);

struct GrowthVerdict {
  Outcome outcome = Outcome::kInconclusive;
  Shape classification = Shape::kUnknown;
  std::optional<Slope> growth;
  std::optional<std::int64_t> decided_at;  // iteration from which on every look said the same
  std::string reason;
};

// The series as it is, with nothing more to come.
GrowthVerdict judge_series(const Series& series, const GrowthQuestion& question);

// How many checkpoints to look at when `count` are there: some more than a look before, at most a
// twentieth. Looking after every single one would cost the square of a long soak.
std::size_t next_look(std::size_t count);

// Looks back from the end, the longest first: so few that all together cost a few times what the
// first costs.
std::vector<std::size_t> looks_back(std::size_t count);

// In words: what stays behind and goes on; what a pass excludes; what an undecided series cannot.
std::string leak_reason(const Quantity& growth, std::int64_t iterations);
std::string pass_reason(double most_per_iteration, std::int64_t iterations, Unit unit);
std::string undecided_reason(const GrowthEvidence& evidence, const GrowthQuestion& question,
                             Unit unit);

}  // namespace tidemark::analysis
