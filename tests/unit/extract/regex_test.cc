#include "harness/extract/regex.h"

#include <gtest/gtest.h>

#include <optional>

#include "tests/unit/extract/pieces.h"

namespace tidemark::extract {
namespace {

using Found = std::optional<std::string>;

Found search(const std::string& pattern, const std::vector<std::string_view>& pieces) {
  const Result<Regex> regex = Regex::compile(pattern);
  if (!regex) return "no regex: " + regex.error().message;
  RegexSearch search(*regex);
  for (const std::string_view piece : pieces) search.receive(piece);
  search.finish();
  return search.found() ? Found(search.text()) : std::nullopt;
}

TEST(Regex, ABadPatternIsExplained) {
  EXPECT_EQ(Regex::compile("[abc").error().message,
            "'[abc' is no regular expression: missing ]: [abc");
  EXPECT_EQ(Regex::compile("(?=x)").error().message,
            "'(?=x)' is no regular expression: invalid perl operator: (?=");
  EXPECT_EQ(Regex::compile("a**\n").error().message,
            "'a** ' is no regular expression: bad repetition operator: **");
}

TEST(Regex, AProgramThatWouldBeTooLargeIsRefused) {
  testing::internal::CaptureStderr();
  const Result<Regex> regex = Regex::compile("((\\pL{100}){100}){100}");
  EXPECT_EQ(regex.has_value(), false);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Regex, FindsTheFirstMatchOrItsFirstGroup) {
  EXPECT_EQ(search("b+", {"aabbbabb"}), "bbb");
  EXPECT_EQ(search("id=(\\d+);", {"id=x;id=12;id=3;"}), "12");
  EXPECT_EQ(search("x(y)?", {"x"}), "");
  EXPECT_EQ(search("z", {"xy"}), std::nullopt);
  EXPECT_EQ(search("", {}), "");
  EXPECT_EQ(search("a", {}), std::nullopt);
}

TEST(Regex, FindsAMatchAcrossPieces) {
  EXPECT_EQ(search("token=(\\w+)", {"tok", "", "en=ab", "cd", "\n"}), "abcd");
}

TEST(Regex, AnchorsAndWordBoundariesMeanTheWholeBody) {
  EXPECT_EQ(search("^b", {"a", "b"}), std::nullopt);
  EXPECT_EQ(search("a$", {"a", "b"}), std::nullopt);
  EXPECT_EQ(search("b$", {"a", "b"}), "b");
  EXPECT_EQ(search("(?m)^b$", {"a\n", "b", "\nc"}), "b");
  EXPECT_EQ(search("\\bb", {"a", "b"}), std::nullopt);
  EXPECT_EQ(search("a\\b", {"a", "b"}), std::nullopt);
}

// The same around the place where the window of a large body is cut.
TEST(Regex, TheWindowsEndsAreNoEndsOfTheBody) {
  for (const std::size_t at : {kLongestMatch, 2 * kLongestMatch}) {
    for (int shift = -3; shift <= 3; ++shift) {
      const std::size_t before = at + static_cast<std::size_t>(shift + 3) - 3;
      const std::string filler(before, 'x');
      const std::string body = filler + "ab" + std::string(3 * kLongestMatch, 'x');
      EXPECT_EQ(search("^a", {body}), std::nullopt);
      EXPECT_EQ(search("a$", {body}), std::nullopt);
      EXPECT_EQ(search("\\b[ab]", {body}), std::nullopt);
      EXPECT_EQ(search("[ab]\\b", {body}), std::nullopt);
      EXPECT_EQ(search("\\Bab\\B", {body}), "ab");
      EXPECT_EQ(search("x$", {filler + "ab"}), std::nullopt);
      EXPECT_EQ(search("b$", {filler + "ab"}), "b");
    }
  }
}

TEST(Regex, AMatchAsLongAsPromisedIsFoundWhereverItLies) {
  for (const std::size_t before : {std::size_t{0}, std::size_t{1}, kLongestMatch - 1, kLongestMatch,
                                   kLongestMatch + 1, 2 * kLongestMatch + 1}) {
    const std::string match = "<" + std::string(kLongestMatch - 2, 'm') + ">";
    const std::string body = std::string(before, ' ') + match + std::string(kLongestMatch, ' ');
    EXPECT_EQ(search("<m*>", {body}), match) << before;
  }
}

TEST(Regex, ASearcherServesOneBodyAfterTheOther) {
  const Result<Regex> regex = Regex::compile("^a(.)");
  RegexSearch search(*regex);
  search.receive("ab");
  search.finish();
  EXPECT_EQ(search.text(), "b");
  search.reset();
  EXPECT_FALSE(search.found());
  search.receive("xab");
  search.finish();
  EXPECT_FALSE(search.found());
  search.reset();
  search.receive("ac");
  search.finish();
  EXPECT_EQ(search.text(), "c");
}

TEST(Regex, BytesThatAreNoTextDoNoHarm) {
  EXPECT_EQ(search("b", {std::string_view("\0\xff\xc3\0b", 5)}), "b");
  EXPECT_EQ(search("a.b", {"a\xff", "b"}), std::nullopt);
  EXPECT_EQ(search("a.b", {"a\xc3", "\xa9", "b"}),
            "a\xc3\xa9"
            "b");
}

TEST(Regex, AHostileBodyTakesLinearTime) {
  const std::string body(std::size_t{8} << 20, 'a');
  EXPECT_EQ(search("(a*)*b", {body}), std::nullopt);
  EXPECT_EQ(search("(x+x+)+y|(a|aa)+$b", {body}), std::nullopt);
}

TEST(Regex, CutsMakeNoDifference) {
  std::mt19937 random(2);
  const std::vector<std::string> patterns = {"a+b",  "(?m)^b(a*)$", "\\bab\\b", "b$",
                                             "^a",   "(ab|abc)c",   "a.*?b",    "(?s)b.{3,40}\n",
                                             "c\\Bb"};
  for (int i = 0; i < 40; ++i) {
    // Mostly one letter, so that matches are long and rare.
    std::string body(2'000 + random() % 400'000, 'a');
    for (int j = 0; j < 12; ++j) body[random() % body.size()] = "bc\n "[random() % 4];
    for (const std::string& pattern : patterns) {
      const Result<Regex> regex = Regex::compile(pattern);
      RegexSearch search(*regex);
      Found found[3];
      const std::size_t longest[] = {100, 20'000, 1'000'000};
      for (int k = 0; k < 3; ++k) {
        search.reset();
        for (const std::string_view piece : random_pieces(body, random, longest[k]))
          search.receive(piece);
        search.finish();
        if (search.found()) found[k] = search.text();
      }
      EXPECT_EQ(found[0], found[1]) << pattern;
      EXPECT_EQ(found[0], found[2]) << pattern;
    }
  }
}

}  // namespace
}  // namespace tidemark::extract
