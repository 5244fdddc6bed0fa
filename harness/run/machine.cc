#include "harness/run/machine.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <chrono>
#include <sstream>
#include <thread>

#include "harness/base/file.h"
#include "harness/base/version.h"
#include "harness/target/memory_cgroup.h"

namespace tidemark::run {
namespace {

// The value of "name: value" or "name value" at a line's start.
std::string line_value(const std::string& path, const std::string& name) {
  std::istringstream lines(read_file(path).value_or(""));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name)) continue;
    const std::size_t value = line.find_first_not_of(": \t", name.size());
    return value == std::string::npos ? std::string() : line.substr(value);
  }
  return {};
}

}  // namespace

std::map<std::string, std::string> machine_facts() {
  std::map<std::string, std::string> facts;
  utsname system = {};
  if (::uname(&system) == 0) {
    facts["kernel"] = fmt::format("{} {}", system.sysname, system.release);
    facts["architecture"] = system.machine;
  }
  facts["processors"] = std::to_string(std::thread::hardware_concurrency());
  facts["processor"] = line_value("/proc/cpuinfo", "model name");
  facts["memory"] = format_bytes(machine_memory());
  facts["tidemark"] = version();
  return facts;
}

Bytes machine_memory() {
  return {static_cast<std::int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE)};
}

bool oom_killer_struck(const std::filesystem::path& cgroup, std::int64_t kills_before) {
  if (!cgroup.empty())
    if (const auto kills = target::oom_kills_in(cgroup)) return *kills > 0;
  return oom_kills() > kills_before;
}

std::int64_t oom_kills() {
  const std::string count = line_value("/proc/vmstat", "oom_kill");
  return count.empty() ? 0 : std::stoll(count);
}

std::string timestamp() {
  const auto now =
      std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now));
}

}  // namespace tidemark::run
