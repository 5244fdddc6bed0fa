#include "harness/analysis/doctor_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "harness/analysis/growth_verdict.h"
#include "harness/analysis/series.h"

namespace tidemark::analysis {
namespace {

using record::Signal;

constexpr std::array<Signal, 6> kShown = {Signal::kLiveBytes,  Signal::kHeldBytes,
                                          Signal::kLiveBlocks, Signal::kUss,
                                          Signal::kAnon,       Signal::kRss};

bool is_exact(Signal signal) {
  return signal == Signal::kLiveBytes || signal == Signal::kHeldBytes;
}

const SignalKind& kind_of(Signal signal) {
  return is_exact(signal) ? kExactBytes : kPageBytes;
}

std::string moved_words(const SignalNoise& noise) {
  return fmt::format("{} moved by {}", record::signal_name(noise.signal),
                     format_quantity({noise.range, record::signal_unit(noise.signal)}));
}

// Files that other processes begin or cease to map make private pages shared, and back.
bool moves_by_files_alone(const IdleReading& idle) {
  const SignalNoise* uss = find_noise(idle, Signal::kUss);
  const SignalNoise* anon = find_noise(idle, Signal::kAnon);
  const SignalNoise* rss = find_noise(idle, Signal::kRss);
  return uss && anon && rss && has_jumped(*uss) && !has_jumped(*anon) && !has_jumped(*rss);
}

}  // namespace

std::string_view level_name(Level level) {
  constexpr std::array<std::string_view, 3> kNames = {"ok", "limited", "missing"};
  return kNames[static_cast<std::size_t>(level)];
}

std::vector<SignalNoise> noise_of_signals(const record::Record& record) {
  const GrowthWindow window = growth_window(record);
  std::vector<SignalNoise> signals;
  for (const Signal signal : kShown) {
    std::vector<double> values;
    for (const SeriesPoint& point : tree_series(window, signal).points)
      values.push_back(point.value);
    if (values.empty()) continue;
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    signals.push_back({signal, noise_of(values), *most - *least});
  }
  return signals;
}

const SignalNoise* find_noise(const IdleReading& idle, Signal signal) {
  const auto found =
      std::find_if(idle.signals.begin(), idle.signals.end(),
                   [&](const SignalNoise& candidate) { return candidate.signal == signal; });
  return found == idle.signals.end() ? nullptr : &*found;
}

double least_visible_growth(const SignalNoise& noise) {
  const bool exact = is_exact(noise.signal);
  const double floor = kind_of(noise.signal).quantum / std::sqrt(12.0);
  const double deviation = std::max(noise.noise.deviation, floor);
  const double limit = exact ? kLeastExactLimit : kLeastPageLimit;
  return std::max(kLeastGrowthInNoise * deviation / kHorizonIterations,
                  limit + kLeastExcessInNoise * deviation / kHorizonIterations);
}

bool has_jumped(const SignalNoise& noise) {
  constexpr double kFarAbove = 10;  // thirty readings of normal noise span some four deviations
  return noise.range >
         std::max(kind_of(noise.signal).resolution, kFarAbove * noise.noise.deviation);
}

MachineCheck check_noise(const IdleReading& idle) {
  if (idle.checkpoints < kFewestIdleCheckpoints)
    return {"noise", Level::kLimited,
            fmt::format("not known: only {} checkpoints of an idle target could be taken",
                        idle.checkpoints),
            "try again when the machine has less to do"};
  std::string moved;
  std::string still;
  for (const auto& [signal, limit] : {std::pair(Signal::kLiveBytes, kDefaultExactLimit),
                                      std::pair(Signal::kUss, kDefaultPageLimit)}) {
    const SignalNoise* noise = find_noise(idle, signal);
    if (!noise) continue;
    if (has_jumped(*noise) || least_visible_growth(*noise) > limit)
      moved += (moved.empty() ? "" : ", ") + moved_words(*noise);
    else
      still += fmt::format("{}{} by {}", still.empty() ? "" : ", ",
                           format_quantity({limit, Unit::kBytesPerIteration}),
                           record::signal_name(signal));
  }
  if (moved.empty())
    return {"noise",
            Level::kOk,
            "an idle target stands still enough for the default limits: " + still,
            {}};
  if (moves_by_files_alone(idle))
    return {
        "noise", Level::kLimited,
        fmt::format("an idle target did not stand still: {}, as other processes began or ceased "
                    "to map the same files",
                    moved),
        "start and stop nothing else while measuring, least of all in the same interpreter"};
  return {"noise", Level::kLimited, "an idle target did not stand still: " + moved,
          "measure on a quieter machine, or set a growth budget well above that"};
}

bool can_measure_growth(const DoctorReport& report) {
  return report.can_reach_targets && (find_noise(report.idle, Signal::kLiveBytes) != nullptr ||
                                      find_noise(report.idle, Signal::kUss) != nullptr);
}

}  // namespace tidemark::analysis
