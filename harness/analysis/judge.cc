#include "harness/analysis/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tidemark::analysis {
namespace {

GateReport judge_one(const record::Record& record, const plan::Budget& budget, const Look& look) {
  switch (budget.gate) {
    case plan::Gate::kGrowth:
      return judge_growth(record, budget, look);
    case plan::Gate::kPeakMemory:
      return judge_peak(record, budget, look);
    case plan::Gate::kDuration:
      return judge_duration(record, budget, look);
    case plan::Gate::kErrors:
      return judge_errors(record, budget, look);
    case plan::Gate::kFds:
    case plan::Gate::kThreads:
      return judge_count(record, budget, look);
    case plan::Gate::kGcCollections:
    case plan::Gate::kGcUncollectable:
    case plan::Gate::kGcPause:
      return judge_gc(record, budget, look);
  }
  return {};
}

}  // namespace

GateReport undecided(const plan::Budget& budget) {
  GateReport gate;
  gate.id = budget.id;
  gate.gate = budget.gate;
  gate.limit = budget.limit;
  gate.position = budget.position;
  gate.request = budget.request;
  return gate;
}

IterationCounts count_iterations(const record::Record& record) {
  IterationCounts counts;
  for (const record::Batch& batch : record.batches) {
    if (batch.phase == record::Phase::kDiagnosis) continue;
    counts.total += batch.iterations;
    counts.failed += batch.failed_iterations;
  }
  return counts;
}

GateReport judge_duration(const record::Record& record, const plan::Budget& budget,
                          const Look& look) {
  GateReport gate = undecided(budget);
  gate.signal = "iteration_duration";
  const LatencyHistogram& durations = record.latency.iterations;
  if (durations.count() < plan::kFewestDurations || !gate.limit) {
    gate.reason = fmt::format("{} durations are too few: at least {} are needed", durations.count(),
                              plan::kFewestDurations);
    return gate;
  }
  // Order statistics: the share below a quantile scatters by sqrt(q (1 - q) / n).
  const double scatter = 1.96 * std::sqrt(budget.quantile * (1 - budget.quantile) /
                                          static_cast<double>(durations.count()));
  const double value = durations.quantile(budget.quantile).count();
  const double low = durations.quantile(std::max(0.0, budget.quantile - scatter)).count();
  const double high = durations.quantile(std::min(1.0, budget.quantile + scatter)).count();
  gate.measured = Measured{{value, Unit::kSeconds}, low, high};
  gate.reason = fmt::format("over {} iterations", durations.count());
  // Beyond the largest of so few nothing is known: then only the last look can pass.
  const bool is_bounded = budget.quantile + scatter < 1 &&
                          count_iterations(record).total >= record.header.min_iterations;
  if (look.last ? value <= gate.limit->value : is_bounded && high <= gate.limit->value)
    gate.outcome = Outcome::kPass;
  else if (look.last || low > gate.limit->value)
    gate.outcome = Outcome::kFail;
  return gate;
}

GateReport judge_errors(const record::Record& record, const plan::Budget& budget,
                        const Look& look) {
  GateReport gate = undecided(budget);
  gate.signal = "iterations";
  const IterationCounts counts = count_iterations(record);
  if (counts.total == 0 || !gate.limit) {
    gate.reason = "there was no iteration";
    return gate;
  }
  const double share = 100 * static_cast<double>(counts.failed) / static_cast<double>(counts.total);
  gate.measured = Measured{{share, Unit::kPercent}, std::nullopt, std::nullopt};
  gate.reason =
      fmt::format("{} of {} iterations {}", counts.failed, counts.total,
                  record.header.program ? "did not end as expected" : "had an unexpected answer");
  // Of requests the load's figures say why.
  if (record.header.program && !record.unexpected_answers.empty())
    gate.reason += ": " + record.unexpected_answers.front().what;
  const double most = gate.limit->value / 100 * record.header.max_iterations;
  if (static_cast<double>(counts.failed) > most || (look.last && share > gate.limit->value))
    gate.outcome = Outcome::kFail;
  else if (share <= gate.limit->value &&
           (look.last || counts.total >= record.header.min_iterations))
    gate.outcome = Outcome::kPass;
  return gate;
}

std::vector<GateReport> judge_all(const record::Record& record, const Look& look) {
  std::vector<GateReport> gates;
  for (const plan::Budget& budget : record.header.budgets)
    gates.push_back(judge_one(record, budget, look));
  return gates;
}

bool all_decided(const std::vector<GateReport>& gates) {
  return std::all_of(gates.begin(), gates.end(), [](const GateReport& gate) {
    return gate.outcome == Outcome::kPass || gate.outcome == Outcome::kFail;
  });
}

}  // namespace tidemark::analysis
