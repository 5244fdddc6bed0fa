#include "harness/target/scratch.h"

#include <fmt/format.h>

#include "harness/base/file.h"

namespace tidemark::target {
namespace fs = std::filesystem;

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
  fs::create_directory(to, from, error);  // with the permissions of `from`
  if (error) return failure(fmt::format("cannot create {}: {}", to.string(), error.message()));
  for (const fs::directory_entry& entry : fs::directory_iterator(from, error)) {
    const fs::path target = to / entry.path().filename();
    if (entry.is_symlink()) {
      fs::copy_symlink(entry.path(), target, error);
    } else if (entry.is_directory()) {
      if (auto copied = copy_folder(entry.path(), target); !copied) return copied;
    } else if (entry.is_regular_file()) {
      fs::copy_file(entry.path(), target, error);
    }
    if (error)
      return failure(fmt::format("cannot copy {}: {}", entry.path().string(), error.message()));
  }
  if (error) return failure(fmt::format("cannot read {}: {}", from.string(), error.message()));
  return {};
}

}  // namespace tidemark::target
