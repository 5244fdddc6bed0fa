#include "harness/target/memory_cgroup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/base/file.h"

namespace tidemark::target {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kV1[] = "9:name=systemd:/\n4:cpu,memory:/jobs/7\n0::/\n";
constexpr char kV1Mounts[] =
    "30 25 0:27 / /sys/fs/cgroup/systemd rw shared:9 - cgroup cgroup rw,name=systemd\n"
    "36 25 0:29 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,cpu,memory\n";

TEST(CgroupParents, V1TakesChildrenBelowThePresentOne) {
  EXPECT_THAT(cgroup_parents(kV1, kV1Mounts),
              ElementsAre(CgroupParent{"/sys/fs/cgroup/memory/jobs/7"}));
}

constexpr char kV2Mounts[] = "24 20 0:22 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw\n";

TEST(CgroupParents, V2TakesThemBelowOrBesideIt) {
  EXPECT_THAT(cgroup_parents("0::/build/job\n", kV2Mounts),
              ElementsAre(CgroupParent{"/sys/fs/cgroup/build/job"},
                          CgroupParent{"/sys/fs/cgroup/build", "/sys/fs/cgroup/build/job"}));
}

TEST(CgroupParents, NobodyLeavesAUnitOfSystemd) {
  EXPECT_THAT(cgroup_parents("0::/user.slice/app.slice/run-7.scope\n", kV2Mounts),
              ElementsAre(CgroupParent{"/sys/fs/cgroup/user.slice/app.slice/run-7.scope"}));
  EXPECT_THAT(cgroup_parents("0::/system.slice/runner.service\n", kV2Mounts),
              ElementsAre(CgroupParent{"/sys/fs/cgroup/system.slice/runner.service"}));
}

TEST(CgroupParents, NothingLiesBesideTheRootOfV2) {
  EXPECT_THAT(
      cgroup_parents("0::/\n", "24 20 0:22 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate"),
      ElementsAre(CgroupParent{"/sys/fs/cgroup/"}));
}

TEST(CgroupParents, AContainersMountShowsAPartOfTheHierarchy) {
  const std::string mounts =
      "36 25 0:29 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";
  EXPECT_THAT(cgroup_parents("4:memory:/docker/abc/inner\n", mounts),
              ElementsAre(CgroupParent{"/sys/fs/cgroup/memory/inner"}));
  EXPECT_THAT(cgroup_parents("4:memory:/elsewhere\n", mounts), IsEmpty());
}

TEST(CgroupParents, BrokenFilesNameNone) {
  EXPECT_THAT(cgroup_parents("", ""), IsEmpty());
  EXPECT_THAT(cgroup_parents("4:memory\nx\n:", "36 25\n- -\n"), IsEmpty());
}

// Plain files in place of the kernel's.
class MadeUpCgroup : public testing::Test {
 protected:
  void put(const std::string& name, const std::string& text) const {
    ASSERT_TRUE(write_file(folder_.path() / name, text));
  }
  std::string get(const std::string& name) const {
    return read_file(folder_.path() / name).value_or("(none)");
  }

  TemporaryFolder folder_ = std::move(*TemporaryFolder::create());
};

TEST_F(MadeUpCgroup, OneWithoutLimitsMayBeLeft) {
  EXPECT_TRUE(is_unlimited(folder_.path())) << "no controller, no limit";
  for (const char* name : {"memory.max", "memory.high", "memory.swap.max"}) put(name, "max\n");
  EXPECT_TRUE(is_unlimited(folder_.path()));
  for (const char* name : {"memory.max", "memory.high", "memory.swap.max"}) {
    put(name, "1073741824\n");
    EXPECT_FALSE(is_unlimited(folder_.path())) << name;
    put(name, "max\n");
  }
}

TEST_F(MadeUpCgroup, ALimitIsOfMemoryAndSwapTogether) {
  EXPECT_FALSE(limit_memory(folder_.path(), 64_MiB));
  put("memory.limit_in_bytes", "9223372036854771712");
  EXPECT_TRUE(limit_memory(folder_.path(), 64_MiB)) << "nobody counts swap there";
  for (const char* name :
       {"memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.max", "memory.swap.max"})
    put(name, "");
  EXPECT_TRUE(limit_memory(folder_.path(), 64_MiB));
  EXPECT_EQ(get("memory.max"), "67108864");
  EXPECT_EQ(get("memory.swap.max"), "0");
  std::filesystem::remove(folder_.path() / "memory.max");
  EXPECT_TRUE(limit_memory(folder_.path(), 32_MiB));
  EXPECT_EQ(get("memory.limit_in_bytes"), "33554432");
  EXPECT_EQ(get("memory.memsw.limit_in_bytes"), std::to_string(33554432 + ::getpagesize()));
}

TEST_F(MadeUpCgroup, TheKernelsKillsAreCounted) {
  EXPECT_EQ(oom_kills_in(folder_.path()), std::nullopt);
  put("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\n");  // before Linux 4.13
  EXPECT_EQ(oom_kills_in(folder_.path()), std::nullopt);
  put("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
  EXPECT_EQ(oom_kills_in(folder_.path()), 2);
  EXPECT_FALSE(was_ended_by_its_limit(folder_.path())) << "it may have been the machine's";
  put("memory.failcnt", "0\n");
  EXPECT_FALSE(was_ended_by_its_limit(folder_.path()));
  put("memory.failcnt", "7\n");
  EXPECT_TRUE(was_ended_by_its_limit(folder_.path()));
  put("memory.events", "low 0\nhigh 0\nmax 0\noom 0\noom_kill 1\n");
  EXPECT_FALSE(was_ended_by_its_limit(folder_.path())) << "a limit further up was met";
  put("memory.events", "low 0\nhigh 4\nmax 5\noom 6\noom_kill 3\noom_group_kill 0\n");
  EXPECT_EQ(oom_kills_in(folder_.path()), 3);
  EXPECT_TRUE(was_ended_by_its_limit(folder_.path()));
}

TEST(StaleCgroups, OnlyEmptyOldOnesOfOwnersAreRemoved) {
  // A folder with something in it refuses, as a cgroup with a process does.
  const std::filesystem::path parent = std::filesystem::path(testing::TempDir()) / "stale_cgroups";
  for (const char* name : {"tidemark-7", "tidemark-8/process", "tidemark-nightly", "other-7"})
    std::filesystem::create_directories(parent / name);
  remove_stale_cgroups(parent, std::chrono::hours(1));
  EXPECT_TRUE(exists(parent / "tidemark-7"));
  remove_stale_cgroups(parent, std::chrono::seconds(0));
  EXPECT_FALSE(exists(parent / "tidemark-7"));
  for (const char* name : {"tidemark-8", "tidemark-nightly", "other-7"})
    EXPECT_TRUE(exists(parent / name)) << name;
  std::filesystem::remove_all(parent);
  remove_stale_cgroups(parent, std::chrono::seconds(0));  // nothing there
}

}  // namespace
}  // namespace tidemark::target
