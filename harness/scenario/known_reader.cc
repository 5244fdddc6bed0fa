#include "harness/scenario/known_reader.h"

#include <fmt/format.h>

#include "harness/scenario/map_reader.h"

namespace tidemark::scenario {
namespace {

constexpr std::string_view kExample =
    "write [{fingerprint: 3f2a9c01b7de, reason: \"waits for 2.1\", until: 2026-12-31}]";

}  // namespace

std::vector<Known> read_known(const YamlNode& node, Diagnostics& diagnostics) {
  std::vector<Known> known;
  if (node.kind != YamlNode::Kind::kList) {
    diagnostics.push_back(
        {node.position,
         fmt::format("'known' must be a list of findings, not {}", kind_name(node.kind)),
         std::string(kExample)});
    return known;
  }
  for (const YamlNode& item : node.items) {
    if (item.kind != YamlNode::Kind::kMap) {
      diagnostics.push_back(
          {item.position,
           fmt::format("a finding in 'known' must be a map of keys, not {}", kind_name(item.kind)),
           std::string(kExample)});
      continue;
    }
    MapReader map(item, "a finding in 'known'", diagnostics);
    auto fingerprint = map.require_scalar("fingerprint");
    auto reason = map.require_scalar("reason");
    auto until = map.scalar("until");
    map.finish();
    if (fingerprint && reason)
      known.push_back({std::move(*fingerprint), std::move(*reason), std::move(until)});
  }
  return known;
}

}  // namespace tidemark::scenario
