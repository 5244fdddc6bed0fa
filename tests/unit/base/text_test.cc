#include "harness/base/text.h"

#include <gtest/gtest.h>

#include <random>

namespace tidemark {
namespace {

TEST(Printable, GoodTextStaysAsItIs) {
  for (const char* text : {"", "plain", "two\nlines\tand a tab", "größer", "日本語", "🍎", "~"})
    EXPECT_EQ(printable(text), text);
}

TEST(DistinctLine, TextsThatBeginAlikeStayApart) {
  EXPECT_EQ(distinct_line("short", 10), "short");
  const std::string one = distinct_line("the same beginning, one end", 10);
  EXPECT_TRUE(one.starts_with("the same b…")) << one;
  EXPECT_EQ(one, distinct_line("the same beginning, one end", 10));
  EXPECT_NE(one, distinct_line("the same beginning, other end", 10));
  // What FNV-1a's authors give for "a".
  EXPECT_EQ(distinct_line("a", 0), "…af63dc4c8601ec8c");
}

TEST(Printable, ControlCharactersAreWrittenOut) {
  EXPECT_EQ(printable("\x1b[31mred\x07"), "\\x1b[31mred\\x07");
  EXPECT_EQ(printable(std::string("a\0b\r\x7f", 5)), "a\\x00b\\x0d\\x7f");
  EXPECT_EQ(printable("\u0085\u009b"), "\\xc2\\x85\\xc2\\x9b");  // C1: next line, CSI
}

TEST(Printable, WhatIsNoCharacterIsWrittenOut) {  // XML knows no way to write it
  EXPECT_EQ(printable("a\uFFFF\uFFFE"), "a\\xef\\xbf\\xbf\\xef\\xbf\\xbe");
  EXPECT_EQ(printable("\uFFFD"), "\uFFFD");
}

TEST(Printable, NothingMakesALineReadBackwards) {
  EXPECT_EQ(printable("\u202Eevil"), "\\xe2\\x80\\xaeevil");
  EXPECT_EQ(printable("\u2066a\u2069"), "\\xe2\\x81\\xa6a\\xe2\\x81\\xa9");
  EXPECT_EQ(printable("\u2029\u202F"), "\u2029\u202F");  // their neighbours stay
}

TEST(Printable, EveryBrokenByteBecomesAReplacementCharacter) {
  EXPECT_EQ(printable("a\xff"), "a\uFFFD");
  EXPECT_EQ(printable("\x80\xbf"), "\uFFFD\uFFFD");
  EXPECT_EQ(printable("\xc3"), "\uFFFD");                                // cut short
  EXPECT_EQ(printable("\xe6\x97x"), "\uFFFD\uFFFDx");                    // cut short
  EXPECT_EQ(printable("\xc0\xaf"), "\uFFFD\uFFFD");                      // overlong '/'
  EXPECT_EQ(printable("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD");            // a surrogate
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");  // above U+10FFFF
  EXPECT_EQ(printable("\xf4\x8f\xbf\xbf"), "\U0010FFFF");
}

TEST(Printable, RandomBytesComeOutCleanAndStayAsTheyAreThen) {
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes;
    for (std::size_t length = random() % 40; length > 0; --length)
      bytes += static_cast<char>(random());
    const std::string shown = printable(bytes);
    EXPECT_EQ(printable(shown), shown);
    EXPECT_EQ(shown.find('\x1b'), std::string::npos);
  }
}

TEST(PrintableLine, IsOneLine) {
  EXPECT_EQ(printable_line("two\nlines\tand a tab"), "two lines and a tab");
}

TEST(PrintableLine, IsCutBetweenCharacters) {
  EXPECT_EQ(printable_line("0123456789", 10), "0123456789");
  EXPECT_EQ(printable_line("0123456789a", 10), "0123456789…");
  EXPECT_EQ(printable_line("äöü", 3), "ä…");
  EXPECT_EQ(printable_line(std::string(1'000'000, 'x'), 4), "xxxx…");
}

TEST(Nearest, FindsTheWordThatWasMeant) {
  const std::vector<std::string_view> keys = {"growth", "peak_memory", "duration", "errors"};
  EXPECT_EQ(nearest("growht", keys), "growth");  // a swap counts one
  EXPECT_EQ(nearest("grow", keys), "");          // two of four letters
  EXPECT_EQ(nearest("peak-memory", keys), "peak_memory");
  EXPECT_EQ(nearest("peek_memroy", keys), "peak_memory");
  EXPECT_EQ(nearest("error", keys), "errors");
  EXPECT_EQ(nearest("threads", keys), "");
  EXPECT_EQ(nearest("", keys), "");
  EXPECT_EQ(nearest("growth", {}), "");
}

TEST(Nearest, TakesTheFirstOfTwoThatAreEquallyNear) {
  EXPECT_EQ(nearest("p96", {"p95", "p99", "p90"}), "p95");
}

TEST(Nearest, DoesNotCompareVeryLongWords) {
  const std::string longest(65, 'a');
  EXPECT_EQ(nearest(longest, {longest}), "");
}

TEST(Slug, IsFitForAFolder) {
  EXPECT_EQ(slug("Export CSV (all users)"), "export-csv-all-users");
  EXPECT_EQ(slug("../../etc/passwd"), "etc-passwd");
  EXPECT_EQ(slug("größer & schneller"), "gr-er-schneller");
  EXPECT_EQ(slug("--a--"), "a");
  EXPECT_EQ(slug(std::string(100, 'x')), std::string(60, 'x'));
  EXPECT_EQ(slug(std::string(59, 'x') + " y"), std::string(59, 'x'));
}

TEST(Slug, IsNeverEmpty) {
  EXPECT_EQ(slug(""), "scenario");
  EXPECT_EQ(slug("日本語"), "scenario");
  EXPECT_EQ(slug(".."), "scenario");
}

TEST(ShellLine, QuotesWhatAShellWouldNotTakeAsItIs) {
  EXPECT_EQ(shell_line({"tidemark", "run", "a.yaml", "--set", "users=5"}),
            "tidemark run a.yaml --set users=5");
  EXPECT_EQ(shell_line({"--only", "^a b$"}), "--only '^a b$'");
  EXPECT_EQ(shell_line({"it's"}), "'it'\\''s'");
  EXPECT_EQ(shell_line({"", "*", "$HOME", "a;b"}), "'' '*' '$HOME' 'a;b'");
  EXPECT_EQ(shell_line({}), "");
}

TEST(Join, PutsTheSeparatorBetween) {
  EXPECT_EQ(join({"a", "b", "c"}, ", "), "a, b, c");
  EXPECT_EQ(join({"a"}, ", "), "a");
  EXPECT_EQ(join({}, ", "), "");
}

TEST(EqualWithoutCase, MindsNoCaseOfAsciiLettersAndAllElse) {
  EXPECT_TRUE(equal_without_case("Content-TYPE", "content-type"));
  EXPECT_TRUE(equal_without_case("", ""));
  EXPECT_FALSE(equal_without_case("a", "ab"));
  EXPECT_FALSE(equal_without_case("[", "{"));
  EXPECT_FALSE(equal_without_case("\u00e9", "\u00c9"));
}

}  // namespace
}  // namespace tidemark
