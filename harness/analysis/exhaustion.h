#pragma once

// When a leak will have used up the memory there is, if the application goes on as it was measured.
// Pure.

#include <optional>
#include <string>
#include <string_view>

#include "harness/base/units.h"
#include "harness/record/record.h"

namespace tidemark::analysis {

struct GateReport;

// Where a limit was taken from.
inline constexpr std::string_view kFromProduction = "production.memory";
inline constexpr std::string_view kFromMemoryLimit = "target.memory_limit";
inline constexpr std::string_view kFromMachine = "machine";

struct ExhaustionInput {
  double growth = 0;  // bytes per iteration
  std::optional<double> growth_low;
  std::optional<double> growth_high;
  Bytes in_use{0};
  Bytes limit{0};
  std::string limit_from;
  double rate_per_second = 0;  // of iterations
  bool rate_given = false;     // by the scenario; else it is what was measured under load
};

struct Exhaustion {
  Seconds after{0};  // the end of the run; 0: the limit is reached already
  std::optional<Seconds> earliest;
  std::optional<Seconds> latest;
  double iterations = 0;  // until then
  double rate_per_second = 0;
  bool rate_given = false;
  Bytes limit{0};
  std::string limit_from;
  Bytes in_use{0};  // at the end of the run
};

// Nothing unless growth is certain (its lower bound is above zero) and there is a rate.
std::optional<Exhaustion> time_to_exhaustion(const ExhaustionInput& input);

// What there is where the application does its work, as far as it is known: production.memory, else
// the target's memory_limit, else the machine's.
std::optional<Bytes> memory_at_hand(const record::Header& header);

// The same for a judged growth gate, where it has failed or looks like a leak.
std::optional<Exhaustion> exhaustion_of(const record::Record& record, const GateReport& gate);

}  // namespace tidemark::analysis
