#include "harness/target/readiness.h"

#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <optional>

#include "harness/base/file.h"
#include "harness/base/text.h"
#include "harness/target/port.h"

namespace tidemark::target {
namespace {

constexpr Seconds kCheckInterval{0.05};

// Looks for a text in a file that is still being written to; what was read is not read again.
class LogSearch {
 public:
  LogSearch(const std::filesystem::path& file, std::uintmax_t from, const std::string& text)
      : file_(file), text_(text), offset_(static_cast<std::streamoff>(from)) {}

  bool found() {
    std::ifstream stream(file_, std::ios::binary);
    stream.seekg(offset_);
    char buffer[65536];
    while (stream.read(buffer, sizeof buffer), stream.gcount() > 0) {
      offset_ += stream.gcount();
      window_.append(buffer, static_cast<std::size_t>(stream.gcount()));
      if (window_.find(text_) != std::string::npos) return true;
      if (window_.size() > text_.size()) window_.erase(0, window_.size() - text_.size());
    }
    return false;
  }

 private:
  const std::filesystem::path& file_;
  const std::string& text_;
  std::streamoff offset_;
  std::string window_;
};

// The condition as a check that says what is still missing; empty: ready.
std::function<std::string()> condition_check(const ReadinessWait& wait) {
  if (std::holds_alternative<plan::AnswersPath>(wait.readiness.condition))
    return [&wait] {
      const std::string missing = wait.way_in.check_path(wait.path);
      return missing.empty() ? missing : fmt::format("GET {}: {}", wait.path, missing);
    };
  if (const auto* log = std::get_if<plan::WritesLog>(&wait.readiness.condition))
    return [search = LogSearch(wait.output, wait.output_from, log->text), log]() mutable {
      return search.found() ? std::string()
                            : fmt::format("its output does not contain '{}'", log->text);
    };
  if (std::holds_alternative<plan::Starts>(wait.readiness.condition))
    return [] { return std::string(); };
  if (const std::string& socket = wait.way_in.unix_socket; !socket.empty())
    return [&socket] {
      return accepts_connections(socket) ? std::string()
                                         : fmt::format("nothing listens on {}", socket);
    };
  return [&wait] {
    return accepts_connections(wait.port)
               ? std::string()
               : fmt::format("nothing listens on 127.0.0.1:{}", wait.port);
  };
}

}  // namespace

std::uintmax_t size_of(const std::filesystem::path& file) {
  std::error_code not_there;
  const std::uintmax_t size = std::filesystem::file_size(file, not_there);
  return not_there ? 0 : size;
}

std::string last_lines(const std::filesystem::path& output) {
  constexpr int kLines = 15;
  std::string tail = printable(read_tail(output, 8192));
  while (tail.ends_with('\n')) tail.pop_back();
  if (tail.empty()) return "\nit wrote no output";
  std::size_t start = tail.size();
  for (int line = 0; line < kLines && start != std::string::npos && start > 0; ++line)
    start = tail.rfind('\n', start - 1);
  if (start != std::string::npos && start > 0) tail.erase(0, start + 1);
  std::string text = "\nlast lines of its output:\n  ";
  for (const char c : tail) text += c == '\n' ? std::string("\n  ") : std::string(1, c);
  return text;
}

Result<void> wait_until_ready(GuardedProcess& process, const ReadinessWait& wait) {
  using Clock = std::chrono::steady_clock;
  const auto deadline =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(wait.readiness.timeout);
  const auto check = condition_check(wait);
  while (true) {
    const std::string missing = check();
    if (const auto exit = process.poll_exit())
      return failure(fmt::format("{} {} before it was ready{}", wait.who, exit->words(),
                                 last_lines(wait.output)));
    if (process.lost())
      return failure(fmt::format("{}: its guardian was killed before it was ready", wait.who));
    if (const auto died = wait.others_died ? wait.others_died() : std::nullopt)
      return failure(*died);
    if (missing.empty()) return {};
    if (Clock::now() >= deadline)
      return failure(fmt::format("{} was not ready within {}: {}{}", wait.who,
                                 format_duration(wait.readiness.timeout), missing,
                                 last_lines(wait.output)));
    process.wait(kCheckInterval, wait.stop_fd);
    if (wait_readable(wait.stop_fd, Seconds(0))) return failure("interrupted");
  }
}

}  // namespace tidemark::target
