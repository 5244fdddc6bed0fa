#include "harness/run/failures.h"

#include <algorithm>

namespace tidemark::run {
namespace {

// Without an `errors` budget: so many failed iterations out of iterations.max, and the run is void.
constexpr double kMostUnexpected = 0.01;
// When nothing has ever been answered as expected, more of it teaches nothing.
constexpr int kHopelessFailures = 3;

bool has_errors_budget(const plan::Scenario& scenario) {
  return plan::has_gate(scenario, {plan::Gate::kErrors});
}

}  // namespace

int most_failures(const plan::Scenario& scenario) {
  if (has_errors_budget(scenario)) return INT32_MAX;
  return std::max(kHopelessFailures,
                  static_cast<int>(kMostUnexpected * scenario.max_iterations) + 1);
}

bool is_hopeless(const plan::Scenario& scenario, std::int64_t failed, std::int64_t iterations) {
  if (has_errors_budget(scenario)) return false;
  return failed >= most_failures(scenario) || (failed >= kHopelessFailures && failed == iterations);
}

}  // namespace tidemark::run
