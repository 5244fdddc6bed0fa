#include "harness/scenario/reader.h"

#include <fmt/format.h>

#include <map>

#include "harness/base/file.h"
#include "harness/scenario/budget_reader.h"
#include "harness/scenario/known_reader.h"
#include "harness/scenario/map_reader.h"
#include "harness/scenario/program_reader.h"
#include "harness/scenario/request_reader.h"
#include "harness/scenario/service_reader.h"

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

Connection read_connection(const YamlNode& node, Diagnostics& diagnostics) {
  MapReader map(node, "'connection'", diagnostics);
  Connection connection;
  connection.http = map.scalar("http");
  connection.keep_alive = map.scalar("keep_alive");
  if (const YamlNode* tls = map.find("tls")) {
    connection.tls.emplace();
    if (tls->kind == YamlNode::Kind::kMap) {
      MapReader files(*tls, "'tls'", diagnostics);
      connection.tls->ca = files.scalar("ca");
      connection.tls->certificate = files.scalar("certificate");
      connection.tls->key = files.scalar("key");
      connection.tls->verify = files.scalar("verify");
      files.finish();
    } else {
      connection.tls->on = as_scalar(*tls, "tls", diagnostics);
    }
  }
  connection.host = map.scalar("host");
  connection.unix_socket = map.scalar("unix_socket");
  connection.proxy = map.scalar("proxy");
  connection.accept_encoding = map.scalar("accept_encoding");
  map.finish();
  return connection;
}

// [[migrate], [seed]], or {commands: [[migrate], [seed]], cache: true, inputs: [models.py]}
Preparation read_preparation(const YamlNode& node, Diagnostics& diagnostics) {
  Preparation preparation;
  const auto read_commands = [&](const YamlNode& list) {
    if (list.kind != YamlNode::Kind::kList)
      diagnostics.push_back(
          {list.position, "'prepare' must be a list of commands, each a list of arguments",
           "what is kept between runs is {commands: […], cache: true, inputs: […]}"});
    for (const YamlNode& item : list.items)
      if (auto command = as_command(item, "prepare", diagnostics))
        preparation.commands.push_back(std::move(*command));
  };
  if (node.kind != YamlNode::Kind::kMap) {
    read_commands(node);
    return preparation;
  }
  MapReader map(node, "'prepare'", diagnostics);
  if (const YamlNode* commands = map.require("commands")) read_commands(*commands);
  preparation.cache = map.scalar("cache");
  const YamlNode* inputs = map.find("inputs");
  if (inputs && inputs->kind != YamlNode::Kind::kList)
    map.report(inputs->position, "'inputs' must be a list of files and folders");
  else if (inputs)
    for (const YamlNode& item : inputs->items)
      if (auto input = as_scalar(item, "inputs", diagnostics))
        preparation.inputs.push_back(std::move(*input));
  if (preparation.cache && !inputs)
    map.report(
        preparation.cache->position, "'cache' needs 'inputs': what the result depends on",
        "write inputs: [app/models.py, app/migrations], or [] where the commands say it all");
  if (inputs && !preparation.cache)
    map.report(inputs->position, "'inputs' without 'cache' has no effect", "add cache: true");
  map.finish();
  return preparation;
}

