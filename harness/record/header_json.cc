#include "harness/record/record_json.h"

namespace tidemark::record {
namespace {

constexpr std::array kDataOrders = {plan::DataFeed::Order::kSequence,
                                    plan::DataFeed::Order::kRandom, plan::DataFeed::Order::kOnce};

Json to_json(const SourcePosition& position) {
  return {{"file", position.file}, {"line", position.line}, {"column", position.column}};
}
SourcePosition position_from(const Json& json) {
  return {json.at("file"), json.at("line"), json.at("column")};
}

Json limit_to_json(const Quantity& limit) {
  return {{"value", limit.value}, {"unit", unit_symbol(limit.unit)}};
}
Quantity limit_from(const Json& json) {
  const auto unit = parse_unit_symbol(json.at("unit").get<std::string>());
  if (!unit) throw std::invalid_argument("unknown unit");
  return {json.at("value"), *unit};
}

Json to_json(const plan::Budget& budget) {
  Json json = {{"id", budget.id},
               {"gate", plan::gate_name(budget.gate)},
               {"quantile", budget.quantile},
               {"position", to_json(budget.position)}};
  if (!budget.request.empty()) json["request"] = budget.request;
  if (budget.limit) json["limit"] = limit_to_json(*budget.limit);
  return json;
}
plan::Budget budget_from(const Json& json) {
  plan::Budget budget;
  budget.id = json.at("id");
  const auto gate = plan::parse_gate(json.at("gate").get<std::string>());
  if (!gate) throw std::invalid_argument("unknown gate");
  budget.gate = *gate;
  budget.quantile = json.at("quantile");
  budget.request = json.value("request", std::string());
  budget.position = position_from(json.at("position"));
  if (json.contains("limit")) budget.limit = limit_from(json.at("limit"));
  return budget;
}

Json to_json(const plan::ScalingBudget& budget) {
  Json json = {{"id", budget.id},
               {"quantity", plan::scaled_quantity_name(budget.quantity)},
               {"position", to_json(budget.position)}};
  if (budget.worst) json["worst"] = plan::complexity_name(*budget.worst);
  if (budget.max) json["max"] = limit_to_json(*budget.max);
  if (budget.at) json["at"] = *budget.at;
  return json;
}
plan::ScalingBudget scaling_from(const Json& json) {
  plan::ScalingBudget budget;
  budget.id = json.at("id");
  const auto quantity = plan::parse_scaled_quantity(json.at("quantity").get<std::string>());
  if (!quantity) throw std::invalid_argument("unknown quantity");
  budget.quantity = *quantity;
  budget.position = position_from(json.at("position"));
  if (json.contains("worst")) {
    const auto worst = plan::parse_complexity(json.at("worst").get<std::string>());
    if (!worst) throw std::invalid_argument(worst.error().message);
    budget.worst = *worst;
  }
  if (json.contains("max")) budget.max = limit_from(json.at("max"));
  if (json.contains("at")) budget.at = json.at("at");
  return budget;
}

Json to_json(const plan::Production& production) {
  Json json = Json::object();
  if (production.rate_per_second) json["rate_per_second"] = *production.rate_per_second;
  if (production.memory) json["memory"] = production.memory->count;
  return json;
}
plan::Production production_from(const Json& json) {
  plan::Production production;
  if (json.contains("rate_per_second")) production.rate_per_second = json.at("rate_per_second");
  if (json.contains("memory")) production.memory = Bytes{json.at("memory")};
  return production;
}

Json to_json(const plan::SweepPoint& point) {
  return {{"of", point.of}, {"variable", point.variable}, {"value", point.value}};
}
plan::SweepPoint sweep_from(const Json& json) {
  return {json.at("of"), json.at("variable"), json.at("value")};
}

Json to_json(const plan::Known& known) {
  return {{"fingerprint", known.fingerprint},
          {"reason", known.reason},
          {"until", known.until},
          {"position", to_json(known.position)},
          {"of_file", known.of_file}};
}
plan::Known known_from(const Json& json) {
  return {json.at("fingerprint"), json.at("reason"), json.at("until"),
          position_from(json.at("position")), json.at("of_file")};
}

}  // namespace

Json header_to_json(const Header& header) {
  Json json = {
      {"schema", "tidemark-record/1"},
      {"run", header.run},
      {"scenario", header.scenario},
      {"description", header.description},
      {"file", header.file},
      {"position", to_json(header.position)},
      {"folder", header.folder},
      {"started", header.started},
      {"budgets", Json::array()},
      {"expect_outcome", header.expect_outcome == plan::ExpectedOutcome::kFail ? "fail" : "pass"},
      {"vus", header.vus},
      {"load", header.load},
      {"model", header.model == plan::LoadModel::kOpen ? "open" : "closed"},
      {"min_iterations", header.min_iterations},
      {"max_iterations", header.max_iterations},
      {"horizon_iterations", header.horizon_iterations},
      {"max_duration_seconds", header.max_duration.count()},
      {"production", to_json(header.production)},
      {"repeat_command", header.repeat_command},
      {"environment", header.environment}};
  for (const plan::Budget& budget : header.budgets) json["budgets"].push_back(to_json(budget));
  for (const plan::ScalingBudget& budget : header.scaling)
    json["scaling"].push_back(to_json(budget));
  for (const FlowFacts& flow : header.flows)
    json["flows"].push_back({{"name", flow.name}, {"requests", flow.requests}});
  if (header.program) json["program"] = true;
  if (header.memory_limit) json["memory_limit"] = header.memory_limit->count;
  if (header.data)
    json["data"] = {{"rows", header.data->rows},
                    {"order", plan::data_order_name(header.data->order)}};
  if (header.sweep) json["sweep"] = to_json(*header.sweep);
  if (header.gc_threshold) json["gc_threshold"] = *header.gc_threshold;
  if (header.machine_memory) json["machine_memory"] = header.machine_memory->count;
  for (const plan::Known& known : header.known) json["known"].push_back(to_json(known));
  return json;
}

Header header_from_json(const Json& json) {
  if (json.at("schema") != "tidemark-record/1")
    throw std::invalid_argument("this is not a record that this version can read");
  Header header;
  header.run = json.at("run");
  header.scenario = json.at("scenario");
  header.description = json.at("description");
  header.file = json.at("file");
  header.position = position_from(json.at("position"));
  header.folder = json.at("folder");
  header.started = json.at("started");
  for (const Json& budget : json.at("budgets")) header.budgets.push_back(budget_from(budget));
  if (json.contains("scaling"))
    for (const Json& budget : json.at("scaling")) header.scaling.push_back(scaling_from(budget));
  header.expect_outcome = json.at("expect_outcome") == "fail" ? plan::ExpectedOutcome::kFail
                                                              : plan::ExpectedOutcome::kPass;
  header.program = json.value("program", false);
  header.vus = json.at("vus");
  header.load = json.value("load", std::string());
  if (json.contains("flows"))
    for (const Json& flow : json.at("flows"))
      header.flows.push_back({flow.at("name"), flow.at("requests")});
  header.model = json.value("model", std::string()) == "open" ? plan::LoadModel::kOpen
                                                              : plan::LoadModel::kClosed;
  header.min_iterations = json.at("min_iterations");
  header.max_iterations = json.at("max_iterations");
  header.horizon_iterations = json.value("horizon_iterations", header.horizon_iterations);
  header.max_duration = Seconds(json.at("max_duration_seconds").get<double>());
  if (json.contains("memory_limit")) header.memory_limit = Bytes{json.at("memory_limit")};
  if (json.contains("production")) header.production = production_from(json.at("production"));
  if (json.contains("data"))
    header.data = DataFacts{json.at("data").at("rows"),
                            word(json.at("data").at("order"), kDataOrders, plan::data_order_name)};
  if (json.contains("sweep")) header.sweep = sweep_from(json.at("sweep"));
  if (json.contains("gc_threshold")) header.gc_threshold = json.at("gc_threshold");
  if (json.contains("machine_memory")) header.machine_memory = Bytes{json.at("machine_memory")};
  if (json.contains("known"))
    for (const Json& known : json.at("known")) header.known.push_back(known_from(known));
  header.repeat_command = json.at("repeat_command");
  header.environment = json.at("environment").get<std::map<std::string, std::string>>();
  return header;
}

}  // namespace tidemark::record
