#include "harness/plan/template.h"

#include <gtest/gtest.h>

namespace tidemark::plan {
namespace {

using Pieces = std::vector<TemplatePiece>;

TemplatePiece literal(std::string text) {
  return {TemplatePiece::Kind::kLiteral, std::move(text)};
}
TemplatePiece placeholder(std::string name) {
  return {TemplatePiece::Kind::kPlaceholder, std::move(name)};
}

Pieces pieces(std::string_view text) {
  const Result<Template> parsed = parse_template(text);
  return parsed ? parsed->pieces() : Pieces{literal("error: " + parsed.error().message)};
}

TEST(Template, IsSplitAtItsPlaceholders) {
  EXPECT_EQ(pieces("127.0.0.1:{{port}}"), (Pieces{literal("127.0.0.1:"), placeholder("port")}));
  EXPECT_EQ(pieces("{{a}}{{b}}c"), (Pieces{placeholder("a"), placeholder("b"), literal("c")}));
  EXPECT_EQ(pieces("{{ port }}"), (Pieces{placeholder("port")}));
  EXPECT_EQ(pieces(""), Pieces{});
}

TEST(Template, SingleBracesAreText) {
  EXPECT_EQ(pieces("{a} }} {"), (Pieces{literal("{a} }} {")}));
  EXPECT_EQ(pieces("{\"a\": {\"b\": 1}}"), (Pieces{literal("{\"a\": {\"b\": 1}}")}));
}

TEST(Template, BracesMustMatchAndHoldAName) {
  EXPECT_EQ(parse_template("/{{month").error().message,
            "'/{{month' opens a placeholder that nothing closes: write {{name}}");
  EXPECT_EQ(parse_template("{{port}").error().message,
            "'{{port}' opens a placeholder that nothing closes: write {{name}}");
  EXPECT_EQ(parse_template("{{  }}").error().message, "an empty placeholder: write {{name}}");
}

TEST(Template, IsWrittenBackAsItsAuthorWouldWriteIt) {
  EXPECT_EQ(parse_template("a{{ port }}{b}{{env:X}}")->text(), "a{{port}}{b}{{env:X}}");
}

TEST(Template, KnowsWhatItMentions) {
  const Template text = *parse_template("{{port}} scratch");
  EXPECT_TRUE(text.mentions("port"));
  EXPECT_FALSE(text.mentions("scratch"));
  EXPECT_FALSE(text.is_literal());
  EXPECT_TRUE(parse_template("scratch")->is_literal());
  EXPECT_TRUE(Template().is_literal());
}

TEST(TemplateExpand, PutsTheValuesIn) {
  const auto shout = [](std::string_view name) -> Result<std::string> {
    return std::string(name) + "!";
  };
  EXPECT_EQ(expand(*parse_template("a {{b}} c {{d}}"), shout).value(), "a b! c d!");
  EXPECT_EQ(expand(Template(), shout).value(), "");
}

TEST(TemplateExpand, AValueWithBracesIsNotExpandedAgain) {
  const auto braces = [](std::string_view) -> Result<std::string> { return "{{b}}"; };
  EXPECT_EQ(expand(*parse_template("{{a}}"), braces).value(), "{{b}}");
}

TEST(TemplateExpand, FailsWithTheFirstMissingValue) {
  const auto none = [](std::string_view name) -> Result<std::string> {
    return failure("no " + std::string(name));
  };
  EXPECT_EQ(expand(*parse_template("{{a}}{{b}}"), none).error().message, "no a");
}

}  // namespace
}  // namespace tidemark::plan
