// Findings, and what tracing says beside them, in result.json.

#include "reporters/json/json_values.h"

namespace tidemark::reporters {
namespace {

Json to_json(const analysis::FindingSite& site) {
  return {{"file", site.frame.file},
          {"line", site.frame.line},
          {"function", site.frame.function},
          {"source", site.frame.source},
          {"application", site.frame.application},
          {"type", site.type},
          {"bytes", number(site.bytes)},
          {"objects", number(site.blocks)}};
}

Json to_json(const std::optional<analysis::Filling>& filling) {
  if (!filling) return nullptr;
  return {{"length", filling->length}, {"bound", filling->bound}};
}

Json to_json(const std::optional<analysis::KnownFinding>& known) {
  if (!known) return nullptr;
  return {{"reason", known->reason},
          {"until", known->until.empty() ? Json(nullptr) : Json(known->until)},
          {"expired", known->expired}};
}

}  // namespace

Json finding_json(const analysis::Finding& finding) {
  const bool at_peak = finding.kind == analysis::Finding::Kind::kPeak;
  Json json = {{"fingerprint", finding.fingerprint},
               {"kind", at_peak ? "peak" : "growth"},
               {"file", finding.file},
               {"line", finding.line},
               {"function", finding.function},
               {"source", finding.source},
               {"context", Json::array()},
               {"type", finding.type},
               {"bytes_per_iteration", number(finding.bytes_per_iteration)},
               {"objects_per_iteration", number(finding.objects_per_iteration)},
               {"once_per_iteration", finding.once_per_iteration},
               {"bytes", number(finding.bytes)},
               {"objects", number(finding.objects)},
               {"frames", Json::array()},
               {"retained_by", finding.retained_by},
               {"sites", Json::array()},
               {"filling", to_json(finding.filling)},
               {"known", to_json(finding.known)}};
  for (std::size_t i = 0; i < finding.context.size(); ++i)
    json["context"].push_back(
        {{"line", finding.first_of_context + static_cast<int>(i)}, {"source", finding.context[i]}});
  for (const analysis::StackLine& frame : finding.frames) json["frames"].push_back(frame.words);
  for (const analysis::FindingSite& site : finding.sites) json["sites"].push_back(to_json(site));
  return json;
}

Json diagnosis_json(const std::optional<analysis::GrowthDiagnosis>& diagnosis) {
  if (!diagnosis) return nullptr;
  Json json = {{"iterations", diagnosis->iterations},
               {"measured_bytes_per_iteration", number(diagnosis->measured)},
               {"explained_bytes_per_iteration", number(diagnosis->explained)},
               {"explained_share", number(diagnosis->explained_share())},
               {"outside_bytes_per_iteration", number(diagnosis->outside)},
               {"types", Json::array()},
               {"gap", diagnosis->gap}};
  for (const analysis::TypeReport& type : diagnosis->types)
    json["types"].push_back({{"type", type.type},
                             {"per_iteration", number(type.per_iteration)},
                             {"more", type.more},
                             {"retained_by", type.retained_by}});
  return json;
}

Json diagnosis_json(const std::optional<analysis::PeakFindings>& peak) {
  if (!peak) return nullptr;
  Json json = {{"iteration", peak->iteration},
               {"measured_bytes", peak->measured.count},
               {"traced_peak_bytes", peak->traced_peak.count},
               {"taken_at_bytes", peak->taken_at.count},
               {"gap", peak->gap}};
  if (!peak->request.empty()) json["request"] = peak->request;
  return json;
}

}  // namespace tidemark::reporters
