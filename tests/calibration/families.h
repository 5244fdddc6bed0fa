#pragma once

// Made-up series, healthy and leaking, of which it is known what they are. Seeded: the same random
// numbers give the same series on every machine. Amplitudes and time constants are drawn anew for
// each series.

#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

#include "harness/analysis/series.h"

namespace tidemark::calibration {

using Random = std::mt19937_64;

// How a signal is read.
enum class Signal {
  kExact,  // counters of the allocators: multiples of 16 B, noise of some 100 B
  kPages,  // resident pages: multiples of 4 KiB, noise of some 10 to 100 KiB
};

// How many iterations lie between two checkpoints.
enum class Batches {
  kOne,       // one each, as with slow endpoints and in foreign series
  kContrast,  // 2 or 40, every ninth checkpoint blank, as with cheap ones
};

struct Setting {
  Signal signal = Signal::kExact;
  Batches batches = Batches::kOne;
  std::int64_t checkpoints = 200;
  // Iterations by which the shapes below measure their time; 0: all of the series.
  std::int64_t shape_iterations = 0;
};

std::int64_t iterations_of(const Setting& setting);

enum class Family {
  // Healthy.
  kNoise,            // nothing but noise
  kWanderingNoise,   // an autoregressive process: readings depend on the last ones
  kOutliers,         // every twentieth reading is far off
  kExponential,      // a warm-up that is over within the run
  kLogarithm,        // one that never quite is, and bends
  kCache,            // fills steadily up to its bound, within three quarters of the run
  kStep,             // one, at any time
  kSteps,            // three, at any time
  kFragmentation,    // steps up and down, fewer and fewer of them up
  kSawtooth,         // grows and is collected, again and again
  kSlowCollections,  // stands still, and drops now and then
  kPerCheckpoint,    // what measuring itself leaves behind: growth by checkpoints, not iterations
  // Healthy, but not to be told from a leak by these data; shown, not demanded.
  kLateCache,        // full only in the last fifth of the run, or after it
  kSlowExponential,  // a time constant between a quarter of the run and all of it
  kRandomWalk,       // never comes back
};
std::string_view family_name(Family family);

inline constexpr Family kHealthy[] = {
    Family::kNoise,       Family::kWanderingNoise,  Family::kOutliers,
    Family::kExponential, Family::kLogarithm,       Family::kCache,
    Family::kStep,        Family::kSteps,           Family::kFragmentation,
    Family::kSawtooth,    Family::kSlowCollections, Family::kPerCheckpoint};
inline constexpr Family kNotIdentifiable[] = {Family::kLateCache, Family::kSlowExponential,
                                              Family::kRandomWalk};

// What leaks on top of a family.
enum class Leak {
  kSteady,        // the same for each iteration
  kEverySeventh,  // seven times as much, every seventh iteration
  kRandomly,      // ten times as much, one time in ten
  kAccelerating,  // nothing at first, twice the mean rate at the end
  kArenas,        // by whole arenas of 256 KiB
};
std::string_view leak_name(Leak leak);

// The standard deviation of the readings' noise, in bytes: drawn from what the signal usually has.
double draw_amplitude(Signal signal, Random& random);

// `amplitude` is the standard deviation of the noise, `leaked` what leaks per iteration, in bytes;
// 0 in a healthy series.
analysis::Series make_series(const Setting& setting, Family family, double amplitude, Leak leak,
                             double leaked, Random& random);

// Four processes, among which iterations are shared out unevenly and differently from time to time;
// one series each, over the same checkpoints. `leaked` per iteration is that of all together.
std::vector<analysis::Series> make_tree(const Setting& setting, double amplitude, double leaked,
                                        Random& random);

// A worker that is replaced again and again: its lives, each on another level, with what is left of
// a young process's warm-up at the beginning. As a run cuts them: batches of 2 and 40, some 150
// iterations a life.
std::vector<analysis::Series> make_lives(Signal signal, std::int64_t lives, double amplitude,
                                         double leaked, Random& random);

}  // namespace tidemark::calibration
