#include "harness/load/response_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "tests/unit/extract/pieces.h"

namespace tidemark::load {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

plan::Template text(const std::string& written) {
  return *plan::parse_template(written);
}

struct Answer {
  std::vector<std::string_view> pieces;
  long status = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};
};

Result<std::string> no_value(std::string_view name) {
  return failure("{{" + std::string(name) + "}} has no value");
}

ResponseCheck::Outcome checked(ResponseCheck& check, const Answer& answer, bool complete = true) {
  const Result<void> begun = check.begin(no_value);
  EXPECT_TRUE(begun.has_value());
  for (const auto& [name, value] : answer.headers) check.receive_header(name, value);
  for (const std::string_view piece : answer.pieces) check.receive(piece);
  return check.finish(answer.status, complete);
}

std::string verdict(const plan::Expectation& expect, const Answer& answer, bool complete = true) {
  const Result<ResponseRules> rules = ResponseRules::compile(expect, {});
  if (!rules) return rules.error().message;
  ResponseCheck check(*rules);
  return checked(check, answer, complete).unexpected;
}

ResponseCheck::Outcome captured(const std::vector<plan::Capture>& captures, const Answer& answer,
                                bool complete = true) {
  const Result<ResponseRules> rules = ResponseRules::compile({}, captures);
  if (!rules) return {rules.error().message, {}};
  ResponseCheck check(*rules);
  return checked(check, answer, complete);
}

plan::Expectation min_rows(std::int64_t count) {
  plan::Expectation expect;
  expect.min_rows = count;
  return expect;
}

plan::Expectation contains(const std::string& written) {
  plan::Expectation expect;
  expect.contains = text(written);
  return expect;
}

plan::Expectation matches(const std::string& pattern) {
  plan::Expectation expect;
  expect.matches = pattern;
  return expect;
}

plan::Expectation json(const std::string& pointer, const std::string& value) {
  plan::Expectation expect;
  expect.json.push_back({pointer, text(value)});
  return expect;
}

plan::Expectation header(const std::string& name, const std::string& value) {
  plan::Expectation expect;
  expect.headers.emplace_back(name, text(value));
  return expect;
}

using From = plan::Capture::From;

TEST(ResponseCheck, WithoutAnExpectationAnyStatusBelow400IsFine) {
  EXPECT_EQ(verdict({}, {}), "");
  EXPECT_EQ(verdict({}, {.pieces = {}, .status = 302}), "");
  EXPECT_EQ(verdict({}, {.pieces = {}, .status = 404}),
            "status 404 where one below 400 was expected");
}

TEST(ResponseCheck, AnExpectedStatusIsExact) {
  plan::Expectation expect;
  expect.status = 404;
  EXPECT_EQ(verdict(expect, {.pieces = {}, .status = 404}), "");
  EXPECT_EQ(verdict(expect, {}), "status 200 where 404 was expected");
}

TEST(ResponseCheck, ContentTypesAreComparedWithoutParametersAndCase) {
  plan::Expectation expect;
  expect.content_type = "text/csv";
  EXPECT_EQ(verdict(expect,
                    {.pieces = {}, .headers = {{"content-TYPE", " Text/CSV ; charset=utf-8\r\n"}}}),
            "");
  EXPECT_EQ(verdict(expect, {.pieces = {}, .headers = {{"Content-Type", "text/html; x=\x1b"}}}),
            "content type 'text/html; x=\\x1b' where 'text/csv' was expected");
  EXPECT_EQ(verdict(expect, {}), "content type '' where 'text/csv' was expected");
}

TEST(ResponseCheck, AnExpectedHeaderHasExactlyThatValue) {
  const plan::Expectation expect = header("X-Cache", "HIT");
  EXPECT_EQ(verdict(expect, {.pieces = {}, .headers = {{"x-cache", " HIT \r\n"}}}), "");
  EXPECT_EQ(verdict(expect, {.pieces = {}, .headers = {{"X-Cache", "hit"}}}),
            "header X-Cache is 'hit' where 'HIT' was expected");
  EXPECT_EQ(verdict(expect, {.pieces = {}, .headers = {{"X-Cache-Status", "HIT"}}}),
            "header X-Cache is missing where 'HIT' was expected");
}

