// What a plan says about services; every message stands, with its place, in
// tests/fixtures/scenarios.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/plan/planner.h"
#include "harness/scenario/reader.h"

namespace tidemark::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The services of a file whose only scenario is planned under the profile.
std::vector<Service> services_of(const std::string& target, const std::string& more = "",
                                 const std::string& profile = "") {
  const std::string text = "version: 1\nname: shop\ntarget:\n  command: [server, \"{{port}}\"]\n" +
                           target + more + "scenarios: {home: {request: {path: /}}}\n";
  const scenario::ReadScenario read = scenario::read_scenario(text, "shop.yaml");
  const MadePlan made = make_plan(read.file, {profile, {}});
  for (const auto* diagnostics : {&read.diagnostics, &made.diagnostics})
    for (const scenario::Diagnostic& diagnostic : *diagnostics)
      ADD_FAILURE() << render(diagnostic, text);
  return made.plan.scenarios.at(0).target.services;
}

std::vector<std::string> names(const std::vector<Service>& services) {
  std::vector<std::string> names;
  for (const Service& service : services) names.push_back(service.name);
  return names;
}

Readiness readiness_of(const std::string& keys) {
  return services_of("  services: [{name: redis" + keys + "}, {name: other, command: [x]}]\n")
      .at(0)
      .readiness;
}

TEST(Services, AreNoneWhereNoneAreWritten) {
  EXPECT_THAT(services_of(""), IsEmpty());
}

TEST(Services, KeepTheirOrderTheirCommandsAndTheirEnvironments) {
  const auto services = services_of(R"(
  services:
    - {name: redis, command: [redis-server, --port, "{{port:redis}}"]}
    - {name: mail-1, command: [mail], environment: {TO: "{{port}} {{port:redis}} {{scratch}}"}}
)");
  EXPECT_THAT(names(services), ElementsAre("redis", "mail-1"));
  EXPECT_EQ(services[0].command.at(2).text(), "{{port:redis}}");
  ASSERT_EQ(services[1].environment.size(), 1U);
  EXPECT_EQ(services[1].environment[0].first, "TO");
  EXPECT_EQ(services[1].environment[0].second.text(), "{{port}} {{port:redis}} {{scratch}}");
}

TEST(Services, AreReadyWhenTheirPortIsOpenWhereTheyHaveOne) {
  EXPECT_TRUE(std::holds_alternative<Starts>(readiness_of(", command: [x]").condition));
  EXPECT_TRUE(
      std::holds_alternative<Starts>(readiness_of(", command: [x, \"{{port:other}}\"]").condition));
  for (const char* own : {", command: [x, \"-p{{port:redis}}\"]",
                          ", command: [x], environment: {PORT: \"{{port:redis}}\"}"})
    EXPECT_EQ(std::get<OpensPort>(readiness_of(own).condition).service, "redis") << own;
}

TEST(Services, AreReadyAsTheyAreToldTo) {
  const Readiness other = readiness_of(", command: [x], readiness: {port: other, timeout: 2m}");
  EXPECT_EQ(std::get<OpensPort>(other.condition).service, "other");
  EXPECT_EQ(other.timeout, Seconds(120));
  const Readiness log = readiness_of(", command: [x, \"{{port:redis}}\"], readiness: {log: up}");
  EXPECT_EQ(std::get<WritesLog>(log.condition).text, "up");
  EXPECT_EQ(log.timeout, Seconds(30));
}

TEST(Services, OfAProfileComeAfterTheTargetsAndOnlyThere) {
  const std::string target = "  services: [{name: redis, command: [redis-server]}]\n";
  const std::string more = R"(
variables: {database: "{{scratch}}/shop.sqlite3"}
profiles:
  postgres:
    variables: {database: "127.0.0.1:{{port:postgres}}"}
    services: [{name: postgres, command: [postgres, "{{port:postgres}}"]}]
  ci: {max_duration: 90s}
)";
  EXPECT_THAT(names(services_of(target, more)), ElementsAre("redis"));
  EXPECT_THAT(names(services_of(target, more, "ci")), ElementsAre("redis"));
  EXPECT_THAT(names(services_of(target, more, "postgres")), ElementsAre("redis", "postgres"));
}

}  // namespace
}  // namespace tidemark::plan
