#include "harness/probes/proc_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <ctime>

#include "harness/base/file.h"

namespace tidemark::probes {
namespace fs = std::filesystem;

namespace {

// Adds up the values of several fields, all in kB.
Result<Bytes> sum_of(std::string_view text, std::initializer_list<std::string_view> names) {
  Bytes sum{0};
  for (const std::string_view name : names) {
    const auto value = field_value(text, name);
    if (!value) return tl::unexpected(value.error());
    sum += Bytes{*value * 1024};
  }
  return sum;
}

Result<std::int64_t> first_number(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return failure("a number was expected");
  return number;
}

}  // namespace

Result<std::int64_t> field_value(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find(name); at != std::string_view::npos;
       at = text.find(name, at + 1)) {
    const bool starts_line = at == 0 || text[at - 1] == '\n';
    const std::size_t colon = at + name.size();
    if (starts_line && colon < text.size() && text[colon] == ':')
      return first_number(text.substr(colon + 1));
  }
  return failure(fmt::format("there is no field '{}'", name));
}

Result<MemoryReading> parse_smaps_rollup(std::string_view text) {
  MemoryReading reading;
  const auto read = [&](Bytes& into,
                        std::initializer_list<std::string_view> names) -> Result<void> {
    const auto sum = sum_of(text, names);
    if (!sum) return tl::unexpected(sum.error());
    into = *sum;
    return {};
  };
  Result<void> all = read(reading.rss, {"Rss"});
  if (all) all = read(reading.pss, {"Pss"});
  if (all) all = read(reading.anon, {"Anonymous"});
  if (all) all = read(reading.uss, {"Private_Clean", "Private_Dirty"});
  if (all) all = read(reading.lazy_free, {"LazyFree"});
  if (all) all = read(reading.swapped, {"Swap"});
  if (!all) return tl::unexpected(all.error());
  (void)read(reading.pss_anon, {"Pss_Anon"});
  return reading;
}

fs::path ProcReader::file(int pid, std::string_view name) const {
  return proc_ / std::to_string(pid) / name;
}

Result<MemoryReading> ProcReader::memory(int pid) const {
  return read_file(file(pid, "smaps_rollup")).and_then([](const std::string& text) {
    return parse_smaps_rollup(text);
  });
}

Result<std::int64_t> ProcReader::fds(int pid) const {
  std::error_code error;
  std::int64_t count = 0;
  for (fs::directory_iterator entry(file(pid, "fd"), error), last; !error && entry != last;
       entry.increment(error))
    ++count;
  if (error)
    return failure(fmt::format("cannot read {}: {}", file(pid, "fd").string(), error.message()));
  return count;
}

Result<std::int64_t> ProcReader::threads(int pid) const {
  return read_file(file(pid, "status")).and_then([](const std::string& text) {
    return field_value(text, "Threads");
  });
}

Result<Bytes> ProcReader::peak(int pid) const {
  return read_file(file(pid, "status"))
      .and_then([](const std::string& text) { return field_value(text, "VmHWM"); })
      .map([](std::int64_t kilobytes) { return Bytes{kilobytes * 1024}; });
}

Result<void> ProcReader::reset_peak(int pid) const {
  const fs::path path = file(pid, "clear_refs");
  const FileDescriptor clear_refs(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!clear_refs.open())
    return failure(fmt::format("cannot open {}: {}", path.string(), errno_text(errno)));
  return write_all(clear_refs.get(), "5");
}

Result<Seconds> ProcReader::cpu_time(int pid) {
  clockid_t clock = 0;
  timespec time{};
  int error = ::clock_getcpuclockid(pid, &clock);
  if (error == 0 && ::clock_gettime(clock, &time) != 0) error = errno;
  if (error != 0)
    return failure(fmt::format("no CPU time of process {}: {}", pid, errno_text(error)));
  return Seconds(static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9);
}

Result<std::int64_t> ProcReader::child_faults(int pid) const {
  return read_file(file(pid, "stat")).and_then([](const std::string& text) -> Result<std::int64_t> {
    std::string_view rest = text;
    rest.remove_prefix(std::min(rest.size(), rest.rfind(')') + 1));
    // proc(5): after the name come (3) state, (4) ppid, … (11) cminflt.
    for (int field = 3; field <= 11; ++field) {
      const std::size_t space = rest.find(' ');
      if (space == std::string_view::npos) return failure("stat has too few fields");
      rest.remove_prefix(space + 1);
    }
    return first_number(rest);
  });
}

Result<Bytes> ProcReader::rough_rss(int pid) const {
  static const long kPage = ::sysconf(_SC_PAGESIZE);
  return read_file(file(pid, "statm")).and_then([](const std::string& text) -> Result<Bytes> {
    const std::size_t second = text.find(' ');
    if (second == std::string::npos) return failure("statm has one field");
    return first_number(std::string_view(text).substr(second)).map([](std::int64_t pages) {
      return Bytes{pages * kPage};
    });
  });
}

std::string ProcReader::command(int pid) const {
  std::string command = read_file(file(pid, "cmdline")).value_or("");
  while (command.ends_with('\0')) command.pop_back();
  std::replace(command.begin(), command.end(), '\0', ' ');
  if (!command.empty()) return command;
  std::string name = read_file(file(pid, "comm")).value_or("?");
  if (name.ends_with('\n')) name.pop_back();
  return "[" + name + "]";
}

}  // namespace tidemark::probes