Target read_target(const YamlNode& node, Diagnostics& diagnostics) {
  MapReader map(node, "'target'", diagnostics);
  Target target;
  target.position = node.position;
  target.directory = map.scalar("directory");
  if (const YamlNode* prepare = map.find("prepare"))
    target.prepare = read_preparation(*prepare, diagnostics);
  if (auto command = map.command("command")) target.command = std::move(*command);
  target.program = map.command("program");
  target.environment = map.named_values("environment");
  target.port = map.scalar("port");
  if (const YamlNode* readiness = map.find("readiness"))
    target.readiness = read_readiness(*readiness, diagnostics);
  target.runtime = map.scalar("runtime");
  target.memory_limit = map.scalar("memory_limit");
  if (const YamlNode* services = map.find("services"))
    target.services = read_services(*services, diagnostics);
  if (const YamlNode* connection = map.find("connection"))
    target.connection = read_connection(*connection, diagnostics);
  map.finish({"attach"});
  return target;
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

std::vector<Stage> read_stages(const YamlNode& node, Diagnostics& diagnostics) {
  std::vector<Stage> stages;
  if (node.kind != YamlNode::Kind::kList || node.items.empty()) {
    diagnostics.push_back(
        {node.position, "'stages' must be a list, at least one",
         "write [{duration: 30s, target: 20}] or {duration: 30s, target: 100/s}"});
    return stages;
  }
  for (const YamlNode& item : node.items) {
    MapReader map(item, "a stage", diagnostics);
    const auto duration = map.require_scalar("duration");
    const auto target = map.require_scalar("target");
    map.finish();
    if (duration && target) stages.push_back({*duration, *target});
  }
  return stages;
}

Data read_data(const YamlNode& node, Diagnostics& diagnostics) {
  MapReader map(node, "'data'", diagnostics);
  Data data;
  if (const auto file = map.require_scalar("file")) {
    if (file->text.empty()) map.report(file->position, "'file' is empty");
    data.file = *file;
  }
  data.order = map.scalar("order");
  map.finish();
  return data;
}

NamedValues read_outputs(const YamlNode& node, Diagnostics& diagnostics) {
  MapReader map(node, "'outputs'", diagnostics);
  NamedValues outputs;
  const auto read = [&](std::string_view key) {
    if (auto value = map.scalar(key))
      outputs.push_back({{std::string(key), value->position}, *value});
  };
  for (const std::string_view file : kOutputFiles) read(file);
  read(kAnnotations);
  map.finish();
  return outputs;
}

RunSettings read_settings(MapReader& map, Diagnostics& diagnostics) {
  RunSettings settings;
  settings.vus = map.scalar("vus");
  settings.rate = map.scalar("rate");
  settings.arrivals = map.scalar("arrivals");
  settings.max_vus = map.scalar("max_vus");
  if (const YamlNode* stages = map.find("stages"))
    settings.stages = read_stages(*stages, diagnostics);
  settings.duration = map.scalar("duration");
  settings.seed = map.scalar("seed");
  settings.cookies = map.scalar("cookies");
  if (const YamlNode* timeout = map.find("timeout"))
    settings.timeout = read_timeouts(*timeout, diagnostics);
  settings.warmup = map.scalar("warmup");
  if (const YamlNode* iterations = map.find("iterations"))
    settings.iterations = read_iterations(*iterations, diagnostics);
  settings.max_duration = map.scalar("max_duration");
  if (const YamlNode* production = map.find("production"))
    settings.production = read_production(*production, diagnostics);
  settings.diagnosis = map.scalar("diagnosis");
  settings.variables = map.named_values("variables");
  return settings;
}

std::optional<Sweep> read_sweep(const YamlNode& node, Diagnostics& diagnostics) {
  const auto refuse = [&](const SourcePosition& position, std::string message) {
    diagnostics.push_back(
        {position, std::move(message), "write {gc_threshold: [700, 5000]} or {users: [10, 1000]}"});
    return std::nullopt;
  };
  if (node.kind != YamlNode::Kind::kMap)
    return refuse(node.position,
                  fmt::format("'sweep' must be a map from a name to a list of values, not {}",
                              kind_name(node.kind)));
  if (node.entries.size() != 1)
    return refuse(node.position, fmt::format("'sweep' goes over exactly one variable, not over {}",
                                             node.entries.size()));
  const auto& [key, values] = node.entries.front();
  const auto name = as_name(key, "sweep", diagnostics);
  if (!name) return std::nullopt;
  if (values.kind != YamlNode::Kind::kList || values.items.empty())
    return refuse(
        values.position,
        fmt::format("'{}' needs a list of values to sweep over, at least one", name->text));
  Sweep sweep{*name, {}};
  for (const YamlNode& item : values.items)
    if (auto value = as_scalar(item, name->text, diagnostics))
      sweep.values.push_back(std::move(*value));
  return sweep;
}

Scenario read_one_scenario(const YamlNode& key, const YamlNode& node, bool target_is_program,
                           Diagnostics& diagnostics) {
  Scenario scenario;
  scenario.name = {key.text, key.position};
  MapReader map(node, fmt::format("'{}'", key.text), diagnostics);
  scenario.description = map.scalar("description");
  scenario.requires_command = map.command("requires");
  scenario.program = map.command("program");
  const bool runs_program = target_is_program || map.has("program");
  const YamlNode* request = map.find("request");
  const YamlNode* flow = map.find("flow");
  const YamlNode* flows = map.find("flows");
  const YamlNode* expect = map.find("expect");
  const YamlNode* capture = map.find("capture");
  if (runs_program) {
    refuse_server_keys_in_scenario(node, key, diagnostics);
    if (expect) scenario.program_expect = read_program_expectation(*expect, diagnostics);
  } else if (request) {
    if (auto read = read_request({*request, expect, capture}, diagnostics))
      scenario.flows.push_back({std::nullopt, std::nullopt, {std::move(*read)}});
  } else if (flow) {
    scenario.flows.push_back({std::nullopt, std::nullopt, read_flow(*flow, diagnostics)});
  } else if (flows) {
    scenario.flows = read_flows(*flows, diagnostics);
  }
  for (const YamlNode* misplaced : {expect, capture})
    if (misplaced && !runs_program && !request && (flow || flows))
      map.report(misplaced->position, fmt::format("in a flow, '{}' stands beside each request",
                                                  misplaced == expect ? "expect" : "capture"));
  if (const YamlNode* data = map.find("data")) scenario.data = read_data(*data, diagnostics);
  if (const YamlNode* connection = map.find("connection"))
    scenario.connection = read_connection(*connection, diagnostics);
  scenario.settings = read_settings(map, diagnostics);
  if (const YamlNode* budgets = map.find("budgets")) read_budgets(*budgets, scenario, diagnostics);
  if (const YamlNode* known = map.find("known")) scenario.known = read_known(*known, diagnostics);
  if (const YamlNode* sweep = map.find("sweep")) scenario.sweep = read_sweep(*sweep, diagnostics);
  scenario.gc_threshold = map.scalar("gc_threshold");
  scenario.expect_outcome = map.scalar("expect_outcome");
  map.finish({"command"});
  const int ways = (request ? 1 : 0) + (flow ? 1 : 0) + (flows ? 1 : 0);
  if (map.is_map() && !map.has("command") && !runs_program && ways != 1)
    map.report(
        key.position,
        fmt::format("'{}' needs exactly one of the keys 'request', 'flow', 'flows' and 'program'",
                    key.text));
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
  const YamlNode* target = map.require("target");
  if (target) read.file.target = read_target(*target, diagnostics);
  if (const YamlNode* production = map.find("production"))
    read.file.production = read_production(*production, diagnostics);
  if (const YamlNode* known = map.find("known")) read.file.known = read_known(*known, diagnostics);
  for_each_named_map(map.find("profiles"), "profiles", diagnostics,
                     [&](const YamlNode& key, const YamlNode& value) {
                       MapReader profile(value, fmt::format("'{}'", key.text), diagnostics);
                       Profile chosen;
                       chosen.name = {key.text, key.position};
                       chosen.settings = read_settings(profile, diagnostics);
                       if (const YamlNode* services = profile.find("services"))
                         chosen.services = read_services(*services, diagnostics);
                       if (const YamlNode* outputs = profile.find("outputs"))
                         chosen.outputs = read_outputs(*outputs, diagnostics);
                       profile.finish();
                       read.file.profiles.push_back(std::move(chosen));
                     });
  const YamlNode* scenarios = map.require("scenarios");
  for_each_named_map(
      scenarios, "scenarios", diagnostics, [&](const YamlNode& key, const YamlNode& value) {
        read.file.scenarios.push_back(
            read_one_scenario(key, value, target && names_program(*target), diagnostics));
      });
  if (target) check_target_kind(*target, read.file.scenarios, diagnostics);
  if (scenarios && scenarios->kind == YamlNode::Kind::kMap && scenarios->entries.empty())
    map.report(scenarios->position, "'scenarios' is empty: write at least one");
  map.finish();
  return read;
}

Result<ReadScenario> read_scenario_file(const std::filesystem::path& path) {
  Result<std::string> text = read_file(path, kLargestFile);
  if (!text) return tl::unexpected(text.error());
  ReadScenario read = read_scenario(std::move(*text), path.string());
  std::map<std::string, std::optional<DataTable>> tables;  // scenarios may share a file
  for (Scenario& scenario : read.file.scenarios) {
    if (!scenario.data || scenario.data->file.text.empty()) continue;
    const Scalar& name = scenario.data->file;
    const auto [known, is_new] = tables.try_emplace(name.text);
    if (is_new)
      known->second =
          read_data_table(path.parent_path() / name.text, name.position, read.diagnostics);
    scenario.data->table = known->second;
  }
  return read;
}

}  // namespace tidemark::scenario
