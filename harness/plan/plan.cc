#include "harness/plan/plan.h"

#include <algorithm>
#include <array>

namespace tidemark::plan {
namespace {

constexpr std::array<std::string_view, 9> kGateNames = {
    "growth",  "peak_memory",    "duration",         "errors",  "fds",
    "threads", "gc.collections", "gc.uncollectable", "gc.pause"};

}  // namespace

std::string_view gate_name(Gate gate) {
  return kGateNames[static_cast<std::size_t>(gate)];
}

std::optional<Gate> parse_gate(std::string_view name) {
  const auto found = std::find(kGateNames.begin(), kGateNames.end(), name);
  if (found == kGateNames.end()) return std::nullopt;
  return static_cast<Gate>(found - kGateNames.begin());
}

bool has_gate(const Scenario& scenario, std::initializer_list<Gate> gates) {
  return std::any_of(scenario.budgets.begin(), scenario.budgets.end(), [&](const Budget& budget) {
    return std::find(gates.begin(), gates.end(), budget.gate) != gates.end();
  });
}

bool measures_peaks(const Scenario& scenario) {
  return has_gate(scenario, {Gate::kPeakMemory}) ||
         (scenario.sweep && scenario.sweep->variable != kGcThreshold);
}

bool judges_growth(const Scenario& scenario) {
  return std::any_of(scenario.budgets.begin(), scenario.budgets.end(), [](const Budget& budget) {
    return budget.gate == Gate::kGrowth || budget.gate == Gate::kFds ||
           budget.gate == Gate::kThreads || is_gc(budget.gate);
  });
}

}  // namespace tidemark::plan
