#include "harness/target/process_tree.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <sstream>

#include "harness/base/file.h"

namespace tidemark::target {
namespace fs = std::filesystem;

std::optional<ProcessEntry> parse_stat(std::string_view stat) {
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  ProcessEntry entry;
  const auto [end, error] = std::from_chars(stat.data(), stat.data() + name_end, entry.pid);
  if (error != std::errc() || entry.pid <= 0) return std::nullopt;
  // proc(5): after the name come (3) state, (4) ppid, … (22) starttime.
  std::istringstream rest{std::string(stat.substr(name_end + 1))};
  rest >> entry.state >> entry.parent;
  std::string skipped;
  for (int field = 5; field < 22; ++field) rest >> skipped;
  rest >> entry.started;
  return rest ? std::optional<ProcessEntry>(entry) : std::nullopt;
}

std::vector<ProcessEntry> descendants(pid_t ancestor, const fs::path& proc) {
  std::multimap<pid_t, ProcessEntry> by_parent;
  std::error_code error;
  for (fs::directory_iterator folder(proc, error), last; !error && folder != last;
       folder.increment(error)) {
    const std::string name = folder->path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto stat = read_file(folder->path() / "stat");
    if (!stat) continue;  // it ended in this moment
    if (const auto entry = parse_stat(*stat)) by_parent.emplace(entry->parent, *entry);
  }
  std::vector<ProcessEntry> found;
  std::vector<pid_t> parents = {ancestor};
  while (!parents.empty()) {
    const pid_t parent = parents.back();
    parents.pop_back();
    const auto [first, last] = by_parent.equal_range(parent);
    for (auto child = first; child != last; ++child) {
      parents.push_back(child->second.pid);
      if (child->second.state != 'Z' && child->second.state != 'X') found.push_back(child->second);
    }
    by_parent.erase(parent);  // each parent is visited once, whatever /proc claims
  }
  std::sort(found.begin(), found.end(),
            [](const ProcessEntry& a, const ProcessEntry& b) { return a.pid < b.pid; });
  return found;
}

std::vector<int> descendant_pids(pid_t ancestor) {
  std::vector<int> pids;
  for (const ProcessEntry& entry : descendants(ancestor)) pids.push_back(entry.pid);
  return pids;
}

}  // namespace tidemark::target
