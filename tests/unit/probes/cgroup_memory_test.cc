// Made-up cgroups: what the kernel's files say is said by plain ones.

#include "harness/probes/cgroup_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace tidemark::probes {
namespace {

class MadeUpCgroup : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_.path() / name) << text;
  }
  // What the counter came to since the last look, and what of it is file cache now.
  void v1(Bytes highest, Bytes cache) const {
    write("memory.max_usage_in_bytes", std::to_string(highest.count) + "\n");
    write("memory.stat", "cache " + std::to_string(cache.count) + "\nrss 5\nshmem 0\n");
  }

  TemporaryFolder folder_ = std::move(*TemporaryFolder::create());
};

TEST_F(MadeUpCgroup, TheFileCacheOfBothSidesOfALookIsNotTheProcesses) {
  v1(0_B, 0_B);
  auto memory = CgroupMemory::open(folder_.path());
  ASSERT_TRUE(memory) << memory.error().message;
  v1(100_MiB, 0_B);
  memory->look();
  EXPECT_EQ(memory->peak(), 100_MiB);
  v1(500_MiB, 420_MiB);  // a large file was written
  memory->look();
  EXPECT_EQ(memory->peak(), 100_MiB);
  EXPECT_FALSE(memory->is_lower_bound());
  v1(950_MiB, 0_B);  // it grew and was removed, nobody saw when
  memory->look();
  EXPECT_EQ(memory->peak(), 100_MiB);
  EXPECT_TRUE(memory->is_lower_bound());
  v1(130_MiB, 10_MiB);
  memory->look();
  EXPECT_EQ(memory->peak(), 120_MiB);
}

TEST_F(MadeUpCgroup, WhileTheCacheShrinksWhatTheProcessesHoldIsLookedAt) {
  v1(0_B, 0_B);
  auto memory = CgroupMemory::open(folder_.path());
  ASSERT_TRUE(memory) << memory.error().message;
  v1(100_MiB, 100_MiB);
  memory->look();
  EXPECT_LT(memory->peak(), 1_MiB);
  v1(200_MiB, 0_B);
  write("memory.stat", "cache 0\nrss " + std::to_string((60_MiB).count) + "\nshmem 0\n");
  memory->look();
  EXPECT_EQ(memory->peak(), 60_MiB);
}

TEST_F(MadeUpCgroup, FilesOnATmpfsAreNotTheProcesses) {
  v1(0_B, 0_B);
  auto memory = CgroupMemory::open(folder_.path());
  ASSERT_TRUE(memory) << memory.error().message;
  memory->look();
  EXPECT_FALSE(memory->has_shared());
  const std::string size = std::to_string((80_MiB).count);
  write("memory.max_usage_in_bytes", std::to_string((90_MiB).count) + "\n");
  write("memory.stat", "cache " + size + "\nrss 5\nshmem " + size + "\n");
  memory->look();
  EXPECT_EQ(memory->peak(), 10_MiB);
  EXPECT_TRUE(memory->has_shared());
  v1(10_MiB, 0_B);
  memory->begin();
  EXPECT_FALSE(memory->has_shared());
}

TEST_F(MadeUpCgroup, ACounterThatCannotBeSetBackTellsOfNewMaximaAlone) {
  // A number that nobody can write to, root included.
  std::filesystem::create_symlink("/proc/sys/kernel/ngroups_max",
                                  folder_.path() / "memory.max_usage_in_bytes");
  write("memory.stat", "cache 0\nrss 5\nshmem 0\n");
  auto memory = CgroupMemory::open(folder_.path());
  ASSERT_TRUE(memory) << memory.error().message;
  EXPECT_FALSE(memory->can_be_set_back());
  memory->look();
  EXPECT_EQ(memory->peak(), 65536_B);
  EXPECT_FALSE(memory->is_lower_bound());
  EXPECT_EQ(memory->begin(), 5_B);
  memory->look();  // as much may have been needed again, or not
  EXPECT_EQ(memory->peak(), 5_B);
  EXPECT_TRUE(memory->is_lower_bound());
}

TEST_F(MadeUpCgroup, TheKernelsMemoryIsNotTheProcessesEither) {
  v1(64_MiB, 4_MiB);
  write("memory.kmem.usage_in_bytes", std::to_string((10_MiB).count) + "\n");
  auto memory = CgroupMemory::open(folder_.path());
  ASSERT_TRUE(memory) << memory.error().message;
  memory->look();
  EXPECT_EQ(memory->peak(), 50_MiB);
}

TEST_F(MadeUpCgroup, AFolderWithoutACounterIsAnError) {
  EXPECT_FALSE(CgroupMemory::open(folder_.path()));
  write("memory.max_usage_in_bytes", "1\n");
  EXPECT_FALSE(CgroupMemory::open(folder_.path())) << "there is no memory.stat";
  write("memory.stat", "cache 0\n");
  EXPECT_TRUE(CgroupMemory::open(folder_.path()));
}

TEST_F(MadeUpCgroup, V2NamesTheSameThingsOtherwise) {
  write("memory.peak", std::to_string((64_MiB).count) + "\n");
  const auto stat = [this](const std::string& kernel) {
    write("memory.stat", "anon 1000000\nfile " + std::to_string((24_MiB).count) + "\n" + kernel +
                             "shmem " + std::to_string((8_MiB).count) + "\nfile_mapped 55");
  };
  stat("kernel " + std::to_string((4_MiB).count) + "\nslab 9\n");
  auto memory = CgroupMemory::open(folder_.path());
  ASSERT_TRUE(memory) << memory.error().message;
  memory->look();
  EXPECT_EQ(memory->peak(), 36_MiB);
  write("memory.peak", std::to_string((64_MiB).count) + "\n");  // a plain file is not set back
  stat("slab " + std::to_string((2_MiB).count) + "\n");         // before Linux 5.18
  auto older = CgroupMemory::open(folder_.path());
  ASSERT_TRUE(older) << older.error().message;
  older->look();
  EXPECT_EQ(older->peak(), 38_MiB);
}

}  // namespace
}  // namespace tidemark::probes
