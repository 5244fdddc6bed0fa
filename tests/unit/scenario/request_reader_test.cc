// Structure only; every message stands, with its place, in tests/fixtures/scenarios.

#include "harness/scenario/request_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::scenario {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

YamlNode yaml(std::string_view text) {
  return *parse_yaml(text, "shop.yaml");
}

std::string text_of(const std::optional<Scalar>& scalar) {
  return scalar ? scalar->text : "-";
}

std::vector<std::string> texts(const NamedValues& values) {
  std::vector<std::string> all;
  for (const auto& [name, value] : values) all.push_back(name.text + "=" + value.text);
  return all;
}

std::vector<std::string> messages(const Diagnostics& diagnostics) {
  std::vector<std::string> all;
  for (const Diagnostic& diagnostic : diagnostics) all.push_back(diagnostic.message);
  return all;
}

Request request(std::string_view text, std::string_view expect = "{}",
                std::string_view capture = "{}") {
  Diagnostics diagnostics;
  const YamlNode beside[] = {yaml(expect), yaml(capture)};
  const auto read = read_request({yaml(text), &beside[0], &beside[1]}, diagnostics);
  EXPECT_THAT(messages(diagnostics), IsEmpty());
  return read.value_or(Request());
}

std::vector<std::string> mistakes(std::string_view text) {
  Diagnostics diagnostics;
  read_request({yaml(text)}, diagnostics);
  return messages(diagnostics);
}

std::string json(std::string_view text) {
  Diagnostics diagnostics;
  const std::string read = json_of(yaml(text), diagnostics);
  EXPECT_THAT(messages(diagnostics), IsEmpty());
  return read;
}

TEST(RequestReader, TakesEveryKey) {
  const Request all = request(R"({path: /x, query: {page: 2}, headers: {A: b}, follow_redirects: 3,
    auth: {basic: {username: ann, password: secret}}, timeout: {first_byte: 2s},
    read_rate: 1KiB/s, abort_after: 1MiB})");
  EXPECT_THAT(texts(all.query), ElementsAre("page=2"));
  EXPECT_THAT(texts(all.headers), ElementsAre("A=b"));
  EXPECT_EQ(text_of(all.follow_redirects), "3");
  EXPECT_EQ(text_of(all.authentication.username), "ann");
  EXPECT_EQ(text_of(all.authentication.password), "secret");
  EXPECT_EQ(text_of(all.authentication.bearer), "-");
  EXPECT_EQ(text_of(all.timeout.total), "-");
  EXPECT_EQ(text_of(all.timeout.first_byte), "2s");
  EXPECT_EQ(text_of(all.read_rate), "1KiB/s");
  EXPECT_EQ(text_of(all.abort_after), "1MiB");
  EXPECT_EQ(text_of(request("{path: /, auth: {bearer: t}}").authentication.bearer), "t");
}

TEST(RequestReader, TakesEachKindOfBody) {
  EXPECT_EQ(text_of(request("{path: /, body: text}").body.text), "text");
  EXPECT_EQ(text_of(request("{path: /, body: {file: x.bin}}").body.file), "x.bin");
  EXPECT_THAT(texts(request("{path: /, form: {a: 1, b: \"\"}}").body.form.value()),
              ElementsAre("a=1", "b="));
  EXPECT_EQ(text_of(request("{path: /, json: {id: 7}}").body.json), "{\"id\":7}");
  const Body upload =
      request("{path: /, files: {a: x.png, b: {file: y, filename: z, content_type: image/png}}}")
          .body;
  ASSERT_EQ(upload.files.size(), 2U);
  EXPECT_EQ(upload.files[0].field.text, "a");
  EXPECT_EQ(upload.files[0].path.text, "x.png");
  EXPECT_EQ(text_of(upload.files[0].filename), "-");
  EXPECT_EQ(upload.files[1].path.text, "y");
  EXPECT_EQ(text_of(upload.files[1].filename), "z");
  EXPECT_EQ(text_of(upload.files[1].content_type), "image/png");
}

TEST(RequestReader, TakesWhatIsExpected) {
  const Expectation expect = request("{path: /}", R"({status: 200, headers: {X: y}, matches: a+,
    json: {/id: 7}, rows: 3, min_bytes: 1B, max_bytes: 2B, bytes: 3B, sha256: abc})")
                                 .expect;
  EXPECT_THAT(texts(expect.headers), ElementsAre("X=y"));
  EXPECT_EQ(text_of(expect.matches), "a+");
  EXPECT_THAT(texts(expect.json), ElementsAre("/id=7"));
  EXPECT_EQ(text_of(expect.rows), "3");
  EXPECT_EQ(text_of(expect.min_bytes), "1B");
  EXPECT_EQ(text_of(expect.max_bytes), "2B");
  EXPECT_EQ(text_of(expect.bytes), "3B");
  EXPECT_EQ(text_of(expect.sha256), "abc");
}

