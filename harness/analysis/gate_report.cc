#include "harness/analysis/gate_report.h"

#include <algorithm>
#include <array>

namespace tidemark::analysis {

Outcome worst_of(const std::vector<GateReport>& gates) {
  Outcome worst = Outcome::kPass;
  const auto rank = [](Outcome outcome) {
    constexpr std::array kOrder = {Outcome::kPass, Outcome::kInconclusive, Outcome::kInvalid,
                                   Outcome::kFail};
    return std::find(kOrder.begin(), kOrder.end(), outcome) - kOrder.begin();
  };
  for (const GateReport& gate : gates)
    if (rank(gate.outcome) > rank(worst)) worst = gate.outcome;
  return worst;
}

Outcome expected_outcome(Outcome judged, plan::ExpectedOutcome expected, bool partial) {
  if (expected == plan::ExpectedOutcome::kPass || judged == Outcome::kInvalid) return judged;
  if (partial && judged != Outcome::kFail) return Outcome::kInconclusive;
  return judged == Outcome::kFail ? Outcome::kPass : Outcome::kFail;
}

}  // namespace tidemark::analysis
