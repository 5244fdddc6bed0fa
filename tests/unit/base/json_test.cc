#include "harness/base/json.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace tidemark {
namespace {

int number_in(const Json& json) {
  return json.at("number").get<int>();
}

TEST(ReadJson, GivesWhatWasRead) {
  EXPECT_EQ(read_json(R"({"number": 7})", number_in), 7);
}

TEST(ReadJson, SaysInPlainWordsWhatIsWrong) {
  EXPECT_EQ(read_json("{}", number_in).error().message, "key 'number' not found");
  EXPECT_TRUE(read_json("{", number_in).error().message.starts_with("parse error at line 1"));
  EXPECT_FALSE(read_json(R"({"number": "x"})", number_in));
  EXPECT_FALSE(read_json("", number_in));
}

TEST(JsonText, ReplacesBrokenBytesAndKeepsTheOrderOfKeys) {
  EXPECT_EQ(json_text({{"b", "a\xff"}, {"a", 1}}), "{\"b\":\"a\uFFFD\",\"a\":1}");
  EXPECT_EQ(json_text(Json::array({1, 2}), 1), "[\n 1,\n 2\n]");
}

TEST(PlainWords, KeepABracketThatIsNoName) {
  EXPECT_EQ(plain_words(std::runtime_error("no bracket] here")), "no bracket] here");
}

}  // namespace
}  // namespace tidemark
