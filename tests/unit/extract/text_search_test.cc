#include "harness/extract/text_search.h"

#include <gtest/gtest.h>

#include "tests/unit/extract/pieces.h"

namespace tidemark::extract {
namespace {

bool found(std::string_view wanted, const std::vector<std::string_view>& pieces) {
  TextSearch search;
  search.reset(wanted);
  for (const std::string_view piece : pieces) search.receive(piece);
  return search.found();
}

std::int64_t rows(const std::vector<std::string_view>& pieces) {
  RowCount count;
  for (const std::string_view piece : pieces) count.receive(piece);
  return count.rows();
}

TEST(TextSearch, FindsATextAcrossPieces) {
  EXPECT_TRUE(found("needle", {"hay nee", "dle hay"}));
  EXPECT_TRUE(found("needle", {"n", "e", "e", "d", "l", "e"}));
  EXPECT_TRUE(found("needle", {"need", "need", "le"}));
  EXPECT_FALSE(found("needle", {"nee", "", "dl"}));
  EXPECT_TRUE(found("n", {"", "in"}));
  EXPECT_TRUE(found("", {}));
  EXPECT_TRUE(found(std::string_view("\0a", 2), {std::string_view("b\0", 2), "a"}));
}

TEST(TextSearch, CutsMakeNoDifference) {
  std::mt19937 random(5);
  for (int i = 0; i < 2'000; ++i) {
    std::string body(random() % 300, 'a');
    std::string wanted(1 + random() % 12, 'a');
    for (char& c : body) c = random() % 5 == 0 ? 'b' : 'a';
    for (char& c : wanted) c = random() % 5 == 0 ? 'b' : 'a';
    EXPECT_EQ(found(wanted, random_pieces(body, random, 15)),
              body.find(wanted) != std::string::npos)
        << wanted << " in " << body;
  }
}

TEST(RowCount, CountsLinesThatAreNotEmpty) {
  EXPECT_EQ(rows({"a\r\nb\r\nc"}), 3);
  EXPECT_EQ(rows({"a\r\n\r\n\nb\r\n"}), 2);
  EXPECT_EQ(rows({}), 0);
  EXPECT_EQ(rows({"a", "\nb", "b\n", "c", ""}), 3);
  EXPECT_EQ(rows({"\r", "\n", "\r\r\n"}), 0);
}

TEST(RowCount, CutsMakeNoDifference) {
  std::mt19937 random(6);
  for (int i = 0; i < 2'000; ++i) {
    std::string body(random() % 200, 'a');
    for (char& c : body) c = "a\r\n"[random() % 3];
    EXPECT_EQ(rows(random_pieces(body, random, 9)), rows({body}));
  }
}

}  // namespace
}  // namespace tidemark::extract
