#include "harness/extract/sha256.h"

#include <gtest/gtest.h>

#include "tests/unit/extract/pieces.h"

namespace tidemark::extract {
namespace {

// FIPS 180-2, appendix B.
constexpr std::string_view kEmpty =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::string_view kAbc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Sha256, IsTheStandardsOne) {
  Sha256 sum;
  EXPECT_EQ(sum.finish(), kEmpty);
  sum.reset();
  sum.receive("a");
  sum.receive("");
  sum.receive("bc");
  EXPECT_EQ(sum.finish(), kAbc);
}

TEST(Sha256, CutsMakeNoDifference) {
  std::mt19937 random(1);
  std::string body(10'000, '\0');
  for (char& c : body) c = static_cast<char>(random());
  Sha256 whole;
  whole.receive(body);
  const std::string expected = whole.finish();
  Sha256 cut;
  for (int i = 0; i < 50; ++i) {
    cut.reset();
    for (const std::string_view piece : random_pieces(body, random, 300)) cut.receive(piece);
    EXPECT_EQ(cut.finish(), expected);
  }
}

// RFC 4231, test cases 2 and 6.
TEST(HmacSha256, IsTheStandardsOne) {
  EXPECT_EQ(hmac_sha256("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hmac_sha256(std::string(131, '\xaa'),
                        "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

}  // namespace
}  // namespace tidemark::extract
