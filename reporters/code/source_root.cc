#include "reporters/code/source_root.h"

#include <algorithm>
#include <filesystem>

#include "harness/base/text.h"

namespace tidemark::reporters {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongest = 1000;

fs::path normal(const fs::path& path) {
  const fs::path result = path.lexically_normal();
  return result.has_filename() ? result : result.parent_path();  // without a last slash
}

}  // namespace

std::optional<std::string> below_root(const SourceRoot& root, std::string_view file) {
  if (file.empty() || file.size() > kLongest || printable_line(file, kLongest) != file)
    return std::nullopt;
  const fs::path absolute = normal(fs::path(root.working_directory) / fs::path(file));
  const fs::path top = normal(root.root);
  if (!absolute.is_absolute() || !top.is_absolute()) return std::nullopt;
  const auto [rest, here] = std::mismatch(top.begin(), top.end(), absolute.begin(), absolute.end());
  if (rest != top.end() || here == absolute.end()) return std::nullopt;
  fs::path way;
  for (auto part = here; part != absolute.end(); ++part) way /= *part;
  return way.generic_string();
}

std::optional<std::string> untrusted_below_root(const SourceRoot& root, std::string_view file) {
  const fs::path path(file);
  if (std::find(path.begin(), path.end(), fs::path("..")) != path.end()) return std::nullopt;
  return below_root(root, file);
}

std::string uri_path(std::string_view path) {
  std::string uri;
  while (true) {
    const std::size_t slash = path.find('/');
    uri += percent_encoded(path.substr(0, slash));
    if (slash == std::string_view::npos) return uri;
    uri += '/';
    path.remove_prefix(slash + 1);
  }
}

}  // namespace tidemark::reporters
