#include "harness/scenario/diagnostics.h"

#include <gtest/gtest.h>

namespace tidemark::scenario {
namespace {

Diagnostic at(int line, int column, std::string message = "wrong", std::string suggestion = {}) {
  return {{"shop.yaml", line, column}, std::move(message), std::move(suggestion)};
}

TEST(DiagnosticsRender, ShowsTheLineAndPointsAtThePlace) {
  EXPECT_EQ(render(at(2, 3, "unknown key 'growht'", "did you mean 'growth'?"),
                   "budgets:\n  growht: 1KiB/iteration\n"),
            "shop.yaml:2:3: unknown key 'growht'; did you mean 'growth'?\n"
            "    2 |   growht: 1KiB/iteration\n"
            "      |   ^\n");
}

TEST(DiagnosticsRender, TheMarginFitsLineNumbersOfFiveDigits) {
  const std::string source(12344, '\n');
  EXPECT_EQ(render(at(12345, 1), source + "here"),
            "shop.yaml:12345:1: wrong\n"
            "12345 | here\n"
            "      | ^\n");
}

TEST(DiagnosticsRender, TheCaretStandsUnderTheCharacterAfterTabs) {
  EXPECT_EQ(render(at(1, 4), "\t\tab: c"),
            "shop.yaml:1:4: wrong\n"
            "    1 | \t\tab: c\n"
            "      | \t\t ^\n");
}

TEST(DiagnosticsRender, TheCaretCountsCharactersNotBytes) {
  EXPECT_EQ(render(at(1, 9), "größe: [äöü]"),
            "shop.yaml:1:9: wrong\n"
            "    1 | größe: [äöü]\n"
            "      |         ^\n");
}

TEST(DiagnosticsRender, TheCaretMayStandBehindTheLine) {
  EXPECT_EQ(render(at(1, 4), "ab\nc"),
            "shop.yaml:1:4: wrong\n"
            "    1 | ab\n"
            "      |    ^\n");
}

TEST(DiagnosticsRender, ALineOfAWindowsFileHasNoCarriageReturn) {
  EXPECT_EQ(render(at(2, 1), "a\r\nb\r\n"),
            "shop.yaml:2:1: wrong\n"
            "    2 | b\n"
            "      | ^\n");
}

TEST(DiagnosticsRender, ALineBehindTheLastIsEmpty) {
  EXPECT_EQ(render(at(7, 1), "a\nb"),
            "shop.yaml:7:1: wrong\n"
            "    7 | \n"
            "      | ^\n");
}

TEST(DiagnosticsRender, NothingFromTheFileReachesTheTerminalAsAControl) {
  EXPECT_EQ(render(at(1, 1, "'\x1b[2J' is\nwrong"), "\x1b[2J\x07"),
            "shop.yaml:1:1: '\\x1b[2J' is wrong\n"
            "    1 | \\x1b[2J\\x07\n"
            "      | ^\n");
}

TEST(DiagnosticsRender, WithoutAPlaceOnlyTheFileIsNamed) {
  EXPECT_EQ(render(at(0, 0, "the file has no profile 'ci'"), "source"),
            "shop.yaml: the file has no profile 'ci'\n");
}

TEST(DiagnosticsRender, WithoutTheTextAPlaceHasNoLineToShow) {
  EXPECT_EQ(render(at(7, 1, "a column has no name", "name it")),
            "shop.yaml:7:1: a column has no name; name it\n");
}

TEST(DiagnosticsRender, AVeryLongMessageIsCut) {
  const std::string text = render(at(0, 0, std::string(5000, 'x')), "");
  EXPECT_EQ(text, "shop.yaml: " + std::string(1000, 'x') + "…\n");
}

TEST(DiagnosticsInOrder, FollowTheFileAndAreSaidOnce) {
  const Diagnostic early = at(1, 9), late = at(12, 2), later = at(12, 10, "a"),
                   same_place = at(12, 10, "b");
  EXPECT_EQ(in_order({later, late, same_place, early, later, late}),
            (Diagnostics{early, late, later, same_place}));
  EXPECT_EQ(in_order({}), Diagnostics{});
}

TEST(DidYouMean, AsksOnlyWhenSomethingIsNear) {
  EXPECT_EQ(did_you_mean("growht", {"errors", "growth"}), "did you mean 'growth'?");
  EXPECT_EQ(did_you_mean("elephant", {"errors", "growth"}), "");
}

}  // namespace
}  // namespace tidemark::scenario
