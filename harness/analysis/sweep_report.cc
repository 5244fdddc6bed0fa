#include "harness/analysis/sweep_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/analysis/report.h"
#include "harness/analysis/scaling_model.h"
#include "harness/base/text.h"

namespace tidemark::analysis {
namespace {

using plan::ScaledQuantity;

// The scenarios of one sweep, in the order of its rows.
using Scenarios = std::vector<const ScenarioReport*>;

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

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
  for (const PeakReport& peak : scenario.peaks) {
    if (peak.first || !peak.request.empty()) continue;
    row.peak = std::max(row.peak.value_or(peak.needed), peak.needed);
    row.peaks.push_back(static_cast<double>(peak.needed.count));
  }
  if (scenario.sweep->variable != plan::kGcThreshold)
    row.size = plan::parse_sweep_size(scenario.sweep->value);
  for (const Seconds duration : scenario.single.durations)
    row.durations.push_back(duration.count());
  std::vector<double> bodies;
  for (const Bytes body : scenario.single.bodies) bodies.push_back(static_cast<double>(body.count));
  if (!bodies.empty()) row.response_bytes = median(std::move(bodies));
  row.retained = scenario.single.retained;
  return row;
}

// What such a point shows may be something else than the application's work.
bool was_measured(const ScenarioReport& scenario) {
  return !scenario.partial && scenario.outcome != Outcome::kInvalid &&
         scenario.outcome != Outcome::kSkipped;
}

std::vector<ScalingPoint> points_of(const SweepReport& sweep, const Scenarios& scenarios,
                                    std::vector<double> SweepRow::*values) {
  std::vector<ScalingPoint> points;
  for (std::size_t i = 0; i < sweep.rows.size(); ++i)
    if (was_measured(*scenarios[i]) && !(sweep.rows[i].*values).empty())
      points.push_back({*sweep.rows[i].size, sweep.rows[i].*values});
  return points;
}

// Sizes of responses scatter by little, and have no pages.
std::optional<double> response_per_unit(const SweepReport& sweep, const Scenarios& scenarios) {
  constexpr ScalingFloors kFloors = {1, 0.01, 0};
  constexpr double kExplained = 0.9;
  std::vector<ScalingPoint> points;
  for (std::size_t i = 0; i < sweep.rows.size(); ++i)
    if (was_measured(*scenarios[i]) && sweep.rows[i].response_bytes)
      points.push_back({*sweep.rows[i].size, {*sweep.rows[i].response_bytes}});
  std::sort(points.begin(), points.end(),
            [](const ScalingPoint& a, const ScalingPoint& b) { return a.size < b.size; });
  if (points.size() < 2) return std::nullopt;
  const ScalingData data = scaling_data(points, kFloors);
  const ClassFit fit = fit_class(plan::Complexity::kLinear, {}, data.means, data.errors);
  if (fit.r_squared < kExplained) return std::nullopt;
  return fit.coefficients[kSlope];
}

// "users=100000 was not measured: the target died"; empty: all were.
std::string missing_words(const SweepReport& sweep, const Scenarios& scenarios,
                          std::vector<double> SweepRow::*values) {
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < sweep.rows.size(); ++i) {
    if (was_measured(*scenarios[i]) && !(sweep.rows[i].*values).empty()) continue;
    std::string words = fmt::format("{}={} was not measured", sweep.variable, sweep.rows[i].value);
    const std::string& why = scenarios[i]->message;
    if (!why.empty()) words += ": " + why.substr(0, why.find('\n'));
    missing.push_back(std::move(words));
  }
  return join(missing, "; ");
}

// A class that fewer points show to be too bad is so all the same; none is good on what is missing.
void leave_open(const std::string& missing, bool is_invalid, GateReport& gate) {
  if (missing.empty()) return;
  gate.reason = missing + (gate.reason.empty() ? "" : "; " + gate.reason);
  if (gate.outcome != Outcome::kFail)
    gate.outcome = is_invalid ? Outcome::kInvalid : Outcome::kInconclusive;
}

void judge(const Scenarios& scenarios, SweepReport& sweep) {
  const bool is_invalid =
      std::any_of(scenarios.begin(), scenarios.end(),
                  [](const ScenarioReport* each) { return each->outcome == Outcome::kInvalid; });
  for (const plan::ScalingBudget& budget : scenarios.front()->scaling) {
    const bool is_duration = budget.quantity == ScaledQuantity::kDuration;
    const auto values = is_duration ? &SweepRow::durations : &SweepRow::peaks;
    GateReport gate = judge_scaling(sweep.scaling[is_duration ? 1 : 0], budget);
    leave_open(missing_words(sweep, scenarios, values), is_invalid, gate);
    sweep.gates.push_back(std::move(gate));
  }
  std::vector<GateReport> all = sweep.gates;
  bool is_partial = false;
  for (const ScenarioReport* scenario : scenarios) {
    is_partial = is_partial || scenario->partial;
    if (sweep.expected == plan::ExpectedOutcome::kFail)
      all.insert(all.end(), scenario->gates.begin(), scenario->gates.end());
  }
  sweep.outcome = expected_outcome(worst_of(all), sweep.expected, is_partial);
}

void fill_scaling(const Scenarios& scenarios, SweepReport& sweep) {
  const bool are_sizes = std::all_of(sweep.rows.begin(), sweep.rows.end(),
                                     [](const SweepRow& row) { return row.size.has_value(); });
  const auto& budgets = scenarios.front()->scaling;
  if (!are_sizes || (sweep.rows.size() < 2 && budgets.empty())) return;
  std::optional<double> production;
  for (const plan::ScalingBudget& budget : budgets)
    if (budget.at) production = budget.at;
  for (const ScaledQuantity quantity : {ScaledQuantity::kPeakMemory, ScaledQuantity::kDuration}) {
    const auto values =
        quantity == ScaledQuantity::kDuration ? &SweepRow::durations : &SweepRow::peaks;
    sweep.scaling.push_back(fit_scaling(quantity, points_of(sweep, scenarios, values), production));
    sweep.scaling.back().variable = sweep.variable;
  }
  sweep.response_per_unit = response_per_unit(sweep, scenarios);
  const bool was_skipped =
      std::all_of(scenarios.begin(), scenarios.end(),
                  [](const ScenarioReport* each) { return each->outcome == Outcome::kSkipped; });
  if (!budgets.empty() && !was_skipped) judge(scenarios, sweep);
}

}  // namespace

std::vector<SweepReport> sweep_reports(const std::vector<ScenarioReport>& scenarios) {
  std::vector<SweepReport> sweeps;
  std::vector<Scenarios> of_sweep;
  for (const ScenarioReport& scenario : scenarios) {
    if (!scenario.sweep) continue;
    auto sweep = std::find_if(sweeps.begin(), sweeps.end(), [&](const SweepReport& each) {
      return each.scenario == scenario.sweep->of && each.file == scenario.file &&
             each.variable == scenario.sweep->variable;
    });
    if (sweep == sweeps.end()) {
      sweep = sweeps.insert(sweeps.end(),
                            {scenario.sweep->of, scenario.file, scenario.sweep->variable, {}});
      sweep->expected = scenario.expected;
      sweep->program = scenario.program;
      of_sweep.emplace_back();
    }
    sweep->rows.push_back(row_of(scenario));
    of_sweep[static_cast<std::size_t>(sweep - sweeps.begin())].push_back(&scenario);
  }
  for (std::size_t i = 0; i < sweeps.size(); ++i) fill_scaling(of_sweep[i], sweeps[i]);
  return sweeps;
}

}  // namespace tidemark::analysis