TEST(RequestReader, TakesCapturesInTheirOrder) {
  const auto captures =
      request("{path: /}", "{}",
              "{a: {css: input, attribute: value}, b: {json: /id}, c: {regex: x}, "
              "d: {header: Location}}")
          .captures;
  std::vector<std::string> all;
  for (const Capture& capture : captures)
    all.push_back(capture.name.text + " " + capture.from + " " + capture.expression.text + " " +
                  text_of(capture.attribute));
  EXPECT_THAT(
      all, ElementsAre("a css input value", "b json /id -", "c regex x -", "d header Location -"));
}

TEST(RequestReader, ATimeoutIsOneValueOrAMap) {
  Diagnostics diagnostics;
  EXPECT_EQ(text_of(read_timeouts(yaml("3s"), diagnostics).total), "3s");
  EXPECT_EQ(text_of(read_timeouts(yaml("{connect: 1s}"), diagnostics).connect), "1s");
  EXPECT_THAT(messages(diagnostics), IsEmpty());
  read_timeouts(yaml("[3s]"), diagnostics);
  EXPECT_THAT(messages(diagnostics), ElementsAre("'timeout' must be a single value, not a list"));
}

TEST(RequestReader, APauseIsOneTimeOrTwo) {
  Diagnostics diagnostics;
  const auto flow = read_flow(yaml("[{think: 1s}, {think: {min: 1s, max: 3s}}]"), diagnostics);
  EXPECT_THAT(messages(diagnostics), IsEmpty());
  EXPECT_EQ(text_of(std::get<Think>(flow.at(0)).longest), "-");
  EXPECT_EQ(text_of(std::get<Think>(flow.at(1)).longest), "3s");
}

TEST(JsonOf, PlainScalarsAreTypedByTheCoreSchema) {
  EXPECT_EQ(json("[1, -2, +3, 007, 0x1F, 0o17]"), "[1,-2,3,7,31,15]");
  EXPECT_EQ(json("[1.5, .5, 1., 1e3, -0.25, +.5]"), "[1.5,0.5,1.0,1000.0,-0.25,0.5]");
  EXPECT_EQ(json("[true, True, TRUE, false, False, FALSE]"), "[true,true,true,false,false,false]");
  EXPECT_EQ(json("[null, ~, Null, NULL, ]"), "[null,null,null,null]");
  EXPECT_EQ(json("{a: }"), "{\"a\":null}");
  EXPECT_EQ(json("18446744073709551615"), "18446744073709551615");
}

TEST(JsonOf, WhatLooksLikeNothingElseIsText) {
  EXPECT_EQ(
      json("[yes, no, tRUE, 1_000, 1:30, 2024-01-31, inf, nan, .inf, \"-\", +-1, 0x, a b]"),
      R"(["yes","no","tRUE","1_000","1:30","2024-01-31","inf","nan",".inf","-","+-1","0x","a b"])");
}

TEST(JsonOf, WhatIsQuotedIsText) {
  EXPECT_EQ(json(R"(["1", 'true', "null", "a\"b\n", ""])"), R"(["1","true","null","a\"b\n",""])");
}

TEST(JsonOf, MapsKeepTheirOrder) {
  EXPECT_EQ(json("{z: {b: [], a: {}}, 1: x}"), R"({"z":{"b":[],"a":{}},"1":"x"})");
}

TEST(JsonOf, PlaceholdersStayInsideTheirStrings) {
  EXPECT_EQ(json(R"({name: "{{name}}", "{{key}}": 1})"), R"({"name":"{{name}}","{{key}}":1})");
}

TEST(JsonOf, QuotedTextAsAWholeIsJsonItself) {
  EXPECT_EQ(text_of(request(R"({path: /, json: '{"id": {{id}} }'})").body.json),
            "{\"id\": {{id}} }");
}

TEST(JsonOf, ReportsKeysThatJsonCannotHave) {
  EXPECT_THAT(mistakes("{path: /, json: {a: 1, a: 2}}"),
              ElementsAre("'a' stands here twice, first in line 1"));
  EXPECT_THAT(mistakes("{path: /, json: {id: {{user}}}}"),
              ElementsAre("a name in 'json' must be a word, not a map"));
}

}  // namespace
}  // namespace tidemark::scenario
