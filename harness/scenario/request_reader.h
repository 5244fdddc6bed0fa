#pragma once

// Reads requests, flows and what is expected of answers. Pure; every structural mistake goes to the
// diagnostics.

#include <optional>
#include <vector>

#include "harness/scenario/diagnostics.h"
#include "harness/scenario/request.h"
#include "harness/scenario/yaml_tree.h"

namespace tidemark::scenario {

// A request and what stands beside it, where it does.
struct RequestNodes {
  const YamlNode& request;
  const YamlNode* expect = nullptr;
  const YamlNode* capture = nullptr;
};

std::optional<Request> read_request(const RequestNodes& nodes, Diagnostics& diagnostics);

// The list under `flow`.
std::vector<Step> read_flow(const YamlNode& node, Diagnostics& diagnostics);

// The map under `flows`.
std::vector<Flow> read_flows(const YamlNode& node, Diagnostics& diagnostics);

class MapReader;

// What may be expected of the bytes of an answer, of those keys that the map has.
Expectation read_body_expectation(MapReader& map);

// `timeout`: one value, or a map.
Timeouts read_timeouts(const YamlNode& node, Diagnostics& diagnostics);

// A YAML value as JSON text. Plain scalars that look like numbers, true, false or null are that
// (the core schema of YAML 1.2), everything else is a string. Placeholders stay inside the strings.
std::string json_of(const YamlNode& node, Diagnostics& diagnostics);

}  // namespace tidemark::scenario
