#include "harness/analysis/combined_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "harness/base/text.h"

namespace tidemark::analysis {
namespace {

// "several" stands in for a name when so many are no name any more.
constexpr std::size_t kMostNames = 3;

std::string name_of(const std::vector<LabelledRun>& runs) {
  std::vector<std::string> names;
  for (const LabelledRun& run : runs)
    if (std::find(names.begin(), names.end(), run.report.name) == names.end())
      names.push_back(run.report.name);
  return names.size() <= kMostNames ? join(names, ", ") : fmt::format("{} runs", runs.size());
}

// Failed before invalid, before inconclusive.
Outcome worst(const std::vector<RunFacts>& runs) {
  for (const Outcome outcome : {Outcome::kFail, Outcome::kInvalid, Outcome::kInconclusive})
    for (const RunFacts& run : runs)
      if (run.outcome == outcome) return outcome;
  return Outcome::kPass;
}

std::set<std::string> names_of_several(const std::vector<LabelledRun>& runs) {
  std::map<std::string, std::size_t> counts;
  for (const LabelledRun& run : runs) {
    std::set<std::string> names;
    for (const ScenarioReport& scenario : run.report.scenarios) names.insert(scenario.name);
    for (const SweepReport& sweep : run.report.sweeps) names.insert(sweep.scenario);
    names.insert(run.report.not_run.begin(), run.report.not_run.end());
    for (const std::string& name : names) ++counts[name];
  }
  std::set<std::string> shared;
  for (const auto& [name, count] : counts)
    if (count > 1) shared.insert(name);
  return shared;
}

std::map<std::string, std::string> environment_of(const std::vector<LabelledRun>& runs) {
  std::map<std::string, std::string> facts;
  for (const LabelledRun& run : runs)
    for (const auto& [name, value] : run.report.environment) {
      const bool is_everywhere = std::all_of(
          runs.begin(), runs.end(), [&, &name = name, &value = value](const auto& each) {
            const auto fact = each.report.environment.find(name);
            return fact != each.report.environment.end() && fact->second == value;
          });
      facts[is_everywhere ? name : fmt::format("{} ({})", name, run.label)] = value;
    }
  return facts;
}

}  // namespace

RunReport combine(std::vector<LabelledRun> runs) {
  if (runs.size() == 1) return std::move(runs.front().report);
  RunReport all;
  all.name = name_of(runs);
  all.environment = environment_of(runs);
  const std::set<std::string> shared = names_of_several(runs);
  for (LabelledRun& run : runs) {
    RunReport& report = run.report;
    all.runs.push_back({run.label, report.name, report.started, report.duration, report.outcome,
                        report.interrupted, report.scenarios.size(),
                        report.scenarios.size() + report.not_run.size()});
    if (all.started.empty() || report.started < all.started) all.started = report.started;
    all.duration += report.duration;
    all.interrupted = all.interrupted || report.interrupted;
    const auto told_apart = [&](const std::string& name) {
      return shared.contains(name) ? fmt::format("{} ({})", name, run.label) : name;
    };
    const auto below = [&](const std::string& folder) { return run.label + "/" + folder; };
    for (ScenarioReport& scenario : report.scenarios) {
      if (scenario.sweep) scenario.sweep->of = told_apart(scenario.sweep->of);
      scenario.name = told_apart(scenario.name);
      scenario.folder = below(scenario.folder);
      scenario.run = run.label;
      all.scenarios.push_back(std::move(scenario));
    }
    for (const std::string& name : report.not_run) all.not_run.push_back(told_apart(name));
    for (SweepReport& sweep : report.sweeps) {
      sweep.scenario = told_apart(sweep.scenario);
      for (SweepRow& row : sweep.rows) {
        row.scenario = told_apart(row.scenario);
        row.folder = below(row.folder);
      }
      all.sweeps.push_back(std::move(sweep));
    }
  }
  all.outcome = worst(all.runs);
  return all;
}

}  // namespace tidemark::analysis
