#pragma once

// What `tidemark doctor` found out about a machine, as values, and what follows from them. Pure.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/analysis/noise.h"
#include "harness/base/units.h"
#include "harness/record/record.h"

namespace tidemark::analysis {

enum class Level { kOk, kLimited, kMissing };
std::string_view level_name(Level level);  // "ok", "limited", "missing"

struct MachineCheck {
  std::string name;  // "kernel", "huge pages"
  Level level = Level::kOk;
  std::string detail;  // what was found, and what it means for measuring
  std::string remedy;  // empty: nothing needs to be done
};

// One signal of a target that does nothing, summed over its processes.
struct SignalNoise {
  record::Signal signal = record::Signal::kRss;
  Noise noise;
  double range = 0;  // the largest value less the smallest: single jumps count here
};

// The A/A reading: a target that does nothing, read again and again as a real one is.
struct IdleReading {
  std::string runtime;  // "CPython 3.11.2"; empty: no agent was in it. Untrusted text.
  std::size_t processes = 0;
  std::size_t checkpoints = 0;
  Seconds checkpoint{0};             // the median of what one took
  std::vector<SignalNoise> signals;  // those that could be read
};

struct DoctorReport {
  std::string version;  // Tidemark's
  std::vector<MachineCheck> checks;
  bool can_reach_targets = false;  // requests get through to 127.0.0.1
  IdleReading idle;
};

// Fewer checkpoints than that say nothing about noise.
inline constexpr std::size_t kFewestIdleCheckpoints = 8;

// From the growth phase of a record in which nothing was driven. Descriptors, threads and what only
// serves to explain other signals are left out.
std::vector<SignalNoise> noise_of_signals(const record::Record& record);

// The noise of a signal; nothing when it could not be read.
const SignalNoise* find_noise(const IdleReading& idle, record::Signal signal);

// The growth per iteration below which a signal in bytes that moves so much by itself convicts
// nothing within kHorizonIterations, however strict the budget. A real application adds noise.
double least_visible_growth(const SignalNoise& noise);

// Whether single moves far above the noise, and above what lies around unused in a healthy target,
// make a statement about the signal's noise worthless.
bool has_jumped(const SignalNoise& noise);

// Whether the noise leaves the default limits of growth budgets in sight.
MachineCheck check_noise(const IdleReading& idle);

// Whether requests reach a target and a signal that can decide growth was read.
bool can_measure_growth(const DoctorReport& report);

}  // namespace tidemark::analysis
