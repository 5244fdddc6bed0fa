#include "harness/scenario/service_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/scenario/map_reader.h"

namespace tidemark::scenario {
namespace {

constexpr std::size_t kLongestName = 64;  // it becomes part of a file's name
constexpr std::string_view kExample =
    "write [{name: redis, command: [redis-server, --port, \"{{port:redis}}\"]}]";

bool is_service_name(std::string_view name) {
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= kLongestName &&
         std::all_of(name.begin(), name.end(), is_allowed);
}

std::optional<Readiness> read_readiness(const YamlNode& node, Diagnostics& diagnostics) {
  MapReader map(node, "'readiness' of a service", diagnostics);
  if (!map.is_map()) return std::nullopt;
  Readiness readiness;
  readiness.position = node.position;
  readiness.port = map.scalar("port");
  readiness.log = map.scalar("log");
  readiness.timeout = map.scalar("timeout");
  map.finish();
  if (readiness.port && readiness.log)
    map.report(node.position, "'readiness' of a service is either 'port' or 'log'");
  return readiness;
}

std::optional<Service> read_service(const YamlNode& node, Diagnostics& diagnostics) {
  if (node.kind != YamlNode::Kind::kMap) {
    diagnostics.push_back(
        {node.position,
         fmt::format("a service must be a map of keys, not {}", kind_name(node.kind)),
         std::string(kExample)});
    return std::nullopt;
  }
  MapReader map(node, "a service", diagnostics);
  Service service;
  const auto name = map.require_scalar("name");
  if (const YamlNode* command = map.require("command"))
    if (auto arguments = as_command(*command, "command", diagnostics))
      service.command = std::move(*arguments);
  service.environment = map.named_values("environment");
  if (const YamlNode* readiness = map.find("readiness"))
    service.readiness = read_readiness(*readiness, diagnostics);
  map.finish();
  if (!name) return std::nullopt;
  if (!is_service_name(name->text))
    map.report(name->position,
               fmt::format("'{}' is no name for a service: up to {} of a-z, 0-9, _ and -",
                           name->text, kLongestName));
  service.name = *name;
  return service;
}

}  // namespace

std::vector<Service> read_services(const YamlNode& node, Diagnostics& diagnostics) {
  std::vector<Service> services;
  if (node.kind != YamlNode::Kind::kList) {
    diagnostics.push_back(
        {node.position,
         fmt::format("'services' must be a list of services, not {}", kind_name(node.kind)),
         std::string(kExample)});
    return services;
  }
  for (const YamlNode& item : node.items)
    if (auto service = read_service(item, diagnostics)) services.push_back(std::move(*service));
  return services;
}

}  // namespace tidemark::scenario
