#include "harness/plan/variables.h"

#include <gtest/gtest.h>

namespace tidemark::plan {
namespace {

Variables variables(std::initializer_list<std::pair<std::string, std::string>> values) {
  Variables all;
  for (const auto& [name, value] : values) all.set(name, value);
  return all;
}

std::string filled(const Variables& variables, std::string_view text) {
  const Result<Template> result = variables.fill(text);
  return result ? result->text() : "error: " + result.error().message;
}

TEST(Variables, AreFilledIn) {
  EXPECT_EQ(
      filled(variables({{"users", "10"}, {"unit", "MiB"}}), "{{users}}{{ unit }} of {{users}}"),
      "10MiB of 10");
  EXPECT_EQ(filled(variables({{"empty", ""}}), "a{{empty}}b"), "ab");
  EXPECT_EQ(filled({}, "nothing to fill"), "nothing to fill");
}

TEST(Variables, TheOneThatWasSetLastCounts) {
  Variables all = variables({{"users", "10"}});
  all.set_all({{{"users", {}}, {"20", {}}}, {{"rows", {}}, {"{{users}}", {}}}});
  EXPECT_EQ(filled(all, "{{rows}}"), "20");
}

TEST(Variables, MayBeMadeOfOthers) {
  EXPECT_EQ(filled(variables({{"a", "<{{b}}>"}, {"b", "({{c}}{{c}})"}, {"c", "x"}}), "{{a}}"),
            "<(xx)>");
}

TEST(Variables, WhatOnlyTheLaunchKnowsStays) {
  const Variables all = variables({{"base", "{{scratch}}/db"}});
  EXPECT_EQ(filled(all, "{{port}} {{base}} {{env:HOME}}"), "{{port}} {{scratch}}/db {{env:HOME}}");
  EXPECT_TRUE(known_at_launch("port"));
  EXPECT_TRUE(known_at_launch("scratch"));
  EXPECT_TRUE(known_at_launch("env:HOME"));
  EXPECT_FALSE(known_at_launch("env:"));
  EXPECT_FALSE(known_at_launch("ports"));
}

TEST(Variables, AnUndefinedNameIsComparedWithThoseThereAre) {
  const Variables all = variables({{"users", "10"}});
  EXPECT_EQ(filled(all, "{{usres}}"), "error: undefined variable 'usres'; did you mean 'users'?");
  EXPECT_EQ(filled(all, "{{prot}}"), "error: undefined variable 'prot'; did you mean 'port'?");
  EXPECT_EQ(filled(all, "{{month}}"), "error: undefined variable 'month'");
}

TEST(Variables, CannotBeDefinedByThemselves) {
  EXPECT_EQ(filled(variables({{"self", "x{{self}}"}}), "{{self}}"),
            "error: the variable 'self' is defined by itself");
  EXPECT_EQ(filled(variables({{"egg", "{{hen}}"}, {"hen", "{{egg}}"}}), "{{egg}}").substr(0, 6),
            "error:");
}

TEST(Variables, ALongChainIsNoCircle) {
  Variables chain;
  chain.set("v0", "end");
  for (int i = 1; i <= 100; ++i)
    chain.set("v" + std::to_string(i), "{{v" + std::to_string(i - 1) + "}}");
  EXPECT_EQ(filled(chain, "{{v100}}"), "end");
}

TEST(Variables, AVariableOfVariablesDoesNotFillTheMemory) {
  Variables bomb;
  bomb.set("v0", "0123456789");
  for (int i = 1; i <= 12; ++i) {
    std::string ten;
    for (int j = 0; j < 10; ++j) ten += "{{v" + std::to_string(i - 1) + "}}";
    bomb.set("v" + std::to_string(i), ten);
  }
  EXPECT_EQ(filled(bomb, "{{v12}}"),
            "error: with its variables filled in, the text is longer than 65536 bytes");
}

TEST(Variables, AMistakeInAValueShowsWhereItIsUsed) {
  EXPECT_EQ(filled(variables({{"bad", "{{ten"}}), "{{bad}}"),
            "error: '{{ten' opens a placeholder that nothing closes: write {{name}}");
}

TEST(Variables, NeighbouringTextsBecomeOnePiece) {
  const Template text = *variables({{"a", "x"}}).fill("1{{a}}2");
  EXPECT_EQ(text.pieces().size(), 1U);
  EXPECT_TRUE(text.is_literal());
}

}  // namespace
}  // namespace tidemark::plan
