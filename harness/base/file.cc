#include "harness/base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdlib>

namespace tidemark {
namespace fs = std::filesystem;

namespace {

FileDescriptor open_for_reading(const fs::path& path) {
  return FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

// Where a file should be that `path` leads to: itself, or the end of a link.
fs::path end_of_link(const fs::path& path) {
  std::error_code error;
  const fs::path end = fs::is_symlink(path, error) ? fs::weakly_canonical(path, error) : path;
  return error ? path : end;
}

// For what is there and is no file. A pipe that nobody reads is an error, not something to wait
// for.
Result<void> write_into(const fs::path& path, std::string_view text) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.open()) return failure(errno_text(errno));
  ::fcntl(file.get(), F_SETFL, 0);
  return write_all(file.get(), text);
}

Result<void> replace_file(const fs::path& path, std::string_view text) {
  const fs::path draft = path.string() + fmt::format(".{}.tmp", ::getpid());
  ::unlink(draft.c_str());  // of a process of the same number that was killed; or somebody's trap
  FileDescriptor file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file.open()) return failure(errno_text(errno));
  Result<void> written = write_all(file.get(), text);
  file.reset();
  if (written && ::rename(draft.c_str(), path.c_str()) != 0) written = failure(errno_text(errno));
  if (!written) ::unlink(draft.c_str());
  return written;
}

}  // namespace

void FileDescriptor::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

bool wait_readable(int fd, Seconds longest) {
  if (fd < 0) return false;
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(longest);
  while (true) {
    pollfd wait = {fd, POLLIN, 0};
    const double milliseconds = std::max(0.0, Seconds(deadline - Clock::now()).count() * 1000);
    const int ready = ::poll(&wait, 1, static_cast<int>(std::ceil(std::min(milliseconds, 1e9))));
    if (ready >= 0 || errno != EINTR) return ready > 0;
  }
}

Result<std::string> read_file(const fs::path& path, std::size_t limit) {
  const FileDescriptor file = open_for_reading(path);
  if (!file.open())
    return failure(fmt::format("cannot read {}: {}", path.string(), errno_text(errno)));
  std::string text;
  char buffer[16384];
  while (true) {
    const ssize_t count = ::read(file.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      return failure(fmt::format("cannot read {}: {}", path.string(), errno_text(errno)));
    if (count == 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
    if (text.size() > limit)
      return failure(fmt::format("{} is larger than {} bytes", path.string(), limit));
  }
}

std::string read_tail(const fs::path& path, std::size_t limit) {
  const FileDescriptor file = open_for_reading(path);
  struct stat status = {};
  if (!file.open() || ::fstat(file.get(), &status) != 0) return {};
  const off_t start = std::max<off_t>(0, status.st_size - static_cast<off_t>(limit));
  std::string text(static_cast<std::size_t>(status.st_size - start), '\0');
  const ssize_t count = ::pread(file.get(), text.data(), text.size(), start);
  text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  char before = '\n';
  if (start > 0) (void)::pread(file.get(), &before, 1, start - 1);
  if (before != '\n') text.erase(0, text.find('\n') + 1);
  return text;
}

Result<void> write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failure(errno_text(errno));
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> write_file(const fs::path& path, std::string_view text) {
  const fs::path place = end_of_link(path);
  std::error_code ignored;
  const bool is_other = fs::exists(place, ignored) && !fs::is_regular_file(place, ignored);
  const Result<void> written = is_other ? write_into(place, text) : replace_file(place, text);
  if (!written)
    return failure(fmt::format("cannot write {}: {}", path.string(), written.error().message));
  return {};
}

Result<void> make_folders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error)
    return failure(fmt::format("cannot create the folder {}: {}", path.string(), error.message()));
  return {};
}

Result<TemporaryFolder> TemporaryFolder::create() {
  const char* parent = std::getenv("TMPDIR");
  std::string path = fs::path(parent && *parent == '/' ? parent : "/tmp") / "tidemark-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr)
    return failure(fmt::format("cannot create a scratch folder {}: {}", path, errno_text(errno)));
  return TemporaryFolder(path);
}

TemporaryFolder::~TemporaryFolder() {
  if (path_.empty()) return;
  std::error_code ignored;  // nobody is left who could be told
  fs::remove_all(path_, ignored);
}

}  // namespace tidemark
