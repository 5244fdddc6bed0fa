#include "harness/target/scratch.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "harness/base/file.h"

namespace tidemark::target {
namespace fs = std::filesystem;

namespace {

// A service may keep its data as another user, and refuse files that are not its own.
void copy_owner(const fs::path& from, const fs::path& to, std::error_code& error) {
  struct stat status = {};
  if (error || ::geteuid() != 0) return;
  if (::lstat(from.c_str(), &status) != 0 ||
      ::lchown(to.c_str(), status.st_uid, status.st_gid) != 0)
    error = {errno, std::generic_category()};
}

}  // namespace

Scratch::Scratch(fs::path folder) : folder_(std::move(folder)), path_(folder_ / "scratch") {}

Result<void> Scratch::clear() {
  std::error_code error;
  fs::remove_all(path_, error);
  if (!error) fs::create_directories(path_, error);
  if (error) return failure(fmt::format("cannot empty {}: {}", path_.string(), error.message()));
  return {};
}

Result<bool> Scratch::restore(const std::string& key) {
  const auto kept = kept_.find(key);
  if (kept == kept_.end()) return false;
  std::error_code error;
  fs::remove_all(path_, error);
  if (auto copied = copy_folder(kept->second, path_); !copied)
    return tl::unexpected(copied.error());
  return true;
}

Result<void> Scratch::keep(const std::string& key) {
  fs::path state = folder_ / fmt::format("prepared-{}", kept_.size() + 1);
  if (auto copied = copy_folder(path_, state); !copied) return copied;
  kept_.emplace(key, std::move(state));
  return {};
}

Result<void> copy_folder(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::create_directory(to, error);
  if (error) return failure(fmt::format("cannot create {}: {}", to.string(), error.message()));
  fs::directory_iterator entry(from, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const fs::path target = to / entry->path().filename();
    const fs::file_type type = entry->symlink_status(error).type();
    if (type == fs::file_type::symlink) {
      fs::copy_symlink(entry->path(), target, error);
      copy_owner(entry->path(), target, error);
    } else if (type == fs::file_type::directory) {
      if (auto copied = copy_folder(entry->path(), target); !copied) return copied;
    } else if (type == fs::file_type::regular) {
      fs::copy_file(entry->path(), target, error);
      copy_owner(entry->path(), target, error);
    }
    if (error)
      return failure(fmt::format("cannot copy {}: {}", entry->path().string(), error.message()));
  }
  if (error) return failure(fmt::format("cannot read {}: {}", from.string(), error.message()));
  // At the end: nothing could be put into a folder that its owner may only read.
  copy_owner(from, to, error);
  if (!error) fs::permissions(to, fs::status(from, error).permissions(), error);
  if (error) return failure(fmt::format("cannot set up {}: {}", to.string(), error.message()));
  return {};
}

}  // namespace tidemark::target
