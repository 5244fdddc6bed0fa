#include <cmath>
#include <optional>

#include "reporters/json/json_values.h"
#include "reporters/reporters.h"

namespace tidemark::reporters {

Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json optional_number(const std::optional<double>& value) {
  return value ? number(*value) : Json(nullptr);
}

Json seconds_json(const std::optional<Seconds>& time) {
  return time ? number(time->count()) : Json(nullptr);
}

Json bytes_json(const std::optional<Bytes>& bytes) {
  return bytes ? Json(bytes->count) : Json(nullptr);
}

Json complexity_json(const std::optional<plan::Complexity>& complexity) {
  return complexity ? Json(complexity_name(*complexity)) : Json(nullptr);
}

Json gate_json(const analysis::GateReport& gate) {
  Json json = {{"id", gate.id}, {"outcome", outcome_name(gate.outcome)}};
  json["classification"] =
      gate.classification ? Json(shape_name(*gate.classification)) : Json(nullptr);
  json["limit"] = gate.limit ? Json{{"value", number(gate.limit->value)},
                                    {"unit", unit_symbol(gate.limit->unit)}}
                             : Json(nullptr);
  json["measured"] = nullptr;
  if (gate.measured)
    json["measured"] = {{"value", number(gate.measured->value.value)},
                        {"low", optional_number(gate.measured->low)},
                        {"high", optional_number(gate.measured->high)},
                        {"unit", unit_symbol(gate.measured->value.unit)}};
  json["complexity"] = nullptr;
  if (gate.complexity || gate.complexity_limit)
    json["complexity"] = {{"measured", complexity_json(gate.complexity)},
                          {"limit", complexity_json(gate.complexity_limit)}};
  json["signal"] = gate.signal;
  json["shape_signal"] = gate.shape_signal;
  json["decided_at"] = gate.decided_at ? Json(*gate.decided_at) : Json(nullptr);
  json["reason"] = gate.reason;
  json["position"] = {{"file", gate.position.file}, {"line", gate.position.line}};
  return json;
}

namespace {

// A whole number is written as one: 12, not 12.0.
Json tidy(double value) {
  const bool is_whole = std::abs(value) < 9e15 && value == std::floor(value);
  return is_whole ? Json(static_cast<std::int64_t>(value)) : number(value);
}

Json to_json(const analysis::Series& series) {
  Json points = Json::array();
  for (const analysis::SeriesPoint& point : series.points)
    points.push_back(Json::array({point.iteration, tidy(point.value)}));
  return {{"signal", record::signal_name(series.signal)},
          {"unit", unit_symbol(record::signal_unit(series.signal))},
          {"points", std::move(points)}};
}

Json to_json(const analysis::ProcessReport& process, std::int64_t iterations_served) {
  Json json = {
      {"pid", process.process.pid},
      {"role", process.role},
      {"command", process.command},
      {"runtime", process.runtime},
      {"iterations_served", iterations_served < 0 ? Json(nullptr) : Json(iterations_served)},
      {"gc", Json::array()},
      {"series", Json::array()}};
  for (const record::GcGeneration& row : process.gc)
    json["gc"].push_back({{"generation", row.generation},
                          {"collections", row.collections},
                          {"collected", row.collected},
                          {"uncollectable", row.uncollectable},
                          {"threshold", row.threshold}});
  for (const analysis::Series& series : process.series) json["series"].push_back(to_json(series));
  return json;
}

Json to_json(const std::optional<analysis::Exhaustion>& exhaustion) {
  if (!exhaustion) return nullptr;
  return {{"after_seconds", number(exhaustion->after.count())},
          {"earliest_seconds", seconds_json(exhaustion->earliest)},
          {"latest_seconds", seconds_json(exhaustion->latest)},
          {"iterations", number(exhaustion->iterations)},
          {"rate_per_second", number(exhaustion->rate_per_second)},
          {"rate_given", exhaustion->rate_given},
          {"limit_bytes", exhaustion->limit.count},
          {"limit_from", exhaustion->limit_from},
          {"in_use_bytes", exhaustion->in_use.count}};
}

Json to_json(const std::optional<plan::SweepPoint>& point) {
  if (!point) return nullptr;
  return {{"of", point->of}, {"variable", point->variable}, {"value", point->value}};
}

Json to_json(const analysis::ScenarioReport& scenario) {
  Json json = {
      {"name", scenario.name},
      {"outcome", outcome_name(scenario.outcome)},
      {"expected_outcome", scenario.expected == plan::ExpectedOutcome::kFail ? "fail" : "pass"},
      {"description", scenario.description},
      {"file", scenario.file},
      {"folder", scenario.folder},
      {"run", scenario.run.empty() ? Json(nullptr) : Json(scenario.run)},
      {"partial", scenario.partial},
      {"message", scenario.message},
      {"duration_seconds", number(scenario.duration.count())},
      {"iterations", scenario.iterations},
      {"growth_began_at", scenario.growth_began},
      {"plan", scenario.plan},
      {"program", scenario.program},
      {"repeat_command", scenario.repeat_command},
      {"sweep", to_json(scenario.sweep)},
      {"requests", load_json(scenario.load)},
      {"gates", Json::array()},
      {"exhaustion", to_json(scenario.exhaustion)},
      {"findings", Json::array()},
      {"diagnosis", diagnosis_json(scenario.growth_diagnosis)},
      {"peak_diagnosis", diagnosis_json(scenario.peak_findings)},
      {"peaks", Json::array()},
      {"gc", gc_json(scenario.gc)},
      {"processes", Json::array()},
      {"unexpected_answers", Json::array()},
      {"audit", Json::array()}};
  for (const auto& gate : scenario.gates) json["gates"].push_back(gate_json(gate));
  for (const auto& finding : scenario.findings) json["findings"].push_back(finding_json(finding));
  for (const auto& peak : scenario.peaks)
    json["peaks"].push_back(
        {{"iteration", peak.iteration},
         {"first", peak.first},
         {"bytes", peak.needed.count},
         {"upper_bound", peak.upper_bound},
         {"request", peak.request.empty() ? Json(nullptr) : Json(peak.request)}});
  // Which process served which request is known only where one process can have served them.
  const bool is_alone = scenario.processes.size() == 1;
  for (const auto& process : scenario.processes)
    json["processes"].push_back(to_json(process, is_alone ? scenario.iterations : -1));
  for (const auto& answer : scenario.unexpected_answers)
    json["unexpected_answers"].push_back({{"iteration", answer.iteration},
                                          {"request", answer.request},
                                          {"what", answer.what},
                                          {"body", answer.body}});
  for (const auto& check : scenario.audit)
    json["audit"].push_back({{"check", check.check}, {"ok", check.ok}, {"detail", check.detail}});
  return json;
}

}  // namespace

std::string render_json(const analysis::RunReport& report) {
  Json json = {{"schema", "tidemark-result/1"},
               {"name", report.name},
               {"outcome", outcome_name(report.outcome)},
               {"interrupted", report.interrupted},
               {"not_run", report.not_run},
               {"started", report.started},
               {"duration_seconds", number(report.duration.count())},
               {"environment", report.environment},
               {"runs", Json::array()},
               {"scenarios", Json::array()},
               {"sweeps", Json::array()}};
  for (const analysis::RunFacts& run : report.runs)
    json["runs"].push_back({{"folder", run.label},
                            {"name", run.name},
                            {"outcome", outcome_name(run.outcome)},
                            {"interrupted", run.interrupted},
                            {"started", run.started},
                            {"duration_seconds", number(run.duration.count())},
                            {"scenarios", run.scenarios},
                            {"planned", run.planned}});
  for (const auto& scenario : report.scenarios) json["scenarios"].push_back(to_json(scenario));
  for (const auto& sweep : report.sweeps) json["sweeps"].push_back(sweep_json(sweep));
  // The target's text may be no UTF-8 at all.
  return json_text(json, 2) + "\n";
}

}  // namespace tidemark::reporters
