#include "harness/extract/json_pointer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/extract/pieces.h"

namespace tidemark::extract {

// For messages of failed tests.
void PrintTo(const JsonValue& value, std::ostream* out) {
  *out << static_cast<int>(value.kind) << " '" << value.text.substr(0, 80) << "'";
}

namespace {

using Kind = JsonValue::Kind;

std::vector<JsonPointer> pointers(const std::vector<std::string>& texts) {
  std::vector<JsonPointer> parsed;
  for (const std::string& text : texts) parsed.push_back(*JsonPointer::parse(text));
  return parsed;
}

struct Outcome {
  std::vector<JsonValue> values;
  std::string error;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome search(JsonSearch& search, const std::vector<std::string_view>& pieces) {
  search.reset();
  for (const std::string_view piece : pieces) search.receive(piece);
  const Result<void> finished = search.finish();
  return {search.values(), finished ? "" : finished.error().message};
}

JsonValue value_at(const std::string& pointer, std::string_view document) {
  JsonSearch finder(pointers({pointer}));
  const Outcome outcome = search(finder, {document});
  EXPECT_EQ(outcome.error, "");
  return outcome.values[0];
}

std::string error_of(std::string_view document) {
  JsonSearch finder(pointers({"/a"}));
  return search(finder, {document}).error;
}

// RFC 6901, section 5.
TEST(JsonPointer, ThePointersOfTheRfcLeadWhereItSays) {
  constexpr std::string_view kDocument = R"({"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2,
    "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8})";
  EXPECT_EQ(value_at("", kDocument), (JsonValue{Kind::kObject, ""}));
  EXPECT_EQ(value_at("/foo", kDocument), (JsonValue{Kind::kArray, ""}));
  EXPECT_EQ(value_at("/foo/0", kDocument), (JsonValue{Kind::kString, "bar"}));
  EXPECT_EQ(value_at("/foo/1", kDocument), (JsonValue{Kind::kString, "baz"}));
  EXPECT_EQ(value_at("/", kDocument), (JsonValue{Kind::kNumber, "0"}));
  EXPECT_EQ(value_at("/a~1b", kDocument), (JsonValue{Kind::kNumber, "1"}));
  EXPECT_EQ(value_at("/c%d", kDocument), (JsonValue{Kind::kNumber, "2"}));
  EXPECT_EQ(value_at("/e^f", kDocument), (JsonValue{Kind::kNumber, "3"}));
  EXPECT_EQ(value_at("/g|h", kDocument), (JsonValue{Kind::kNumber, "4"}));
  EXPECT_EQ(value_at("/i\\j", kDocument), (JsonValue{Kind::kNumber, "5"}));
  EXPECT_EQ(value_at("/k\"l", kDocument), (JsonValue{Kind::kNumber, "6"}));
  EXPECT_EQ(value_at("/ ", kDocument), (JsonValue{Kind::kNumber, "7"}));
  EXPECT_EQ(value_at("/m~0n", kDocument), (JsonValue{Kind::kNumber, "8"}));
}

TEST(JsonPointer, ATildeAndAnOneIsNoSlashTwice) {
  EXPECT_THAT(JsonPointer::parse("/~01/~10")->tokens(), testing::ElementsAre("~1", "/0"));
}

TEST(JsonPointer, ABadPointerIsExplained) {
  EXPECT_EQ(JsonPointer::parse("items/0").error().message,
            "'items/0' is no JSON pointer: write '/items/0/name', beginning with '/'");
  EXPECT_EQ(JsonPointer::parse("/a~2").error().message,
            "'/a~2' is no JSON pointer: '~' is written '~0', and a '/' '~1'");
  EXPECT_EQ(JsonPointer::parse("/a~").error().message,
            "'/a~' is no JSON pointer: '~' is written '~0', and a '/' '~1'");
}

TEST(JsonSearch, ScalarsAreFoundAsText) {
  constexpr std::string_view kDocument =
      R"({"s": "a\u00e9\n\ud83d\ude00", "n": -1.50e+3, "t": true, "f": false, "z": null, "o": {}, "e": ""})";
  EXPECT_EQ(value_at("/s", kDocument), (JsonValue{Kind::kString, "a\u00e9\n\U0001F600"}));
  EXPECT_EQ(value_at("/n", kDocument), (JsonValue{Kind::kNumber, "-1.50e+3"}));
  EXPECT_EQ(value_at("/t", kDocument), (JsonValue{Kind::kBoolean, "true"}));
  EXPECT_EQ(value_at("/f", kDocument), (JsonValue{Kind::kBoolean, "false"}));
  EXPECT_EQ(value_at("/z", kDocument), (JsonValue{Kind::kNull, "null"}));
  EXPECT_EQ(value_at("/o", kDocument), (JsonValue{Kind::kObject, ""}));
  EXPECT_EQ(value_at("/e", kDocument), (JsonValue{Kind::kString, ""}));
  EXPECT_EQ(value_at("/none", kDocument), (JsonValue{Kind::kNothing, ""}));
  EXPECT_EQ(value_at("/s/deeper", kDocument), (JsonValue{Kind::kNothing, ""}));
  EXPECT_EQ(value_at("", "17"), (JsonValue{Kind::kNumber, "17"}));
  EXPECT_EQ(value_at("", " \"x\" "), (JsonValue{Kind::kString, "x"}));
}

TEST(JsonSearch, IndexesCountArraysAndNameMembers) {
  EXPECT_EQ(value_at("/1/0", "[[1], [2, 3], [4]]"), (JsonValue{Kind::kNumber, "2"}));
  EXPECT_EQ(value_at("/2", "[{}, [[]], \"c\"]"), (JsonValue{Kind::kString, "c"}));
  EXPECT_EQ(value_at("/01", "[1, 2]"), (JsonValue{Kind::kNothing, ""}));
  EXPECT_EQ(value_at("/-", "[1, 2]"), (JsonValue{Kind::kNothing, ""}));
  EXPECT_EQ(value_at("/2", "[1, 2]"), (JsonValue{Kind::kNothing, ""}));
  EXPECT_EQ(value_at("/-", R"({"-": 1})"), (JsonValue{Kind::kNumber, "1"}));
  EXPECT_EQ(value_at("/01", R"({"01": 1})"), (JsonValue{Kind::kNumber, "1"}));
  EXPECT_EQ(value_at("/99999999999999999999", "[1]"), (JsonValue{Kind::kNothing, ""}));
}

TEST(JsonSearch, SimilarPathsAreToldApart) {
  EXPECT_EQ(value_at("/a/b", R"({"x": {"a": {"b": 1}}, "b": 2, "ab": {"b": 3}, "a": {"b": 4}})"),
            (JsonValue{Kind::kNumber, "4"}));
  EXPECT_EQ(value_at("/a", R"({"aa": 1, "": 2, "A": 3})"), (JsonValue{Kind::kNothing, ""}));
  EXPECT_EQ(value_at("/0/0", "[[[9], 5], 3]"), (JsonValue{Kind::kArray, ""}));
}

TEST(JsonSearch, OfEqualNamesTheLastOneCounts) {
  EXPECT_EQ(value_at("/a", R"({"a": 1, "a": "two"})"), (JsonValue{Kind::kString, "two"}));
  EXPECT_EQ(value_at("/a/b", R"({"a": {"b": 1}, "a": {"c": 2}})"), (JsonValue{Kind::kNothing, ""}));
  EXPECT_EQ(value_at("/a/b", R"({"a": {"b": 1}, "a": 3})"), (JsonValue{Kind::kNothing, ""}));
}

TEST(JsonSearch, SeveralPointersAreLookedUpAtOnce) {
  JsonSearch finder(pointers({"/b/1", "/a", "/b", "/b/1", "/c"}));
  EXPECT_EQ(search(finder, {R"({"a": 1, "b": [2, 3]})"}), (Outcome{{{Kind::kNumber, "3"},
                                                                    {Kind::kNumber, "1"},
                                                                    {Kind::kArray, ""},
                                                                    {Kind::kNumber, "3"},
                                                                    {Kind::kNothing, ""}},
                                                                   ""}));
  EXPECT_EQ(search(finder, {"[]"}).values, std::vector<JsonValue>(5));
}

TEST(JsonSearch, MalformedTextIsReportedWithItsPlace) {
  EXPECT_EQ(error_of(R"({"a": 1, })"), "malformed JSON at byte 9: syntax error");
  EXPECT_EQ(error_of("<html>"), "malformed JSON at byte 0: syntax error");
  EXPECT_EQ(error_of(""), "malformed JSON at byte 0: incomplete JSON");
  EXPECT_EQ(error_of("{\"a\": 1"), "malformed JSON at byte 7: incomplete JSON");
  EXPECT_EQ(error_of("{} x"), "malformed JSON at byte 3: extra data");
  EXPECT_EQ(error_of("{}{}"), "malformed JSON at byte 2: extra data");
  EXPECT_EQ(error_of("[\"\xff\"]"), "malformed JSON at byte 2: syntax error");
  EXPECT_EQ(error_of("{}\n \n"), "");
}

TEST(JsonSearch, WhatIsNestedTooDeeplyIsRefused) {
  EXPECT_EQ(error_of(std::string(kDeepestJson, '[') + std::string(kDeepestJson, ']')), "");
  EXPECT_EQ(error_of(std::string(kDeepestJson + 1, '[')), "malformed JSON at byte 512: too deep");
  EXPECT_EQ(error_of(std::string(1'000'000, '[')), "malformed JSON at byte 512: too deep");
}

TEST(JsonSearch, AValueIsKeptUpToALimit) {
  const std::string longest(kLongestJsonValue, 'x');
  EXPECT_EQ(value_at("/a", R"({"a": ")" + longest + "\"}"), (JsonValue{Kind::kString, longest}));
  EXPECT_EQ(value_at("/a", R"({"a": "y)" + longest + "\"}"), (JsonValue{Kind::kTooLong, ""}));
  EXPECT_EQ(value_at("/a", R"({"b": "y)" + longest + longest + R"(", "a": 1})"),
            (JsonValue{Kind::kNumber, "1"}));
  EXPECT_EQ(value_at("/a", "{\"" + longest + "\": 2, \"a\": 1}"), (JsonValue{Kind::kNumber, "1"}));
}

// Random documents and random bytes; every cut of them says the same.
TEST(JsonSearch, CutsMakeNoDifference) {
  std::mt19937 random(3);
  JsonSearch finder(pointers({"", "/a", "/b/0", "/a/b", "/0/a", "/1", "/a/0/b", "/\u00e9"}));
  const std::vector<std::string> scraps = {"{",
                                           "}",
                                           "[",
                                           "]",
                                           ",",
                                           ":",
                                           " ",
                                           "\"a\"",
                                           "\"b\"",
                                           "\"\\u00e9\"",
                                           "12",
                                           "-1.5e3",
                                           "\"\\ud83d\\ude00\"",
                                           "true",
                                           "null",
                                           "false",
                                           "\"\xc3\xa9\"",
                                           "\xff",
                                           "0"};
  for (int i = 0; i < 3'000; ++i) {
    std::string document;
    if (i % 2 == 0) {
      const auto value = [&](const auto& self, int depth) -> void {
        const std::size_t kind = random() % (depth > 4 ? 2 : 4);
        if (kind < 2) {
          document += scraps[9 + random() % 8];
          return;
        }
        document += kind == 2 ? "{" : "[";
        for (std::size_t n = random() % 4, j = 0; j < n; ++j) {
          if (j > 0) document += ", ";
          if (kind == 2) document += scraps[7 + random() % 3] + ":";
          self(self, depth + 1);
        }
        document += kind == 2 ? "}" : "]";
      };
      value(value, 0);
    } else {
      for (std::size_t n = random() % 12, j = 0; j < n; ++j)
        document += scraps[random() % scraps.size()];
    }
    const Outcome whole = search(finder, {document});
    EXPECT_TRUE(i % 2 == 1 || whole.error.empty()) << document;
    const Outcome cut = search(finder, random_pieces(document, random, 4));
    EXPECT_EQ(whole.values, cut.values) << document;
    EXPECT_EQ(whole.error, cut.error) << document;
  }
}

TEST(JsonNumbers, AreComparedByTheirValue) {
  EXPECT_TRUE(same_json_number("1", "1.0"));
  EXPECT_TRUE(same_json_number("100", "1e2"));
  EXPECT_TRUE(same_json_number("0.5", "5E-1"));
  EXPECT_TRUE(same_json_number("-0", "0.00"));
  EXPECT_TRUE(same_json_number("12345678901234567890", "1.2345678901234567890e+19"));
  EXPECT_FALSE(same_json_number("12345678901234567890", "12345678901234567891"));
  EXPECT_FALSE(same_json_number("1", "-1"));
  EXPECT_FALSE(same_json_number("10", "1"));
  EXPECT_FALSE(same_json_number("1", "1x"));
  EXPECT_FALSE(same_json_number("01", "1"));
  EXPECT_FALSE(same_json_number("1.", "1"));
  EXPECT_FALSE(same_json_number("1e", "1"));
  EXPECT_FALSE(same_json_number("", ""));
  EXPECT_FALSE(same_json_number("1e99999999999999999999", "1e99999999999999999999"));
}

}  // namespace
}  // namespace tidemark::extract
