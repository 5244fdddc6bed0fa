// Sweeps, accepted findings and the collector's gates in a plan; every message stands, with its
// place, in tests/fixtures/scenarios.

#include "harness/plan/sweep.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/plan/planner.h"
#include "harness/scenario/reader.h"

namespace tidemark::plan {
namespace {

using ::testing::ElementsAre;

MadePlan made(const std::string& scenarios, const std::string& more = "",
              const Choices& choices = {}) {
  const std::string text = "version: 1\nname: shop\ntarget: {command: [server, \"{{port}}\"]}\n" +
                           more + "\nscenarios:\n" + scenarios;
  const scenario::ReadScenario read = scenario::read_scenario(text, "shop.yaml");
  for (const scenario::Diagnostic& diagnostic : read.diagnostics)
    ADD_FAILURE() << render(diagnostic, text);
  return make_plan(read.file, choices);
}

std::vector<Scenario> scenarios_of(const std::string& scenarios, const std::string& more = "",
                                   const Choices& choices = {}) {
  MadePlan result = made(scenarios, more, choices);
  for (const scenario::Diagnostic& diagnostic : result.diagnostics)
    ADD_FAILURE() << render(diagnostic);
  return std::move(result.plan.scenarios);
}

std::vector<std::string> messages(const MadePlan& result) {
  std::vector<std::string> all;
  for (const scenario::Diagnostic& diagnostic : scenario::in_order(result.diagnostics))
    all.push_back(diagnostic.message);
  return all;
}

// "name | folder | path | threshold"
std::vector<std::string> points(const std::vector<Scenario>& scenarios) {
  std::vector<std::string> all;
  for (const Scenario& each : scenarios)
    all.push_back(fmt::format("{} | {} | {} | {}", each.name, each.folder,
                              std::get<Request>(each.flows.at(0).steps.at(0)).path.text(),
                              each.gc_threshold.value_or("-")));
  return all;
}

TEST(Sweep, OverTheThresholdIsOneScenarioAValue) {
  const auto scenarios = scenarios_of(
      "  list: {request: {path: /l}, sweep: {gc_threshold: [700, \"1500, 010\"]}}\n"
      "  home: {request: {path: /}}\n");
  EXPECT_THAT(points(scenarios),
              ElementsAre("list [gc_threshold=700] | list-gc-threshold-700 | /l | 700",
                          "list [gc_threshold=1500,10] | list-gc-threshold-1500-10 | /l | 1500,10",
                          "home | home | / | -"));
  EXPECT_EQ(scenarios[1].sweep, (SweepPoint{"list", "gc_threshold", "1500,10"}));
  EXPECT_FALSE(scenarios[2].sweep);
}

TEST(Sweep, OverAVariableWinsOverEverythingElse) {
  const auto scenarios = scenarios_of(
      "  list: {request: {path: \"/?n={{rows}}\"}, variables: {rows: 2}, sweep: {rows: [3, "
      "\"{{most}}\"]}}\n",
      "variables: {rows: 1, most: 40}", {"", {{"rows", "5"}}});
  EXPECT_THAT(points(scenarios), ElementsAre("list [rows=3] | list-rows-3 | /?n=3 | -",
                                             "list [rows=40] | list-rows-40 | /?n=40 | -"));
}

TEST(Sweep, FoldersAreToldApart) {
  const auto scenarios = scenarios_of("  list: {request: {path: /}, sweep: {word: [a b, a-b]}}\n",
                                      "variables: {word: x}");
  EXPECT_THAT(points(scenarios), ElementsAre("list [word=a b] | list-word-a-b | / | -",
                                             "list [word=a-b] | list-word-a-b-2 | / | -"));
}

TEST(Sweep, ThatIsWrongAltogetherLeavesThePlainScenario) {
  const MadePlan result = made("  list: {request: {path: /}, sweep: {nothing: [1]}}\n");
  EXPECT_THAT(messages(result), ElementsAre("there is no variable 'nothing' to sweep over"));
  EXPECT_THAT(points(result.plan.scenarios), ElementsAre("list | list | / | -"));
}

TEST(GcThreshold, StandsWithoutASweepToo) {
  EXPECT_THAT(points(scenarios_of("  list: {request: {path: /}, gc_threshold: 0}\n")),
              ElementsAre("list | list | / | 0"));
}

TEST(GcGates, HaveTheirLimits) {
  const auto scenarios = scenarios_of(
      "  list: {request: {path: /}, budgets: {gc: {pause: 50ms, collections: 5/iteration, "
      "uncollectable: 0}}}\n");
  std::vector<std::string> gates;
  for (const Budget& budget : scenarios.at(0).budgets)
    gates.push_back(
        fmt::format("{} {} {}", budget.id, gate_name(budget.gate), format_quantity(*budget.limit)));
  EXPECT_THAT(gates, ElementsAre("gc.collections gc.collections 5/iteration",
                                 "gc.uncollectable gc.uncollectable 0", "gc.pause gc.pause 50 ms"));
  EXPECT_TRUE(judges_growth(scenarios.at(0)));
}

TEST(Known, OfTheFileAndOfTheScenarioBothHold) {
  const auto scenarios = scenarios_of(
      "  list: {request: {path: /}, known: [{fingerprint: bbbbbbbbbbbb, reason: \"{{why}}\", "
      "until: 2028-02-29}]}\n"
      "  home: {request: {path: /}}\n",
      "variables: {why: ticket 1}\nknown: [{fingerprint: 000000000000, reason: ours}]");
  const Known of_file{"000000000000", "ours", "", {"shop.yaml", 5, 23}, true};
  const Known of_list{"bbbbbbbbbbbb", "ticket 1", "2028-02-29", {"shop.yaml", 7, 52}};
  EXPECT_THAT(scenarios.at(0).known, ElementsAre(of_file, of_list));
  EXPECT_THAT(scenarios.at(1).known, ElementsAre(of_file));
}

TEST(Diagnosis, IsTheProfilesWhereItHasOne) {
  const std::string list =
      "  list: {request: {path: /}, diagnosis: always}\n  home: {request: {path: /}}\n";
  const std::string profiles = "profiles: {quick: {diagnosis: off}}";
  const auto plain = scenarios_of(list, profiles);
  EXPECT_EQ(plain.at(0).diagnosis, DiagnosisMode::kAlways);
  EXPECT_EQ(plain.at(1).diagnosis, DiagnosisMode::kAuto);
  const auto quick = scenarios_of(list, profiles, {"quick", {}});
  EXPECT_EQ(quick.at(0).diagnosis, DiagnosisMode::kOff);
}

}  // namespace
}  // namespace tidemark::plan
