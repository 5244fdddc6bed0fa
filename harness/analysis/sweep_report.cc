#include "harness/analysis/sweep_report.h"

#include <algorithm>

#include "harness/analysis/report.h"

namespace tidemark::analysis {
namespace {

SweepRow row_of(const ScenarioReport& scenario) {
  SweepRow row;
  row.value = scenario.sweep->value;
  row.scenario = scenario.name;
  row.folder = scenario.folder;
  row.outcome = scenario.outcome;
  if (scenario.load.response_time) {
    row.throughput_per_second = scenario.load.throughput_per_second;
    row.p95 = scenario.load.response_time->p95;
  }
  if (scenario.gc) {
    row.collections_per_iteration = scenario.gc->collections_per_iteration();
    row.paused = scenario.gc->paused();
    if (const auto longest = scenario.gc->longest_pause()) row.longest_pause = longest->at_most;
  }
  row.memory = scenario.memory_at_end;
  for (const PeakReport& peak : scenario.peaks)
    if (!peak.first) row.peak = std::max(row.peak.value_or(peak.needed), peak.needed);
  return row;
}

}  // namespace

std::vector<SweepReport> sweep_reports(const std::vector<ScenarioReport>& scenarios) {
  std::vector<SweepReport> sweeps;
  for (const ScenarioReport& scenario : scenarios) {
    if (!scenario.sweep) continue;
    auto sweep = std::find_if(sweeps.begin(), sweeps.end(), [&](const SweepReport& each) {
      return each.scenario == scenario.sweep->of && each.file == scenario.file &&
             each.variable == scenario.sweep->variable;
    });
    if (sweep == sweeps.end())
      sweep = sweeps.insert(sweeps.end(),
                            {scenario.sweep->of, scenario.file, scenario.sweep->variable, {}});
    sweep->rows.push_back(row_of(scenario));
  }
  return sweeps;
}

}  // namespace tidemark::analysis
