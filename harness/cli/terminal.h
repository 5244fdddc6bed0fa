#pragma once

// What standard output is, and how large.

#include <cstddef>

#include "harness/cli/options.h"

namespace tidemark::cli {

struct TerminalSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};
TerminalSize terminal_size();

// Whether somebody watches it: it is a terminal, and neither CI nor NO_COLOR asks for plain lines.
bool is_watched();

// Whether it wants colors.
bool wants_color(const OutputOptions& options);

}  // namespace tidemark::cli
