#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "reporters/reporters.h"
#include "tests/unit/reporters/example.h"

namespace tidemark::reporters {
namespace {

using analysis::Outcome;
using analysis::ScenarioReport;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const SourceRoot kRoot{"/srv/the shop", "/srv/the shop"};

json sarif(std::vector<ScenarioReport> scenarios) {
  return json::parse(render_sarif(run_of(std::move(scenarios)), kRoot))["runs"][0];
}

TEST(Sarif, ALeakIsAnErrorAtItsLine) {
  const json run = sarif({leaking_scenario()});
  const json& result = run["results"][0];
  EXPECT_EQ(result["ruleId"], "tidemark/growth");
  EXPECT_EQ(result["level"], "error");
  const json& place = result["locations"][0]["physicalLocation"];
  EXPECT_EQ(place["artifactLocation"],
            (json{{"uri", "shop/views/leaks.py"}, {"uriBaseId", "SRCROOT"}}));
  EXPECT_EQ(place["region"]["startLine"], 53);
  EXPECT_EQ(place["region"]["snippet"]["text"],
            "kept.append(payload(size_parameter(request, default=1000)))");
  EXPECT_EQ(result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"], "keep_in_list");
  EXPECT_EQ(result["partialFingerprints"]["tidemarkFinding/v1"], "3f2a9c01b7de");
  EXPECT_THAT(
      result["message"]["text"],
      AllOf(HasSubstr("keep_in_list keeps 900 B/iteration, 1 object each (bytes) in leak-list"),
            HasSubstr("kept by shop.views.leaks.kept (list) → bytes"),
            HasSubstr("limit 64 B/iteration")));
  EXPECT_FALSE(result.contains("suppressions"));
}

TEST(Sarif, TellsTheStackAndWhichOtherLinesHaveAPartInIt) {
  const json result = sarif({leaking_scenario()})["results"][0];
  ASSERT_EQ(result["stacks"][0]["frames"].size(), 3U);
  EXPECT_EQ(result["stacks"][0]["frames"][0]["location"]["message"]["text"],
            "shop/payload.py:9 in payload: return b'x' * size");
  ASSERT_EQ(result["relatedLocations"].size(), 1U) << "its own line is no other";
  EXPECT_EQ(result["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            "shop/payload.py");
  EXPECT_EQ(result["relatedLocations"][0]["message"]["text"], "of it here: 892 B/iteration, bytes");
  EXPECT_EQ(result["properties"]["retainedBy"], (json{"shop.views.leaks.kept (list)", "bytes"}));
}

TEST(Sarif, WhatIsFillingIsANoteAndWhatIsKnownIsSuppressed) {
  ScenarioReport scenario = leaking_scenario();
  scenario.findings[1].file = "shop/cache.py";
  const json results = sarif({scenario})["results"];
  ASSERT_EQ(results.size(), 4U);
  EXPECT_EQ(results[1]["level"], "note");
  EXPECT_FALSE(results[1].contains("suppressions"));
  EXPECT_EQ(results[2]["level"], "note");
  EXPECT_EQ(results[2]["suppressions"], json::parse(R"([{"kind": "external", "status": "accepted",
                             "justification": "the next release mends it"}])"));
  EXPECT_EQ(results[3]["ruleId"], "tidemark/peak_memory");
  scenario.findings[2].known->expired = true;
  EXPECT_EQ(sarif({scenario})["results"][2]["level"], "error");
}

TEST(Sarif, TheLevelIsThatOfTheGate) {
  ScenarioReport scenario = leaking_scenario();
  scenario.gates[0].outcome = Outcome::kInconclusive;
  EXPECT_EQ(sarif({scenario})["results"][0]["level"], "warning");
  scenario.gates[0].outcome = Outcome::kPass;
  EXPECT_EQ(sarif({scenario})["results"][0]["level"], "note");
  scenario = leaking_scenario();
  scenario.expected = plan::ExpectedOutcome::kFail;
  scenario.outcome = Outcome::kPass;
  const json document = sarif({scenario});
  for (const json& result : document["results"])
    EXPECT_NE(result["ruleId"], "tidemark/growth") << "GitHub would show it as an open alert";
}

TEST(Sarif, OnlyLinesBelowTheRootHaveResults) {
  ScenarioReport scenario = leaking_scenario();
  EXPECT_EQ(sarif({scenario})["results"].size(), 4U)
      << "the filling one lies elsewhere, but a line that allocates for it does not";
  for (analysis::Finding& finding : scenario.findings) {
    finding.application = false;
    for (analysis::FindingSite& site : finding.sites) site.frame.application = false;
  }
  EXPECT_EQ(sarif({scenario})["results"], json::array());
}

TEST(Sarif, NamesTheRootAndHowTheRunWent) {
  const json run = sarif({leaking_scenario()});
  EXPECT_EQ(run["originalUriBaseIds"]["SRCROOT"]["uri"], "file:///srv/the%20shop/");
  EXPECT_EQ(run["invocations"][0]["executionSuccessful"], true);
  EXPECT_EQ(run["invocations"][0]["exitCode"], 1);
  for (const json& result : run["results"])
    EXPECT_EQ(run["tool"]["driver"]["rules"][result["ruleIndex"].get<std::size_t>()]["id"],
              result["ruleId"]);
  ScenarioReport broken = leaking_scenario();
  broken.outcome = broken.gates[0].outcome = Outcome::kInvalid;
  EXPECT_EQ(sarif({broken})["invocations"][0]["executionSuccessful"], false);
}

TEST(Sarif, HostileTextIsTextOfMeasuredLength) {
  ScenarioReport scenario = hostile_scenario();
  for (analysis::Finding& finding : scenario.findings) {
    finding.file = "shop/views.py";
    for (std::string* text : {&finding.function, &finding.source, &finding.type})
      *text += std::string(1 << 20, 'x');
    finding.frames.assign(1000, {std::string(10'000, 'x'), false});
  }
  const std::string text = render_sarif(run_of({scenario}), kRoot);
  EXPECT_THAT(text,
              AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\\u001b")), Not(HasSubstr("\xff"))));
  EXPECT_LT(text.size(), 200'000U);
  EXPECT_EQ(json::parse(text)["runs"][0]["results"].size(), 4U);
}

}  // namespace
}  // namespace tidemark::reporters
