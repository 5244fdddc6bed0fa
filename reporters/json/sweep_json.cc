#include "reporters/json/json_values.h"

namespace tidemark::reporters {
namespace {

using analysis::ComplexityFit;
using analysis::ScalingPoint;
using analysis::ScalingPrediction;
using analysis::ScalingReport;
using analysis::SweepReport;
using analysis::SweepRow;

Json numbers(const std::vector<double>& values) {
  Json json = Json::array();
  for (const double value : values) json.push_back(number(value));
  return json;
}

template <typename Values, typename ToJson>
Json list(const Values& values, ToJson to_json) {
  Json json = Json::array();
  for (const auto& value : values) json.push_back(to_json(value));
  return json;
}

Json point_json(const ScalingPoint& point) {
  return {{"size", number(point.size)}, {"values", numbers(point.values)}};
}

Json fit_json(const ComplexityFit& fit) {
  return {{"complexity", complexity_name(fit.complexity)},
          {"fixed", number(fit.fixed)},
          {"slope", number(fit.slope)},
          {"slope_low", number(fit.slope_low)},
          {"slope_high", number(fit.slope_high)},
          {"r_squared", number(fit.r_squared)},
          {"weight", number(fit.weight)}};
}

Json prediction_json(const ScalingPrediction& prediction) {
  return {{"size", number(prediction.size)},
          {"value", number(prediction.value)},
          {"low", number(prediction.low)},
          {"high", number(prediction.high)}};
}

Json scaling_json(const ScalingReport& scaling) {
  Json json = {{"quantity", scaled_quantity_name(scaling.quantity)},
               {"unit", unit_symbol(scaling.unit)},
               {"complexity", complexity_json(scaling.complexity)},
               {"best", complexity_name(scaling.best)},
               {"worst", complexity_name(scaling.worst)},
               {"reason", scaling.reason},
               {"advice", scaling.advice},
               {"per_unit", nullptr},
               {"prediction", nullptr},
               {"points", list(scaling.points, point_json)},
               {"fits", list(scaling.fits, fit_json)},
               {"band", list(scaling.band, prediction_json)}};
  if (scaling.per_unit)
    json["per_unit"] = {{"value", number(*scaling.per_unit)},
                        {"low", optional_number(scaling.per_unit_low)},
                        {"high", optional_number(scaling.per_unit_high)}};
  if (scaling.prediction) json["prediction"] = prediction_json(*scaling.prediction);
  return json;
}

Json row_json(const SweepRow& row) {
  return {{"value", row.value},
          {"scenario", row.scenario},
          {"folder", row.folder},
          {"outcome", outcome_name(row.outcome)},
          {"size", optional_number(row.size)},
          {"throughput_per_second", optional_number(row.throughput_per_second)},
          {"p95_seconds", seconds_json(row.p95)},
          {"collections_per_iteration", optional_number(row.collections_per_iteration)},
          {"paused_seconds", seconds_json(row.paused)},
          {"longest_pause_seconds", seconds_json(row.longest_pause)},
          {"memory_bytes", bytes_json(row.memory)},
          {"peak_bytes", bytes_json(row.peak)},
          {"peaks_bytes", numbers(row.peaks)},
          {"durations_seconds", numbers(row.durations)},
          {"response_bytes", optional_number(row.response_bytes)},
          {"retained_bytes_per_iteration", optional_number(row.retained)}};
}

}  // namespace

Json sweep_json(const SweepReport& sweep) {
  const bool is_judged = !sweep.gates.empty();
  const bool is_to_fail = sweep.expected == plan::ExpectedOutcome::kFail;
  return {{"scenario", sweep.scenario},
          {"file", sweep.file},
          {"variable", sweep.variable},
          {"outcome", is_judged ? Json(outcome_name(sweep.outcome)) : Json(nullptr)},
          {"expected_outcome", is_to_fail ? "fail" : "pass"},
          {"gates", list(sweep.gates, gate_json)},
          {"response_bytes_per_unit", optional_number(sweep.response_per_unit)},
          {"scaling", list(sweep.scaling, scaling_json)},
          {"rows", list(sweep.rows, row_json)}};
}

}  // namespace tidemark::reporters
