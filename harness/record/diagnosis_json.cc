#include "harness/record/diagnosis_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace tidemark::record {
namespace {

using Numbers = std::vector<std::int64_t>;

constexpr std::int64_t kMostLines = std::numeric_limits<int>::max();
constexpr std::size_t kMostContext = 20;  // lines around one; agents send five

Json to_json(const ProcessKey& key) {
  return Json::array({key.pid, key.started});
}
ProcessKey process_from(const Json& json) {
  return {static_cast<int>(whole_number(json.at(0), 0, kMostLines)),
          static_cast<std::uint64_t>(whole_number(json.at(1)))};
}

Json to_json(const TraceFrame& frame) {
  Json row = Json::array({frame.file, frame.line, frame.function, frame.source, frame.application});
  if (!frame.context.empty()) {
    row.push_back(frame.first_of_context);
    row.push_back(frame.context);
  }
  return row;
}
int line_from(const Json& json) {
  return static_cast<int>(whole_number(json, 0, kMostLines));
}
TraceFrame frame_from(const Json& json) {
  TraceFrame frame{json.at(0), line_from(json.at(1)), json.at(2), json.at(3), json.at(4)};
  if (json.size() > 6) {
    frame.first_of_context = line_from(json.at(5));
    frame.context = json.at(6).get<std::vector<std::string>>();
    if (frame.context.size() > kMostContext) frame.context.resize(kMostContext);
  }
  return frame;
}

Numbers numbers_from(const Json& json) {
  Numbers numbers;
  for (const Json& number : json) numbers.push_back(whole_number(number));
  return numbers;
}

std::optional<int> index_from(const Json& json, const char* key, std::size_t size) {
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return std::nullopt;
  const std::int64_t index = whole_number(*found);
  if (index >= static_cast<std::int64_t>(size))
    throw std::invalid_argument(fmt::format("'{}' points at nothing", key));
  return static_cast<int>(index);
}

// Stacks of neighbouring sites are nearly the same: each frame stands once in a table.
struct FrameTable {
  std::vector<TraceFrame> frames;

  std::size_t index_of(const TraceFrame& frame) {
    const auto found = std::find(frames.begin(), frames.end(), frame);
    if (found != frames.end()) return static_cast<std::size_t>(found - frames.begin());
    frames.push_back(frame);
    return frames.size() - 1;
  }
};

void write_sites(const std::vector<TraceSite>& sites, Json& json) {
  FrameTable table;
  json["sites"] = Json::array();
  for (const TraceSite& site : sites) {
    Json row = {{"frames", Json::array()}, {"bytes", site.bytes}, {"blocks", site.blocks}};
    for (const TraceFrame& frame : site.frames) row["frames"].push_back(table.index_of(frame));
    if (!site.type.empty()) row["type"] = site.type;
    if (site.headline) row["headline"] = table.index_of(*site.headline);
    if (site.holder) row["holder"] = *site.holder;
    json["sites"].push_back(std::move(row));
  }
  json["frames"] = Json::array();
  for (const TraceFrame& frame : table.frames) json["frames"].push_back(to_json(frame));
}

std::vector<TraceSite> sites_from(const Json& json, std::size_t holders) {
  std::vector<TraceFrame> table;
  for (const Json& frame : json.at("frames")) table.push_back(frame_from(frame));
  std::vector<TraceSite> sites;
  for (const Json& row : json.at("sites")) {
    TraceSite site;
    for (const Json& index : row.at("frames"))
      site.frames.push_back(table.at(static_cast<std::size_t>(whole_number(index))));
    site.bytes = numbers_from(row.at("bytes"));
    site.blocks = numbers_from(row.at("blocks"));
    if (site.bytes.size() != site.blocks.size())
      throw std::invalid_argument("a site has other marks for bytes than for blocks");
    if (site.frames.empty() || site.bytes.empty())
      throw std::invalid_argument("a site has no frames or no marks");
    site.type = row.value("type", std::string());
    if (const auto line = index_from(row, "headline", table.size()))
      site.headline = table[static_cast<std::size_t>(*line)];
    site.holder = index_from(row, "holder", holders);
    sites.push_back(std::move(site));
  }
  return sites;
}

Json to_json(const ProcessDiagnosis& process) {
  Json json = {{"process", to_json(process.process)}};
  if (!process.gap.empty()) {
    json["gap"] = process.gap;
    return json;
  }
  write_sites(process.sites, json);
  json["holders"] = Json::array();
  for (const Holder& holder : process.holders) {
    Json row = {{"name", holder.name},        {"type", holder.type},
                {"path", holder.path},        {"first", holder.first_length},
                {"last", holder.last_length}, {"storage", holder.storage}};
    if (holder.bound) row["bound"] = *holder.bound;
    json["holders"].push_back(std::move(row));
  }
  json["types"] = Json::array();
  for (const TypeGrowth& type : process.types)
    json["types"].push_back(
        {{"type", type.type}, {"first", type.first}, {"last", type.last}, {"path", type.path}});
  json["traced_bytes"] = process.traced_bytes;
  return json;
}

}  // namespace

