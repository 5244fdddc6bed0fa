#include "harness/cli/repository.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace tidemark::cli {
namespace {

namespace fs = std::filesystem;

bool lies_in(const fs::path& inner, const fs::path& outer) {
  const auto [end, rest] = std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
  return end == outer.end();
}

fs::path root_around(const fs::path& here) {
  std::error_code unknown;
  for (const char* name : {"GITHUB_WORKSPACE", "CI_PROJECT_DIR", "WORKSPACE"}) {
    const char* said = std::getenv(name);
    if (!said || !*said) continue;
    const fs::path root = fs::canonical(said, unknown);
    if (!root.empty() && lies_in(here, root)) return root;
  }
  for (fs::path folder = here;; folder = folder.parent_path()) {
    if (fs::exists(folder / ".git", unknown)) return folder;
    if (folder == folder.parent_path()) return here;
  }
}

}  // namespace

reporters::SourceRoot find_source_root() {
  std::error_code unknown;
  const fs::path here = fs::current_path(unknown);
  return {here.string(), root_around(here).string()};
}

}  // namespace tidemark::cli
