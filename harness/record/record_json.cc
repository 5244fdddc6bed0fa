#include "harness/record/record_json.h"

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <type_traits>

#include "harness/record/diagnosis_json.h"

namespace tidemark::record {
namespace {

// --- words ---------------------------------------------------------------------------------------

template <class Enum, std::size_t N>
Enum word(const std::string& text, const std::array<Enum, N>& all, std::string_view (*name)(Enum)) {
  for (const Enum value : all)
    if (name(value) == text) return value;
  throw std::invalid_argument(fmt::format("unknown word '{}'", text));
}

constexpr std::array kPhases = {Phase::kWarmup, Phase::kPeaks, Phase::kGrowth, Phase::kDiagnosis};
constexpr std::array kPeakSignals = {PeakSignal::kRss, PeakSignal::kCgroup, PeakSignal::kSampled};
constexpr std::array kDataOrders = {plan::DataFeed::Order::kSequence,
                                    plan::DataFeed::Order::kRandom, plan::DataFeed::Order::kOnce};
constexpr std::array kEndings = {
    Ending::kCompleted,   Ending::kSkipped,           Ending::kNotLaunched, Ending::kTargetDied,
    Ending::kMemoryLimit, Ending::kUnexpectedAnswers, Ending::kInterrupted};

Phase phase_from(const Json& json) {
  return word(json.at("phase"), kPhases, phase_name);
}

// --- pieces --------------------------------------------------------------------------------------

Json to_json(const ProcessKey& key) {
  return Json::array({key.pid, key.started});
}
ProcessKey process_from(const Json& json) {
  return {json.at(0).get<int>(), json.at(1).get<std::uint64_t>()};
}

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

Json to_json(const GcGeneration& row) {
  Json json = Json::array({row.generation, row.collections, row.collected, row.uncollectable,
                           row.threshold, row.count});
  if (row.paused && row.longest_pause) {
    json.push_back(row.paused->count());
    json.push_back(row.longest_pause->count());
  }
  return json;
}
GcGeneration generation_from(const Json& json) {
  GcGeneration row{json.at(0), json.at(1), json.at(2), json.at(3), json.at(4), json.at(5)};
  if (json.size() < 8) return row;  // records from before pauses were watched
  row.paused = Seconds(json.at(6).get<double>());
  row.longest_pause = Seconds(json.at(7).get<double>());
  return row;
}

Json to_json(const Reading& reading) {
  Json json = {{"process", to_json(reading.process)}};
  for (const Signal signal : kSignals)
    if (const auto value = reading.values.get(signal))
      json[std::string(signal_name(signal))] = static_cast<std::int64_t>(*value);
  for (const GcGeneration& row : reading.gc) json["gc"].push_back(to_json(row));
  if (reading.collector_on) json["collector_on"] = *reading.collector_on;
  if (reading.frozen > 0) json["frozen"] = reading.frozen;
  if (reading.django_debug) json["django_debug"] = *reading.django_debug;
  if (reading.swapped > 0_B) json["swapped"] = reading.swapped.count;
  if (reading.worked) json["worked_seconds"] = reading.worked->count();
  if (reading.peak) json["peak"] = reading.peak->count;
  if (reading.reusable > 0_B) json["reusable"] = reading.reusable.count;
  if (reading.unsettled) json["unsettled"] = reading.unsettled->count;
  if (reading.unreachable > 0) json["unreachable"] = reading.unreachable;
  if (reading.settle.count() > 0) json["settle_seconds"] = reading.settle.count();
  if (!reading.gap.empty()) json["gap"] = reading.gap;
  return json;
}
Reading reading_from(const Json& json) {
  Reading reading;
  reading.process = process_from(json.at("process"));
  for (const Signal signal : kSignals)
    if (const auto found = json.find(std::string(signal_name(signal))); found != json.end())
      reading.values.set(signal, found->get<double>());
  if (json.contains("gc"))
    for (const Json& row : json.at("gc")) reading.gc.push_back(generation_from(row));
  if (json.contains("collector_on")) reading.collector_on = json.at("collector_on").get<bool>();
  reading.frozen = json.value("frozen", std::int64_t{0});
  if (json.contains("django_debug")) reading.django_debug = json.at("django_debug").get<bool>();
  reading.swapped = Bytes{json.value("swapped", std::int64_t{0})};
  if (json.contains("worked_seconds"))
    reading.worked = Seconds(json.at("worked_seconds").get<double>());
  if (json.contains("peak")) reading.peak = Bytes{json.at("peak")};
  reading.reusable = Bytes{json.value("reusable", std::int64_t{0})};
  if (json.contains("unsettled")) reading.unsettled = Bytes{json.at("unsettled")};
  reading.unreachable = json.value("unreachable", std::int64_t{0});
  reading.settle = Seconds(json.value("settle_seconds", 0.0));
  reading.gap = json.value("gap", std::string());
  return reading;
}

// --- events --------------------------------------------------------------------------------------

Json to_json(const ProcessSeen& seen) {
  return {{"event", "process"},
          {"process", to_json(seen.process)},
          {"parent", to_json(seen.parent)},
          {"command", seen.command},
          {"runtime", seen.runtime},
          {"iteration", seen.iteration}};
}
ProcessSeen seen_from(const Json& json) {
  return {process_from(json.at("process")), process_from(json.at("parent")), json.at("command"),
          json.at("runtime"), json.at("iteration")};
}

Json to_json(const ProcessEnded& ended) {
  return {{"event", "process_end"},
          {"process", to_json(ended.process)},
          {"iteration", ended.iteration}};
}
ProcessEnded ended_from(const Json& json) {
  return {process_from(json.at("process")), json.at("iteration")};
}

Json to_json(const Checkpoint& checkpoint) {
  Json json = {{"event", "checkpoint"},
               {"phase", phase_name(checkpoint.phase)},
               {"iteration", checkpoint.iteration},
               {"batch", checkpoint.batch},
               {"elapsed_seconds", checkpoint.elapsed.count()},
               {"readings", Json::array()}};
  for (const Reading& reading : checkpoint.readings) json["readings"].push_back(to_json(reading));
  return json;
}
Checkpoint checkpoint_from(const Json& json) {
  Checkpoint checkpoint{phase_from(json),
                        json.at("iteration"),
                        json.at("batch"),
                        Seconds(json.at("elapsed_seconds").get<double>()),
                        {}};
  for (const Json& reading : json.at("readings"))
    checkpoint.readings.push_back(reading_from(reading));
  return checkpoint;
}

Json to_json(const PeakSample& sample) {
  Json json = {{"event", "peak"},
               {"phase", phase_name(sample.phase)},
               {"iteration", sample.iteration},
               {"processes", Json::array()}};
  for (const auto& process : sample.processes)
    json["processes"].push_back({{"process", to_json(process.process)},
                                 {"base", process.base.count},
                                 {"peak", process.peak.count},
                                 {"lazy_free", process.lazy_free.count},
                                 {"kept", process.kept.count}});
  if (!sample.request.empty()) json["request"] = sample.request;
  if (!sample.flow.empty()) json["flow"] = sample.flow;
  if (sample.copied > 0_B) json["copied"] = sample.copied.count;
  if (sample.children > 0_B) json["children"] = sample.children.count;
  if (sample.unseen_children) json["unseen_children"] = true;
  if (sample.idle) json["idle"] = true;
  if (sample.signal != PeakSignal::kRss) json["signal"] = peak_signal_name(sample.signal);
  if (sample.upper_bound) json["upper_bound"] = true;
  return json;
}
PeakSample peak_from(const Json& json) {
  PeakSample sample;
  sample.phase = phase_from(json);
  sample.iteration = json.at("iteration");
  for (const Json& process : json.at("processes"))
    sample.processes.push_back({process_from(process.at("process")), Bytes{process.at("base")},
                                Bytes{process.at("peak")}, Bytes{process.at("lazy_free")},
                                Bytes{process.at("kept")}});
  sample.request = json.value("request", std::string());
  sample.flow = json.value("flow", std::string());
  sample.copied = Bytes{json.value("copied", std::int64_t{0})};
  sample.children = Bytes{json.value("children", std::int64_t{0})};
  sample.unseen_children = json.value("unseen_children", false);
  sample.idle = json.value("idle", false);
  if (json.contains("signal"))
    sample.signal = word(json.at("signal"), kPeakSignals, peak_signal_name);
  sample.upper_bound = json.value("upper_bound", false);
  return sample;
}

Json to_json(const PlannedGrowth& planned) {
  return {{"event", "planned_growth"}, {"iteration", planned.iteration}, {"words", planned.words}};
}

Json to_json(const UnexpectedAnswer& answer) {
  return {{"event", "unexpected_answer"},
          {"iteration", answer.iteration},
          {"request", answer.request},
          {"what", answer.what},
          {"body", answer.body}};
}

Json to_json(const Remark& remark) {
  return {
      {"event", "remark"}, {"check", remark.check}, {"ok", remark.ok}, {"detail", remark.detail}};
}

Json to_json(const End& end) {
  return {{"event", "end"},
          {"ending", ending_name(end.ending)},
          {"message", end.message},
          {"phase", phase_name(end.phase)},
          {"elapsed_seconds", end.elapsed.count()}};
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

Json event_to_json(const Event& event) {
  return std::visit([](const auto& fact) { return to_json(fact); }, event);
}

Event event_from_json(const Json& json) {
  const std::string kind = json.at("event");
  if (kind == "process") return seen_from(json);
  if (kind == "process_end") return ended_from(json);
  if (kind == "checkpoint") return checkpoint_from(json);
  if (kind == "peak") return peak_from(json);
  if (kind == "batch") return batch_from_json(json, phase_from(json));
  if (kind == "planned_growth") return PlannedGrowth{json.at("iteration"), json.at("words")};
  if (kind == "unexpected_answer")
    return UnexpectedAnswer{json.at("iteration"), json.at("request"), json.at("what"),
                            json.at("body")};
  if (kind == "remark") return Remark{json.at("check"), json.at("ok"), json.at("detail")};
  if (kind == "latency") return latency_from_json(json);
  if (kind == "diagnosis") return diagnosis_from_json(json);
  if (kind == "peak_diagnosis") return peak_diagnosis_from_json(json);
  if (kind == "end")
    return End{word(json.at("ending"), kEndings, ending_name), json.at("message"), phase_from(json),
               Seconds(json.at("elapsed_seconds").get<double>())};
  throw std::invalid_argument(fmt::format("unknown event '{}'", kind));
}

}  // namespace tidemark::record
