#pragma once

// Takes known keys out of a YAML map and reports whatever is left over, twice there, or of the
// wrong kind. One MapReader per map, used on one thread, with a lifetime inside the map's.

#include <optional>
#include <string_view>
#include <vector>

#include "harness/scenario/diagnostics.h"
#include "harness/scenario/scenario.h"
#include "harness/scenario/yaml_tree.h"

namespace tidemark::scenario {

class MapReader {
 public:
  // `what` stands for the map in messages: "'target'". Anything but a map is reported and reads as
  // empty.
  MapReader(const YamlNode& node, std::string what, Diagnostics& diagnostics);

  bool is_map() const { return node_.kind == YamlNode::Kind::kMap; }

  // The value of a key, or nothing. The key counts as known from then on.
  const YamlNode* find(std::string_view key);
  // Whether the key is there at all; it does not count as known by that.
  bool has(std::string_view key) const;
  const YamlNode* require(std::string_view key);

  std::optional<Scalar> scalar(std::string_view key);
  std::optional<Scalar> require_scalar(std::string_view key);
  NamedValues named_values(std::string_view key);
  std::optional<Command> command(std::string_view key);

  // Reports unknown and duplicate keys; `later` are keys of the format that this version does not
  // have yet, so that nobody takes them for a typing error.
  void finish(const std::vector<std::string_view>& later = {});

  void report(const SourcePosition& position, std::string message, std::string suggestion = {});

 private:
  const YamlNode& node_;
  std::string what_;
  Diagnostics& diagnostics_;
  std::vector<std::string_view> known_;
};

// A value that is not a list, a map or nothing.
std::optional<Scalar> as_scalar(const YamlNode& node, std::string_view what,
                                Diagnostics& diagnostics);

// A key that the author chooses; `what` is the map that it stands in.
std::optional<Scalar> as_name(const YamlNode& node, std::string_view what,
                              Diagnostics& diagnostics);

// A list of arguments; at least one.
std::optional<Command> as_command(const YamlNode& node, std::string_view what,
                                  Diagnostics& diagnostics);

// Every entry of a map whose keys the author chooses.
NamedValues as_named_values(const YamlNode& node, std::string_view what, Diagnostics& diagnostics);

// Reports each key that stands twice in a map.
void report_duplicate_keys(const YamlNode& node, Diagnostics& diagnostics);

}  // namespace tidemark::scenario
