#include "harness/scenario/yaml_tree.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tidemark::scenario {
namespace {

std::string place(const SourcePosition& position) {
  return fmt::format("{}:{}", position.line, position.column);
}

// The tree in a line, with places: {1:1 name@1:1: "x"@1:7}
std::string shown(const YamlNode& node) {
  std::string text;
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "nothing@" + place(node.position);
    case YamlNode::Kind::kScalar:
      return '"' + node.text + "\"@" + place(node.position);
    case YamlNode::Kind::kList:
      for (const YamlNode& item : node.items) text += (text.empty() ? "" : ", ") + shown(item);
      return "[" + text + "]@" + place(node.position);
    case YamlNode::Kind::kMap:
      for (const auto& [key, value] : node.entries)
        text += (text.empty() ? "" : ", ") + shown(key) + ": " + shown(value);
      return "{" + text + "}@" + place(node.position);
  }
  return {};
}

std::string parsed(std::string_view text) {
  const Result<YamlNode> root = parse_yaml(text, "file.yaml");
  if (root) return shown(*root);
  return place(root.error().position) + ": " + root.error().message;
}

TEST(YamlTree, HasEveryNodeWithItsPlace) {
  EXPECT_EQ(
      parsed("name: shop\nlist: [a, {b: c}]\n"),
      R"({"name"@1:1: "shop"@1:7, "list"@2:1: ["a"@2:8, {"b"@2:12: "c"@2:15}@2:11]@2:7}@1:1)");
  EXPECT_EQ(parsed("- a\n-   - b\n"), R"(["a"@1:3, ["b"@2:7]@2:5]@1:1)");
}

TEST(YamlTree, KeepsScalarsAsTheyAreWritten) {
  EXPECT_EQ(parsed("[yes, 0755, 1e3, \"q\\n\", 'it''s', 1:30]"),
            "[\"yes\"@1:2, \"0755\"@1:7, \"1e3\"@1:13, \"q\n\"@1:18, \"it's\"@1:25, "
            "\"1:30\"@1:34]@1:1");
  EXPECT_EQ(parsed("|\n  two\n  lines\n"), "\"two\nlines\n\"@1:1");
  EXPECT_EQ(parsed("!!int \"5\""), "\"5\"@1:1");
}

TEST(YamlTree, TellsNothingFromAnEmptyText) {
  EXPECT_EQ(parsed("[~, null, \"\", \"~\", 'null']"),
            R"([nothing@1:2, nothing@1:5, ""@1:11, "~"@1:15, "null"@1:20]@1:1)");
}

TEST(YamlTree, AValueThatWasLeftOutIsWhereItsKeyIs) {
  EXPECT_EQ(parsed("a:\n\n\nb: x\n"), R"({"a"@1:1: nothing@1:1, "b"@4:1: "x"@4:4}@1:1)");
  EXPECT_EQ(parsed("{a: , b}"), R"({"a"@1:2: nothing@1:2, "b"@1:7: nothing@1:7}@1:1)");
  EXPECT_EQ(parsed("a:\n"), R"({"a"@1:1: nothing@1:1}@1:1)");
  EXPECT_EQ(parsed("a: ~\n"), R"({"a"@1:1: nothing@1:4}@1:1)");
  EXPECT_EQ(parsed("- a\n-\n\n- b\n-\n"), R"(["a"@1:3, nothing@1:3, "b"@4:3, nothing@4:3]@1:1)");
}

TEST(YamlTree, ColumnsCountCharactersFromOne) {
  EXPECT_EQ(parsed("{größe: \"日本\", x: 1}"),
            R"({"größe"@1:2: "日本"@1:9, "x"@1:15: "1"@1:18}@1:1)");
  EXPECT_EQ(parsed("{🍎: a, b: c}"), R"({"🍎"@1:2: "a"@1:5, "b"@1:8: "c"@1:11}@1:1)");
  EXPECT_EQ(parsed("{a:\tb}"), R"({"a"@1:2: "b"@1:5}@1:1)");
}

TEST(YamlTree, LinesMayEndAsOnWindows) {
  EXPECT_EQ(parsed("a: b\r\nc: d\r\n"), R"({"a"@1:1: "b"@1:4, "c"@2:1: "d"@2:4}@1:1)");
}

TEST(YamlTree, KeepsDuplicatesInOrder) {
  EXPECT_EQ(parsed("{a: 1, a: 2}"), R"({"a"@1:2: "1"@1:5, "a"@1:8: "2"@1:11}@1:1)");
}

TEST(YamlTree, AnAliasIsACopyInItsOwnPlace) {
  EXPECT_EQ(parsed("a: &x [b]\nc: *x\n"),
            R"({"a"@1:1: ["b"@1:8]@1:4, "c"@2:1: ["b"@1:8]@2:4}@1:1)");
}

TEST(YamlTree, RefusesWhatNoScenarioFileIs) {
  EXPECT_EQ(parsed(""), "1:1: the file is empty");
  EXPECT_EQ(parsed("# only this\n"), "1:1: the file is empty");
  EXPECT_EQ(parsed("a: 1\n---\nb: 2\n"),
            "3:1: the file holds more than one YAML document; write one per file");
  EXPECT_EQ(parsed("a: &x [*x]"), "1:8: an alias cannot stand inside the node that it names");
}

TEST(YamlTree, SaysWhereItIsNotYaml) {
  EXPECT_EQ(parsed("a: [b\n"), "2:1: this is not YAML: a '[' is not closed");
  EXPECT_EQ(parsed("a: *x\n"), "1:4: this is not YAML: the referenced anchor is not defined");
  EXPECT_EQ(parsed("{path: /list?page=2}"),
            "1:13: this is not YAML: this character needs quotes here");
}

TEST(YamlTree, AnAliasOfAliasesDoesNotFillTheMemory) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 30; ++i) {
    bomb += fmt::format("a{0}: &a{0} [", i);
    for (int copy = 0; copy < 10; ++copy) bomb += fmt::format("{}*a{}", copy ? ", " : "", i - 1);
    bomb += "]\n";
  }
  EXPECT_EQ(parsed(bomb), "5:45: the file is too large for a scenario file");
}

TEST(YamlTree, ALongListDoesNotFillTheMemory) {
  std::string list;
  for (int i = 0; i < 200'000; ++i) list += "- x\n";
  EXPECT_EQ(parsed(list), "100000:3: the file is too large for a scenario file");
}

TEST(YamlTree, NamesTheKindsOfNodes) {
  EXPECT_EQ(kind_name(YamlNode::Kind::kNull), "nothing");
  EXPECT_EQ(kind_name(YamlNode::Kind::kScalar), "a single value");
  EXPECT_EQ(kind_name(YamlNode::Kind::kList), "a list");
  EXPECT_EQ(kind_name(YamlNode::Kind::kMap), "a map");
}

}  // namespace
}  // namespace tidemark::scenario
