#include "harness/target/target.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <optional>

#include "harness/base/text.h"
#include "harness/target/port.h"
#include "harness/target/preparation_cache.h"

namespace tidemark::target {
namespace {

constexpr Seconds kLongestPreparation{900};

using Environment = std::vector<std::pair<std::string, std::string>>;

// A service that died may be what a command waits for.
constexpr Seconds kServicesInterval{0.2};

// Runs one command to its end; how it ended, or an Error when it could not start or took too long.
Result<ExitStatus> run_to_end(const CommandStart& start, Seconds longest, int stop_fd,
                              Services& services) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(longest);
  Result<GuardedProcess> process = GuardedProcess::start(start);
  if (!process) return tl::unexpected(process.error());
  std::optional<ExitStatus> exit;
  while (!exit && !process->lost() && Clock::now() < deadline &&
         !wait_readable(stop_fd, Seconds(0))) {
    exit = process->wait(std::min(Seconds(deadline - Clock::now()), kServicesInterval), stop_fd);
    if (const auto died = services.death()) return failure(*died);
  }
  if (auto stopped = process->stop(Seconds(1)); !stopped) return tl::unexpected(stopped.error());
  if (exit) return *exit;
  if (wait_readable(stop_fd, Seconds(0))) return failure("interrupted");
  if (process->lost()) return failure("its guardian was killed");
  return failure(fmt::format("it did not end within {}", format_duration(longest)));
}

Result<void> prepare(const plan::Target& target, const Environment& environment,
                     const LaunchOptions& options, Services& services) {
  for (const plan::CommandLine& command : target.prepare.commands) {
    const auto arguments = options.placeholders.fill(command);
    if (!arguments) return tl::unexpected(with_context("prepare", arguments.error()));
    std::vector<std::string>
        shown;  // quoting would hide a secret from whoever takes them out later
    for (const std::string& argument : *arguments)
      shown.push_back(options.placeholders.redact(argument));
    const std::string name = "prepare command '" + shell_line(shown) + "'";
    const std::filesystem::path output = options.logs / "prepare.log";
    const auto exit = run_to_end({*arguments, target.directory, environment, output, options.work},
                                 kLongestPreparation, options.stop_fd, services);
    if (!exit) return tl::unexpected(with_context(name, exit.error()));
    if (!exit->success()) return failure(name + " " + exit->words() + last_lines(output));
  }
  return {};
}

std::string words(const plan::CommandLine& command, const plan::Placeholders& placeholders) {
  std::string words = "\n";
  for (const plan::Template& argument : command)
    words += '\0' + placeholders.fill(argument).value_or("");
  return words;
}

std::string words(const plan::NamedTemplates& environment, const plan::Placeholders& placeholders) {
  std::string words;
  for (const auto& [name, value] : environment)
    words += '\0' + name + '=' + placeholders.fill(value).value_or("");
  return words;
}

// What makes two preparations the same one: commands, environment, folder, services. Ports are
// other ones at each launch: those of services never make a difference, the target's own only where
// a command of the preparation names it.
std::string preparation_key(const plan::Target& target, plan::Placeholders placeholders) {
  for (const plan::Service& service : target.services) placeholders.set_port(service.name, 0);
  placeholders.set_scratch("{{scratch}}");  // another folder in each run
  plan::Placeholders any_port = placeholders;
  any_port.set_port(0);
  std::string key = target.directory.string() + words(target.environment, any_port);
  for (const plan::CommandLine& command : target.prepare.commands)
    key += words(command, placeholders);
  for (const plan::Service& service : target.services)
    key += "\n\n" + service.name + words(service.command, any_port) +
           words(service.environment, any_port);
  return key;
}

Result<Services> start_services(const plan::Target& target, const LaunchOptions& options) {
  return Services::start(target.services,
                         {target.directory, options.logs, options.work, options.stop_fd},
                         options.placeholders);
}

// The preparation with the services that it needs. They are stopped in the end: only then is what
// they keep in the scratch folder complete.
Result<void> prepare_with_services(const plan::Target& target, const Environment& environment,
                                   const LaunchOptions& options) {
  Result<Services> services = start_services(target, options);
  if (!services) return tl::unexpected(services.error());
  if (auto prepared = prepare(target, environment, options, *services); !prepared) {
    const auto died = services->death();  // rather the cause than what came of it
    return died ? failure(*died) : prepared;
  }
  return services->finish();
}

void append_line(const std::filesystem::path& file, const std::string& line) {
  std::ofstream(file, std::ios::app) << line << '\n';
}

Result<void> prepare_anew(const plan::Target& target, const Environment& environment,
                          Scratch& scratch, const LaunchOptions& options) {
  if (auto cleared = scratch.clear(); !cleared) return cleared;
  return prepare_with_services(target, environment, options);
}

// A preparation that is kept between runs. What the cache cannot do is said in the log, and costs
// nothing but the time to prepare anew.
Result<void> fill_from(const PreparationCache& cache, const std::string& words,
                       const plan::Target& target, const Environment& environment, Scratch& scratch,
                       const LaunchOptions& options) {
  const auto log = [&](const std::string& line) {
    append_line(options.logs / "prepare.log", "tidemark: " + line);
  };
  const Result<std::string> digest = PreparationCache::digest(words, target.prepare.inputs);
  if (!digest) return tl::unexpected(digest.error());
  const Result<std::string> key = cache.key(*digest);
  const Result<bool> restored =
      key ? cache.restore(*key, scratch.path()) : tl::unexpected(key.error());
  if (restored && *restored) {
    log("taken from the cache, " + cache.path_of(*key).string());
    return {};
  }
  if (!restored) log(restored.error().message);
  if (auto prepared = prepare_anew(target, environment, scratch, options); !prepared)
    return prepared;
  const Result<void> kept = key ? cache.keep(*key, scratch.path()) : tl::unexpected(key.error());
  if (!kept) log("not kept for later runs: " + kept.error().message);
  return {};
}

Result<void> fill_scratch(const plan::Target& target, const Environment& environment,
                          Scratch& scratch, const LaunchOptions& options) {
  if (target.prepare.commands.empty()) return scratch.clear();
  const std::string key = preparation_key(target, options.placeholders);
  const Result<bool> restored = scratch.restore(key);
  if (!restored) return tl::unexpected(restored.error());
  if (*restored) return {};
  const auto cache = target.prepare.cache ? PreparationCache::of_user() : std::nullopt;
  const Result<void> filled = cache ? fill_from(*cache, key, target, environment, scratch, options)
                                    : prepare_anew(target, environment, scratch, options);
  return filled ? scratch.keep(key) : filled;
}

// The port of the target, and in the placeholders all ports.
Result<int> choose_ports(const plan::Target& target, plan::Placeholders& placeholders) {
  if (target.port)
    if (auto available = require_free(*target.port); !available)
      return tl::unexpected(available.error());
  const auto ports = free_ports(target.services.size() + 1);
  if (!ports) return tl::unexpected(ports.error());
  for (std::size_t i = 0; i < target.services.size(); ++i)
    placeholders.set_port(target.services[i].name, (*ports)[i]);
  const int port = target.port.value_or(ports->back());
  placeholders.set_port(port);
  return port;
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
  LaunchOptions launch = options;
  const Result<int> port = choose_ports(target, launch.placeholders);
  if (!port) return tl::unexpected(port.error());
  launch.placeholders.set_scratch(scratch.path().string());
  Result<Environment> environment = launch.placeholders.fill(target.environment);
  if (!environment) return tl::unexpected(environment.error());
  if (auto filled = fill_scratch(target, *environment, scratch, launch); !filled)
    return tl::unexpected(filled.error());
  Result<Services> services = start_services(target, launch);
  if (!services) return tl::unexpected(services.error());

  const auto command = launch.placeholders.fill(target.command);
  if (!command) return tl::unexpected(with_context("command", command.error()));
  environment->insert(environment->end(), options.environment.begin(), options.environment.end());
  add_path_prefixes(options.path_prefixes, *environment);
  Result<WayIn> way_in = options.way_in(*port, launch.placeholders);
  if (!way_in) return tl::unexpected(way_in.error());
  const std::filesystem::path output = options.logs / "target.log";
  Result<GuardedProcess> process = GuardedProcess::start({.command = *command,
                                                          .directory = target.directory,
                                                          .environment = *environment,
                                                          .output = output,
                                                          .scratch = options.work,
                                                          .own_cgroup = true,
                                                          .most_memory = options.most_memory});
  if (!process) return tl::unexpected(process.error());
  const auto started = std::chrono::steady_clock::now();
  if (options.on_start) options.on_start(*process);

  ReadinessWait wait{.who = "the target",
                     .readiness = target.readiness,
                     .port = *port,
                     .output = output,
                     .way_in = std::move(*way_in),
                     .others_died = [&] { return services->death(); },
                     .stop_fd = options.stop_fd};
  if (const auto* answers = std::get_if<plan::AnswersPath>(&target.readiness.condition)) {
    const Result<std::string> path = launch.placeholders.fill(answers->path);
    if (!path) return tl::unexpected(with_context("readiness", path.error()));
    wait.path = *path;
  }
  if (auto ready = wait_until_ready(*process, wait); !ready) return tl::unexpected(ready.error());
  return RunningTarget{std::move(*services), std::move(*process), *port,
                       std::move(launch.placeholders), started};
}

Result<void> RunningTarget::stop(Seconds grace) {
  const Result<void> stopped = process.stop(grace);
  const Result<void> services_stopped = services.stop(grace);
  return stopped ? services_stopped : stopped;
}

Result<PreparedProgram> prepare_program(const plan::CommandLine& program,
                                        const plan::Target& target, Scratch& scratch,
                                        const LaunchOptions& options) {
  LaunchOptions launch = options;
  // The target's environment may name one.
  if (auto port = choose_ports(target, launch.placeholders); !port)
    return tl::unexpected(port.error());
  launch.placeholders.set_scratch(scratch.path().string());
  Result<Environment> environment = launch.placeholders.fill(target.environment);
  if (!environment) return tl::unexpected(environment.error());
  if (auto filled = fill_scratch(target, *environment, scratch, launch); !filled)
    return tl::unexpected(filled.error());
  const auto command = launch.placeholders.fill(program);
  if (!command) return tl::unexpected(with_context("program", command.error()));
  Result<Services> services = start_services(target, launch);
  if (!services) return tl::unexpected(services.error());
  return PreparedProgram{std::move(*services),
                         {*command, target.directory, std::move(*environment), {}, options.work},
                         std::move(launch.placeholders)};
}

Result<ExitStatus> run_command(const plan::CommandLine& command, const plan::Target& target,
                               const Scratch& scratch, const LaunchOptions& options,
                               const std::filesystem::path& output, Seconds longest) {
  plan::Placeholders placeholders = options.placeholders;
  placeholders.set_port(0);
  for (const plan::Service& service : target.services) placeholders.set_port(service.name, 0);
  placeholders.set_scratch(scratch.path().string());
  const auto arguments = placeholders.fill(command);
  if (!arguments) return tl::unexpected(arguments.error());
  const auto environment = placeholders.fill(target.environment);
  if (!environment) return tl::unexpected(environment.error());
  Services none;
  return run_to_end({*arguments, target.directory, *environment, output, options.work}, longest,
                    options.stop_fd, none);
}

}  // namespace tidemark::target
