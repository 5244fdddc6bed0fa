#pragma once

// A YAML document as plain data with source positions: what the parser library is reduced to before
// anybody else sees it. Pure; no exceptions leave; no state.

#include <string>
#include <string_view>
#include <vector>

#include "harness/base/error.h"

namespace tidemark::scenario {

struct YamlEntry;

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  SourcePosition position;
  std::string text;                // of a scalar, as written, without quotes
  bool is_quoted = false;          // a scalar that is a string, whatever it looks like
  std::vector<YamlNode> items;     // of a list
  std::vector<YamlEntry> entries;  // of a map, in order, duplicates kept
};

struct YamlEntry {
  YamlNode key;
  YamlNode value;
};

// Parses one document. `file` only goes into positions. Aliases are resolved; the whole tree has at
// most 100,000 nodes in 100 levels, so that an alias of aliases can fill neither memory nor stack.
Result<YamlNode> parse_yaml(std::string_view text, const std::string& file);

// "a list", "a map", "nothing": for messages.
std::string_view kind_name(YamlNode::Kind kind);

}  // namespace tidemark::scenario
