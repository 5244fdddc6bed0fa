#include "harness/plan/placeholders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::plan {
namespace {

using ::testing::ElementsAre;

Template text(std::string_view written) {
  return *parse_template(written);
}

TEST(Placeholders, AreFilledAtLaunch) {
  Placeholders values;
  values.set_port(8123);
  values.set_port("redis", 8124);
  values.set_scratch("/tmp/x");
  values.set_secret("TOKEN", "hunter2");
  EXPECT_EQ(values.fill(text("{{port}} {{scratch}}/db {{env:TOKEN}}")).value(),
            "8123 /tmp/x/db hunter2");
  EXPECT_THAT(values.fill(CommandLine{text("server"), text("{{port}}")}).value(),
              ElementsAre("server", "8123"));
  EXPECT_EQ(values.fill(text("{{port:redis}}{{port}}")).value(), "81248123");
}

TEST(Placeholders, WithoutAValueAreAnError) {
  Placeholders values;
  values.set_port(1);
  EXPECT_EQ(values.fill(text("{{scratch}}")).error().message, "'{{scratch}}' has no value here");
  EXPECT_FALSE(values.fill(CommandLine{text("{{port}}"), text("{{env:TOKEN}}")}));
}

TEST(Placeholders, WhatOnlyAnIterationKnowsStays) {
  Placeholders values;
  values.set_port(8123);
  values.set_secret("TOKEN", "{{csrf}}");
  const Template filled = values.fill_known(text("/{{port}}/a{{csrf}}b{{env:TOKEN}}c")).value();
  EXPECT_THAT(filled.pieces(),
              ElementsAre(TemplatePiece{TemplatePiece::Kind::kLiteral, "/8123/a"},
                          TemplatePiece{TemplatePiece::Kind::kPlaceholder, "csrf"},
                          TemplatePiece{TemplatePiece::Kind::kLiteral, "b{{csrf}}c"}))
      << "a secret that looks like a placeholder is text";
  EXPECT_TRUE(values.fill_known(text("{{port}}")).value().is_literal());
  EXPECT_EQ(values.fill_known(Template()).value().text(), "");
  EXPECT_EQ(values.fill_known(text("{{scratch}}")).error().message,
            "'{{scratch}}' has no value here");
}

TEST(Placeholders, AValueWithBracesIsText) {
  Placeholders values;
  values.set_secret("TOKEN", "{{port}}");
  EXPECT_EQ(values.fill(text("{{env:TOKEN}}")).value(), "{{port}}");
}

TEST(Secrets, AreTakenOutOfText) {
  Placeholders values;
  EXPECT_FALSE(values.has_secrets());
  EXPECT_EQ(values.redact("hunter2"), "hunter2");
  values.set_secret("TOKEN", "hunter2");
  EXPECT_TRUE(values.has_secrets());
  EXPECT_EQ(values.redact("hunter2 and hunter2hunter2, not hunter"), "*** and ******, not hunter");
}

TEST(Secrets, OfSeveralLinesAreTakenOutLineByLineToo) {
  Placeholders values;
  values.set_secret("KEY", "-----BEGIN KEY-----\nAAAABBBB\nxy\n");
  EXPECT_EQ(values.redact("log:\n  -----BEGIN KEY-----\n  AAAABBBB\n  xy"),
            "log:\n  ***\n  ***\n  xy");
  EXPECT_EQ(values.redact("key -----BEGIN KEY-----\nAAAABBBB\nxy\n."), "key ***.");
}

TEST(Secrets, TheirBeginningIsTakenOutWhereATextWasCut) {
  Placeholders values;
  values.set_secret("TOKEN", "hunter2");
  EXPECT_EQ(values.redact_cut("hunter2 and hunt"), "*** and ***");
  EXPECT_EQ(values.redact_cut("and hunter2"), "and ***");
  EXPECT_EQ(values.redact_cut("nothing"), "nothing");
  EXPECT_EQ(values.redact_cut("the hunt is over"), "the hunt is over");
}

TEST(Secrets, ALongerOneIsTakenOutBeforeOneThatItBeginsWith) {
  Placeholders values;
  values.set_secret("SHORT", "hunter");
  values.set_secret("LONG", "hunter2000");
  EXPECT_EQ(values.redact("hunter2000 hunter"), "*** ***");
}

TEST(Secrets, OfStarsDoNotGoRoundForEver) {
  Placeholders values;
  values.set_secret("STARS", "****");
  EXPECT_EQ(values.redact("******"), "*****");
}

TEST(Secrets, TooShortToProtectAreLeftAlone) {
  Placeholders values;
  values.set_secret("PIN", "123");
  values.set_secret("EMPTY", "");
  EXPECT_FALSE(values.has_secrets());
  EXPECT_EQ(values.redact("1234"), "1234");
  EXPECT_EQ(values.fill(text("{{env:PIN}}{{env:EMPTY}}")).value(), "123");
}

TEST(Secrets, AreNamedWhereverAScenarioMayMentionThem) {
  Scenario scenario;
  scenario.target.prepare.commands = {{text("{{env:PREPARE}}")}};
  scenario.target.command = {text("server"), text("--key={{env:COMMAND}}{{port}}")};
  scenario.target.environment = {{"KEY", text("{{env:ENVIRONMENT}}")}};
  scenario.target.services = {{"redis",
                               {text("redis-server"), text("{{env:SERVICE}}")},
                               {{"KEY", text("{{env:SERVICE_ENVIRONMENT}}")}},
                               {}}};
  scenario.target.readiness.condition = AnswersPath{text("/healthz?key={{env:READINESS}}")};
  scenario.requires_command = CommandLine{text("{{env:REQUIRES}}")};
  Request request;
  request.path = text("/?key={{env:PATH_KEY}}");
  request.headers = {{"Authorization", text("Bearer {{env:HEADER}}")}};
  request.body = TextBody{text("{{env:BODY}}{{env:BODY}}")};
  scenario.flows = {Flow{"", 1, {request}}};
  EXPECT_THAT(secret_names(scenario),
              ElementsAre("BODY", "COMMAND", "ENVIRONMENT", "HEADER", "PATH_KEY", "PREPARE",
                          "READINESS", "REQUIRES", "SERVICE", "SERVICE_ENVIRONMENT"));
  EXPECT_THAT(secret_names(Scenario()), ElementsAre());
}

TEST(Secrets, AreNamedInEveryPartOfARequest) {
  const auto secret = [](const std::string& name) { return text("{{env:" + name + "}}"); };
  Request request;
  request.query = {{"q", secret("QUERY")}};
  request.authentication = BasicAuthentication{secret("USER"), secret("PASSWORD")};
  request.expect.headers = {{"X", secret("EXPECT_HEADER")}};
  request.expect.contains = secret("CONTAINS");
  request.expect.json = {{"/id", secret("EXPECT_JSON")}};
  const auto names = [&](const Body& body) {
    Scenario scenario;
    request.body = body;
    // Not in the first flow, and not the first step.
    scenario.flows = {Flow{"a", 1, {}}, Flow{"b", 1, {Think(), request}}};
    std::set<std::string> found = secret_names(scenario);
    for (const char* everywhere :
         {"QUERY", "USER", "PASSWORD", "EXPECT_HEADER", "CONTAINS", "EXPECT_JSON"})
      EXPECT_EQ(found.erase(everywhere), 1U) << everywhere;
    return found;
  };
  EXPECT_THAT(names(FormBody{{{"a", secret("FORM")}}}), ElementsAre("FORM"));
  EXPECT_THAT(names(JsonBody{secret("JSON")}), ElementsAre("JSON"));
  EXPECT_THAT(names(TextBody{secret("TEXT")}), ElementsAre("TEXT"));
  EXPECT_THAT(names(MultipartBody{{{"a", secret("FIELD")}}, {}}), ElementsAre("FIELD"));
  EXPECT_THAT(names(FileBody{"x"}), ElementsAre());
}

TEST(Secrets, AreNamedInTokensAndConnections) {
  Request request;
  request.authentication = BearerAuthentication{text("{{env:TOKEN}}")};
  Scenario scenario;
  scenario.flows = {Flow{"", 1, {request}}};
  scenario.connection.unix_socket = text("{{env:SOCKET}}");
  scenario.connection.proxy = text("{{env:PROXY}}");
  scenario.connection.tls =
      Tls{text("{{env:CA}}"), text("{{env:CERTIFICATE}}"), text("{{env:KEY}}")};
  EXPECT_THAT(secret_names(scenario),
              ElementsAre("CA", "CERTIFICATE", "KEY", "PROXY", "SOCKET", "TOKEN"));
}

}  // namespace
}  // namespace tidemark::plan
