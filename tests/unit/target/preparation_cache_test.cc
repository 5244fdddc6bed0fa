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
    const auto digest = PreparationCache::digest(commands, paths);
    if (!digest) return "error: " + digest.error().message;
    const auto key = cache_.key(*digest);
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

TEST_F(Cache, TheKeyKnowsWhereLinksLead) {
  put("lib/one.py", "class User");
  put("lib/two.py", "class User");
  put("app/views.py", "x");
  const auto link = [&](const char* to, const char* from) {
    fs::remove(folder_.path() / from);
    fs::create_symlink(to, folder_.path() / from);
    return key("seed", {"app"});
  };
  const std::string file = link("../lib/one.py", "app/models.py");
  EXPECT_NE(link("../lib/two.py", "app/models.py"), file);
  EXPECT_EQ(link("../lib/one.py", "app/models.py"), file);
  put("lib/one.py", "class Account");
  EXPECT_NE(key("seed", {"app"}), file) << "what it leads to counts as well";
  const std::string folder = link("../lib", "app/lib");
  EXPECT_NE(link("../other", "app/lib"), folder) << "a folder, or nothing at all";
}

TEST_F(Cache, KeysOfOneFolderSayNothingElsewhere) {
  const std::string here = key("seed with hunter22");
  EXPECT_EQ(key("seed with hunter22"), here);
  EXPECT_NE(key("seed with hunter23"), here);
  const auto secret = folder_.path() / "cache/secret";
  struct stat status = {};
  ASSERT_EQ(::stat(secret.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ(fs::file_size(secret), 32U);
  fs::remove(secret);
  EXPECT_NE(key("seed with hunter22"), here);
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder_.path() / "cache"))
    ++files;
  EXPECT_EQ(files, 1U) << "no draft is left";
}

TEST_F(Cache, WhatCannotBeKeptIsSaid) {
  put("scratch/db", "x");
  put("cache/a", "a file in its place");
  const auto kept = cache_.keep("a", scratch_);
  ASSERT_FALSE(kept);
  EXPECT_NE(kept.error().message.find("cannot write into"), std::string::npos);
}

TEST_F(Cache, AnInputThatCannotBeReadIsNamed) {
  EXPECT_NE(key("seed", {"none"}).find("cannot read the input"), std::string::npos);
  ASSERT_EQ(::mkfifo((folder_.path() / "pipe").c_str(), 0600), 0);
  EXPECT_NE(key("seed", {"pipe"}).find("cannot read the input"), std::string::npos);
}

}  // namespace
}  // namespace tidemark::target
