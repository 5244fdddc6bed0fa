#include "harness/probes/tree_peak.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "harness/base/file.h"

namespace tidemark::probes {
namespace {

// Two processes that share what `rss` has more than `pss`.
class MadeUpTree : public testing::Test {
 protected:
  void both_hold(Bytes rss, Bytes pss) const {
    for (const char* pid : {"7", "8"}) {
      const auto folder = folder_.path() / pid;
      std::filesystem::create_directories(folder);
      std::ofstream(folder / "statm") << "9999 " << rss.count / 4096 << " 0\n";
      const auto kilobytes = [](Bytes size) { return std::to_string(size.count / 1024) + " kB\n"; };
      std::ofstream(folder / "smaps_rollup")
          << "Rss: " << kilobytes(rss) << "Pss: " << kilobytes(pss)
          << "Private_Clean: 0 kB\nPrivate_Dirty: 0 kB\nAnonymous: 0 kB\nLazyFree: 0 kB\nSwap: 0 "
             "kB\n";
    }
    // Longer than the pause after an exact look.
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }

  TemporaryFolder folder_ = std::move(*TemporaryFolder::create());
};

TEST_F(MadeUpTree, WhatIsSharedCountsOnceAndTheMostIsKept) {
  TreePeak peak{ProcReader(folder_.path())};
  both_hold(40_MiB, 30_MiB);
  peak.look({7, 8});
  EXPECT_EQ(peak.peak(), 60_MiB);
  both_hold(40_MiB, 36_MiB);  // they share less by now, and neither has grown
  peak.look({7, 8});
  EXPECT_EQ(peak.peak(), 72_MiB);
  both_hold(10_MiB, 5_MiB);
  peak.look({7, 8});
  EXPECT_EQ(peak.peak(), 72_MiB);
}

TEST_F(MadeUpTree, AProcessThatHasEndedHoldsNothing) {
  TreePeak peak{ProcReader(folder_.path())};
  both_hold(40_MiB, 30_MiB);
  peak.look({7, 99});
  EXPECT_EQ(peak.peak(), 30_MiB);
}

}  // namespace
}  // namespace tidemark::probes
