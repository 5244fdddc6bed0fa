#include "harness/target/preparation_cache.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "harness/base/file.h"

namespace tidemark::target {
namespace {

namespace fs = std::filesystem;

class Cache : public testing::Test {
 protected:
  void put(const fs::path& name, const std::string& text) {
    ASSERT_TRUE(make_folders((folder_.path() / name).parent_path()));
    ASSERT_TRUE(write_file(folder_.path() / name, text));
  }
  std::string get(const fs::path& name) const {
    return read_file(folder_.path() / name).value_or("(none)");
  }
  std::string key(const std::string& commands, const std::vector<std::string>& inputs = {}) const {
    std::vector<plan::Preparation::Input> paths;
    for (const std::string& input : inputs) paths.push_back({folder_.path() / input, {}});
    const auto key = PreparationCache::key(commands, paths);
    return key ? *key : "error: " + key.error().message;
  }
  void age(const std::string& key, std::chrono::hours hours) {
    fs::last_write_time(cache_.path_of(key), fs::file_time_type::clock::now() - hours);
  }

  TemporaryFolder folder_ = std::move(*TemporaryFolder::create());
  fs::path scratch_ = folder_.path() / "scratch";
  PreparationCache cache_{folder_.path() / "cache", Bytes{1000}};
};

TEST_F(Cache, GivesBackWhatWasKeptToWhoeverAsksNext) {
  put("scratch/data/db", "seeded");
  ASSERT_TRUE(cache_.keep("a", scratch_));
  put("scratch/data/db", "changed");
  put("scratch/left", "behind");
  const PreparationCache later(folder_.path() / "cache");
  EXPECT_EQ(later.restore("a", scratch_), true);
  EXPECT_EQ(get("scratch/data/db"), "seeded");
  EXPECT_EQ(get("scratch/left"), "(none)");
}

TEST_F(Cache, HasNothingForAnotherKeyAndLeavesTheScratchFolderAlone) {
  put("scratch/mine", "still here");
  EXPECT_EQ(cache_.restore("a", scratch_), false);
  EXPECT_EQ(get("scratch/mine"), "still here");
}

TEST_F(Cache, TheFirstStateOfAKeyStays) {
  put("scratch/db", "first");
  ASSERT_TRUE(cache_.keep("a", scratch_));
  put("scratch/db", "second");
  ASSERT_TRUE(cache_.keep("a", scratch_));
  EXPECT_EQ(cache_.restore("a", scratch_), true);
  EXPECT_EQ(get("scratch/db"), "first");
}

TEST_F(Cache, IsPrivate) {
  put("scratch/db", "x");
  ASSERT_TRUE(cache_.keep("a", scratch_));
  struct stat status = {};
  ASSERT_EQ(::stat((folder_.path() / "cache").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
}

TEST_F(Cache, DropsWhatWasNotUsedForLongAndWhatWasCutShort) {
  put("scratch/db", "x");
  ASSERT_TRUE(cache_.keep("old", scratch_));
  age("old", std::chrono::hours(31 * 24));
  put("cache/.new-killed/state/db", "half");
  age(".new-killed", std::chrono::hours(25));
  put("cache/.new-running/state/db", "half");
  ASSERT_TRUE(cache_.keep("new", scratch_));
  EXPECT_FALSE(fs::exists(cache_.path_of("old")));
  EXPECT_FALSE(fs::exists(cache_.path_of(".new-killed")));
  EXPECT_TRUE(fs::exists(cache_.path_of(".new-running")));
  EXPECT_TRUE(fs::exists(cache_.path_of("new")));
}

TEST_F(Cache, KeepsWhatWasUsedLastWhereThereIsNoRoomForAll) {
  put("scratch/db", std::string(400, 'x'));
  for (const char* each : {"a", "b"}) ASSERT_TRUE(cache_.keep(each, scratch_));
  age("a", std::chrono::hours(3));
  age("b", std::chrono::hours(2));
  EXPECT_EQ(cache_.restore("a", scratch_), true);  // used just now
  ASSERT_TRUE(cache_.keep("c", scratch_));
  EXPECT_TRUE(fs::exists(cache_.path_of("a")));
  EXPECT_FALSE(fs::exists(cache_.path_of("b")));
  EXPECT_TRUE(fs::exists(cache_.path_of("c")));
}

TEST_F(Cache, ALinkInItsPlaceIsRefused) {
  put("elsewhere/a/db", "planted");
  fs::create_directory_symlink(folder_.path() / "elsewhere", folder_.path() / "cache");
  EXPECT_FALSE(cache_.restore("a", scratch_));
}

TEST_F(Cache, TheKeyKnowsCommandsNamesAndContents) {
  put("app/models.py", "class User");
  put("app/migrations/1.py", "create");
  put("app/.git/index", "1");
  put("app/__pycache__/models.pyc", "1");
  const std::string known = key("seed", {"app"});
  EXPECT_EQ(known.size(), 64U);
  EXPECT_NE(key("seed 2", {"app"}), known);
  EXPECT_NE(key("seed"), known);
  put("app/.git/index", "2");
  put("app/__pycache__/models.pyc", "2");
  EXPECT_EQ(key("seed", {"app"}), known);
  put("app/migrations/1.py", "alter");
  EXPECT_NE(key("seed", {"app"}), known);
  put("app/migrations/1.py", "create");
  EXPECT_EQ(key("seed", {"app"}), known);
  fs::rename(folder_.path() / "app/models.py", folder_.path() / "app/model.py");
  EXPECT_NE(key("seed", {"app"}), known);
}

TEST_F(Cache, AnInputThatCannotBeReadIsNamed) {
  EXPECT_NE(key("seed", {"none"}).find("cannot read the input"), std::string::npos);
  ASSERT_EQ(::mkfifo((folder_.path() / "pipe").c_str(), 0600), 0);
  EXPECT_NE(key("seed", {"pipe"}).find("cannot read the input"), std::string::npos);
}

}  // namespace
}  // namespace tidemark::target
