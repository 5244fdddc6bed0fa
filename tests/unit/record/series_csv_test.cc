#include "harness/record/series_csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

namespace tidemark::record {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> mistakes_in(const std::string& text) {
  std::vector<std::string> mistakes;
  for (const Error& mistake : parse_series_csv(text, "a.csv").mistakes)
    mistakes.push_back(with_place(mistake));
  return mistakes;
}

TEST(SeriesCsv, RowsAreSumsOverProcesses) {
  const CsvSeries series =
      parse_series_csv("iteration,first,second\n0,10,20\n5,11,22\n5,11,22\n", "a.csv");
  EXPECT_THAT(series.mistakes, IsEmpty());
  ASSERT_EQ(series.rows.size(), 3U);
  EXPECT_EQ(series.rows[1].iteration, 5);
  EXPECT_EQ(series.rows[1].bytes, 33);
  EXPECT_EQ(series.rows[2].iteration, 5);  // a blank checkpoint
}

TEST(SeriesCsv, WhatSpreadsheetsWriteIsRead) {
  const CsvSeries series = parse_series_csv(
      "\xef\xbb\xbf\"iteration\", rss\r\n0 , \"1e6\"\r\n1,+2\r\n2,3\r\n\r\n", "a.csv");
  EXPECT_THAT(series.mistakes, IsEmpty());
  ASSERT_EQ(series.rows.size(), 3U);
  EXPECT_EQ(series.rows[0].bytes, 1e6);
}

TEST(SeriesCsv, EachMistakeHasItsPlaceAndARemedy) {
  EXPECT_THAT(
      mistakes_in("iteration,a\n1,2\n0,3\n5,nan\n6,\n7,1,2\nx,4\n8,-1\n9,1e999\n\n10,1\n"),
      ElementsAre(
          "a.csv:3:1: iteration 0 after 1: the count is cumulative and never falls",
          "a.csv:4:3: 'nan' is no number of bytes: 0 to 2^63 is needed",
          "a.csv:5:3: a gap: each process needs a value in each row; leave out the row, or the "
          "process",
          "a.csv:6:1: 3 columns, and the header has 2",
          "a.csv:7:1: 'x' is no iteration count: a whole number of 0 or more is needed",
          "a.csv:8:3: '-1' is no number of bytes: 0 to 2^63 is needed",
          "a.csv:9:3: '1e999' is no number of bytes: 0 to 2^63 is needed",
          "a.csv:10:1: an empty line between rows; take it out"));
}

TEST(SeriesCsv, AFileThatIsNoSeriesSaysSo) {
  EXPECT_THAT(mistakes_in(""),
              ElementsAre("a.csv:1:1: the file is empty: a line with names and a row "
                          "for each checkpoint are needed"));
  EXPECT_THAT(
      mistakes_in("0,1\n1,2\n2,3\n3,4\n"),
      ElementsAre("a.csv:1:1: numbers where names of columns should be: begin with a line such "
                  "as iteration,process"));
  EXPECT_THAT(mistakes_in("iteration;rss\n1;2\n2;2\n3;2\n"),
              ElementsAre("a.csv:1:1: columns are separated by ';' here: a comma is needed"));
  EXPECT_THAT(
      mistakes_in("iteration\n1\n2\n3\n"),
      ElementsAre("a.csv:1:1: one column is too few: the first counts iterations, each other one "
                  "is a process's bytes"));
  EXPECT_THAT(mistakes_in("iteration,a\n1,2\n2,3\n"),
              ElementsAre("a.csv:3:1: 2 rows of values: at least 3 are needed to judge anything"));
}

TEST(SeriesCsv, ANameMayHaveACommaBetweenQuotesAndNoControlCharacters) {
  const CsvSeries series = parse_series_csv("iteration,\"worker, 1\"\n0,1\n1,2\n2,3\n", "a.csv");
  EXPECT_THAT(series.mistakes, IsEmpty());
  EXPECT_THAT(
      mistakes_in("\x1b\xff,b\n0,1\n1,2\n2,3\n"),
      ElementsAre("a.csv:1:1: this is no text: a line with the names of the columns is needed"));
}

TEST(SeriesCsv, OnlyTheFirstMistakesAreTold) {
  std::string text = "iteration,a\n";
  for (int i = 0; i < 1000; ++i) text += "x,y\n";
  EXPECT_EQ(mistakes_in(text).size(), 20U);
}

TEST(SeriesCsv, WhateverIsInAFileItIsReadOrRefused) {
  std::mt19937_64 random(1);
  const std::string good = "iteration,a,b\n0,1,2\n10,3,4\n20,5,6\n30,7,8\n";
  constexpr char kJunk[] = "\0\xff,\n\r\"e-.;9 \x1b";
  for (int round = 0; round < 20'000; ++round) {
    std::string text = good;
    for (int change = 0; change < 3; ++change)
      text[random() % text.size()] = kJunk[random() % sizeof kJunk];
    const CsvSeries series = parse_series_csv(text, "a.csv");
    if (!series.mistakes.empty()) continue;
    EXPECT_GE(series.rows.size(), 3U);
    for (std::size_t i = 1; i < series.rows.size(); ++i)
      EXPECT_GE(series.rows[i].iteration, series.rows[i - 1].iteration);
  }
}

}  // namespace
}  // namespace tidemark::record
