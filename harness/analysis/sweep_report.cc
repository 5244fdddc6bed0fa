#include "harness/analysis/sweep_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "harness/analysis/blocks.h"
#include "harness/analysis/report.h"
#include "harness/analysis/scaling_model.h"
#include "harness/base/text.h"

namespace tidemark::analysis {
namespace {

using plan::ScaledQuantity;

// The scenarios of one sweep, in the order of its rows.
using Scenarios = std::vector<const ScenarioReport*>;

// Of one flow at one size: fewer tell nothing, nor do they where more were not as they should be.
constexpr std::size_t kFewestValues = plan::kFewestPeaks;

// Of the bodies of one iteration, of one flow or of all.
std::optional<double> response_bytes(const SingleIterations& single,
                                     const std::optional<std::string>& flow) {
  std::vector<double> bodies;
  for (std::size_t i = 0; i < single.bodies.size(); ++i)
    if (!flow || single.flows[i] == *flow)
      bodies.push_back(static_cast<double>(single.bodies[i].count));
  if (bodies.empty()) return std::nullopt;
  return median_of(bodies);
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
    if (peak.failed || peak.unseen_children) {
      ++row.peaks_left_out;
      continue;
    }
    row.peaks.push_back(static_cast<double>(peak.needed.count));
    row.peak_flows.push_back(peak.flow);
  }
  if (scenario.sweep->variable != plan::kGcThreshold)
    row.size = plan::parse_sweep_size(scenario.sweep->value);
  for (const Seconds duration : scenario.single.durations)
    row.durations.push_back(duration.count());
  row.duration_flows = scenario.single.flows;
  row.response_bytes = response_bytes(scenario.single, std::nullopt);
  row.retained = scenario.single.retained;
  return row;
}

// What such a point shows may be something else than the application's work.
bool was_measured(const ScenarioReport& scenario) {
  return !scenario.partial && scenario.outcome != Outcome::kInvalid &&
         scenario.outcome != Outcome::kSkipped;
}

// The values of one quantity, and the flow of each.
struct Quantity {
  ScaledQuantity quantity;
  std::vector<double> SweepRow::*values;
  std::vector<std::string> SweepRow::*flows;
};
constexpr std::array kQuantities = {
    Quantity{ScaledQuantity::kPeakMemory, &SweepRow::peaks, &SweepRow::peak_flows},
    Quantity{ScaledQuantity::kDuration, &SweepRow::durations, &SweepRow::duration_flows}};

// Those that were gone through at any size, or the only one, which has no name.
std::set<std::string> flows_of(const SweepReport& sweep, const Quantity& quantity) {
  std::set<std::string> flows;
  for (const SweepRow& row : sweep.rows)
    flows.insert((row.*quantity.flows).begin(), (row.*quantity.flows).end());
  if (flows.empty()) flows.emplace();
  return flows;
}

std::vector<double> values_of(const SweepRow& row, const Quantity& quantity,
                              const std::string& flow) {
  std::vector<double> values;
  for (std::size_t i = 0; i < (row.*quantity.values).size(); ++i)
    if ((row.*quantity.flows)[i] == flow) values.push_back((row.*quantity.values)[i]);
  return values;
}

bool has_enough(const SweepRow& row, const Quantity& quantity, const std::string& flow) {
  return values_of(row, quantity, flow).size() >= kFewestValues &&
         row.peaks_left_out <= static_cast<int>(row.peaks.size());
}

std::vector<ScalingPoint> points_of(const SweepReport& sweep, const Scenarios& scenarios,
                                    const Quantity& quantity, const std::string& flow) {
  std::vector<ScalingPoint> points;
  for (std::size_t i = 0; i < sweep.rows.size(); ++i)
    if (was_measured(*scenarios[i]) && has_enough(sweep.rows[i], quantity, flow))
      points.push_back({*sweep.rows[i].size, values_of(sweep.rows[i], quantity, flow)});
  return points;
}

// Sizes of responses scatter by little, and have no pages.
std::optional<double> response_per_unit(const SweepReport& sweep, const Scenarios& scenarios,
                                        const std::string& flow) {
  constexpr ScalingFloors kFloors = {1, 0.01, 0, 0, 0, 0};
  constexpr double kExplained = 0.9;
  std::vector<ScalingPoint> points;
  for (std::size_t i = 0; i < sweep.rows.size(); ++i)
    if (const auto bytes = response_bytes(scenarios[i]->single, flow);
        bytes && was_measured(*scenarios[i]))
      points.push_back({*sweep.rows[i].size, {*bytes}});
  std::sort(points.begin(), points.end(),
            [](const ScalingPoint& a, const ScalingPoint& b) { return a.size < b.size; });
  if (points.size() < 2) return std::nullopt;
  const ScalingData data = scaling_data(points, kFloors);
  const ClassFit fit = fit_class(plan::Complexity::kLinear, {}, data.means, data.errors);
  if (fit.r_squared < kExplained) return std::nullopt;
  return fit.coefficients[kSlope];
}

// Why a point is missing in the fit; empty: it is not, or nobody knows.
std::string missing_because(const ScenarioReport& scenario, const SweepRow& row,
                            const std::string& flow) {
  if (!was_measured(scenario)) return scenario.message.substr(0, scenario.message.find('\n'));
  if (row.peaks_left_out > 0)
    return fmt::format("{} of {} iterations failed, or had children that nobody saw",
                       row.peaks_left_out, row.peaks_left_out + static_cast<int>(row.peaks.size()));
  return flow.empty() ? std::string() : fmt::format("hardly any iteration took '{}'", flow);
}

// "users=100000 was not measured: the target died"; empty: all were.
std::string missing_words(const SweepReport& sweep, const Scenarios& scenarios,
                          const Quantity& quantity) {
  std::vector<std::string> missing;
  const auto flows = flows_of(sweep, quantity);
  for (std::size_t i = 0; i < sweep.rows.size(); ++i) {
    const auto flow = std::find_if(flows.begin(), flows.end(), [&](const std::string& each) {
      return !has_enough(sweep.rows[i], quantity, each);
    });
    if (was_measured(*scenarios[i]) && flow == flows.end()) continue;
    std::string words = fmt::format("{}={} was not measured", sweep.variable, sweep.rows[i].value);
    const std::string why =
        missing_because(*scenarios[i], sweep.rows[i], flow == flows.end() ? "" : *flow);
    if (!why.empty()) words += ": " + why;
    missing.push_back(std::move(words));
  }
  return join(missing, "; ");
}

// A point that died of its memory limit needed more than is allowed at the size of production,
// which is no smaller.
void apply_exceeded_limits(const SweepReport& sweep, const Scenarios& scenarios,
                           const plan::ScalingBudget& budget, GateReport& gate) {
  if (!budget.max || budget.quantity != ScaledQuantity::kPeakMemory) return;
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    const auto& needed = scenarios[i]->limit_exceeded_by_one;
    if (!needed || static_cast<double>(needed->count) < budget.max->value ||
        *sweep.rows[i].size > budget.at.value_or(0))
      continue;
    gate.outcome = Outcome::kFail;
    gate.reason = fmt::format("at {} one iteration needed {} and more", sweep.rows[i].value,
                              format_bytes(*needed)) +
                  (gate.reason.empty() ? "" : "; " + gate.reason);
    return;
  }
}

