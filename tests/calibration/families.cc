#include "tests/calibration/families.h"

#include <algorithm>
#include <array>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_real_distribution.hpp>
#include <cmath>
#include <functional>

#include "harness/plan/schedule.h"

namespace tidemark::calibration {
namespace {

constexpr double kBase = 50e6;  // held before the first iteration
constexpr double kArena = 256.0 * 1024;

// Boost's distributions, not the standard library's: they are the same everywhere.
double uniform(Random& random, double low, double high) {
  return boost::random::uniform_real_distribution<double>(low, high)(random);
}
double log_uniform(Random& random, double low, double high) {
  return std::exp(uniform(random, std::log(low), std::log(high)));
}
double normal(Random& random) {
  return boost::random::normal_distribution<double>()(random);
}

double quantum(Signal signal) {
  return signal == Signal::kExact ? 16 : 4096;
}

// What a family holds at an iteration, without noise.
using Curve = std::function<double(double iteration)>;

Curve steps_at(std::vector<double> times, std::vector<double> heights) {
  return [times = std::move(times), heights = std::move(heights)](double iteration) {
    double level = 0;
    for (std::size_t i = 0; i < times.size(); ++i)
      if (iteration >= times[i]) level += heights[i];
    return level;
  };
}

Curve some_steps(int count, double height, double length, Random& random) {
  std::vector<double> times;
  for (int i = 0; i < count; ++i) times.push_back(uniform(random, 0, length));
  return steps_at(std::move(times),
                  std::vector<double>(static_cast<std::size_t>(count), height / count));
}

// Free lists that are split and joined: less and less is asked of the kernel.
Curve fragmentation(double height, double length, Random& random) {
  std::vector<double> times;
  std::vector<double> heights;
  for (int i = 0; i < 15; ++i) {
    times.push_back(uniform(random, 0, length));
    heights.push_back(height / 6 * uniform(random, -0.6, 1) * std::exp(-4 * times.back() / length));
  }
  return steps_at(std::move(times), std::move(heights));
}

Curve exponential(double height, double constant) {
  return [=](double iteration) { return height * (1 - std::exp(-iteration / constant)); };
}

Curve logarithm(double height, double constant, double length) {
  const double factor = height / std::log1p(length / constant);
  return [=](double iteration) { return factor * std::log1p(iteration / constant); };
}

Curve cache(double height, double full_at) {
  return [=](double iteration) { return height * std::min(1.0, iteration / full_at); };
}

Curve sawtooth(double height, double period, double phase) {
  return [=](double iteration) {
    const double periods = iteration / period + phase;
    return height * (periods - std::floor(periods));
  };
}

Curve curve_of(Family family, double amplitude, double length, Random& random) {
  const double height = amplitude * log_uniform(random, 5, 200);
  switch (family) {
    case Family::kExponential:
      return exponential(height, length * log_uniform(random, 0.01, 0.25));
    case Family::kSlowExponential:
      return exponential(height, length * log_uniform(random, 0.25, 1));
    case Family::kLogarithm:
      return logarithm(height, log_uniform(random, 1, 10), length);
    case Family::kCache:
      return cache(height, length * uniform(random, 0.05, 0.75));
    case Family::kLateCache:
      return cache(height, length * uniform(random, 0.8, 1.3));
    case Family::kStep:
      return some_steps(1, height, length, random);
    case Family::kSteps:
      return some_steps(3, height, length, random);
    case Family::kFragmentation:
      return fragmentation(height, length, random);
    case Family::kSawtooth:
      return sawtooth(height, length * log_uniform(random, 0.02, 0.12), uniform(random, 0, 1));
    case Family::kSlowCollections:
      return sawtooth(height, length * uniform(random, 0.15, 0.5), uniform(random, 0, 1));
    default:
      return [](double) { return 0.0; };
  }
}

// Noise that is no function of the iteration: one value after another.
class Noise {
 public:
  Noise(Family family, double amplitude, std::int64_t checkpoints, Random& random)
      : family_(family), amplitude_(amplitude), random_(random) {
    if (family == Family::kWanderingNoise) memory_ = uniform(random, 0.5, 0.95);
    level_ = amplitude_ * normal(random_);
    if (family == Family::kRandomWalk)
      step_ = amplitude_ * log_uniform(random, 5, 200) / std::sqrt(checkpoints);
  }

