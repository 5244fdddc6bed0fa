#include <algorithm>

#include "reporters/json/json_values.h"
#include "reporters/reporters.h"

namespace tidemark::reporters {
namespace {

Json verdict(const std::string& file, analysis::Outcome outcome, const Json& classification,
             Json growth, const std::optional<std::int64_t>& decided_at,
             const std::string& reason) {
  return {{"file", file},
          {"outcome", outcome_name(outcome)},
          {"classification", classification},
          {"growth", std::move(growth)},
          {"decided_at", decided_at ? Json(*decided_at) : Json(nullptr)},
          {"reason", reason}};
}

}  // namespace

std::string render_verdict(const std::string& file, const analysis::GrowthVerdict& judged) {
  Json growth = nullptr;
  if (judged.growth)
    growth = {{"value", number(judged.growth->per_iteration)},
              {"low", number(judged.growth->low)},
              {"high", number(judged.growth->high)},
              {"unit", unit_symbol(Unit::kBytesPerIteration)}};
  return json_text(verdict(file, judged.outcome, shape_name(judged.classification),
                           std::move(growth), judged.decided_at, judged.reason)) +
         "\n";
}

std::string render_verdict(const std::string& file, const analysis::ScenarioReport& scenario) {
  const auto gate = std::find_if(
      scenario.gates.begin(), scenario.gates.end(),
      [](const analysis::GateReport& each) { return each.gate == plan::Gate::kGrowth; });
  Json json;
  if (gate == scenario.gates.end()) {
    json = verdict(file, scenario.outcome, nullptr, nullptr, std::nullopt, "no growth budget");
  } else {
    const Json rendered = gate_json(*gate);
    json = verdict(file, gate->outcome, rendered.at("classification"), rendered.at("measured"),
                   gate->decided_at, gate->reason);
  }
  json["scenario"] = scenario.name;
  json["gates"] = Json::array();
  for (const analysis::GateReport& each : scenario.gates) json["gates"].push_back(gate_json(each));
  json["audit"] = Json::array();
  for (const analysis::AuditCheck& check : scenario.audit)
    if (!check.ok) json["audit"].push_back({{"check", check.check}, {"detail", check.detail}});
  return json_text(json) + "\n";
}

}  // namespace tidemark::reporters
