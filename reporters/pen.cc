#include "reporters/pen.h"

#include <fmt/format.h>

#include <algorithm>

namespace tidemark::reporters {

std::string Pen::operator()(Ink ink, std::string_view text) const {
  if (!color_ || ink == Ink::kPlain) return std::string(text);
  constexpr std::string_view kCodes[] = {"0", "32", "31", "33", "2", "1"};
  return fmt::format("\x1b[{}m{}\x1b[0m", kCodes[static_cast<std::size_t>(ink)], text);
}

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string padded(std::string_view text, std::size_t width) {
  return std::string(text) + std::string(width - std::min(width, columns(text)), ' ');
}

std::string right_aligned(std::string_view text, std::size_t width) {
  return std::string(width - std::min(width, columns(text)), ' ') + std::string(text);
}

std::string wrapped(std::string_view text, std::string_view indentation, std::size_t width) {
  std::string lines;
  std::string line;
  const auto end_line = [&] {
    if (!line.empty()) lines += fmt::format("{}{}\n", indentation, line);
    line.clear();
  };
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (word.empty()) continue;
    if (columns(indentation) + columns(line) + 1 + columns(word) > width) end_line();
    line += (line.empty() ? "" : " ") + std::string(word);
  }
  end_line();
  return lines;
}

}  // namespace tidemark::reporters