TEST(ResponseCheck, ARepeatedHeaderMayHaveItAnywhere) {
  const plan::Expectation expect = header("Vary", "Cookie");
  EXPECT_EQ(verdict(expect, {.pieces = {}, .headers = {{"Vary", "Cookie"}, {"Vary", "Accept"}}}),
            "");
  EXPECT_EQ(verdict(expect, {.pieces = {}, .headers = {{"Vary", "Accept"}, {"Vary", "Cookie"}}}),
            "");
  EXPECT_EQ(verdict(expect, {.pieces = {}, .headers = {{"Vary", "Accept"}, {"Vary", "Origin"}}}),
            "header Vary is 'Origin' where 'Cookie' was expected");
}

TEST(ResponseCheck, HeadersOfAnAnswerThatLedElsewhereAreForgotten) {
  const plan::Expectation expect = header("X-Step", "1");
  const Result<ResponseRules> rules =
      ResponseRules::compile(expect, {{"step", From::kHeader, "X-Step", ""}});
  ResponseCheck check(*rules);
  ASSERT_TRUE(check.begin(no_value));
  check.receive_header("X-Step", "1");
  check.forget_headers();
  EXPECT_EQ(check.finish(200).unexpected, "header X-Step is missing where '1' was expected");
}

TEST(ResponseCheck, RowsAreLinesThatAreNotEmpty) {
  EXPECT_EQ(verdict(min_rows(3), {{"a\r\nb\r\nc"}}), "");
  EXPECT_EQ(verdict(min_rows(3), {{"a\r\n\r\n\nb\r\n"}}), "2 rows where at least 3 were expected");
  EXPECT_EQ(verdict(min_rows(1), {}), "0 rows where at least 1 were expected");
  EXPECT_EQ(verdict(min_rows(3), {{"a", "\nb", "b\n", "c", ""}}), "");
}

TEST(ResponseCheck, AnExactNumberOfRowsIsNeitherMoreNorLess) {
  plan::Expectation expect;
  expect.rows = 2;
  EXPECT_EQ(verdict(expect, {{"a\nb\n"}}), "");
  EXPECT_EQ(verdict(expect, {{"a\n"}}), "1 rows where 2 were expected");
  EXPECT_EQ(verdict(expect, {{"a\nb\nc\n"}}), "3 rows where 2 were expected");
  expect.rows = 0;
  EXPECT_EQ(verdict(expect, {{"\n"}}), "");
  EXPECT_EQ(verdict(expect, {{"a"}}), "1 rows where 0 were expected");
}

TEST(ResponseCheck, ATextIsFoundAcrossPieces) {
  EXPECT_EQ(verdict(contains("needle"), {{"hay nee", "dle hay"}}), "");
  EXPECT_EQ(verdict(contains("needle"), {{"nee", "", "dl"}}), "the body does not contain 'needle'");
}

TEST(ResponseCheck, APatternOccursInTheBody) {
  EXPECT_EQ(verdict(matches("total: \\d+$"), {{"sub\nto", "tal: 1", "2"}}), "");
  EXPECT_EQ(verdict(matches("total: \\d+$"), {{"total: 12\n"}}),
            "the body does not match 'total: \\d+$'");
  EXPECT_EQ(verdict(matches("^$"), {}), "");
}

TEST(ResponseCheck, AJsonValueStandsAtItsPlace) {
  const std::string_view body =
      R"({"items": [{"name": "ann", "age": 30.0, "ok": true, "x": null}]})";
  EXPECT_EQ(verdict(json("/items/0/name", "ann"), {{body}}), "");
  EXPECT_EQ(verdict(json("/items/0/age", "30"), {{body}}), "");
  EXPECT_EQ(verdict(json("/items/0/age", "3e1"), {{body}}), "");
  EXPECT_EQ(verdict(json("/items/0/ok", "true"), {{body}}), "");
  EXPECT_EQ(verdict(json("/items/0/x", "null"), {{body}}), "");
  EXPECT_EQ(verdict(json("/items/0/name", "bob"), {{body}}),
            "'ann' at '/items/0/name' where 'bob' was expected");
  EXPECT_EQ(verdict(json("/items/0/age", "31"), {{body}}),
            "'30.0' at '/items/0/age' where '31' was expected");
  EXPECT_EQ(verdict(json("/items/1/age", "31"), {{body}}),
            "nothing at '/items/1/age' where '31' was expected");
  EXPECT_EQ(verdict(json("/items", "x"), {{body}}), "an array at '/items' where 'x' was expected");
  EXPECT_EQ(verdict(json("/items/0", ""), {{body}}),
            "an object at '/items/0' where '' was expected");
  EXPECT_EQ(verdict(json("/a", "1.0"), {{R"({"a": "1"})"}}),
            "'1' at '/a' where '1.0' was expected");
  EXPECT_EQ(verdict(json("/a", "x"), {{"<html>"}}), "malformed JSON at byte 0: syntax error");
  EXPECT_EQ(verdict(json("/a", "1"), {{"{\"a\": 1"}}), "malformed JSON at byte 7: incomplete JSON");
}

