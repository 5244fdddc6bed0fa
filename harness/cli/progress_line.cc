#include "harness/cli/progress_line.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

#include "harness/base/text.h"

namespace tidemark::cli {
namespace {

std::size_t terminal_width() {
  winsize size = {};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 20) return 80;
  return size.ws_col;
}

void say(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace

void ProgressLine::erase() const {
  if (mode_ == Mode::kTerminal) say("\r\x1b[K");
}

void ProgressLine::begin_scenario(const std::string& name, std::size_t number, std::size_t count) {
  title_ = fmt::format("[{}/{}] {}", number, count, printable_line(name, 60));
  last_phase_.clear();
}

void ProgressLine::update(const run::ProgressUpdate& update) {
  const bool is_new_phase = update.phase != last_phase_;
  last_phase_ = update.phase;
  if (mode_ == Mode::kTerminal) {
    const std::string line = fmt::format("{}  {}  {}/{}  {}  at most {} left", title_, update.phase,
                                         update.iteration, update.most_iterations,
                                         format_bytes(update.memory), format_duration(update.left));
    erase();
    say(printable_line(line, terminal_width() - 2));
  } else if (mode_ == Mode::kPlain && is_new_phase) {
    say(fmt::format("{}: {}\n", title_, update.phase));
  }
}

void ProgressLine::note(const std::string& line) {
  erase();
  if (mode_ != Mode::kSilent) say(fmt::format("{}: {}\n", title_, line));
}

void ProgressLine::end_scenario(const analysis::ScenarioReport& report) {
  erase();
  say(reporters::render_console(report, style_));
}

}  // namespace tidemark::cli
