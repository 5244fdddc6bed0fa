#include "harness/plan/target_planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "harness/plan/request_planner.h"

namespace tidemark::plan {
namespace {

using scenario::Scalar;

constexpr Bytes kLeastMemory = 16_MiB;

NamedTemplates typed_environment(const scenario::NamedValues& written, Values& values) {
  NamedTemplates environment;
  for (const auto& [name, value] : written) {
    if (name.text.find('=') != std::string::npos)
      values.report(
          name.position,
          fmt::format("'{}' is no environment variable's name: it has no '='", name.text));
    environment.emplace_back(name.text, values.text(value));
  }
  return environment;
}

WritesLog typed_log(const Scalar& text, Values& values) {
  if (text.text.empty())
    values.report(text.position, "an empty text is in every line: write a piece of one");
  return {values.literal(text).value_or("")};
}

Readiness typed_readiness(const std::optional<scenario::Readiness>& written, Values& values) {
  Readiness readiness;
  if (!written) return readiness;
  if (written->path) readiness.condition = AnswersPath{typed_path(*written->path, values)};
  if (written->log) readiness.condition = typed_log(*written->log, values);
  if (written->port && values.literal(written->port) != "true")
    values.report(written->port->position, "'port' can only be true here",
                  "a fixed port stands in 'target', as its key 'port'");
  readiness.timeout = values.parsed(written->timeout, parse_duration).value_or(readiness.timeout);
  return readiness;
}

bool mention(const CommandLine& command, const NamedTemplates& environment,
             std::string_view placeholder) {
  const auto mentions = [&](const Template& text) { return text.mentions(placeholder); };
  return std::any_of(command.begin(), command.end(), mentions) ||
         std::any_of(environment.begin(), environment.end(),
                     [&](const auto& entry) { return mentions(entry.second); });
}

Readiness typed_service_readiness(const std::optional<scenario::Readiness>& written,
                                  const Service& service, Values& values) {
  Readiness readiness;
  readiness.condition = Starts{};
  if (mention(service.command, service.environment, "port:" + service.name))
    readiness.condition = OpensPort{service.name};
  if (!written) return readiness;
  if (written->log) readiness.condition = typed_log(*written->log, values);
  if (const auto port = values.literal(written->port)) {
    readiness.condition = OpensPort{*port};
    if (const auto known = values.variables().fill("{{port:" + *port + "}}"); !known)
      values.report(written->port->position, known.error().message,
                    "'port' is a service's name here, whose {{port:NAME}} is waited for");
  }
  readiness.timeout = values.parsed(written->timeout, parse_duration).value_or(readiness.timeout);
  return readiness;
}

}  // namespace

CommandLine typed_command(const scenario::Command& command, Values& values) {
  CommandLine line;
  if (!command.arguments.empty() && command.arguments.front().text.empty())
    values.report(command.arguments.front().position, "the program's name is empty");
  for (const Scalar& argument : command.arguments) line.push_back(values.text(argument));
  return line;
}

namespace {

Preparation typed_preparation(const scenario::Preparation& written,
                              const std::filesystem::path& beside, Values& values) {
  Preparation preparation;
  for (const scenario::Command& command : written.commands)
    preparation.commands.push_back(typed_command(command, values));
  preparation.cache =
      written.cache && values.choice(written.cache, {"true", "false"}) == std::size_t{0};
  for (const Scalar& input : written.inputs)
    if (const auto path = values.literal(input)) {
      if (path->empty()) values.report(input.position, "an input's name is empty");
      preparation.inputs.push_back({beside / *path, input.position});
    }
  return preparation;
}

}  // namespace

Result<Bytes> memory_size(std::string_view text) {
  Result<Bytes> size = parse_size(text);
  if (size && *size < kLeastMemory) return failure("no target fits into less than 16MiB");
  return size;
}

Target typed_target(const scenario::Target& written, const std::string& file, bool needs_port,
                    Values& values) {
  Target target;
  target.position = written.command.position;
  const std::filesystem::path beside = std::filesystem::path(file).parent_path();
  target.directory = beside / values.literal(written.directory).value_or(".");
  target.directory_position =
      written.directory ? written.directory->position : written.command.position;
  target.prepare = typed_preparation(written.prepare, beside, values);
  target.command = typed_command(written.command, values);
  target.environment = typed_environment(written.environment, values);
  target.port = values.integer(written.port, 1, 65535);
  target.readiness = typed_readiness(written.readiness, values);
  constexpr Runtime kRuntimes[] = {Runtime::kAuto, Runtime::kPython, Runtime::kNone};
  if (const auto runtime = values.choice(written.runtime, {"auto", "python", "none"}))
    target.runtime = kRuntimes[*runtime];
  target.memory_limit = values.parsed(written.memory_limit, memory_size);
  if (needs_port && !written.command.arguments.empty() && !written.port &&
      !mention(target.command, target.environment, "port"))
    values.report(written.command.position, "nothing tells the target which port to use",
                  "write {{port}} in 'command' or 'environment', or set 'port' to a fixed one");
  return target;
}

std::vector<Service> typed_services(const std::vector<scenario::Service>& written, Values& values) {
  std::vector<Service> services;
  std::set<std::string> names;
  for (const scenario::Service& each : written) {
    if (!names.insert(each.name.text).second)
      values.report(each.name.position,
                    fmt::format("there is a service '{}' already", each.name.text));
    Service service;
    service.name = each.name.text;
    service.command = typed_command(each.command, values);
    service.environment = typed_environment(each.environment, values);
    service.readiness = typed_service_readiness(each.readiness, service, values);
    services.push_back(std::move(service));
  }
  return services;
}

}  // namespace tidemark::plan