TEST(ResponseCheck, TheBodysSizeIsCounted) {
  plan::Expectation expect;
  expect.min_bytes = 3_B;
  expect.max_bytes = 5_B;
  EXPECT_EQ(verdict(expect, {{"abc"}}), "");
  EXPECT_EQ(verdict(expect, {{"a", "b"}}), "2 bytes where at least 3 were expected");
  EXPECT_EQ(verdict(expect, {{"abcdef"}}), "6 bytes where at most 5 were expected");
  expect = {};
  expect.bytes = 2_B;
  EXPECT_EQ(verdict(expect, {{"a", "b"}}), "");
  EXPECT_EQ(verdict(expect, {{"a"}}), "1 bytes where 2 were expected");
  EXPECT_EQ(verdict(expect, {{"abc"}}), "3 bytes where 2 were expected");
}

TEST(ResponseCheck, TheBodysSumIsCompared) {
  plan::Expectation expect;
  expect.sha256 = "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD";
  EXPECT_EQ(verdict(expect, {{"a", "bc"}}), "");
  EXPECT_EQ(verdict(expect, {}),
            "SHA-256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 where "
            "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD was expected");
}

TEST(ResponseCheck, LongAndHostileTextIsMadeFitToShow) {
  const std::string body = R"({"a": ")" + std::string(5000, 'x') + "\"}";
  const std::string unexpected = verdict(json("/a", std::string(5000, 'y')), {{body}});
  EXPECT_LT(unexpected.size(), 2100U);
  EXPECT_EQ(verdict(json("/a", "x"), {{R"({"a": "\u001b[2J\n"})"}}),
            "'\\x1b[2J ' at '/a' where 'x' was expected");
}

TEST(ResponseCheck, ABadExpressionIsNamedWhenTheRulesAreCompiled) {
  EXPECT_EQ(verdict(matches("("), {}), "'(' is no regular expression: missing ): (");
  EXPECT_EQ(verdict(json("a", ""), {}),
            "'a' is no JSON pointer: write '/items/0/name', beginning with '/'");
  EXPECT_EQ(captured({{"token", From::kCss, "a[", ""}}, {}).unexpected,
            "capture 'token': 'a[' is no CSS selector: it breaks off or is misspelt");
}

TEST(ResponseCheck, PlaceholdersAreFilledForEachAnswer) {
  plan::Expectation expect = contains("<b>{{name}}</b>");
  expect.headers.emplace_back("X-User", text("{{name}}"));
  expect.json.push_back({"/user", text("{{name}}")});
  const Result<ResponseRules> rules = ResponseRules::compile(expect, {});
  ResponseCheck check(*rules);
  for (const std::string name : {"ann", "bob"}) {
    ASSERT_TRUE(check.begin([&](std::string_view) { return Result<std::string>(name); }));
    check.receive_header("X-User", name);
    check.receive("{\"user\": \"" + name + "\", \"html\": \"<b>" + name + "</b>\"}");
    EXPECT_EQ(check.finish(200).unexpected, "");
  }
  ASSERT_TRUE(check.begin([](std::string_view) { return Result<std::string>("cid"); }));
  check.receive_header("X-User", "bob");
  EXPECT_EQ(check.finish(200).unexpected, "header X-User is 'bob' where 'cid' was expected");
  EXPECT_EQ(check.begin(no_value).error().message, "expected text: {{name}} has no value");
}

TEST(ResponseCheck, CapturesTakeTheFirstMatch) {
  const ResponseCheck::Outcome outcome = captured(
      {{"csrf", From::kCss, "input[name=csrf]", "value"},
       {"title", From::kCss, "title", ""},
       {"number", From::kRegex, "no=(\\d+)", ""},
       {"next", From::kHeader, "location", ""}},
      {.pieces = {"<title> A &amp; B</title><input na", "me=csrf value=t0ken>", "no=1 no=2"},
       .headers = {{"Location", "/first"}, {"Location", "/second"}}});
  EXPECT_EQ(outcome.unexpected, "");
  EXPECT_THAT(outcome.captured, ElementsAre("t0ken", "A & B", "1", "/first"));
}

