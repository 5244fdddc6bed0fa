#include "harness/run/program_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

namespace tidemark::run {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

TEST(KeptText, ALittleIsKeptAsItIs) {
  KeptText kept;
  kept.add("one\ntw");
  kept.add("o\nthree");
  EXPECT_EQ(kept.text(), "one\ntwo\nthree");
  EXPECT_EQ(kept.end(100), "one\ntwo\nthree");
  EXPECT_EQ(kept.end(6), "three");
}

TEST(KeptText, OfMuchTheBeginningAndTheEndAreKeptFromLineToLine) {
  KeptText kept;
  std::size_t all = 0;
  for (int line = 0; line < 100'000; ++line) {
    const std::string text = "line " + std::to_string(line) + "\n";
    kept.add(text);
    all += text.size();
  }
  const std::string text = kept.text();
  EXPECT_LT(text.size(), 200'000U);
  EXPECT_THAT(text, AllOf(StartsWith("line 0\nline 1\n"), EndsWith("\nline 99998\nline 99999\n"),
                          HasSubstr(" are left out …\nline ")));
}

TEST(KeptText, NothingOfALineThatHasNoEndIsCutInItsMiddle) {
  KeptText kept;
  for (int piece = 0; piece < 100; ++piece) kept.add(std::string(10'000, 'x'));
  EXPECT_EQ(kept.text(), "… 977 KiB are left out …\n");
  EXPECT_EQ(kept.end(3), "… a line of 977 KiB");
}

TEST(KeptText, ALastLineThatIsTooLongIsMeasured) {
  KeptText kept;
  EXPECT_TRUE(kept.empty());
  kept.add("Traceback:\nMemoryError: " + std::string(2000, 'x'));
  kept.add(std::string(1059, 'x') + "\n\n");
  EXPECT_FALSE(kept.empty());
  EXPECT_EQ(kept.end(2000), "… a line of 3 KiB");
  kept.add("short");
  EXPECT_EQ(kept.end(2000), "\nshort");
}

class Streams : public testing::Test {
 protected:
  TemporaryFolder folder_ = std::move(*TemporaryFolder::create());
  load::ResponseRules rules_ = *load::ResponseRules::compile({}, {});
};

TEST_F(Streams, WhatIsWrittenIsCheckedAndKeptAndThePipesAreRemoved) {
  load::ResponseCheck check(rules_);
  const auto folder = folder_.path() / "streams";
  {
    auto output = ProgramOutput::open(folder, check);
    ASSERT_TRUE(output) << output.error().message;
    output->drain();  // nobody has written yet
    EXPECT_GE(output->out_fd(), 0);
    std::ofstream(output->out_path()) << "to check\n";
    std::ofstream(output->err_path()) << "aside\n";
    output->drain();
    EXPECT_EQ(output->out().text(), "to check\n");
    output->drain();  // and everybody has gone
    EXPECT_EQ(output->out_fd(), -1);
    output->drain_to_end();
    EXPECT_EQ(output->err().text(), "aside\n");
  }
  EXPECT_EQ(check.bytes(), 9U);
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  EXPECT_TRUE(ProgramOutput::open(folder, check));
}

}  // namespace
}  // namespace tidemark::run
