#pragma once

// The scratch folder of a launch. `prepare` fills it once; its state is kept beside it, and every
// further launch starts from a copy at the same path, so that paths written into it stay true.
// One thread at a time.

#include <filesystem>
#include <map>
#include <string>

#include "harness/base/error.h"

namespace tidemark::target {

class Scratch {
 public:
  // `folder` is private to the run; scratch/ and the kept states live below it.
  explicit Scratch(std::filesystem::path folder);

  const std::filesystem::path& path() const { return path_; }

  // An empty scratch folder.
  Result<void> clear();

  // The state that was kept under `key`, if any: true when the folder now holds a copy of it.
  Result<bool> restore(const std::string& key);

  // Keeps the folder's present state under `key`.
  Result<void> keep(const std::string& key);

 private:
  std::filesystem::path folder_;
  std::filesystem::path path_;
  std::map<std::string, std::filesystem::path> kept_;
};

// Copies folders, files, their permissions, as root their owners too, and symbolic links; leaves
// out sockets and pipes.
Result<void> copy_folder(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace tidemark::target
