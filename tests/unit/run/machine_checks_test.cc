#include "harness/run/machine_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "harness/base/file.h"

namespace tidemark::run {
namespace {

namespace fs = std::filesystem;
using analysis::Level;
using analysis::MachineCheck;
using testing::HasSubstr;

constexpr char kRollup[] =
    "Rss: 100 kB\nPss: 100 kB\nPrivate_Clean: 0 kB\nPrivate_Dirty: 80 kB\nAnonymous: 80 kB\n"
    "LazyFree: 0 kB\nSwap: 0 kB\n";
constexpr char kMemory[] =
    "MemTotal: 16777216 kB\nMemFree: 1 kB\nMemAvailable: 8388608 kB\nSwapTotal: 0 kB\n"
    "SwapFree: 0 kB\n";

// A machine on which all is well, to be made worse.
class MadeUpMachine : public testing::Test {
 protected:
  MadeUpMachine() {
    write("proc/sys/kernel/osrelease", "6.1.0-13-amd64\n");
    write("proc/7/smaps_rollup", kRollup);
    write("proc/7/cgroup", "0::/\n");
    write("proc/meminfo", kMemory);
    write("proc/loadavg", "0.50 0.40 0.30 1/100 4711\n");
    write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
  }

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((root() / name).parent_path());
    std::ofstream(root() / name) << text;
  }
  fs::path root() const { return folder_.path(); }

  MachineCheck check(const std::string& name, int processors = 4) const {
    const auto checks = machine_checks({root() / "proc", root() / "sys", 7, processors});
    const auto found = std::find_if(checks.begin(), checks.end(),
                                    [&](const MachineCheck& each) { return each.name == name; });
    return found == checks.end() ? MachineCheck{} : *found;
  }