TEST(ResponseCheck, JsonIsCapturedBesideBeingCompared) {
  const Result<ResponseRules> rules = ResponseRules::compile(
      json("/ok", "true"), {{"id", From::kJson, "/id", ""}, {"name", From::kJson, "/name", ""}});
  ResponseCheck check(*rules);
  const auto outcome = checked(check, {{R"({"id": 1.50, "name": "\u00e9", "ok": true})"}});
  EXPECT_EQ(outcome.unexpected, "");
  EXPECT_THAT(outcome.captured, ElementsAre("1.50", "\u00e9"));
}

TEST(ResponseCheck, ACaptureThatFindsNothingIsUnexpected) {
  const auto fault = [](From from, const std::string& expression, std::string_view body) {
    const auto outcome = captured({{"ok", From::kRegex, "", ""}, {"csrf", from, expression, ""}},
                                  {.pieces = {body}});
    EXPECT_THAT(outcome.captured, IsEmpty());
    return outcome.unexpected;
  };
  EXPECT_EQ(fault(From::kCss, "input[name=csrf]", "<p>"),
            "capture 'csrf': nothing matches css 'input[name=csrf]'");
  EXPECT_EQ(fault(From::kRegex, "a+", "b"), "capture 'csrf': nothing matches regex 'a+'");
  EXPECT_EQ(fault(From::kHeader, "X-Csrf", ""), "capture 'csrf': nothing matches header 'X-Csrf'");
  EXPECT_EQ(fault(From::kJson, "/a", "{}"), "capture 'csrf': nothing matches json '/a'");
  EXPECT_EQ(fault(From::kJson, "/a", "{\"a\": []}"), "capture 'csrf': an array at json '/a'");
  EXPECT_EQ(fault(From::kJson, "/a", "{\"a\": "),
            "capture 'csrf': malformed JSON at byte 6: incomplete JSON");
  const std::string large(extract::kLargestHtml + 1, ' ');
  EXPECT_EQ(fault(From::kCss, "p", large), "capture 'csrf': the page is larger than 4 MiB");
}

TEST(ResponseCheck, NothingIsCapturedFromAnUnexpectedAnswer) {
  const auto outcome =
      captured({{"all", From::kRegex, ".*", ""}}, {.pieces = {"x"}, .status = 500});
  EXPECT_EQ(outcome.unexpected, "status 500 where one below 400 was expected");
  EXPECT_THAT(outcome.captured, IsEmpty());
}

TEST(ResponseCheck, OfAnAnswerCutShortOnlyWhatWasSeenIsJudged) {
  plan::Expectation expect = contains("end");
  expect.matches = "end$";
  expect.json.push_back({"/a", text("1")});
  expect.min_rows = 10;
  expect.rows = 10;
  expect.min_bytes = 100_B;
  expect.bytes = 100_B;
  expect.sha256 = std::string(64, '0');
  EXPECT_EQ(verdict(expect, {{"{\"b\": [1\n"}}, false), "");
  EXPECT_EQ(verdict(expect, {.pieces = {"{"}, .status = 500}, false),
            "status 500 where one below 400 was expected");
  EXPECT_EQ(verdict(expect, {{std::string(101, ' ')}}, false), "101 bytes where 100 were expected");
  expect = {};
  expect.max_bytes = 1_B;
  EXPECT_EQ(verdict(expect, {{"ab"}}, false), "2 bytes where at most 1 were expected");
  const auto outcome = captured({{"a", From::kJson, "/a", ""}, {"b", From::kCss, "p", ""}},
                                {{"{\"a\": 1, \"b\": \"<p>x"}}, false);
  EXPECT_EQ(outcome.unexpected, "");
  EXPECT_THAT(outcome.captured, ElementsAre("1", "x"));
}

TEST(ResponseCheck, OnlyTheBeginningOfABodyIsKept) {
  const Result<ResponseRules> rules = ResponseRules::compile({}, {});
  ResponseCheck check(*rules);
  ASSERT_TRUE(check.begin(no_value));
  for (int i = 0; i < 100; ++i) check.receive("0123456789");
  EXPECT_EQ(check.bytes(), 1000U);
  EXPECT_EQ(check.beginning().size(), 200U);
  ASSERT_TRUE(check.begin(no_value));
  EXPECT_EQ(check.bytes(), 0U);
  EXPECT_EQ(check.beginning(), "");
}

