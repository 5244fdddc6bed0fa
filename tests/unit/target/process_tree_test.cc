#include "harness/target/process_tree.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>

#include "harness/base/file.h"

namespace tidemark::target {
namespace {

namespace fs = std::filesystem;

std::string stat(int pid, const std::string& name, int parent, std::uint64_t started,
                 char state = 'S') {
  return fmt::format(
      "{} ({}) {} {} 1 1 0 -1 4194560 100 0 0 0 5 3 0 0 20 0 1 0 {} 4096 200 184 1 1 0", pid, name,
      state, parent, started);
}

TEST(ParseStat, ANameMayContainSpacesAndParentheses) {
  EXPECT_EQ(parse_stat(stat(42, "a) R 1 (b c", 7, 99)), (ProcessEntry{42, 7, 'S', 99}));
}

TEST(ParseStat, AnythingElseIsNothing) {
  for (const char* text : {"", "42", "42 (x", "(x) S 1", "x (y) S 1 1", "42 (x) S 7 1 1"})
    EXPECT_EQ(parse_stat(text), std::nullopt) << text;
}

class MadeUpProc : public testing::Test {
 protected:
  void add(int pid, int parent, char state = 'S') {
    fs::create_directories(folder_.path() / std::to_string(pid));
    std::ofstream(folder_.path() / std::to_string(pid) / "stat")
        << stat(pid, "x", parent, static_cast<std::uint64_t>(pid) * 10, state);
  }
  std::vector<int> below(int ancestor) const {
    std::vector<int> pids;
    for (const ProcessEntry& entry : descendants(ancestor, folder_.path()))
      pids.push_back(entry.pid);
    return pids;
  }

  TemporaryFolder folder_ = std::move(*TemporaryFolder::create());
};

TEST_F(MadeUpProc, DescendantsAreFoundThroughAllGenerations) {
  add(10, 1);
  add(11, 10);
  add(13, 11);
  add(12, 10);
  add(20, 1);
  fs::create_directories(folder_.path() / "self");
  EXPECT_EQ(below(10), (std::vector<int>{11, 12, 13}));
  EXPECT_EQ(below(20), (std::vector<int>{}));
}

TEST_F(MadeUpProc, ZombiesAreLeftOutButNotTheirChildren) {
  add(10, 1);
  add(11, 10, 'Z');
  add(12, 11);
  EXPECT_EQ(below(10), (std::vector<int>{12}));
}

TEST_F(MadeUpProc, ACircleOfParentsEnds) {
  add(10, 11);
  add(11, 10);
  EXPECT_EQ(below(10), (std::vector<int>{10, 11}));
}

}  // namespace
}  // namespace tidemark::target
