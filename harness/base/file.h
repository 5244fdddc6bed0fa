#pragma once

// Files, descriptors and scratch folders. Descriptors are opened close-on-exec. No shared state.

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "harness/base/error.h"
#include "harness/base/units.h"

namespace tidemark {

// Owns one file descriptor.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~FileDescriptor() { reset(); }

  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

// True when the descriptor can be read (or its peer is gone) within the time; -1 never can.
bool wait_readable(int fd, Seconds longest);

// The whole file, at most `limit` bytes (a larger one is an error). Works for /proc files too.
Result<std::string> read_file(const std::filesystem::path& path,
                              std::size_t limit = std::size_t{256} << 20);

// The last `limit` bytes of a file, from a line's start; empty when it cannot be read.
std::string read_tail(const std::filesystem::path& path, std::size_t limit);

// Writes all of the text, whatever the kernel takes at a time.
Result<void> write_all(int fd, std::string_view text);

// Replaces the file in one step: readers see the old text or the new, never half of it. A link
// stays one, its file is replaced; a device or a pipe is written to.
Result<void> write_file(const std::filesystem::path& path, std::string_view text);

Result<void> make_folders(const std::filesystem::path& path);

// A folder that only this user can enter, removed with its content at the end.
class TemporaryFolder {
 public:
  // Below $TMPDIR or /tmp. Short, because the path of a Unix socket in it may have 107 bytes.
  static Result<TemporaryFolder> create();

  TemporaryFolder(TemporaryFolder&& other) noexcept
      : path_(std::exchange(other.path_, std::filesystem::path())) {}
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder();

  const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace tidemark
