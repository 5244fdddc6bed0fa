#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "reporters/reporters.h"
#include "tests/unit/reporters/example.h"

namespace tidemark::reporters {
namespace {

using analysis::Outcome;
using analysis::ScenarioReport;
using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

const SourceRoot kRoot{"/srv/shop", "/srv/shop"};

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> annotations(std::vector<ScenarioReport> scenarios) {
  return lines_of(render_annotations(run_of(std::move(scenarios)), kRoot));
}

// The same gate, judged otherwise.
ScenarioReport judged(Outcome outcome, const std::string& name = "front") {
  ScenarioReport scenario;
  scenario.name = name;
  scenario.file = "shop.yaml";
  scenario.position = {"shop.yaml", 8, 3};
  scenario.outcome = outcome;
  scenario.gates = {leaking_gate()};
  scenario.gates[0].outcome = outcome;
  return scenario;
}

TEST(Annotations, AFailedGateStandsAtTheLineThatLeaks) {
  const auto lines = annotations({leaking_scenario()});
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_THAT(
      lines[0],
      AllOf(StartsWith("::error file=shop/views/leaks.py,line=53,title=growth of leak-list::"
                       "growth: 1016 B/iteration (1000 B to 1040 B), limit 64 B/iteration; "
                       "1016 B/iteration stay behind, and it goes on%0A"),
            HasSubstr("in keep_in_list"), HasSubstr("kept by shop.views.leaks.kept (list)"),
            HasSubstr("again: tidemark run shop.yaml --only '^leak-list$'")));
}

TEST(Annotations, WithoutALineOfTheRepositoryTheBudgetIsShown) {
  ScenarioReport scenario = leaking_scenario();
  for (analysis::Finding& finding : scenario.findings) {
    finding.file = "/usr/lib/python3/json/decoder.py";
    for (analysis::FindingSite& site : finding.sites) site.frame.application = false;
  }
  EXPECT_THAT(annotations({scenario})[0], StartsWith("::error file=shop.yaml,line=12,title="));
  scenario.gates[0].position.file = "/elsewhere/shop.yaml";
  EXPECT_THAT(annotations({scenario})[0], StartsWith("::error title=growth of leak-list::"));
}

TEST(Annotations, ALibrarysLineGivesWayToTheApplicationsThatAllocates) {
  ScenarioReport scenario = leaking_scenario();
  scenario.findings[0].application = false;
  EXPECT_THAT(annotations({scenario})[0], StartsWith("::error file=shop/payload.py,line=9,"));
}

TEST(Annotations, WhatIsFillingOrKnownIsNotBlamed) {
  ScenarioReport scenario = leaking_scenario();
  scenario.findings = {example_filling(), example_known()};
  EXPECT_THAT(annotations({scenario})[0], StartsWith("::error file=shop.yaml,line=12,"));
  scenario.findings[1].known->expired = true;
  EXPECT_THAT(annotations({scenario})[0], StartsWith("::error file=shop/views/leaks.py,line=88,"));
}

TEST(Annotations, AnExpectedFailureIsNone) {
  ScenarioReport scenario = leaking_scenario();
  scenario.expected = plan::ExpectedOutcome::kFail;
  scenario.outcome = Outcome::kPass;
  EXPECT_THAT(annotations({scenario}), IsEmpty());
  scenario = judged(Outcome::kPass);
  scenario.expected = plan::ExpectedOutcome::kFail;
  scenario.outcome = Outcome::kFail;
  EXPECT_EQ(annotations({scenario})[0],
            "::error file=shop.yaml,line=8,title=expect_outcome of front::no gate failed, though "
            "one was expected to");
}

TEST(Annotations, WhatStaysOpenWarnsUnlessItFailsTheRun) {
  EXPECT_THAT(annotations({judged(Outcome::kInconclusive)})[0], StartsWith("::warning file="));
  EXPECT_THAT(annotations({judged(Outcome::kInvalid)})[0], StartsWith("::error file="));
  // A failure is what ends this one with 1.
  const auto lines = annotations({judged(Outcome::kInvalid), leaking_scenario()});
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[0], StartsWith("::error file=shop/views/leaks.py"));
  EXPECT_THAT(lines[1], StartsWith("::warning file=shop.yaml"));
}

TEST(Annotations, ARunThatSkippedEverythingSaysSo) {
  ScenarioReport skipped = judged(Outcome::kSkipped);
  skipped.gates.clear();
  skipped.message = "needs a database";
  EXPECT_EQ(annotations({skipped})[0],
            "::error file=shop.yaml,line=8,title=front::skipped, and so was all else%0Aneeds a "
            "database");
  EXPECT_THAT(annotations({skipped, judged(Outcome::kPass)}), IsEmpty());
}

TEST(Annotations, GatesOfSweepsAreShown) {
  analysis::RunReport report = run_of({judged(Outcome::kPass)});
  analysis::SweepReport sweep;
  sweep.scenario = "list";
  sweep.file = "shop.yaml";
  sweep.variable = "users";
  sweep.gates = {leaking_gate()};
  sweep.outcome = Outcome::kFail;
  report.sweeps = {sweep};
  EXPECT_THAT(render_annotations(report, kRoot),
              StartsWith("::error file=shop.yaml,line=12,title=growth of list over users::"));
}

TEST(Annotations, MoreThanNineOfALevelAreFoldedIntoOneThatNamesThem) {
  std::vector<ScenarioReport> scenarios;
  for (int i = 1; i <= 12; ++i)
    scenarios.push_back(judged(Outcome::kFail, "s" + std::to_string(i)));
  for (int i = 1; i <= 9; ++i)
    scenarios.push_back(judged(Outcome::kInconclusive, "w" + std::to_string(i)));
  const auto lines = annotations(scenarios);
  ASSERT_THAT(lines, SizeIs(10 + 9));
  EXPECT_EQ(lines[9], "::error title=3 more::growth of s10, growth of s11, growth of s12");
  EXPECT_THAT(lines[10], StartsWith("::warning file="));
}

TEST(Annotations, HostileTextStaysInsideItsOwnCommand) {
  ScenarioReport scenario = hostile_scenario();
  const std::string command = "\n::error file=x::y\r\n::stop-commands::z\n";
  scenario.name = "a:b,c%" + command + scenario.name;
  scenario.message += command;
  scenario.gates[0].reason += std::string(1 << 20, 'x') + command;
  scenario.findings[0].source += command;
  const std::string text = render_annotations(run_of({scenario}), kRoot);
  const auto lines = lines_of(text);
  EXPECT_THAT(lines, SizeIs(1));
  EXPECT_THAT(lines, Each(StartsWith("::error ")));
  EXPECT_THAT(text, AllOf(Not(HasSubstr("\r")), Not(HasSubstr("\x1b")), Not(HasSubstr("\xff")),
                          HasSubstr("a%3Ab%2Cc%25")));
  EXPECT_LT(text.size(), 20'000U);
  // Properties end at the first pair of colons, which is ours.
  const std::string properties = text.substr(8, text.find("::", 8) - 8);
  EXPECT_THAT(properties, StartsWith("title="));
  EXPECT_EQ(std::count(properties.begin(), properties.end(), ','), 0) << properties;
}

TEST(Annotations, APlaceThatClimbsOutIsNoPlace) {
  ScenarioReport scenario = leaking_scenario();
  for (analysis::Finding& finding : scenario.findings) {
    finding.file = "../../etc/passwd";
    for (analysis::FindingSite& site : finding.sites) site.frame.file = "/srv/shop/../../etc/x";
  }
  EXPECT_THAT(annotations({scenario})[0], StartsWith("::error file=shop.yaml,line=12,"));
}

}  // namespace
}  // namespace tidemark::reporters
