#pragma once

// Which processes belong to a target: the descendants of one process, read from /proc. Safe from
// any thread; nothing is kept between calls.

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::target {

struct ProcessEntry {
  pid_t pid = 0;
  pid_t parent = 0;
  char state = '?';           // 'R', 'S', 'Z', …
  std::uint64_t started = 0;  // clock ticks after boot; with the PID it names one process for good

  friend bool operator==(const ProcessEntry&, const ProcessEntry&) = default;
};

// Parses the content of /proc/PID/stat. The command's name, in parentheses, may itself contain
// spaces and parentheses, so fields are counted from the last ')'. Nothing when the text is not of
// that form.
std::optional<ProcessEntry> parse_stat(std::string_view stat);

// Every descendant of `ancestor`, without itself and without zombies, by ascending PID.
std::vector<ProcessEntry> descendants(pid_t ancestor, const std::filesystem::path& proc = "/proc");

// The same, of whom only the PID is wanted.
std::vector<int> descendant_pids(pid_t ancestor);

}  // namespace tidemark::target