 private:
  TemporaryFolder folder_ = std::move(*TemporaryFolder::create());
};

TEST_F(MadeUpMachine, IsWellAndNeedsNoRemedy) {
  const auto checks = machine_checks({root() / "proc", root() / "sys", 7, 4});
  EXPECT_EQ(checks.size(), 6U);
  for (const MachineCheck& each : checks) {
    EXPECT_EQ(each.level, Level::kOk) << each.name << ": " << each.detail;
    EXPECT_EQ(each.remedy, "") << each.name;
  }
}

TEST_F(MadeUpMachine, WithoutAnythingToReadSaysSoAndHasRemedies) {
  fs::remove_all(root() / "proc");
  fs::remove_all(root() / "sys");
  EXPECT_EQ(check("page signals").level, Level::kMissing);
  for (const char* name : {"kernel", "page signals", "memory"})
    EXPECT_NE(check(name).remedy, "") << name;
}

TEST_F(MadeUpMachine, KernelsWithApproximateCountersAreKnown) {
  const auto level = [this](const std::string& release) {
    write("proc/sys/kernel/osrelease", release);
    return check("kernel").level;
  };
  EXPECT_EQ(level("5.10.0"), Level::kOk);
  EXPECT_EQ(level("6.1.99"), Level::kOk);
  EXPECT_EQ(level("6.2.0-generic"), Level::kLimited);
  EXPECT_EQ(level("6.16"), Level::kLimited);
  EXPECT_EQ(level("6.17.0-rc1"), Level::kOk);
  EXPECT_EQ(level("7.0.0"), Level::kOk);
  EXPECT_EQ(level("next"), Level::kLimited);
  EXPECT_EQ(level("6."), Level::kLimited);
  EXPECT_EQ(level("99999999999999999999.1"), Level::kLimited);
}

TEST_F(MadeUpMachine, WithoutARollupPagesCannotBeMeasured) {
  fs::remove(root() / "proc/7/smaps_rollup");
  EXPECT_EQ(check("page signals").level, Level::kMissing);
  write("proc/7/smaps_rollup", "Rss: 1 kB\n");
  EXPECT_THAT(check("page signals").detail, HasSubstr("there is no field 'Pss'"));
}

TEST_F(MadeUpMachine, HugePagesForEverybodyMakePageSignalsJump) {
  write("sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n");
  EXPECT_EQ(check("huge pages").level, Level::kLimited);
  write("sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n");
  EXPECT_EQ(check("huge pages").level, Level::kOk);
  for (const char* odd : {"", "]always[", "[", "always"}) {
    write("sys/kernel/mm/transparent_hugepage/enabled", odd);
    EXPECT_EQ(check("huge pages").level, Level::kOk) << odd;
  }
}

TEST_F(MadeUpMachine, SwapMattersWhenItIsInUse) {
  write("proc/meminfo",
        "MemTotal: 1 kB\nMemAvailable: 1 kB\nSwapTotal: 2048 kB\nSwapFree: 2048 kB\n");
  EXPECT_EQ(check("swap").level, Level::kOk);
  write("proc/meminfo",
        "MemTotal: 1 kB\nMemAvailable: 1 kB\nSwapTotal: 2048 kB\nSwapFree: 1024 kB\n");
  EXPECT_EQ(check("swap").level, Level::kLimited);
  EXPECT_THAT(check("swap").detail, HasSubstr("1 MiB of 2 MiB"));
}

TEST_F(MadeUpMachine, LittleMemoryAsksForALimit) {
  EXPECT_EQ(check("memory").detail, "16 GiB, 8 GiB of it available");
  write("proc/meminfo", "MemTotal: 16777216 kB\nMemAvailable: 102400 kB\n");
  EXPECT_EQ(check("memory").level, Level::kLimited);
  EXPECT_THAT(check("memory").remedy, HasSubstr("memory_limit"));
}

TEST_F(MadeUpMachine, TheSmallestLimitOfAControlGroupAndThoseAboveItCounts) {
  write("proc/7/cgroup", "0::/ci/job\n");
  write("sys/fs/cgroup/ci/job/memory.max", "max\n");
  EXPECT_EQ(check("memory").level, Level::kOk);
  EXPECT_THAT(check("memory").detail, testing::Not(HasSubstr("control group")));
  write("sys/fs/cgroup/ci/memory.max", "268435456\n");
  EXPECT_EQ(check("memory").level, Level::kLimited);
  EXPECT_THAT(check("memory").detail, HasSubstr("the control group allows 256 MiB"));
}

TEST_F(MadeUpMachine, AControlGroupOfVersionOneCountsToo) {
  write("proc/7/cgroup", "4:cpu,memory:/docker/abc\n1:name=systemd:/\n0::/\nnonsense\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_THAT(check("memory").detail, testing::Not(HasSubstr("control group")));
  write("sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "1073741824\n");
  EXPECT_EQ(check("memory").level, Level::kOk);
  EXPECT_THAT(check("memory").detail, HasSubstr("the control group allows 1 GiB"));
}

TEST_F(MadeUpMachine, ABusyMachineAndASingleProcessorAreRestrictions) {
  EXPECT_EQ(check("processors", 1).level, Level::kLimited);
  write("proc/loadavg", "5.00 0.40 0.30 1/100 4711\n");
  EXPECT_EQ(check("processors", 4).level, Level::kLimited);
  EXPECT_THAT(check("processors", 4).detail, HasSubstr("load 5.0"));
  EXPECT_EQ(check("processors", 8).level, Level::kOk);
}

TEST(PeakError, GrowsWithTheProcessorsThatHoldPagesBack) {
  const Bytes page{::sysconf(_SC_PAGESIZE)};
  EXPECT_EQ(peak_error(2, 2), Bytes{2 * 32 * page.count});
  EXPECT_EQ(peak_error(4, 64), Bytes{4 * 128 * page.count});
}

TEST(ThisMachine, CanBeLookedAt) {
  const Machine machine = this_machine();
  EXPECT_EQ(machine.pid, ::getpid());
  EXPECT_GT(machine.processors, 0);
  EXPECT_EQ(machine_checks(machine).size(), 6U);
}

}  // namespace
}  // namespace tidemark::run
