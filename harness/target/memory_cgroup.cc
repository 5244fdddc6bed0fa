#include "harness/target/memory_cgroup.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <sstream>
#include <thread>

#include "harness/base/file.h"

namespace tidemark::target {
namespace fs = std::filesystem;

namespace {

const std::string kPrefix = "tidemark-";
constexpr std::chrono::minutes kStale{1};

struct Mount {
  std::string root;  // of the hierarchy, as seen below `point`
  std::string point;
};

// "36 35 0:29 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory"
std::optional<Mount> mount_of(std::string_view mounts, std::string_view type,
                              std::string_view option) {
  std::istringstream lines{std::string(mounts)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string skipped, word, source, options;
    Mount mount;
    fields >> skipped >> skipped >> skipped >> mount.root >> mount.point;
    while (fields >> word && word != "-") {
    }
    fields >> word >> source >> options;
    if (word == type &&
        (option.empty() ||
         ("," + options + ",").find("," + std::string(option) + ",") != std::string::npos))
      return mount;
  }
  return std::nullopt;
}

// "4:memory:/a/b" → "/a/b"; of v2, whose controllers are named elsewhere, "0::/a/b".
std::optional<std::string> own_path(std::string_view self_cgroup, std::string_view controller) {
  std::istringstream lines{std::string(self_cgroup)};
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    if (controller.empty()
            ? controllers == ",," && line.starts_with("0:")
            : controllers.find("," + std::string(controller) + ",") != std::string::npos)
      return line.substr(second + 1);
  }
  return std::nullopt;
}

// The folder of a cgroup: its path below what the mount shows of the hierarchy.
std::optional<fs::path> folder_of(const Mount& mount, std::string path) {
  if (mount.root != "/") {
    if (!path.starts_with(mount.root)) return std::nullopt;
    path.erase(0, mount.root.size());
  }
  return fs::path(mount.point) / fs::path(path).relative_path();
}

// Whether a child of this process can go there.
bool can_be_joined(const fs::path& folder) {
  const std::string procs = folder / "cgroup.procs";
  const pid_t child = ::fork();
  if (child == 0) ::_exit(join_cgroup(procs.c_str()) ? 0 : 1);
  int status = -1;
  while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return child > 0 && status == 0;
}

// "name 123", one of several in a file.
std::optional<std::int64_t> number_after(std::string_view name, const fs::path& file) {
  std::istringstream words(read_file(file).value_or(""));
  std::string word;
  for (std::int64_t number = 0; words >> word >> number;)
    if (word == name) return number;
  return std::nullopt;
}

bool has_memory_counter(const fs::path& folder) {
  std::error_code none;
  return fs::exists(folder / "memory.peak", none) ||
         fs::exists(folder / "memory.max_usage_in_bytes", none);
}

}  // namespace

std::vector<CgroupParent> cgroup_parents(std::string_view self_cgroup, std::string_view mounts) {
  std::vector<CgroupParent> parents;
  const auto v1_path = own_path(self_cgroup, "memory");
  const auto v1_mount = mount_of(mounts, "cgroup", "memory");
  if (v1_path && v1_mount)
    if (auto folder = folder_of(*v1_mount, *v1_path)) parents.push_back({std::move(*folder)});
  const auto v2_path = own_path(self_cgroup, "");
  const auto v2_mount = mount_of(mounts, "cgroup2", "");
  if (v2_path && v2_mount)
    if (const auto folder = folder_of(*v2_mount, *v2_path)) {
      parents.push_back({*folder});
      const bool is_root = !fs::path(*v2_path).has_relative_path();
      if (!is_root && !v2_path->ends_with(".scope") && !v2_path->ends_with(".service"))
        parents.push_back({folder->parent_path(), *folder});
    }
  return parents;
}

bool is_unlimited(const fs::path& cgroup) {
  for (const char* name : {"memory.max", "memory.high", "memory.swap.max"}) {
    std::error_code none;
    if (!fs::exists(cgroup / name, none)) continue;  // its parent hands no controller on
    if (read_file(cgroup / name).value_or("") != "max\n") return false;
  }
  return true;
}

void remove_stale_cgroups(const fs::path& parent, std::chrono::seconds age) {
  std::error_code none;
  for (fs::directory_iterator entry(parent, none); !none && entry != fs::directory_iterator();
       entry.increment(none)) {
    const std::string name = entry->path().filename();
    if (!name.starts_with(kPrefix) ||
        name.find_first_not_of("0123456789", kPrefix.size()) != std::string::npos)
      continue;  // somebody else's
    std::error_code gone;
    const auto made = entry->last_write_time(gone);
    if (!gone && fs::file_time_type::clock::now() - made >= age)
      ::rmdir(entry->path().c_str());  // refused while a process is in it
  }
}

std::optional<fs::path> make_memory_cgroup(pid_t owner) {
  const auto self_cgroup = read_file("/proc/self/cgroup");
  const auto mounts = read_file("/proc/self/mountinfo");
  if (!self_cgroup || !mounts) return std::nullopt;
  for (const CgroupParent& parent : cgroup_parents(*self_cgroup, *mounts)) {
    if (!parent.leaves.empty() && !is_unlimited(parent.leaves)) continue;
    remove_stale_cgroups(parent.folder, kStale);
    const fs::path folder = parent.folder / (kPrefix + std::to_string(owner));
    std::error_code refused;
    if (!fs::create_directory(folder, refused)) continue;
    if (has_memory_counter(folder) && can_be_joined(folder)) return folder;
    remove_cgroup(folder);
  }
  return std::nullopt;
}

bool limit_memory(const fs::path& folder, Bytes most) {
  const auto write = [&](const char* name, const std::string& text) {
    const FileDescriptor file(::open((folder / name).c_str(), O_WRONLY | O_CLOEXEC));
    return file.open() && write_all(file.get(), text).has_value();
  };
  const std::string bytes = std::to_string(most.count);
  if (write("memory.max", bytes)) {
    write("memory.swap.max", "0");
    return true;
  }
  if (!write("memory.limit_in_bytes", bytes)) return false;
  // A page more, or it would be met first, and recent kernels do not count that.
  write("memory.memsw.limit_in_bytes", std::to_string(most.count + ::sysconf(_SC_PAGESIZE)));
  return true;
}

std::optional<std::int64_t> oom_kills_in(const fs::path& folder) {
  const auto kills = number_after("oom_kill", folder / "memory.events");
  return kills ? kills : number_after("oom_kill", folder / "memory.oom_control");
}

bool was_ended_by_its_limit(const fs::path& folder) {
  if (oom_kills_in(folder).value_or(0) == 0) return false;
  if (const auto met = number_after("oom", folder / "memory.events")) return *met > 0;
  const auto met = read_file(folder / "memory.failcnt");
  return met && *met != "0\n";
}

bool join_cgroup(const char* procs) {
  const int file = ::open(procs, O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool joined = ::write(file, "0", 1) == 1;  // the writer itself
  ::close(file);
  return joined;
}

bool remove_cgroup(const fs::path& folder) {
  constexpr int kTries = 100;
  for (int round = 0; round < kTries; ++round) {
    if (::rmdir(folder.c_str()) == 0 || errno == ENOENT) return true;
    if (errno != EBUSY) return false;
    std::this_thread::sleep_for(
        std::chrono::milliseconds(5));  // its last processes are still ending
  }
  return false;
}

}  // namespace tidemark::target
