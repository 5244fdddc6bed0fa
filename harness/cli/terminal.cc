#include "harness/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace tidemark::cli {
namespace {

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value && *value;
}

}  // namespace

TerminalSize terminal_size() {
  winsize size = {};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return {};
  TerminalSize known;
  if (size.ws_col >= 20) known.columns = size.ws_col;
  if (size.ws_row >= 5) known.rows = size.ws_row;
  return known;
}

bool is_watched() {
  return ::isatty(STDOUT_FILENO) != 0 && !is_set("CI") && !is_set("NO_COLOR");
}

bool wants_color(const OutputOptions& options) {
  return !options.no_color && !is_set("NO_COLOR") && ::isatty(STDOUT_FILENO) != 0;
}

}  // namespace tidemark::cli