std::vector<TraceSite> trace_sites_from_json(const Json& json) {
  return sites_from(json, 0);
}

ProcessDiagnosis process_diagnosis_from_json(const Json& json) {
  ProcessDiagnosis process;
  for (const Json& row : json.at("holders")) {
    Holder holder{row.at("name"),
                  row.at("type"),
                  row.at("path"),
                  whole_number(row.at("first")),
                  whole_number(row.at("last")),
                  whole_number(row.at("storage")),
                  std::nullopt};
    if (const auto bound = row.find("bound"); bound != row.end() && !bound->is_null())
      holder.bound = whole_number(*bound);
    process.holders.push_back(std::move(holder));
  }
  process.sites = sites_from(json, process.holders.size());
  for (const Json& row : json.at("types"))
    process.types.push_back({row.at("type"), whole_number(row.at("first")),
                             whole_number(row.at("last")), row.at("path")});
  process.traced_bytes = numbers_from(json.at("traced_bytes"));
  return process;
}

Json to_json(const Diagnosis& diagnosis) {
  Json json = {{"event", "diagnosis"},
               {"iteration", diagnosis.iteration},
               {"batches", diagnosis.batches},
               {"processes", Json::array()}};
  for (const ProcessDiagnosis& process : diagnosis.processes)
    json["processes"].push_back(to_json(process));
  if (!diagnosis.gap.empty()) json["gap"] = diagnosis.gap;
  return json;
}

Diagnosis diagnosis_from_json(const Json& json) {
  Diagnosis diagnosis{whole_number(json.at("iteration")),
                      numbers_from(json.at("batches")),
                      {},
                      json.value("gap", std::string())};
  for (const Json& each : json.at("processes")) {
    ProcessDiagnosis process;
    if (each.contains("gap"))
      process.gap = each.at("gap");
    else
      process = process_diagnosis_from_json(each);
    process.process = process_from(each.at("process"));
    diagnosis.processes.push_back(std::move(process));
  }
  return diagnosis;
}

Json to_json(const PeakDiagnosis& diagnosis) {
  Json json = {{"event", "peak_diagnosis"},
               {"iteration", diagnosis.iteration},
               {"process", to_json(diagnosis.process)},
               {"traced_peak", diagnosis.traced_peak.count},
               {"taken_at", diagnosis.taken_at.count}};
  write_sites(diagnosis.sites, json);
  if (!diagnosis.gap.empty()) json["gap"] = diagnosis.gap;
  if (!diagnosis.request.empty()) json["request"] = diagnosis.request;
  return json;
}

PeakDiagnosis peak_diagnosis_from_json(const Json& json) {
  return {whole_number(json.at("iteration")),
          process_from(json.at("process")),
          Bytes{whole_number(json.at("traced_peak"))},
          Bytes{whole_number(json.at("taken_at"))},
          trace_sites_from_json(json),
          json.value("gap", std::string()),
          json.value("request", std::string())};
}

}  // namespace tidemark::record
