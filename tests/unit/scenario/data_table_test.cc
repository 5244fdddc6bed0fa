#include "harness/scenario/data_table.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/file.h"

namespace tidemark::scenario {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Rows = std::vector<std::vector<std::string>>;

DataTable table(const std::string& text, const std::string& name = "users.csv") {
  Diagnostics diagnostics;
  const auto parsed = parse_data_table(text, name, diagnostics);
  for (const Diagnostic& diagnostic : diagnostics) ADD_FAILURE() << render(diagnostic);
  return parsed.value_or(DataTable());
}

// "3: what is wrong", for each mistake.
std::vector<std::string> mistakes(const std::string& text, const std::string& name = "users.csv") {
  Diagnostics diagnostics;
  EXPECT_FALSE(parse_data_table(text, name, diagnostics)) << "a file with mistakes is no table";
  std::vector<std::string> all;
  for (const Diagnostic& diagnostic : diagnostics) {
    EXPECT_EQ(diagnostic.position.file, name);
    all.push_back(fmt::format("{}: {}", diagnostic.position.line, diagnostic.message));
  }
  return all;
}

TEST(Csv, TheFirstLineNamesTheColumns) {
  const DataTable users = table("name,age\nann,30\nbob,\n");
  EXPECT_THAT(users.columns, ElementsAre("name", "age"));
  EXPECT_EQ(users.rows, (Rows{{"ann", "30"}, {"bob", ""}}));
}

TEST(Csv, LinesMayEndAsTheyDoAnywhere) {
  const Rows rows = {{"1", "2"}, {"3", "4"}};
  EXPECT_EQ(table("a,b\n1,2\n3,4").rows, rows);
  EXPECT_EQ(table("a,b\r\n1,2\r\n3,4\r\n").rows, rows);
  EXPECT_EQ(table("a,b\n\n1,2\n\n\n3,4\n\n").rows, rows) << "empty lines are no rows";
}

TEST(Csv, QuotedValuesMayHoldCommasQuotesAndLines) {
  EXPECT_EQ(table("a,b\n\"x,y\",\"say \"\"hi\"\"\"\n\"two\nlines\",\"\"\n").rows,
            (Rows{{"x,y", "say \"hi\""}, {"two\nlines", ""}}));
}

TEST(Csv, WhiteSpaceInQuotesStays) {
  EXPECT_EQ(table("a\n\"  x \"\n").rows, (Rows{{"  x "}}));
}

TEST(Csv, ARowOfAnotherLengthIsReportedWhereItBegins) {
  EXPECT_THAT(mistakes("a,b\n1\n\"2\n2\",2\n\"3\n3\",3,3\n4,4,4\n"),
              ElementsAre("2: 1 values where the first line names 2 columns",
                          "5: 3 values where the first line names 2 columns",
                          "7: 3 values where the first line names 2 columns"));
}

TEST(Csv, EmptyLinesCountAsLines) {
  EXPECT_THAT(mistakes("a,b\n\n\n1\n"),
              ElementsAre("4: 1 values where the first line names 2 columns"));
}

TEST(Csv, AQuoteThatIsNotOneIsReportedAtItsLine) {
  EXPECT_THAT(mistakes("a,b\n1,2\n3,x\"y\n"), ElementsAre("3: a quote stands where none may be"));
  EXPECT_THAT(mistakes("a\n\"x\"y\n"), ElementsAre("2: a quote stands where none may be"));
}

TEST(Csv, AQuoteThatDoesNotEndIsReportedWhereItsRowBegins) {
  EXPECT_THAT(mistakes("a,b\n1,2\n3,\"x\ny\n"), ElementsAre("3: a quoted value does not end"));
}

TEST(Csv, ColumnsHaveNamesOfTheirOwn) {
  EXPECT_THAT(mistakes("a,,a\n1,2,3\n"),
              ElementsAre("1: a column has no name", "1: the column 'a' stands here twice"));
}

TEST(Csv, NamesAloneAreNoData) {
  EXPECT_THAT(mistakes("a,b\n"), ElementsAre("1: the data has no rows"));
  EXPECT_THAT(mistakes(""), ElementsAre("1: the data has no rows"));
}

TEST(Csv, OfManyMistakesTheFirstAreEnough) {
  std::string text = "a,b\n";
  for (int i = 0; i < 1000; ++i) text += "1\n";
  EXPECT_EQ(mistakes(text).size(), 20U);
}

TEST(JsonLines, KeysAreColumnsAndValuesAreText) {
  const std::string text =
      "{\"name\": \"ann\", \"age\": 30, \"admin\": true, \"boss\": null}\n"
      "\n"
      "{\"age\": 1.5, \"name\": \"bob \\\"b\\\"\", \"boss\": \"ann\", \"admin\": false}\n";
  for (const char* name : {"users.jsonl", "users.ndjson"}) {
    const DataTable users = table(text, name);
    EXPECT_THAT(users.columns, ElementsAre("name", "age", "admin", "boss"));
    EXPECT_EQ(users.rows, (Rows{{"ann", "30", "true", ""}, {"bob \"b\"", "1.5", "false", "ann"}}));
  }
}

TEST(JsonLines, EachMistakeIsReportedAtItsLine) {
  const auto found = mistakes(
      "{\"a\": 1, \"b\": 2}\n[1]\n{\"a\": 1}\n{\"a\": 1, \"b\": [2]}\n{\"a\": 1, \"b\": 2, \"c\": "
      "3}\n{\n",
      "users.jsonl");
  ASSERT_EQ(found.size(), 5U);
  EXPECT_EQ(found[0], "2: each line is a JSON object, such as {\"id\": 1}");
  EXPECT_EQ(found[1], "3: 'b' is missing, which the first line has");
  EXPECT_EQ(found[2], "4: 'b' must be a single value");
  EXPECT_EQ(found[3], "5: has keys that the first line has not");
  EXPECT_THAT(found[4], HasSubstr("6: this is no JSON: "));
}

TEST(DataTable, IsReadFromTheDisk) {
  const auto folder = TemporaryFolder::create();
  const auto file = folder->path() / "users.csv";
  ASSERT_TRUE(write_file(file, "\xEF\xBB\xBFname\nann\n"));
  Diagnostics diagnostics;
  const auto read = read_data_table(file, {"shop.yaml", 3, 4}, diagnostics);
  ASSERT_TRUE(read);
  EXPECT_THAT(read->columns, ElementsAre("name")) << "a byte order mark is no part of a name";
  EXPECT_THAT(diagnostics, IsEmpty());
}

TEST(DataTable, AFileThatCannotBeReadIsAMistakeOfWhoNamesIt) {
  Diagnostics diagnostics;
  EXPECT_FALSE(read_data_table("/nowhere/users.csv", {"shop.yaml", 3, 4}, diagnostics));
  ASSERT_EQ(diagnostics.size(), 1U);
  EXPECT_EQ(diagnostics[0].position, (SourcePosition{"shop.yaml", 3, 4}));
  EXPECT_EQ(diagnostics[0].message, "cannot read /nowhere/users.csv: No such file or directory");
}

}  // namespace
}  // namespace tidemark::scenario
