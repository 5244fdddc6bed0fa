#include "harness/target/services.h"

#include <fmt/format.h>

#include <charconv>

#include "harness/target/readiness.h"

namespace tidemark::target {
namespace {

constexpr Seconds kStopGrace{5};
constexpr Seconds kFinishGrace{30};

std::string title(const std::string& name) {
  return fmt::format("the service '{}'", name);
}

Result<int> port_of(const std::string& service, const plan::Placeholders& placeholders) {
  const auto text = placeholders.fill(
      plan::Template({{plan::TemplatePiece::Kind::kPlaceholder, "port:" + service}}));
  if (!text) return tl::unexpected(text.error());
  int port = 0;
  std::from_chars(text->data(), text->data() + text->size(), port);
  return port;
}

}  // namespace

Services::~Services() {
  (void)stop(kStopGrace);
}

Result<Services> Services::start(const std::vector<plan::Service>& services,
                                 const ServicesStart& start,
                                 const plan::Placeholders& placeholders) {
  Services started;
  for (const plan::Service& service : services)
    if (auto ready = started.start_one(service, start, placeholders); !ready)
      return tl::unexpected(ready.error());
  return started;
}

Result<void> Services::start_one(const plan::Service& service, const ServicesStart& start,
                                 const plan::Placeholders& placeholders) {
  const auto failed = [&](const Error& error) {
    return tl::unexpected(with_context(title(service.name), error));
  };
  const auto command = placeholders.fill(service.command);
  if (!command) return failed(command.error());
  const auto environment = placeholders.fill(service.environment);
  if (!environment) return failed(environment.error());
  const std::filesystem::path output =
      start.logs / fmt::format("{}{}.log", kServiceLogPrefix, service.name);
  ReadinessWait wait{.who = title(service.name),
                     .readiness = service.readiness,
                     .output = output,
                     .output_from = size_of(output),
                     .stop_fd = start.stop_fd};
  if (const auto* opens = std::get_if<plan::OpensPort>(&service.readiness.condition)) {
    const auto port = port_of(opens->service, placeholders);
    if (!port) return failed(port.error());
    wait.port = *port;
  }
  auto process =
      GuardedProcess::start({*command, start.directory, *environment, output, start.work});
  if (!process) return failed(process.error());
  wait.others_died = [this] { return death(); };  // those that were started before
  if (auto ready = wait_until_ready(*process, wait); !ready) return ready;
  running_.push_back({service.name, output, std::move(*process)});
  return {};
}

std::optional<std::string> Services::death() {
  for (Running& each : running_) {
    const auto exit = each.process.poll_exit();
    if (each.process.lost()) return title(each.name) + ": its guardian was killed";
    if (exit)
      return fmt::format("{} {}{}", title(each.name), exit->words(), last_lines(each.output));
  }
  return std::nullopt;
}

std::vector<int> Services::news_fds() const {
  std::vector<int> fds;
  for (const Running& each : running_) fds.push_back(each.process.news_fd());
  return fds;
}

Result<void> Services::stop(Seconds grace) {
  Result<void> stopped;
  for (auto each = running_.rbegin(); each != running_.rend(); ++each)
    if (auto ended = each->process.stop(grace); !ended && stopped)
      stopped = tl::unexpected(with_context(title(each->name), ended.error()));
  return stopped;
}

Result<void> Services::finish() {
  if (auto stopped = stop(kFinishGrace); !stopped) return stopped;
  for (const Running& each : running_) {
    const auto torn = [&](const std::string& why) {
      return failure(fmt::format("{} {}: what it keeps in the scratch folder may be torn{}",
                                 title(each.name), why, last_lines(each.output)));
    };
    if (each.process.lost()) return torn("was killed together with its guardian");
    if (each.process.killed() > 0)
      return torn(fmt::format("did not end within {} of SIGTERM", format_duration(kFinishGrace)));
  }
  return {};
}

}  // namespace tidemark::target
