#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

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
using testing::StartsWith;

const SourceRoot kRoot{"/srv/shop", "/srv/shop"};

json code_quality(std::vector<ScenarioReport> scenarios) {
  return json::parse(render_code_quality(run_of(std::move(scenarios)), kRoot));
}

TEST(CodeQuality, HasAnEntryForEachLineToBlameAndOneForWhatIsKnown) {
  const json entries = code_quality({leaking_scenario()});
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0]["check_name"], "tidemark/growth");
  EXPECT_EQ(entries[0]["severity"], "critical");
  EXPECT_EQ(entries[0]["location"],
            (json{{"path", "shop/views/leaks.py"}, {"lines", {{"begin", 53}}}}));
  EXPECT_EQ(entries[0]["description"],
            "growth of leak-list: keep_in_list keeps 900 B/iteration, 1 object each, kept by "
            "shop.views.leaks.kept (list) → bytes (shop/views/leaks.py:53 in keep_in_list)");
  EXPECT_EQ(entries[1]["check_name"], "tidemark/known");
  EXPECT_EQ(entries[1]["severity"], "info");
  EXPECT_EQ(entries[1]["location"]["lines"]["begin"], 88);
}

TEST(CodeQuality, AGateWithoutALineStandsAtItsBudget) {
  ScenarioReport scenario = leaking_scenario();
  scenario.findings.clear();
  scenario.gates[1].outcome = Outcome::kInconclusive;
  const json entries = code_quality({scenario});
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0]["location"]["path"], "shop.yaml");
  EXPECT_EQ(entries[0]["location"]["lines"]["begin"], 12);
  EXPECT_EQ(entries[1]["severity"], "minor");
  EXPECT_THAT(entries[1]["description"], StartsWith("leak-list: fds: "));
}

TEST(CodeQuality, WhatIsOutsideTheRepositoryHasNoEntry) {
  ScenarioReport scenario = leaking_scenario();
  scenario.findings.clear();
  scenario.gates[0].position.file = "/elsewhere/shop.yaml";
  EXPECT_EQ(code_quality({scenario}), json::array());
}

TEST(CodeQuality, FingerprintsStayWhenLinesMoveAndValuesChange) {
  ScenarioReport moved = leaking_scenario();
  moved.gates[0].position.line += 7;
  moved.gates[0].measured->value.value = 2000;
  for (analysis::Finding& finding : moved.findings) {
    finding.line += 100;
    finding.bytes_per_iteration *= 2;
  }
  const json before = code_quality({leaking_scenario()});
  const json after = code_quality({moved});
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_EQ(before[i]["fingerprint"], after[i]["fingerprint"]);
  EXPECT_NE(before[0]["description"], after[0]["description"]);
}

TEST(CodeQuality, NoFingerprintStandsThereTwice) {
  ScenarioReport twice = leaking_scenario();
  twice.findings.push_back(twice.findings[0]);
  const json entries = code_quality({twice, twice, leaking_scenario()});
  std::set<std::string> fingerprints;
  for (const json& entry : entries) fingerprints.insert(entry["fingerprint"]);
  EXPECT_EQ(fingerprints.size(), entries.size());
}

TEST(CodeQuality, WithoutAProblemItIsAnEmptyList) {
  ScenarioReport scenario = leaking_scenario();
  scenario.expected = plan::ExpectedOutcome::kFail;
  scenario.outcome = Outcome::kPass;
  scenario.findings.clear();
  EXPECT_EQ(render_code_quality(run_of({scenario}), kRoot), "[]\n");
}

TEST(CodeQuality, HostileTextIsTextOfMeasuredLength) {
  ScenarioReport scenario = hostile_scenario();
  scenario.findings[0].function += std::string(1 << 20, 'x');
  scenario.gates[0].reason += std::string(1 << 20, 'x');
  scenario.findings[0].file = "../../etc/passwd";
  const std::string text = render_code_quality(run_of({scenario}), kRoot);
  EXPECT_THAT(text, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\\u001b")), Not(HasSubstr("\xff")),
                          Not(HasSubstr("passwd\""))));
  EXPECT_LT(text.size(), 10'000U);
  for (const json& entry : json::parse(text))
    EXPECT_THAT(entry["location"]["path"], Not(HasSubstr("..")));
}

}  // namespace
}  // namespace tidemark::reporters
