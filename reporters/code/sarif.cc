// SARIF 2.1.0: the lines of the repository that keep memory, for code scanning and editors. Gates
// without such a line have no result here.

#include <fmt/format.h>

#include <set>
#include <utility>

#include "harness/base/json.h"
#include "harness/base/text.h"
#include "harness/base/version.h"
#include "reporters/code/problems.h"
#include "reporters/reporters.h"
#include "reporters/words/finding_words.h"
#include "reporters/words/words.h"

namespace tidemark::reporters {
namespace {

using analysis::Finding;
using analysis::GateReport;
using analysis::Outcome;
using analysis::ScenarioReport;

constexpr char kSchema[] =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
constexpr char kRoot[] = "SRCROOT";
constexpr std::size_t kLongest = 600;     // of one text
constexpr std::size_t kMostFrames = 30;   // of a stack
constexpr std::size_t kMostRelated = 10;  // places of allocation
constexpr std::size_t kLongestMessage = 2000;

Json message(std::string_view text, std::size_t longest = kLongest) {
  return {{"text", printable_line(text, longest)}};
}

Json rule(const char* id, const char* name, const char* brief, const char* full) {
  return {{"id", id},
          {"name", name},
          {"shortDescription", {{"text", brief}}},
          {"fullDescription", {{"text", full}}},
          {"help", {{"text", full}}},
          {"defaultConfiguration", {{"level", "error"}}},
          {"properties", {{"tags", Json::array({"memory", "performance"})}}}};
}

constexpr const char* kRuleIds[] = {"tidemark/growth", "tidemark/peak_memory"};

// In the order of their ids.
Json rules() {
  return Json::array(
      {rule(kRuleIds[0], "MemoryGrowth", "Memory stays behind after each iteration.",
            "This line keeps memory that no later iteration frees: what the process uses grows "
            "with every request until it runs out."),
       rule(kRuleIds[1], "PeakMemory", "One iteration needs too much memory.",
            "This line holds the memory while one iteration needs more than its budget allows.")});
}

std::size_t rule_of(const Finding& finding) {
  return finding.kind == Finding::Kind::kPeak ? 1 : 0;
}

// The worst gate that the finding is about; nothing where none is.
const GateReport* judged(const ScenarioReport& scenario, const Finding& finding) {
  const plan::Gate wanted =
      finding.kind == Finding::Kind::kPeak ? plan::Gate::kPeakMemory : plan::Gate::kGrowth;
  const GateReport* worst = nullptr;
  for (const GateReport& gate : scenario.gates) {
    if (gate.gate != wanted) continue;
    const bool is_worse = !worst || worst->outcome == Outcome::kPass ||
                          (worst->outcome != Outcome::kFail && gate.outcome == Outcome::kFail);
    if (is_worse) worst = &gate;
  }
  return worst;
}

// What a scenario is there to show need not be shown to anybody: GitHub lists suppressed results as
// open ones.
bool is_as_expected(const ScenarioReport& scenario, const GateReport* gate) {
  return gate && gate->outcome != Outcome::kPass && !is_problem(scenario, *gate);
}

const char* level_of(const GateReport* gate, const Finding& finding) {
  if (is_accepted(finding) || !gate) return "note";
  if (gate->outcome == Outcome::kFail) return "error";
  return gate->outcome == Outcome::kPass ? "note" : "warning";
}

Json physical_location(const CodePlace& place, const std::string& source) {
  Json region = {{"startLine", place.line}};
  if (!source.empty()) region["snippet"] = message(source);
  return {{"artifactLocation", {{"uri", uri_path(place.file)}, {"uriBaseId", kRoot}}},
          {"region", region}};
}

Json location(const CodePlace& place, const std::string& source, const std::string& function) {
  Json json = {{"physicalLocation", physical_location(place, source)}};
  if (!function.empty())
    json["logicalLocations"] = Json::array(
        {{{"fullyQualifiedName", printable_line(function, kLongest)}, {"kind", "function"}}});
  return json;
}

std::string sentence(const ScenarioReport& scenario, const GateReport* gate,
                     const Finding& finding) {
  const bool at_peak = finding.kind == Finding::Kind::kPeak;
  std::string words = fmt::format("{} {} {}", printable_line(finding.function),
                                  at_peak ? "holds" : "keeps", amount_words(finding));
  if (!finding.type.empty()) words += fmt::format(" ({})", printable_line(finding.type));
  words += fmt::format(" in {}", printable_line(scenario.name));
  if (const std::string kept = retained_words(finding.retained_by); !kept.empty())
    words += "; kept by " + printable_line(kept, kLongest);
  for (const std::string& remark : remark_words(finding))
    words += "; " + printable_line(remark, kLongest);
  if (gate) words += ". " + printable_line(gate_sentence(*gate), kLongest);
  return words;
}

Json stack(const Finding& finding) {
  Json frames = Json::array();
  for (std::size_t i = 0; i < finding.frames.size() && i < kMostFrames; ++i)
    frames.push_back({{"location", {{"message", message(finding.frames[i].words)}}}});
  return {{"message", {{"text", "where the memory was allocated, innermost first"}}},
          {"frames", frames}};
}

// The other lines that have a part in it, each once.
Json related_locations(const Finding& finding, const CodePlace& main, const SourceRoot& root) {
  Json related = Json::array();
  std::set<std::pair<std::string, int>> shown = {{main.file, main.line}};
  for (const analysis::FindingSite& site : finding.sites) {
    const auto path =
        site.frame.application ? untrusted_below_root(root, site.frame.file) : std::nullopt;
    if (!path || site.frame.line < 1 || related.size() == kMostRelated ||
        !shown.emplace(*path, site.frame.line).second)
      continue;
    Json place = location({*path, site.frame.line}, site.frame.source, site.frame.function);
    const bool at_peak = finding.kind == Finding::Kind::kPeak;
    place["id"] = related.size();
    place["message"] = message(fmt::format(
        "of it here: {}{}{}",
        format_quantity({site.bytes, at_peak ? Unit::kBytes : Unit::kBytesPerIteration}),
        site.type.empty() ? "" : ", ", site.type));
    related.push_back(std::move(place));
  }
  return related;
}

// Why nobody need look at it; empty: somebody should.
Json suppressions(const Finding& finding) {
  if (!finding.known || finding.known->expired) return Json::array();
  return Json::array({{{"kind", "external"},
                       {"status", "accepted"},
                       {"justification", printable_line(finding.known->reason)}}});
}

Json result(const ScenarioReport& scenario, const GateReport* gate, const Finding& finding,
            const CodePlace& place, const SourceRoot& root) {
  const std::size_t rule = rule_of(finding);
  const bool is_headline = finding.application && finding.line == place.line;
  Json retained_by = Json::array();
  for (const std::string& each : finding.retained_by)
    retained_by.push_back(printable_line(each, kLongest));
  Json json = {
      {"ruleId", kRuleIds[rule]},
      {"ruleIndex", rule},
      {"level", level_of(gate, finding)},
      {"message", message(sentence(scenario, gate, finding), kLongestMessage)},
      {"locations",
       Json::array({location(place, is_headline ? finding.source : "", finding.function)})},
      {"partialFingerprints",
       {{"tidemarkFinding/v1", printable_line(finding.fingerprint)},
        {"tidemarkScenario/v1", printable_line(scenario.name)}}},
      {"properties",
       {{"scenario", printable_line(scenario.name)},
        {"gate", gate ? Json(printable_line(gate->id)) : Json(nullptr)},
        {"retainedBy", retained_by}}}};
  if (!finding.frames.empty()) json["stacks"] = Json::array({stack(finding)});
  if (Json related = related_locations(finding, place, root); !related.empty())
    json["relatedLocations"] = std::move(related);
  if (Json accepted = suppressions(finding); !accepted.empty())
    json["suppressions"] = std::move(accepted);
  return json;
}

}  // namespace

std::string render_sarif(const analysis::RunReport& report, const SourceRoot& root) {
  Json results = Json::array();
  for (const ScenarioReport& scenario : report.scenarios)
    for (const Finding& finding : scenario.findings) {
      const GateReport* gate = judged(scenario, finding);
      const auto place = place_of(finding, root);
      if (place && !is_as_expected(scenario, gate))
        results.push_back(result(scenario, gate, finding, *place, root));
    }
  const int code = analysis::exit_code(report);
  Json invocation = {{"executionSuccessful", code == 0 || code == 1 || code == 4},
                     {"exitCode", code}};
  if (report.interrupted) invocation["exitCodeDescription"] = verdict_words(report);
  const Json driver = {{"name", "Tidemark"},
                       {"version", version()},
                       {"semanticVersion", version()},
                       {"rules", rules()}};
  // The last slash is what makes it a folder.
  const std::string base = "file://" + uri_path(root.root) + (root.root == "/" ? "" : "/");
  const Json run = {
      {"tool", {{"driver", driver}}},
      {"invocations", Json::array({std::move(invocation)})},
      {"originalUriBaseIds",
       {{kRoot, {{"uri", base}, {"description", {{"text", "the repository's root"}}}}}}},
      {"results", results}};
  const Json json = {{"$schema", kSchema}, {"version", "2.1.0"}, {"runs", Json::array({run})}};
  return json_text(json, 2) + "\n";
}

}  // namespace tidemark::reporters
