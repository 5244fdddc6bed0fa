#include "harness/scenario/reader.h"

#include <fmt/format.h>

#include "harness/base/file.h"
#include "harness/scenario/map_reader.h"

namespace tidemark::scenario {
namespace {

constexpr std::size_t kLargestFile = 4 << 20;

std::optional<Readiness> read_readiness(const YamlNode& node, Diagnostics& diagnostics) {
  MapReader map(node, "'readiness'", diagnostics);
  if (!map.is_map()) return std::nullopt;
  Readiness readiness;
  readiness.position = node.position;
  readiness.path = map.scalar("path");
  readiness.log = map.scalar("log");
  readiness.port = map.scalar("port");
  readiness.timeout = map.scalar("timeout");
  map.finish();
  const int ways =
      readiness.path.has_value() + readiness.log.has_value() + readiness.port.has_value();
  if (ways != 1)
    map.report(node.position, "'readiness' needs exactly one of the keys 'path', 'log' and 'port'");
  return readiness;
}

Target read_target(const YamlNode& node, Diagnostics& diagnostics) {
  MapReader map(node, "'target'", diagnostics);
  Target target;
  target.position = node.position;
  target.directory = map.scalar("directory");
  if (const YamlNode* prepare = map.find("prepare")) {
    if (prepare->kind == YamlNode::Kind::kList) {
      for (const YamlNode& item : prepare->items)
        if (auto command = as_command(item, "prepare", diagnostics))
          target.prepare.push_back(std::move(*command));
    } else {
      map.report(prepare->position,
                 "'prepare' must be a list of commands, each a list of arguments");
    }
  }
  const YamlNode* command = map.has("attach") ? map.find("command") : map.require("command");
  if (command)
    if (auto arguments = as_command(*command, "command", diagnostics))
      target.command = std::move(*arguments);
  target.environment = map.named_values("environment");
  target.port = map.scalar("port");
  if (const YamlNode* readiness = map.find("readiness"))
    target.readiness = read_readiness(*readiness, diagnostics);
  target.runtime = map.scalar("runtime");
  target.memory_limit = map.scalar("memory_limit");
  map.finish({"services", "attach"});
  return target;
}

Expectation read_expectation(const YamlNode& node, Diagnostics& diagnostics) {
  MapReader map(node, "'expect'", diagnostics);
  Expectation expect;
  expect.status = map.scalar("status");
  expect.content_type = map.scalar("content_type");
  expect.min_rows = map.scalar("min_rows");
  expect.contains = map.scalar("contains");
  map.finish();
  return expect;
}

// `expect` is what stands beside the request, if anything does.
std::optional<Request> read_request(const YamlNode& node, const YamlNode* expect,
                                    Diagnostics& diagnostics) {
  Request request;
  if (expect) request.expect = read_expectation(*expect, diagnostics);
  MapReader map(node, "'request'", diagnostics);
  if (!map.is_map()) return std::nullopt;
  request.position = node.position;
  request.method = map.scalar("method");
  const auto path = map.require_scalar("path");
  if (path) request.path = *path;
  request.name = map.scalar("name");
  request.headers = map.named_values("headers");
  request.body = map.scalar("body");
  request.timeout = map.scalar("timeout");
  map.finish({"form", "json", "query", "files", "auth"});
  if (!path) return std::nullopt;
  return request;
}

std::vector<Request> read_flow(const YamlNode& node, Diagnostics& diagnostics) {
  std::vector<Request> flow;
  if (node.kind != YamlNode::Kind::kList || node.items.empty()) {
    diagnostics.push_back({node.position, "'flow' must be a list of requests, at least one", {}});
    return flow;
  }
  for (const YamlNode& item : node.items) {
    MapReader step(item, "a step of 'flow'", diagnostics);
    const YamlNode* expect = step.find("expect");
    const YamlNode* request = step.has("think") ? step.find("request") : step.require("request");
    if (request)
      if (auto read = read_request(*request, expect, diagnostics)) flow.push_back(std::move(*read));
    step.finish({"capture", "think"});
  }
  return flow;
}

Iterations read_iterations(const YamlNode& node, Diagnostics& diagnostics) {
  MapReader map(node, "'iterations'", diagnostics);
  Iterations iterations;
  iterations.min = map.scalar("min");
  iterations.max = map.scalar("max");
  iterations.horizon = map.scalar("horizon");
  map.finish();
  return iterations;
}

Production read_production(const YamlNode& node, Diagnostics& diagnostics) {
  MapReader map(node, "'production'", diagnostics);
  Production production;
  production.rate = map.scalar("rate");
  production.memory = map.scalar("memory");
  map.finish();
  return production;
}

RunSettings read_settings(MapReader& map, Diagnostics& diagnostics) {
  RunSettings settings;
  settings.vus = map.scalar("vus");
  settings.timeout = map.scalar("timeout");
  settings.warmup = map.scalar("warmup");
  if (const YamlNode* iterations = map.find("iterations"))
    settings.iterations = read_iterations(*iterations, diagnostics);
  settings.max_duration = map.scalar("max_duration");
  if (const YamlNode* production = map.find("production"))
    settings.production = read_production(*production, diagnostics);
  settings.variables = map.named_values("variables");
  return settings;
}

std::vector<Budget> read_budgets(const YamlNode& node, Diagnostics& diagnostics) {
  MapReader map(node, "'budgets'", diagnostics);
  std::vector<Budget> budgets;
  const auto add = [&](std::string_view key) {
    if (auto limit = map.scalar(key))
      budgets.push_back({{std::string(key), limit->position}, std::move(*limit)});
  };
  add("growth");
  add("peak_memory");
  const YamlNode* duration = map.find("duration");
  if (duration)
    for (auto& [quantile, limit] : as_named_values(*duration, "duration", diagnostics))
      budgets.push_back({{"duration." + quantile.text, quantile.position}, std::move(limit)});
  add("errors");
  add("fds");
  add("threads");
  map.finish({"scaling", "gc"});
  if (map.is_map() && node.entries.empty())
    map.report(node.position, "'budgets' is empty", "leave it out for the default gates");
  if (duration && duration->kind == YamlNode::Kind::kMap && duration->entries.empty())
    map.report(duration->position, "'duration' is empty", "write a quantile, such as {p95: 2s}");
  return budgets;
}

Scenario read_one_scenario(const YamlNode& key, const YamlNode& node, Diagnostics& diagnostics) {
  Scenario scenario;
  scenario.name = {key.text, key.position};
  MapReader map(node, fmt::format("'{}'", key.text), diagnostics);
  scenario.description = map.scalar("description");
  scenario.requires_command = map.command("requires");
  const YamlNode* request = map.find("request");
  const YamlNode* flow = map.find("flow");
  const YamlNode* expect = map.find("expect");
  if (request) {
    if (auto read = read_request(*request, expect, diagnostics))
      scenario.flow.push_back(std::move(*read));
  } else if (flow) {
    scenario.flow = read_flow(*flow, diagnostics);
    if (expect) map.report(expect->position, "in a flow, 'expect' stands beside each request");
  }
  scenario.settings = read_settings(map, diagnostics);
  if (const YamlNode* budgets = map.find("budgets"))
    scenario.budgets = read_budgets(*budgets, diagnostics);
  scenario.expect_outcome = map.scalar("expect_outcome");
  map.finish({"command", "rate", "stages", "duration", "data", "sweep", "known", "weight"});
  if (map.is_map() && !map.has("command") && (request != nullptr) == (flow != nullptr))
    map.report(key.position,
               fmt::format("'{}' needs exactly one of the keys 'request' and 'flow'", key.text));
  return scenario;
}

template <class Each>
void for_each_named_map(const YamlNode* node, std::string_view what, Diagnostics& diagnostics,
                        Each each) {
  if (!node) return;
  if (node->kind != YamlNode::Kind::kMap) {
    diagnostics.push_back(
        {node->position,
         fmt::format("'{}' must be a map from names to maps, not {}", what, kind_name(node->kind)),
         {}});
    return;
  }
  report_duplicate_keys(*node, diagnostics);
  for (const auto& [key, value] : node->entries)
    if (as_name(key, what, diagnostics)) each(key, value);
}

}  // namespace

ReadScenario read_scenario(std::string text, const std::string& path) {
  ReadScenario read;
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.erase(0, kByteOrderMark.size());
  read.file.path = path;
  read.file.source = std::move(text);
  Diagnostics& diagnostics = read.diagnostics;
  const Result<YamlNode> root = parse_yaml(read.file.source, path);
  if (!root) {
    diagnostics.push_back({root.error().position, root.error().message, {}});
    return read;
  }
  MapReader map(*root, "the scenario file", diagnostics);
  if (const auto version = map.require_scalar("version"); version && version->text != "1")
    map.report(
        version->position,
        fmt::format("version '{}' is not known to this Tidemark; write version: 1", version->text));
  if (auto name = map.require_scalar("name")) {
    if (name->text.empty()) map.report(name->position, "'name' is empty");
    read.file.name = std::move(*name);
  }
  read.file.variables = map.named_values("variables");
  if (const YamlNode* target = map.require("target"))
    read.file.target = read_target(*target, diagnostics);
  if (const YamlNode* production = map.find("production"))
    read.file.production = read_production(*production, diagnostics);
  for_each_named_map(
      map.find("profiles"), "profiles", diagnostics,
      [&](const YamlNode& key, const YamlNode& value) {
        MapReader profile(value, fmt::format("'{}'", key.text), diagnostics);
        RunSettings settings = read_settings(profile, diagnostics);
        profile.finish({"rate", "stages", "duration"});
        read.file.profiles.push_back({{key.text, key.position}, std::move(settings)});
      });
  const YamlNode* scenarios = map.require("scenarios");
  for_each_named_map(scenarios, "scenarios", diagnostics,
                     [&](const YamlNode& key, const YamlNode& value) {
                       read.file.scenarios.push_back(read_one_scenario(key, value, diagnostics));
                     });
  if (scenarios && scenarios->kind == YamlNode::Kind::kMap && scenarios->entries.empty())
    map.report(scenarios->position, "'scenarios' is empty: write at least one");
  map.finish();
  return read;
}

Result<ReadScenario> read_scenario_file(const std::filesystem::path& path) {
  Result<std::string> text = read_file(path, kLargestFile);
  if (!text) return tl::unexpected(text.error());
  return read_scenario(std::move(*text), path.string());
}

}  // namespace tidemark::scenario
