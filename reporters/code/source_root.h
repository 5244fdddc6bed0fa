#pragma once

// Where files lie in a repository: services that show a place in code want it relative to the
// repository's root. Pure: no file is looked at.

#include <optional>
#include <string>
#include <string_view>

namespace tidemark::reporters {

// Both absolute and without links.
struct SourceRoot {
  std::string working_directory;  // which relative paths are meant from
  std::string root;               // of the repository
};

// A file that the author named, by its way from the root: "shop/views.py". Nothing where that is
// not below the root, or its name is no text that every format can carry: control characters,
// broken UTF-8, more than 1,000 bytes.
std::optional<std::string> below_root(const SourceRoot& root, std::string_view file);

// The same for a name that comes from the target: one that climbs ("..") is not believed at all.
std::optional<std::string> untrusted_below_root(const SourceRoot& root, std::string_view file);

// The way from the root as a relative reference of a URI: "shop/a%20view.py".
std::string uri_path(std::string_view path);

}  // namespace tidemark::reporters
