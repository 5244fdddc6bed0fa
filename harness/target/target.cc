#include "harness/target/target.h"

#include <fmt/format.h>

#include <cstdlib>

#include "harness/base/text.h"
#include "harness/target/port.h"

namespace tidemark::target {
namespace {

constexpr Seconds kLongestPreparation{900};

using Environment = std::vector<std::pair<std::string, std::string>>;

Result<Environment> filled_environment(const plan::Target& target,
                                       const plan::Placeholders& placeholders) {
  Environment environment;
  for (const auto& [name, value] : target.environment) {
    Result<std::string> text = placeholders.fill(value);
    if (!text) return tl::unexpected(with_context("environment " + name, text.error()));
    environment.emplace_back(name, std::move(*text));
  }
  return environment;
}

// Runs one command to its end; how it ended, or an Error when it could not start or took too long.
Result<ExitStatus> run_to_end(const CommandStart& start, Seconds longest, int stop_fd) {
  Result<GuardedProcess> process = GuardedProcess::start(start);
  if (!process) return tl::unexpected(process.error());
  const auto exit = process->wait(longest, stop_fd);
  if (auto stopped = process->stop(Seconds(1)); !stopped) return tl::unexpected(stopped.error());
  if (exit) return *exit;
  if (wait_readable(stop_fd, Seconds(0))) return failure("interrupted");
  if (process->lost()) return failure("its guardian was killed");
  return failure(fmt::format("it did not end within {}", format_duration(longest)));
}

Result<void> prepare(const plan::Target& target, const Environment& environment,
                     const LaunchOptions& options) {
  for (const plan::CommandLine& command : target.prepare) {
    const auto arguments = options.placeholders.fill(command);
    if (!arguments) return tl::unexpected(with_context("prepare", arguments.error()));
    std::vector<std::string>
        shown;  // quoting would hide a secret from whoever takes them out later
    for (const std::string& argument : *arguments)
      shown.push_back(options.placeholders.redact(argument));
    const std::string name = "prepare command '" + shell_line(shown) + "'";
    const std::filesystem::path output = options.logs / "prepare.log";
    const auto exit = run_to_end({*arguments, target.directory, environment, output, options.work},
                                 kLongestPreparation, options.stop_fd);
    if (!exit) return tl::unexpected(with_context(name, exit.error()));
    if (!exit->success()) return failure(name + " " + exit->words() + last_lines(output));
  }
  return {};
}

std::string prepare_words(const plan::Target& target, const plan::Placeholders& placeholders) {
  std::string words;
  for (const plan::CommandLine& command : target.prepare) {
    words += '\n';
    for (const plan::Template& argument : command)
      words += '\0' + placeholders.fill(argument).value_or("");
  }
  return words;
}

// What makes two preparations the same one: commands, environment, folder. The port, which is
// another one at each launch, only where a command names it.
std::string preparation_key(const plan::Target& target, const plan::Placeholders& placeholders) {
  plan::Placeholders any_port = placeholders;
  any_port.set_port(0);
  std::string key = target.directory.string();
  for (const auto& [name, value] : target.environment)
    key += '\0' + name + '=' + any_port.fill(value).value_or("");
  return key + prepare_words(target, placeholders);
}

Result<void> fill_scratch(const plan::Target& target, const Environment& environment,
                          Scratch& scratch, const LaunchOptions& options) {
  if (target.prepare.empty()) return scratch.clear();
  const std::string key = preparation_key(target, options.placeholders);
  const Result<bool> restored = scratch.restore(key);
  if (!restored) return tl::unexpected(restored.error());
  if (*restored) return {};
  if (auto cleared = scratch.clear(); !cleared) return cleared;
  if (auto prepared = prepare(target, environment, options); !prepared) return prepared;
  return scratch.keep(key);
}

// PYTHONPATH=OURS:THEIRS, where THEIRS is the plan's or else this process's own.
void add_path_prefixes(const Environment& prefixes, Environment& environment) {
  for (const auto& [name, prefix] : prefixes) {
    const char* inherited = std::getenv(name.c_str());
    std::string value = inherited ? inherited : "";
    for (const auto& [planned, text] : environment)
      if (planned == name) value = text;
    environment.emplace_back(name, value.empty() ? prefix : prefix + ":" + value);
  }
}

}  // namespace

Result<RunningTarget> launch_target(const plan::Target& target, Scratch& scratch,
                                    const LaunchOptions& options) {
  if (target.port)
    if (auto available = require_free(*target.port); !available)
      return tl::unexpected(available.error());
  const Result<int> port = target.port ? Result<int>(*target.port) : free_port();
  if (!port) return tl::unexpected(port.error());
  LaunchOptions launch = options;
  launch.placeholders.set_port(*port);
  launch.placeholders.set_scratch(scratch.path().string());
  Result<Environment> environment = filled_environment(target, launch.placeholders);
  if (!environment) return tl::unexpected(environment.error());
  if (auto filled = fill_scratch(target, *environment, scratch, launch); !filled)
    return tl::unexpected(filled.error());

  const auto command = launch.placeholders.fill(target.command);
  if (!command) return tl::unexpected(with_context("command", command.error()));
  environment->insert(environment->end(), options.environment.begin(), options.environment.end());
  add_path_prefixes(options.path_prefixes, *environment);
  Result<WayIn> way_in = options.way_in(*port, launch.placeholders);
  if (!way_in) return tl::unexpected(way_in.error());
  const std::filesystem::path output = options.logs / "target.log";
  Result<GuardedProcess> process =
      GuardedProcess::start({*command, target.directory, *environment, output, options.work});
  if (!process) return tl::unexpected(process.error());
  const auto started = std::chrono::steady_clock::now();
  if (options.on_start) options.on_start(*process);

  ReadinessWait wait{target.readiness, {}, *port, output, std::move(*way_in), options.stop_fd};
  if (const auto* answers = std::get_if<plan::AnswersPath>(&target.readiness.condition)) {
    const Result<std::string> path = launch.placeholders.fill(answers->path);
    if (!path) return tl::unexpected(with_context("readiness", path.error()));
    wait.path = *path;
  }
  if (auto ready = wait_until_ready(*process, wait); !ready) return tl::unexpected(ready.error());
  return RunningTarget{std::move(*process), *port, std::move(launch.placeholders), started};
}

Result<ExitStatus> run_command(const plan::CommandLine& command, const plan::Target& target,
                               const Scratch& scratch, const LaunchOptions& options,
                               const std::filesystem::path& output, Seconds longest) {
  plan::Placeholders placeholders = options.placeholders;
  placeholders.set_port(0);
  placeholders.set_scratch(scratch.path().string());
  const auto arguments = placeholders.fill(command);
  if (!arguments) return tl::unexpected(arguments.error());
  const auto environment = filled_environment(target, placeholders);
  if (!environment) return tl::unexpected(environment.error());
  return run_to_end({*arguments, target.directory, *environment, output, options.work}, longest,
                    options.stop_fd);
}

}  // namespace tidemark::target
