#pragma once

// Made-up sweeps, of which it is known how they grow. Pure: the same random numbers give the same
// sweep on every machine. Heights and fixed parts are drawn anew for each.

#include <optional>
#include <string_view>
#include <vector>

#include "harness/analysis/scaling.h"
#include "tests/calibration/families.h"

namespace tidemark::calibration {

// What makes the values something else than the curve.
enum class Blur {
  kNoise,     // each value by 5 % of it, normally distributed
  kQuiet,     // by 0.5 %: what single-threaded servers show
  kArenas,    // by 0.5 %, and memory comes in steps of 256 KiB
  kLaunches,  // by 0.5 %, and all values of one size together by 2 %: each has a launch of its own
  kOutliers,  // by 5 %, and one in twenty is up to three times as large
  kDifferentLaunches,      // as kLaunches, by 5 %: what durations show
  kVeryDifferentLaunches,  // by 10 %
};
std::string_view blur_name(Blur blur);
// Those of memory.
inline constexpr Blur kBlurs[] = {Blur::kNoise, Blur::kQuiet, Blur::kArenas, Blur::kLaunches,
                                  Blur::kOutliers};

// Whether something is needed whatever the size: 1 to 50 % of what the largest needs.
enum class FixedPart { kNone, kSome };

// What fills up, and is full by half of the largest size: O(1) that looks like growth until then.
enum class Fills { kNothing, kToASize, kToBetweenSizes, kEverMoreSlowly };
std::string_view fills_name(Fills fills);

struct SweepSetting {
  plan::Complexity complexity = plan::Complexity::kConstant;
  FixedPart fixed = FixedPart::kNone;
  Blur blur = Blur::kNoise;
  std::vector<double> sizes = {1000, 2000, 5000, 10'000, 20'000, 50'000};
  int repetitions = 5;
  Fills fills = Fills::kNothing;  // where the class is O(1)
  // Every fifth value is of a kind that grows so beside the others.
  std::optional<plan::Complexity> dear = std::nullopt;
  bool seconds = false;  // else bytes
  // Of what the largest needs, in place of what `fixed` says.
  std::optional<double> fixed_share = std::nullopt;
};

struct Sweep {
  double fixed = 0;
  double slope = 0;  // of the class's function
  plan::Complexity complexity = plan::Complexity::kConstant;
  std::vector<analysis::ScalingPoint> points;
  // What fills up, as min(size, knee) or with the knee for the time constant.
  double filled = 0;
  double knee = 0;
  Fills fills = Fills::kNothing;

  double at(double size) const;
};

Sweep make_sweep(const SweepSetting& setting, Random& random);

}  // namespace tidemark::calibration
