#include "reporters/terminal/pen.h"

#include <fmt/format.h>

#include <algorithm>

#include "reporters/terminal/character_width.h"

namespace tidemark::reporters {

std::string Pen::operator()(Ink ink, std::string_view text) const {
  if (!color_ || ink == Ink::kPlain) return std::string(text);
  constexpr std::string_view kCodes[] = {"0", "32", "31", "33", "2", "1"};
  return fmt::format("\x1b[{}m{}\x1b[0m", kCodes[static_cast<std::size_t>(ink)], text);
}

std::size_t columns(std::string_view text) {
  std::size_t sum = 0;
  while (!text.empty()) {
    const Character character = first_character(text);
    sum += character.columns;
    text.remove_prefix(character.bytes.size());
  }
  return sum;
}

std::string_view cut(std::string_view text, std::size_t width) {
  std::size_t end = 0;
  while (end < text.size()) {
    const Character character = first_character(text.substr(end));
    if (character.columns > width) break;
    width -= character.columns;
    end += character.bytes.size();
  }
  return text.substr(0, end);
}

std::string padded(std::string_view text, std::size_t width) {
  return std::string(text) + std::string(width - std::min(width, columns(text)), ' ');
}

std::string right_aligned(std::string_view text, std::size_t width) {
  return std::string(width - std::min(width, columns(text)), ' ') + std::string(text);
}

std::string aligned(const std::vector<std::vector<std::string>>& rows,
                    std::string_view indentation) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns(row[i]));
  }
  std::string lines;
  for (const auto& row : rows) {
    lines += std::string(indentation) + padded(row.front(), widths.front());
    for (std::size_t i = 1; i + 1 < row.size(); ++i)
      lines += "  " + right_aligned(row[i], widths[i]);
    lines += "  " + row.back() + "\n";
  }
  return lines;
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
