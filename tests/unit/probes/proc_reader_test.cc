#include "harness/probes/proc_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <vector>

#include "harness/base/file.h"

namespace tidemark::probes {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr char kRollup[] =
    "55d0c0000000-7ffd1c1f2000 ---p 00000000 00:00 0                          [rollup]\n"
    "Rss:               43664 kB\n"
    "Pss:               31012 kB\n"
    "Pss_Dirty:         28000 kB\n"
    "Shared_Clean:       9000 kB\n"
    "Private_Clean:       100 kB\n"
    "Private_Dirty:     28000 kB\n"
    "Anonymous:         28004 kB\n"
    "LazyFree:             64 kB\n"
    "Swap:                 12 kB\n"
    "SwapPss:              12 kB";  // the last newline is missing

TEST(ParseSmapsRollup, ReadsTheFieldsAndNoOthersThatBeginLikeThem) {
  const auto reading = parse_smaps_rollup(kRollup);
  ASSERT_TRUE(reading);
  EXPECT_EQ(reading->rss, Bytes{43664 * 1024});
  EXPECT_EQ(reading->pss, Bytes{31012 * 1024});
  EXPECT_EQ(reading->anon, Bytes{28004 * 1024});
  EXPECT_EQ(reading->uss, Bytes{28100 * 1024});
  EXPECT_EQ(reading->lazy_free, 64_KiB);
  EXPECT_EQ(reading->swapped, 12_KiB);
}

TEST(ParseSmapsRollup, AMissingFieldIsAnError) {
  const auto reading = parse_smaps_rollup("Rss: 1 kB\n");
  ASSERT_FALSE(reading);
  EXPECT_EQ(reading.error().message, "there is no field 'Pss'");
  EXPECT_FALSE(parse_smaps_rollup(""));
  EXPECT_FALSE(parse_smaps_rollup("Rss:"));
}

TEST(FieldValue, ANameCountsOnlyAtALinesStart) {
  EXPECT_EQ(*field_value("Name:\tVmHWM: 7\nVmHWM:\t    1024 kB\n", "VmHWM"), 1024);
}

class MadeUpProc : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    fs::create_directories((folder_.path() / "7" / name).parent_path());
    std::ofstream(folder_.path() / "7" / name) << text;
  }

  TemporaryFolder folder_ = std::move(*TemporaryFolder::create());
  ProcReader proc_{folder_.path()};
};

TEST_F(MadeUpProc, ReadingsComeFromTheGivenRoot) {
  write("smaps_rollup", kRollup);
  write("status", "Name:\tx (y) z\nVmHWM:\t  2048 kB\nThreads:\t5\n");
  write("statm", "1000 250 10 1 0 100 0\n");
  write("fd/0", "");
  write("fd/1", "");
  EXPECT_EQ(proc_.memory(7)->rss, Bytes{43664 * 1024});
  EXPECT_EQ(*proc_.peak(7), 2_MiB);
  EXPECT_EQ(*proc_.threads(7), 5);
  EXPECT_EQ(*proc_.fds(7), 2);
  EXPECT_EQ(*proc_.rough_rss(7), Bytes{250 * ::sysconf(_SC_PAGESIZE)});
}

TEST_F(MadeUpProc, AProcessThatHasEndedIsAnErrorWithItsReason) {
  EXPECT_THAT(proc_.memory(7).error().message, HasSubstr("No such file"));
  EXPECT_FALSE(proc_.fds(7));
  EXPECT_FALSE(proc_.peak(7));
  EXPECT_FALSE(proc_.reset_peak(7));
}

TEST_F(MadeUpProc, ACommandIsItsArgumentsOrItsNameInBrackets) {
  write("cmdline", std::string("python3\0-m\0app\0", 15));
  EXPECT_EQ(proc_.command(7), "python3 -m app");
  write("cmdline", "");
  write("comm", "kworker\n");
  EXPECT_EQ(proc_.command(7), "[kworker]");
}

TEST(RealProc, CpuTimeGoesOnWithWorkAndEndsWithTheProcess) {
  const auto before = ProcReader::cpu_time(::getpid());
  ASSERT_TRUE(before);
  volatile unsigned work = 0;
  for (unsigned i = 0; i < 1'000'000; ++i) work = work + i;
  const auto after = ProcReader::cpu_time(::getpid());
  ASSERT_TRUE(after);
  EXPECT_GT(*after, *before);
  // Beyond the largest PID that Linux gives away.
  const auto nobody = ProcReader::cpu_time(4194305);
  ASSERT_FALSE(nobody);
  EXPECT_THAT(nobody.error().message, HasSubstr("no CPU time of process"));
}

TEST(RealProc, APeakIsExactButForTheKernelsOwnBatches) {
  const ProcReader proc;
  const int self = ::getpid();
  ASSERT_TRUE(proc.reset_peak(self));
  const Bytes base = *proc.peak(self);
  constexpr std::size_t kSize = 32 << 20;
  void* memory = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  std::memset(memory, 1, kSize);
  ::munmap(memory, kSize);
  // Each processor may hold back 32 pages per counter before they show (112 KiB seen on 6.18).
  constexpr double kHeldBack = 256 * 1024;
  EXPECT_NEAR(static_cast<double>((*proc.peak(self) - base).count), kSize, kHeldBack);
}

}  // namespace
}  // namespace tidemark::probes
