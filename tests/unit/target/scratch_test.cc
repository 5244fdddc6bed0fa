#include "harness/target/scratch.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include "harness/base/file.h"
#include "harness/target/port.h"

namespace tidemark::target {
namespace {

namespace fs = std::filesystem;

class ScratchFolder : public testing::Test {
 protected:
  void put(const std::string& name, const std::string& text) {
    ASSERT_TRUE(make_folders((scratch_.path() / name).parent_path()));
    ASSERT_TRUE(write_file(scratch_.path() / name, text));
  }
  std::string get(const std::string& name) const {
    return read_file(scratch_.path() / name).value_or("(none)");
  }

  TemporaryFolder folder_ = std::move(*TemporaryFolder::create());
  Scratch scratch_{folder_.path()};
};

TEST_F(ScratchFolder, AKeptStateComesBackWhateverHappenedSince) {
  ASSERT_TRUE(scratch_.clear());
  put("data/db", "seeded");
  ASSERT_TRUE(scratch_.keep("a"));
  put("data/db", "changed by a launch");
  put("left", "behind");
  EXPECT_EQ(scratch_.restore("a"), true);
  EXPECT_EQ(get("data/db"), "seeded");
  EXPECT_EQ(get("left"), "(none)");
}

TEST_F(ScratchFolder, StatesAreKeptApart) {
  ASSERT_TRUE(scratch_.clear());
  EXPECT_EQ(scratch_.restore("a"), false);
  put("db", "a");
  ASSERT_TRUE(scratch_.keep("a"));
  ASSERT_TRUE(scratch_.clear());
  put("db", "b");
  ASSERT_TRUE(scratch_.keep("b"));
  ASSERT_TRUE(scratch_.restore("a"));
  EXPECT_EQ(get("db"), "a");
}

TEST_F(ScratchFolder, PermissionsAndLinksAreCopiedSocketsAreNot) {
  ASSERT_TRUE(scratch_.clear());
  put("private/key", "secret");
  fs::permissions(scratch_.path() / "private", fs::perms::owner_all);
  fs::create_symlink("key", scratch_.path() / "private/link");
  ASSERT_EQ(::mkfifo((scratch_.path() / "pipe").c_str(), 0600), 0);
  ASSERT_TRUE(scratch_.keep("a"));
  ASSERT_TRUE(scratch_.restore("a"));
  EXPECT_EQ(fs::status(scratch_.path() / "private").permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::read_symlink(scratch_.path() / "private/link"), "key");
  EXPECT_EQ(get("private/link"), "secret");
  EXPECT_FALSE(fs::exists(scratch_.path() / "pipe"));
}

TEST_F(ScratchFolder, OwnersAreCopiedWhereThatIsAllowed) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  ASSERT_TRUE(scratch_.clear());
  put("data/table", "rows");
  fs::create_symlink("table", scratch_.path() / "data/link");
  constexpr uid_t kUser = 65534;
  constexpr gid_t kGroup = 65533;
  for (const char* name : {"data", "data/table", "data/link"})
    ASSERT_EQ(::lchown((scratch_.path() / name).c_str(), kUser, kGroup), 0);
  fs::permissions(scratch_.path() / "data", fs::perms::owner_all);
  ASSERT_TRUE(scratch_.keep("a"));
  ASSERT_TRUE(scratch_.restore("a"));
  for (const char* name : {"data", "data/table", "data/link"}) {
    struct stat status = {};
    ASSERT_EQ(::lstat((scratch_.path() / name).c_str(), &status), 0);
    EXPECT_EQ(status.st_uid, kUser) << name;
    EXPECT_EQ(status.st_gid, kGroup) << name;
  }
  EXPECT_EQ(fs::status(scratch_.path() / "data").permissions(), fs::perms::owner_all);
}

TEST(Ports, FreeOnesAreFreeUntilSomebodyListensAndNoneIsGivenTwice) {
  const auto ports = free_ports(50);
  ASSERT_TRUE(ports);
  EXPECT_EQ(std::set<int>(ports->begin(), ports->end()).size(), 50U);
  EXPECT_TRUE(require_free(ports->front()));
  EXPECT_FALSE(accepts_connections(ports->front()));
}

}  // namespace
}  // namespace tidemark::target