// Everything at once.
plan::Expectation everything() {
  plan::Expectation expect = header("X-A", "1");
  expect.content_type = "application/json";
  expect.contains = text("needle");
  expect.matches = "b\\w+\"";
  expect.json.push_back({"/1/a", text("2")});
  expect.min_rows = 2;
  expect.rows = 3;
  expect.min_bytes = 10_B;
  expect.max_bytes = 1000_B;
  return expect;
}

TEST(ResponseCheck, ACheckRemembersNothingOfTheAnswerBefore) {
  const Result<ResponseRules> rules = ResponseRules::compile(
      everything(), {{"a", From::kJson, "/1/a", ""}, {"b", From::kRegex, "b(\\w+)", ""}});
  ResponseCheck check(*rules);
  const Answer good = {{"[0,\n {\"a\": 2.0,\n", "\"needle\": \"bcd\"}]\n"},
                       200,
                       {{"X-A", "1"}, {"Content-Type", "application/json"}}};
  for (int i = 0; i < 3; ++i) {
    const auto outcome = checked(check, good);
    EXPECT_EQ(outcome.unexpected, "");
    EXPECT_THAT(outcome.captured, ElementsAre("2.0", "cd"));
    Answer without_headers = good;
    without_headers.headers.clear();
    EXPECT_EQ(checked(check, without_headers).unexpected,
              "content type '' where 'application/json' was expected");
    Answer without_body = good;
    without_body.pieces.clear();
    EXPECT_EQ(checked(check, without_body).unexpected, "the body does not contain 'needle'");
  }
}

TEST(ResponseCheck, CutsMakeNoDifference) {
  std::mt19937 random(7);
  const Result<ResponseRules> rules =
      ResponseRules::compile(everything(), {{"a", From::kJson, "/1/a", ""},
                                            {"b", From::kRegex, "b(\\w+)", ""},
                                            {"c", From::kCss, "p", ""}});
  ResponseCheck check(*rules);
  const std::string_view good = "[0,\n {\"a\": 2.0,\n\"needle\": \"bcd <p>x\\n&amp;y\"}]\n";
  for (int i = 0; i < 2'000; ++i) {
    std::string body(good);
    if (i % 2 == 1) body[random() % body.size()] = "\n\"1x{}"[random() % 6];
    const auto answer = [&](std::vector<std::string_view> pieces) {
      return Answer{std::move(pieces), 200, {{"X-A", "1"}, {"Content-Type", "application/json"}}};
    };
    const auto whole = checked(check, answer({body}));
    const auto cut = checked(check, answer(extract::random_pieces(body, random, 7)));
    EXPECT_EQ(whole.unexpected, cut.unexpected) << body;
    EXPECT_EQ(whole.captured, cut.captured) << body;
  }
}

// In KiB.
long resident_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
  return 0;
}

TEST(ResponseCheck, AHugeAnswerNeedsNoMemory) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's own memory grows";
#endif
  plan::Expectation expect = contains("nobody@example.com");
  expect.matches = "(?m)^[0-9]+x$";
  expect.json.push_back({"/none/0", text("1")});
  expect.rows = -1;
  expect.sha256 = std::string(64, '0');
  const Result<ResponseRules> rules =
      ResponseRules::compile(expect, {{"a", From::kRegex, "z(.)z", ""}});
  ResponseCheck check(*rules);
  std::string piece;
  while (piece.size() < 64 << 10) piece += "[\"somebody@example.com\", 1234, {\"a\": null}],\n";
  // What is allocated once, and the code, are there after a first answer.
  (void)checked(check, {{"[", piece, piece, piece, piece}});
  const long before = resident_memory();
  ASSERT_TRUE(check.begin(no_value));
  check.receive("[");
  long most = before;
  for (int i = 0; i < 64 * 16; ++i) {
    check.receive(piece);
    if (i % 64 == 0) most = std::max(most, resident_memory());
  }
  const auto outcome = check.finish(200);
  EXPECT_THAT(outcome.unexpected, testing::EndsWith(" rows where -1 were expected"));
  EXPECT_GT(check.bytes(), 64U << 20);
  EXPECT_LT(std::max(most, resident_memory()) - before, 4096);
}

}  // namespace
}  // namespace tidemark::load