// A class that fewer points show to be too bad is so all the same; none is good on what is missing.
void leave_open(const std::string& missing, bool is_invalid, GateReport& gate) {
  if (missing.empty()) return;
  gate.reason = missing + (gate.reason.empty() ? "" : "; " + gate.reason);
  if (gate.outcome != Outcome::kFail)
    gate.outcome = is_invalid ? Outcome::kInvalid : Outcome::kInconclusive;
}

// One a kind of values of each flow.
using Fits = std::vector<ScalingReport>;

void judge(const Scenarios& scenarios, const std::array<Fits, kQuantities.size()>& fits,
           SweepReport& sweep) {
  const bool is_invalid =
      std::any_of(scenarios.begin(), scenarios.end(),
                  [](const ScenarioReport* each) { return each->outcome == Outcome::kInvalid; });
  for (const plan::ScalingBudget& budget : scenarios.front()->scaling) {
    const auto which = static_cast<std::size_t>(budget.quantity);
    GateReport gate = judge_scaling(fits[which], budget);
    leave_open(missing_words(sweep, scenarios, kQuantities[which]), is_invalid, gate);
    apply_exceeded_limits(sweep, scenarios, budget, gate);
    sweep.gates.push_back(std::move(gate));
  }
  std::vector<GateReport> all = sweep.gates;
  bool is_partial = false;
  for (const ScenarioReport* scenario : scenarios) {
    is_partial = is_partial || scenario->partial;
    if (sweep.expected != plan::ExpectedOutcome::kFail) continue;
    all.insert(all.end(), scenario->gates.begin(), scenario->gates.end());
    if (scenario->limit_exceeded_by_one) all.emplace_back().outcome = Outcome::kFail;
  }
  sweep.outcome = expected_outcome(worst_of(all), sweep.expected, is_partial);
}

Fits fits_of(const SweepReport& sweep, const Scenarios& scenarios, const Quantity& quantity,
             std::optional<double> production) {
  Fits fits;
  for (const std::string& flow : flows_of(sweep, quantity))
    for (ScalingReport& fit :
         fit_kinds(quantity.quantity, points_of(sweep, scenarios, quantity, flow), production)) {
      fit.variable = sweep.variable;
      fit.flow = flow;
      fits.push_back(std::move(fit));
    }
  return fits;
}

// What stands for all of them in a picture.
const ScalingReport& dearest(const Fits& fits) {
  const auto most = [](const ScalingReport& fit) {
    return fit.band.empty() ? 0 : fit.band.back().value;
  };
  return *std::max_element(fits.begin(), fits.end(), [&](const auto& one, const auto& other) {
    return most(one) < most(other);
  });
}

void fill_scaling(const Scenarios& scenarios, SweepReport& sweep) {
  const bool are_sizes = std::all_of(sweep.rows.begin(), sweep.rows.end(),
                                     [](const SweepRow& row) { return row.size.has_value(); });
  const auto& budgets = scenarios.front()->scaling;
  if (!are_sizes || (sweep.rows.size() < 2 && budgets.empty())) return;
  std::optional<double> production;
  for (const plan::ScalingBudget& budget : budgets)
    if (budget.at) production = budget.at;
  std::array<Fits, kQuantities.size()> fits;
  for (std::size_t i = 0; i < kQuantities.size(); ++i) {
    fits[i] = fits_of(sweep, scenarios, kQuantities[i], production);
    sweep.scaling.push_back(dearest(fits[i]));
  }
  sweep.response_per_unit = response_per_unit(sweep, scenarios, sweep.scaling.front().flow);
  const bool was_skipped =
      std::all_of(scenarios.begin(), scenarios.end(),
                  [](const ScenarioReport* each) { return each->outcome == Outcome::kSkipped; });
  if (!budgets.empty() && !was_skipped) judge(scenarios, fits, sweep);
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
