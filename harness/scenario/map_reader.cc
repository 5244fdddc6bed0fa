#include "harness/scenario/map_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace tidemark::scenario {

namespace {

constexpr std::string_view kNoMerging = "merge keys are not supported: write the keys out";

constexpr std::string_view kQuoteIt = "put the placeholder into quotes: \"{{name}}\"";

// {{users}} without quotes is a map in a map to YAML, as its key.
bool is_inside_of_placeholder(const YamlNode& key) {
  return key.kind == YamlNode::Kind::kMap && key.entries.size() == 1;
}

bool is_bare_placeholder(const YamlNode& node) {
  return node.kind == YamlNode::Kind::kMap && node.entries.size() == 1 &&
         is_inside_of_placeholder(node.entries.front().key);
}

}  // namespace

MapReader::MapReader(const YamlNode& node, std::string what, Diagnostics& diagnostics)
    : node_(node), what_(std::move(what)), diagnostics_(diagnostics) {
  if (!is_map())
    report(node.position,
           fmt::format("{} must be a map of keys, not {}", what_, kind_name(node.kind)));
}

const YamlNode* MapReader::find(std::string_view key) {
  known_.push_back(key);
  for (const auto& [name, value] : node_.entries)
    if (name.text == key) return &value;
  return nullptr;
}

bool MapReader::has(std::string_view key) const {
  return std::any_of(node_.entries.begin(), node_.entries.end(),
                     [&](const YamlEntry& entry) { return entry.key.text == key; });
}

const YamlNode* MapReader::require(std::string_view key) {
  const YamlNode* value = find(key);
  if (!value && is_map()) report(node_.position, fmt::format("{} needs the key '{}'", what_, key));
  return value;
}

std::optional<Scalar> MapReader::scalar(std::string_view key) {
  const YamlNode* value = find(key);
  return value ? as_scalar(*value, key, diagnostics_) : std::nullopt;
}

std::optional<Scalar> MapReader::require_scalar(std::string_view key) {
  const YamlNode* value = require(key);
  return value ? as_scalar(*value, key, diagnostics_) : std::nullopt;
}

NamedValues MapReader::named_values(std::string_view key) {
  const YamlNode* value = find(key);
  return value ? as_named_values(*value, key, diagnostics_) : NamedValues();
}

std::optional<Command> MapReader::command(std::string_view key) {
  const YamlNode* value = find(key);
  return value ? as_command(*value, key, diagnostics_) : std::nullopt;
}

void MapReader::finish(const std::vector<std::string_view>& later) {
  if (!is_map()) return;
  report_duplicate_keys(node_, diagnostics_);
  for (const auto& [key, value] : node_.entries) {
    if (key.kind != YamlNode::Kind::kScalar) {
      report(key.position, fmt::format("a key of {} must be a word", what_));
    } else if (std::find(known_.begin(), known_.end(), key.text) != known_.end()) {
      continue;
    } else if (key.text == "<<") {
      report(key.position, std::string(kNoMerging));
    } else if (std::find(later.begin(), later.end(), key.text) != later.end()) {
      report(key.position, fmt::format("'{}' is not supported by this version yet", key.text));
    } else {
      const std::string suggestion = did_you_mean(key.text, known_);
      report(
          key.position, fmt::format("unknown key '{}' in {}", key.text, what_),
          suggestion.empty() ? fmt::format("known are: {}", fmt::join(known_, ", ")) : suggestion);
    }
  }
}

void MapReader::report(const SourcePosition& position, std::string message,
                       std::string suggestion) {
  diagnostics_.push_back({position, std::move(message), std::move(suggestion)});
}

std::optional<Scalar> as_scalar(const YamlNode& node, std::string_view what,
                                Diagnostics& diagnostics) {
  if (node.kind == YamlNode::Kind::kScalar) return Scalar{node.text, node.position};
  diagnostics.push_back(
      {node.position,
       fmt::format("'{}' must be a single value, not {}", what, kind_name(node.kind)),
       std::string(is_bare_placeholder(node) ? kQuoteIt : "")});
  return std::nullopt;
}

std::optional<Scalar> as_name(const YamlNode& node, std::string_view what,
                              Diagnostics& diagnostics) {
  std::string message;
  if (node.kind != YamlNode::Kind::kScalar)
    message = fmt::format("a name in '{}' must be a word, not {}", what, kind_name(node.kind));
  else if (node.text == "<<")
    message = kNoMerging;
  else if (node.text.empty())
    message = fmt::format("a name in '{}' is empty", what);
  if (message.empty()) return Scalar{node.text, node.position};
  diagnostics.push_back({node.position, std::move(message),
                         std::string(is_inside_of_placeholder(node) ? kQuoteIt : "")});
  return std::nullopt;
}

std::optional<Command> as_command(const YamlNode& node, std::string_view what,
                                  Diagnostics& diagnostics) {
  if (node.kind != YamlNode::Kind::kList || node.items.empty()) {
    const std::string got =
        node.kind == YamlNode::Kind::kList ? "an empty one" : std::string(kind_name(node.kind));
    diagnostics.push_back({node.position,
                           fmt::format("'{}' must be a list of arguments, not {}", what, got),
                           "write [program, argument, …]; for a pipe, [sh, -c, \"…\"]"});
    return std::nullopt;
  }
  Command command;
  command.position = node.position;
  for (const YamlNode& item : node.items)
    if (auto argument = as_scalar(item, what, diagnostics))
      command.arguments.push_back(std::move(*argument));
  if (command.arguments.size() != node.items.size()) return std::nullopt;
  return command;
}

NamedValues as_named_values(const YamlNode& node, std::string_view what, Diagnostics& diagnostics) {
  NamedValues values;
  if (node.kind != YamlNode::Kind::kMap) {
    diagnostics.push_back(
        {node.position,
         fmt::format("'{}' must be a map of names and values, not {}", what, kind_name(node.kind)),
         {}});
    return values;
  }
  report_duplicate_keys(node, diagnostics);
  for (const auto& [key, value] : node.entries)
    if (auto name = as_name(key, what, diagnostics))
      if (auto scalar = as_scalar(value, name->text, diagnostics))
        values.push_back({std::move(*name), std::move(*scalar)});
  return values;
}

void report_duplicate_keys(const YamlNode& node, Diagnostics& diagnostics) {
  std::map<std::string_view, int> first_lines;
  for (const auto& [key, value] : node.entries) {
    if (key.kind != YamlNode::Kind::kScalar) continue;
    const auto [first, is_new] = first_lines.emplace(key.text, key.position.line);
    if (!is_new)
      diagnostics.push_back(
          {key.position,
           fmt::format("'{}' stands here twice, first in line {}", key.text, first->second),
           {}});
  }
}

}  // namespace tidemark::scenario
