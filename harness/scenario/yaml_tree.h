#pragma once

// A YAML document as plain data with source positions: what the parser library is reduced to before
// anybody else sees it. Pure; no exceptions leave; no state.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/base/error.h"

namespace tidemark::scenario {

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  SourcePosition position;
  std::string text;                                    // of a scalar, as written, without quotes
  std::vector<YamlNode> items;                         // of a list
  std::vector<std::pair<YamlNode, YamlNode>> entries;  // of a map, in order, duplicates kept
};

// Parses one document. `file` only goes into positions. Aliases are resolved; the whole tree has at
// most 100,000 nodes, so that an alias of aliases cannot fill the memory.
Result<YamlNode> parse_yaml(std::string_view text, const std::string& file);

// "a list", "a map", "nothing": for messages.
std::string_view kind_name(YamlNode::Kind kind);

}  // namespace tidemark::scenario
