#include "harness/record/record_json.h"

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <type_traits>

#include "harness/record/diagnosis_json.h"

namespace tidemark::record {
namespace {

// --- words ---------------------------------------------------------------------------------------

constexpr std::array kPhases = {Phase::kWarmup, Phase::kPeaks, Phase::kGrowth, Phase::kDiagnosis};
constexpr std::array kPeakSignals = {PeakSignal::kRss, PeakSignal::kCgroup, PeakSignal::kSampled};
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
