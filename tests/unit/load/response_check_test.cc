#include "harness/load/response_check.h"

#include <gtest/gtest.h>

namespace tidemark::load {
namespace {

// The verdict on a body that arrives in the given pieces.
std::string verdict(const plan::Expectation& expect, std::initializer_list<std::string_view> pieces,
                    long status = 200, std::string_view type = "text/csv; charset=utf-8") {
  ResponseCheck check(expect);
  for (const std::string_view piece : pieces) check.receive(piece);
  return check.verdict(status, type);
}

plan::Expectation rows(std::int64_t count) {
  plan::Expectation expect;
  expect.min_rows = count;
  return expect;
}

plan::Expectation contains(const std::string& text) {
  plan::Expectation expect;
  expect.contains = *plan::parse_template(text);
  return expect;
}

TEST(ResponseCheck, WithoutAnExpectationAnyStatusBelow400IsFine) {
  EXPECT_EQ(verdict({}, {}), "");
  EXPECT_EQ(verdict({}, {}, 302), "");
  EXPECT_EQ(verdict({}, {}, 404), "status 404 where one below 400 was expected");
}

TEST(ResponseCheck, AnExpectedStatusIsExact) {
  plan::Expectation expect;
  expect.status = 404;
  EXPECT_EQ(verdict(expect, {}, 404), "");
  EXPECT_EQ(verdict(expect, {}, 200), "status 200 where 404 was expected");
}

TEST(ResponseCheck, ContentTypesAreComparedWithoutParametersAndCase) {
  plan::Expectation expect;
  expect.content_type = "text/csv";
  EXPECT_EQ(verdict(expect, {}, 200, "Text/CSV ; charset=utf-8"), "");
  EXPECT_EQ(verdict(expect, {}, 200, "text/html"),
            "content type 'text/html' where 'text/csv' was expected");
}

TEST(ResponseCheck, RowsAreLinesThatAreNotEmpty) {
  EXPECT_EQ(verdict(rows(3), {"a\r\nb\r\nc"}), "");
  EXPECT_EQ(verdict(rows(3), {"a\r\n\r\n\nb\r\n"}), "2 rows where at least 3 were expected");
  EXPECT_EQ(verdict(rows(1), {}), "0 rows where at least 1 were expected");
}

TEST(ResponseCheck, RowsAreCountedAcrossPieces) {
  EXPECT_EQ(verdict(rows(3), {"a", "\nb", "b\n", "c", ""}), "");
  EXPECT_EQ(verdict(rows(4), {"a", "\nb", "b\n", "c", ""}),
            "3 rows where at least 4 were expected");
}

TEST(ResponseCheck, ATextIsFoundAcrossPieces) {
  EXPECT_EQ(verdict(contains("needle"), {"hay nee", "dle hay"}), "");
  EXPECT_EQ(verdict(contains("needle"), {"n", "e", "e", "d", "l", "e"}), "");
  EXPECT_EQ(verdict(contains("needle"), {"need", "need", "le"}), "");
  EXPECT_EQ(verdict(contains("needle"), {"nee", "", "dl"}), "the body does not contain 'needle'");
  EXPECT_EQ(verdict(contains("n"), {"", "in"}), "");
}

TEST(ResponseCheck, OnlyTheBeginningOfABodyIsKept) {
  const plan::Expectation expect;
  ResponseCheck check(expect);
  for (int i = 0; i < 100; ++i) check.receive("0123456789");
  EXPECT_EQ(check.bytes(), 1000U);
  EXPECT_EQ(check.beginning().size(), 200U);
}

}  // namespace
}  // namespace tidemark::load