  double next() {
    level_ = memory_ * level_ + std::sqrt(1 - memory_ * memory_) * amplitude_ * normal(random_);
    walked_ += step_ * normal(random_);
    const bool far_off = family_ == Family::kOutliers && uniform(random_, 0, 1) < 0.05;
    return level_ + walked_ + (far_off ? amplitude_ * uniform(random_, 5, 20) : 0);
  }

 private:
  Family family_;
  double amplitude_;
  Random& random_;
  double memory_ = 0;
  double level_ = 0;
  double step_ = 0;
  double walked_ = 0;
};

// What has leaked after each iteration, from none to all of them, at a mean of one byte each.
std::vector<double> leaked_after(Leak leak, std::int64_t iterations, Random& random) {
  std::vector<double> leaked = {0};
  for (std::int64_t i = 1; i <= iterations; ++i) {
    const double part = static_cast<double>(i) / static_cast<double>(iterations);
    double more = 1;
    if (leak == Leak::kEverySeventh) more = i % 7 == 0 ? 7 : 0;
    if (leak == Leak::kRandomly) more = uniform(random, 0, 1) < 0.1 ? 10 : 0;
    if (leak == Leak::kAccelerating) more = 2 * part;
    leaked.push_back(leaked.back() + more);
  }
  return leaked;
}

// What settling leaves at each checkpoint.
double per_checkpoint(Family family, double amplitude, std::int64_t checkpoints, Random& random) {
  if (family != Family::kPerCheckpoint) return 0;
  return amplitude * log_uniform(random, 5, 200) / static_cast<double>(checkpoints);
}

std::int64_t batch_of(Batches batches, std::int64_t checkpoint) {
  if (batches == Batches::kOne) return 1;
  static const plan::Schedule kSchedule = [] {
    plan::Schedule schedule;
    schedule.small = 2;
    schedule.large = 40;
    return schedule;
  }();
  return kSchedule.batch(static_cast<int>(checkpoint - 1));
}

double read(Signal signal, double bytes) {
  return std::floor(bytes / quantum(signal)) * quantum(signal);
}

}  // namespace

std::string_view family_name(Family family) {
  constexpr std::array<std::string_view, 15> kNames = {
      "noise",       "wandering noise",  "outliers",
      "exponential", "logarithm",        "cache",
      "step",        "three steps",      "fragmentation",
      "sawtooth",    "slow collections", "per checkpoint",
      "late cache",  "slow exponential", "random walk"};
  return kNames[static_cast<std::size_t>(family)];
}

std::string_view leak_name(Leak leak) {
  constexpr std::array<std::string_view, 5> kNames = {"steady", "every 7th", "randomly",
                                                      "accelerating", "by arenas"};
  return kNames[static_cast<std::size_t>(leak)];
}

std::int64_t iterations_of(const Setting& setting) {
  std::int64_t iterations = 0;
  for (std::int64_t i = 1; i < setting.checkpoints; ++i) iterations += batch_of(setting.batches, i);
  return iterations;
}

double draw_amplitude(Signal signal, Random& random) {
  return signal == Signal::kExact ? log_uniform(random, 16, 200)
                                  : log_uniform(random, 8.0 * 1024, 128.0 * 1024);
}

analysis::Series make_series(const Setting& setting, Family family, double amplitude, Leak leak,
                             double leaked, Random& random) {
  const std::int64_t iterations = iterations_of(setting);
  const auto length =
      static_cast<double>(setting.shape_iterations > 0 ? setting.shape_iterations : iterations);
  const Curve curve = curve_of(family, amplitude, length, random);
  const std::vector<double> leaks =
      leaked > 0 ? leaked_after(leak, iterations, random) : std::vector<double>();
  const double own = per_checkpoint(family, amplitude, setting.checkpoints, random);
  Noise noise(family, amplitude, setting.checkpoints, random);
  analysis::Series series{
      setting.signal == Signal::kExact ? record::Signal::kLiveBytes : record::Signal::kRss, {}};
  std::int64_t iteration = 0;
  for (std::int64_t i = 0; i < setting.checkpoints; ++i) {
    const std::int64_t batch = i == 0 ? 0 : batch_of(setting.batches, i);
    iteration += batch;
    double lost = leaks.empty() ? 0 : leaked * leaks[static_cast<std::size_t>(iteration)];
    if (leak == Leak::kArenas) lost = std::floor(lost / kArena) * kArena;
    const double bytes = kBase + curve(static_cast<double>(iteration)) + lost +
                         own * static_cast<double>(i) + noise.next();
    series.points.push_back({iteration, batch, read(setting.signal, bytes)});
  }
  return series;
}

std::vector<analysis::Series> make_tree(const Setting& setting, double amplitude, double leaked,
                                        Random& random) {
  constexpr std::size_t kProcesses = 4;
  const record::Signal signal =
      setting.signal == Signal::kExact ? record::Signal::kLiveBytes : record::Signal::kRss;
  std::vector<analysis::Series> tree(kProcesses, analysis::Series{signal, {}});
  std::vector<Noise> noises(kProcesses,
                            Noise(Family::kNoise, amplitude, setting.checkpoints, random));
  std::array<double, kProcesses> served{};
  std::array<double, kProcesses> weight{};
  std::int64_t iteration = 0;
  for (std::int64_t i = 0; i < setting.checkpoints; ++i) {
    const std::int64_t batch = i == 0 ? 0 : batch_of(setting.batches, i);
    iteration += batch;
    // Now this process gets most of the requests, now that.
    if (i % std::max<std::int64_t>(setting.checkpoints / 5, 1) == 0)
      for (double& each : weight) each = log_uniform(random, 0.01, 1);
    double sum = 0;
    for (const double each : weight) sum += each;
    for (std::size_t process = 0; process < kProcesses; ++process) {
      served[process] += static_cast<double>(batch) * weight[process] / sum;
      const double bytes = kBase + leaked * served[process] + noises[process].next();
      tree[process].points.push_back({iteration, batch, read(setting.signal, bytes)});
    }
  }
  return tree;
}

std::vector<analysis::Series> make_lives(Signal signal, std::int64_t lives, double amplitude,
                                         double leaked, Random& random) {
  constexpr std::int64_t kLife = 150;
  constexpr std::int64_t kYoung = 5;  // iterations before a life is looked at
  std::vector<analysis::Series> segments;
  std::int64_t checkpoint = 0;
  std::int64_t iteration = 0;
  for (std::int64_t life = 0; life < lives; ++life) {
    const double level = kBase + amplitude * uniform(random, -50, 50);
    const Curve warm_up =
        exponential(amplitude * log_uniform(random, 1, 100), uniform(random, 0.5, 3));
    Noise noise(Family::kNoise, amplitude, kLife, random);
    analysis::Series series{record::Signal::kLiveBytes, {}};
    for (std::int64_t age = 0; age < kLife;) {
      const std::int64_t batch = batch_of(Batches::kContrast, ++checkpoint % 100 + 1);
      age += batch;
      iteration += batch;
      if (age < kYoung) continue;
      const auto served = static_cast<double>(age);
      const double bytes = level + warm_up(served) + leaked * served + noise.next();
      series.points.push_back({iteration, batch, read(signal, bytes)});
    }
    segments.push_back(std::move(series));
  }
  return segments;
}

}  // namespace tidemark::calibration
