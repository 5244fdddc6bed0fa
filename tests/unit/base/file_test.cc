#include "harness/base/file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <thread>

namespace tidemark {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

struct Pipe {
  FileDescriptor read, write;
};

Pipe make_pipe() {
  int ends[2] = {-1, -1};
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    names.push_back(entry.path().filename().string());
  return names;
}

// A folder of the test's own.
class Files : public ::testing::Test {
 protected:
  fs::path file(const std::string& name) const { return folder_->path() / name; }

  fs::path written(const std::string& name, std::string_view text) const {
    std::ofstream(file(name), std::ios::binary) << text;
    return file(name);
  }

  Result<TemporaryFolder> folder_ = TemporaryFolder::create();
};

TEST(FileDescriptors, AreClosedByTheirLastOwner) {
  int number = -1;
  {
    FileDescriptor first(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    number = first.get();
    FileDescriptor second(std::move(first));
    EXPECT_TRUE(second.open());
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(FileDescriptors, CloseWhatTheyHeldWhenTheyTakeAnother) {
  FileDescriptor one(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  FileDescriptor other(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int first = one.get();
  const int second = other.get();
  one = std::move(other);
  EXPECT_FALSE(is_open(first));
  EXPECT_EQ(one.get(), second);
  one.reset();
  EXPECT_FALSE(is_open(second));
  EXPECT_FALSE(one.open());
}

TEST(FileDescriptors, AreLeftOpenWhenReleased) {
  FileDescriptor owner(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const FileDescriptor next(owner.release());
  EXPECT_FALSE(owner.open());
  EXPECT_TRUE(is_open(next.get()));
}

TEST(WaitReadable, TellsWhetherSomethingCameInTime) {
  const Pipe pipe = make_pipe();
  EXPECT_FALSE(wait_readable(pipe.read.get(), Seconds(0.001)));
  ASSERT_TRUE(write_all(pipe.write.get(), "x"));
  EXPECT_TRUE(wait_readable(pipe.read.get(), Seconds(0)));
}

TEST(WaitReadable, EndsWhenThePeerIsGone) {
  Pipe pipe = make_pipe();
  std::thread closes([&] {
    std::this_thread::sleep_for(Seconds(0.01));
    pipe.write.reset();
  });
  EXPECT_TRUE(wait_readable(pipe.read.get(), Seconds(10)));
  closes.join();
}

TEST(WaitReadable, NoDescriptorIsNeverReadable) {
  EXPECT_FALSE(wait_readable(-1, Seconds(10)));
}

TEST(WriteAll, GoesOnUntilASlowReaderHasEverything) {
  Pipe pipe = make_pipe();
  const std::string text(1'000'000, 'x');  // more than a pipe holds
  std::size_t received = 0;
  std::thread reader([&] {
    char buffer[4096];
    while (true) {
      const ssize_t count = ::read(pipe.read.get(), buffer, sizeof buffer);
      if (count <= 0) break;
      received += static_cast<std::size_t>(count);
    }
  });
  EXPECT_TRUE(write_all(pipe.write.get(), text));
  pipe.write.reset();
  reader.join();
  EXPECT_EQ(received, text.size());
}

TEST_F(Files, AreReadWhole) {
  const std::string text("with\0zero and \xff", 15);
  EXPECT_EQ(read_file(written("data", text)).value(), text);
  EXPECT_EQ(read_file(written("empty", "")).value(), "");
  EXPECT_THAT(read_file("/proc/self/status").value(), HasSubstr("VmRSS"));
}

TEST_F(Files, AreNotReadBeyondTheLimit) {
  const fs::path path = written("large", "12345");
  EXPECT_EQ(read_file(path, 5).value(), "12345");
  EXPECT_EQ(read_file(path, 4).error().message, path.string() + " is larger than 4 bytes");
}

TEST_F(Files, ThatCannotBeReadSayWhy) {
  EXPECT_EQ(read_file(file("none")).error().message,
            "cannot read " + file("none").string() + ": No such file or directory");
  EXPECT_EQ(read_file(folder_->path()).error().message,
            "cannot read " + folder_->path().string() + ": Is a directory");
}

TEST_F(Files, HaveATailOfWholeLines) {
  const fs::path path = written("log", "first\nsecond\nthird\n");
  EXPECT_EQ(read_tail(path, 100), "first\nsecond\nthird\n");
  EXPECT_EQ(read_tail(path, 13), "second\nthird\n");
  EXPECT_EQ(read_tail(path, 12), "third\n");
  EXPECT_EQ(read_tail(path, 8), "third\n");
  EXPECT_EQ(read_tail(path, 0), "");
  EXPECT_EQ(read_tail(written("empty", ""), 100), "");
  EXPECT_EQ(read_tail(file("none"), 100), "");
}

TEST_F(Files, HaveATailOfOneLongLineToo) {
  EXPECT_EQ(read_tail(written("line", "one line without an end"), 6), "an end");
}

TEST_F(Files, AreReplacedInOneStep) {
  const fs::path path = written("result.json", "old");
  const int reader = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const FileDescriptor old_file(reader);
  ASSERT_TRUE(write_file(path, "new and longer"));
  char buffer[16] = {};
  EXPECT_EQ(::read(reader, buffer, sizeof buffer), 3);  // who had it open sees the old text, whole
  EXPECT_EQ(read_file(path).value(), "new and longer");
  EXPECT_THAT(names_in(folder_->path()), UnorderedElementsAre("result.json"));
}

TEST_F(Files, ALinkStaysOneAndWhatItLeadsToIsReplaced) {
  written("real", "old");
  fs::create_symlink("real", file("link"));
  ASSERT_TRUE(write_file(file("link"), "new"));
  EXPECT_TRUE(fs::is_symlink(file("link")));
  EXPECT_EQ(read_file(file("real")).value(), "new");
}

TEST_F(Files, APipeIsWrittenToIfSomebodyReads) {
  ASSERT_EQ(::mkfifo(file("pipe").c_str(), 0600), 0);
  EXPECT_EQ(write_file(file("pipe"), "text").error().message,
            "cannot write " + file("pipe").string() + ": No such device or address");
  const FileDescriptor reader(::open(file("pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  ASSERT_TRUE(write_file(file("pipe"), "text"));
  char buffer[16] = {};
  EXPECT_EQ(::read(reader.get(), buffer, sizeof buffer), 4);
  EXPECT_TRUE(fs::is_fifo(file("pipe")));
}

TEST_F(Files, ThatCannotBeWrittenLeaveNothingBehind) {
  ASSERT_TRUE(make_folders(file("taken")));
  EXPECT_EQ(write_file(file("taken"), "text").error().message,
            "cannot write " + file("taken").string() + ": Is a directory");
  EXPECT_EQ(write_file(file("none/file"), "text").error().message,
            "cannot write " + file("none/file").string() + ": No such file or directory");
  EXPECT_THAT(names_in(folder_->path()), UnorderedElementsAre("taken"));
}

TEST_F(Files, GetTheFoldersTheyNeed) {
  EXPECT_TRUE(make_folders(file("a/b/c")));
  EXPECT_TRUE(make_folders(file("a/b/c")));
  EXPECT_TRUE(fs::is_directory(file("a/b/c")));
  const fs::path blocked = written("file", "") / "folder";
  EXPECT_EQ(make_folders(blocked).error().message,
            "cannot create the folder " + blocked.string() + ": Not a directory");
}

TEST(TemporaryFolders, AreForThisUserAloneAndGoWithTheirContent) {
  fs::path path;
  {
    const Result<TemporaryFolder> folder = TemporaryFolder::create();
    path = folder->path();
    struct stat status = {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0700U);
    EXPECT_EQ(status.st_uid, ::geteuid());
    EXPECT_LE(path.string().size(), 60U) << "too long for a socket's path";
    ASSERT_TRUE(make_folders(path / "deep"));
    ASSERT_TRUE(write_file(path / "deep/file", "text"));
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST(TemporaryFolders, MoveWithTheirOwner) {
  Result<TemporaryFolder> folder = TemporaryFolder::create();
  const fs::path path = folder->path();
  {
    const TemporaryFolder owner = std::move(*folder);
    EXPECT_EQ(owner.path(), path);
    EXPECT_TRUE(fs::exists(path));
  }
  EXPECT_FALSE(fs::exists(path));
}

}  // namespace
}  // namespace tidemark
