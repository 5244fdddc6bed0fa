#pragma once

// One budget, judged, and what several come to. Value types and pure functions.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/analysis/growth_rules.h"
#include "harness/analysis/outcome.h"
#include "harness/base/error.h"
#include "harness/base/units.h"
#include "harness/plan/plan.h"

namespace tidemark::analysis {

struct Measured {
  Quantity value;
  std::optional<double> low;  // of the value, in its unit
  std::optional<double> high;
};

// One budget, judged.
struct GateReport {
  std::string id;
  plan::Gate gate = plan::Gate::kGrowth;
  Outcome outcome = Outcome::kInconclusive;
  std::optional<Shape> classification;  // growth, fds, threads
  std::optional<Quantity> limit;        // nothing: no default applied, nothing was measured
  std::optional<Measured> measured;
  // Of scaling gates: the allowed class of growth, and the one that was found.
  std::optional<plan::Complexity> complexity_limit;
  std::optional<plan::Complexity> complexity;
  std::string signal;                      // what the value was measured by
  std::string shape_signal;                // what its shape was judged by
  std::optional<std::int64_t> decided_at;  // iteration
  std::string reason;                      // one sentence or two
  SourcePosition position;                 // of the budget
  std::string request = {};                // peak_memory: of this one alone; empty: the iteration
};

// Of several gates together: failed before invalid, before inconclusive.
Outcome worst_of(const std::vector<GateReport>& gates);

// A scenario that is there to show a leak has done its job when a gate failed; one that was broken
// off has not had its chance.
Outcome expected_outcome(Outcome judged, plan::ExpectedOutcome expected, bool partial);

}  // namespace tidemark::analysis
