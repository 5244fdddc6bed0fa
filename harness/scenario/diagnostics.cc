#include "harness/scenario/diagnostics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <tuple>

#include "harness/base/text.h"

namespace tidemark::scenario {
namespace {

std::string_view line_of(std::string_view source, int line) {
  for (; line > 1; --line) {
    const std::size_t end = source.find('\n');
    if (end == std::string_view::npos) return {};
    source.remove_prefix(end + 1);
  }
  return source.substr(0, source.find_first_of("\r\n"));
}

// As wide as the characters before the column; tabs stay tabs, so that the caret lines up.
std::string indentation(std::string_view line, int column) {
  std::string spaces;
  for (const char c : line) {
    const bool starts_character = (static_cast<std::uint8_t>(c) & 0xC0) != 0x80;
    if (starts_character && --column <= 0) break;
    if (starts_character) spaces += c == '\t' ? '\t' : ' ';
  }
  spaces.append(static_cast<std::size_t>(std::max(0, column - 1)), ' ');
  return spaces;
}

}  // namespace

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates) {
  const std::string_view candidate = nearest(word, candidates);
  return candidate.empty() ? std::string() : fmt::format("did you mean '{}'?", candidate);
}

Diagnostics in_order(Diagnostics diagnostics) {
  std::stable_sort(diagnostics.begin(), diagnostics.end(), [](const auto& a, const auto& b) {
    return std::tie(a.position.file, a.position.line, a.position.column) <
           std::tie(b.position.file, b.position.line, b.position.column);
  });
  // A file's own value may be looked at once for each scenario that uses it.
  Diagnostics said_once;
  for (Diagnostic& diagnostic : diagnostics) {
    const auto same_place = std::find_if(
        said_once.rbegin(), said_once.rend(),
        [&](const Diagnostic& other) { return other.position != diagnostic.position; });
    if (std::find(said_once.rbegin(), same_place, diagnostic) == same_place)
      said_once.push_back(std::move(diagnostic));
  }
  return said_once;
}

std::string render(const Diagnostic& diagnostic) {
  const SourcePosition& position = diagnostic.position;
  const std::string suggestion =
      diagnostic.suggestion.empty() ? std::string() : "; " + diagnostic.suggestion;
  const std::string message = printable_line(diagnostic.message, 1000) + suggestion;
  if (!position.known()) return fmt::format("{}: {}\n", position.file, message);
  return fmt::format("{}:{}:{}: {}\n", position.file, position.line, position.column, message);
}

std::string render(const Diagnostic& diagnostic, std::string_view source) {
  const SourcePosition& position = diagnostic.position;
  if (!position.known()) return render(diagnostic);
  const std::string_view line = line_of(source, position.line);
  return render(diagnostic) + fmt::format("{:5} | {}\n      | {}^\n", position.line,
                                          printable(line), indentation(line, position.column));
}

}  // namespace tidemark::scenario
