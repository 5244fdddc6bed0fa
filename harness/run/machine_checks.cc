#include "harness/run/machine_checks.h"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "harness/base/file.h"
#include "harness/base/parse.h"
#include "harness/base/text.h"
#include "harness/probes/proc_reader.h"

namespace tidemark::run {
namespace {

namespace fs = std::filesystem;
using analysis::Level;
using analysis::MachineCheck;

constexpr std::pair<int, int> kFirstApproximate{6, 2};
constexpr std::pair<int, int> kLastApproximate{6, 16};
// Below that, what a target may need is quickly more than there is.
constexpr Bytes kLittleMemory = 512_MiB;

std::string first_line(const fs::path& path) {
  std::string text = read_file(path, std::size_t{1} << 20).value_or("");
  return printable_line(text.substr(0, text.find('\n')));
}

// "6.1.0-13-amd64" → (6, 1).
std::optional<std::pair<int, int>> kernel_version(std::string_view release) {
  std::pair<int, int> version;
  const char* end = release.data() + release.size();
  const auto major = std::from_chars(release.data(), end, version.first);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.') return std::nullopt;
  const auto minor = std::from_chars(major.ptr + 1, end, version.second);
  if (minor.ec != std::errc()) return std::nullopt;
  return version;
}

MachineCheck check_kernel(const Machine& machine) {
  const std::string release = first_line(machine.proc / "sys/kernel/osrelease");
  const auto version = kernel_version(release);
  if (!version)
    return {"kernel", Level::kLimited,
            "its version is not known: /proc/sys/kernel/osrelease cannot be read",
            "mount /proc; without it nothing can be measured"};
  if (*version < kFirstApproximate || *version > kLastApproximate)
    return {"kernel", Level::kOk, "Linux " + release, {}};
  return {"kernel", Level::kLimited,
          fmt::format("Linux {}: the RSS in statm and status, by which memory_limit is watched, is "
                      "approximate; growth is judged by exact figures",
                      release),
          "leave memory_limit some room; kernels before 6.2 and after 6.16 are exact here"};
}

MachineCheck check_pages(const Machine& machine) {
  const auto memory = probes::ProcReader(machine.proc).memory(machine.pid);
  if (memory)
    return {"page signals", Level::kOk, "smaps_rollup can be read: uss and anon are exact", {}};
  return {"page signals", Level::kMissing,
          "uss and anon cannot be measured: " + memory.error().message,
          "use a kernel from 4.14 on with CONFIG_PROC_PAGE_MONITOR; sandboxes such as gVisor lack "
          "it, a virtual machine does not"};
}

MachineCheck check_huge_pages(const Machine& machine) {
  const std::string setting = first_line(machine.sys / "kernel/mm/transparent_hugepage/enabled");
  const std::size_t begin = setting.find('[');
  const std::size_t end = setting.find(']');
  if (begin == std::string::npos || end == std::string::npos || end < begin)
    return {"huge pages", Level::kOk, "none: this kernel hands out small pages alone", {}};
  const std::string chosen = setting.substr(begin + 1, end - begin - 1);
  if (chosen != "always")
    return {"huge pages", Level::kOk, chosen + ": only where an application asks for them", {}};
  return {"huge pages", Level::kLimited,
          "always: page signals may move in steps of 2 MiB; live bytes do not",
          "as root: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"};
}

std::optional<Bytes> memory_field(std::string_view meminfo, std::string_view name) {
  const auto kilobytes = probes::field_value(meminfo, name);
  if (!kilobytes) return std::nullopt;
  return Bytes{*kilobytes * 1024};
}

// The smallest number in a file of a control group and of the groups above it.
std::optional<Bytes> least_of_groups(const fs::path& root, std::string_view group,
                                     const char* file) {
  std::optional<Bytes> least;
  for (fs::path path = fs::path(group).relative_path();; path = path.parent_path()) {
    const auto limit = parse_integer(first_line(root / path / file), 0);
    if (limit) least = std::min(least.value_or(Bytes{*limit}), Bytes{*limit});  // "max" is no limit
    if (path.empty()) return least;
  }
}

// The memory limit of the control groups that the process is in, version 1 or 2; nothing: none.
std::optional<Bytes> group_limit(const Machine& machine) {
  const fs::path root = machine.sys / "fs/cgroup";
  std::istringstream lines(
      read_file(machine.proc / std::to_string(machine.pid) / "cgroup").value_or(""));
  std::optional<Bytes> least;
  for (std::string line; std::getline(lines, line);) {  // hierarchy:controllers:group
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string group = line.substr(second + 1);
    std::optional<Bytes> limit;
    if (controllers == ",,") limit = least_of_groups(root, group, "memory.max");
    if (controllers.find(",memory,") != std::string::npos)
      limit = least_of_groups(root / "memory", group, "memory.limit_in_bytes");
    if (limit) least = std::min(least.value_or(*limit), *limit);
  }
  return least;
}

MachineCheck check_memory(const Machine& machine) {
  const std::string meminfo = read_file(machine.proc / "meminfo").value_or("");
  const auto total = memory_field(meminfo, "MemTotal");
  const auto available = memory_field(meminfo, "MemAvailable");
  if (!total || !available)
    return {"memory", Level::kLimited, "not known: /proc/meminfo cannot be read",
            "set memory_limit in the scenario file, so that a target is stopped in time"};
  const auto limit = group_limit(machine);
  const bool is_limited = limit && *limit < *total;
  const Bytes room = is_limited ? std::min(*limit, *available) : *available;
  MachineCheck check{
      "memory",
      Level::kOk,
      fmt::format("{}, {} of it available", format_bytes(*total), format_bytes(*available)),
      {}};
  if (is_limited)
    check.detail += fmt::format("; the control group allows {}", format_bytes(*limit));
  if (room >= kLittleMemory) return check;
  check.level = Level::kLimited;
  check.detail += ": the kernel may end a target that needs more";
  check.remedy = "set memory_limit in the scenario file below that: then the run says why it ended";
  return check;
}

MachineCheck check_swap(const Machine& machine) {
  const std::string meminfo = read_file(machine.proc / "meminfo").value_or("");
  const Bytes total = memory_field(meminfo, "SwapTotal").value_or(0_B);
  const Bytes used = total - memory_field(meminfo, "SwapFree").value_or(0_B);
  if (total == 0_B) return {"swap", Level::kOk, "none: what is in memory stays there", {}};
  if (used == 0_B)
    return {"swap", Level::kOk, fmt::format("{}, nothing of it in use", format_bytes(total)), {}};
  return {"swap", Level::kLimited,
          fmt::format("{} of {} in use: when part of a target is swapped out, its page signals "
                      "show too little and a pass becomes inconclusive",
                      format_bytes(used), format_bytes(total)),
          "as root: swapoff -a while measuring; or give the machine more memory"};
}

MachineCheck check_processors(const Machine& machine) {
  const std::string load = first_line(machine.proc / "loadavg");
  double busy = 0;
  std::istringstream(load) >> busy;
  MachineCheck check{"processors",
                     Level::kOk,
                     fmt::format("{}; load {:.1f} over the last minute", machine.processors, busy),
                     {}};
  if (busy > machine.processors) {
    check.level = Level::kLimited;
    check.detail += ": other work makes requests slower and their durations scatter";
    check.remedy = "wait until it is over, or leave duration budgets and timeouts room";
  } else if (machine.processors == 1) {
    check.level = Level::kLimited;
    check.detail += ": Tidemark and the target take turns, so durations contain our own work";
    check.remedy = "give the machine a second processor, or leave duration budgets room";
  }
  return check;
}

}  // namespace

Machine this_machine() {
  Machine machine;
  machine.pid = ::getpid();
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  const bool known = ::sched_getaffinity(0, sizeof allowed, &allowed) == 0;
  machine.processors =
      known ? CPU_COUNT(&allowed) : static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
  return machine;
}

std::vector<MachineCheck> machine_checks(const Machine& machine) {
  return {check_kernel(machine),     check_pages(machine),  check_huge_pages(machine),
          check_processors(machine), check_memory(machine), check_swap(machine)};
}

Bytes peak_error(int processors, int online) {
  const std::int64_t page = ::sysconf(_SC_PAGESIZE);
  const std::int64_t held_back = std::max(32, 2 * online);  // pages
  return Bytes{processors * held_back * page};
}

}  // namespace tidemark::run
