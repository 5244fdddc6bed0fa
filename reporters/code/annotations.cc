// Workflow commands of GitHub Actions: what is wrong, shown beside the line that it is about.

#include <fmt/format.h>

#include <string_view>

#include "harness/base/text.h"
#include "reporters/code/problems.h"
#include "reporters/reporters.h"

namespace tidemark::reporters {
namespace {

// GitHub shows ten of a level for each step, and drops the rest without a word.
constexpr std::size_t kMostOfLevel = 9;
constexpr std::size_t kLongestTitle = 200;
constexpr std::size_t kLongestSentence = 1000;
constexpr std::size_t kLongestList = 3000;

std::string escaped_message(std::string_view text) {
  std::string result;
  for (const char c : printable(text)) {
    if (c == '%')
      result += "%25";
    else if (c == '\n')
      result += "%0A";
    else if (c == '\r')
      result += "%0D";
    else
      result += c;
  }
  return result;
}

std::string escaped_property(std::string_view text) {
  std::string result;
  for (const char c : escaped_message(text)) {
    if (c == ':')
      result += "%3A";
    else if (c == ',')
      result += "%2C";
    else
      result += c;
  }
  return result;
}

std::string command(std::string_view level, const std::optional<CodePlace>& place,
                    const std::string& title, const std::string& message) {
  const std::string where =
      place ? fmt::format("file={},line={},", escaped_property(place->file), place->line) : "";
  return fmt::format("::{} {}title={}::{}\n", level, where,
                     escaped_property(printable_line(title, kLongestTitle)),
                     escaped_message(message));
}

std::string message_of(const Problem& problem) {
  const std::string sentence = printable_line(problem.sentence, kLongestSentence);
  return problem.details.empty() ? sentence : sentence + "\n" + problem.details;
}

std::string commands(std::string_view level, const std::vector<Problem>& problems,
                     const SourceRoot& root) {
  std::string lines;
  for (std::size_t i = 0; i < problems.size() && i < kMostOfLevel; ++i)
    lines +=
        command(level, place_of(problems[i], root), title_of(problems[i]), message_of(problems[i]));
  if (problems.size() <= kMostOfLevel) return lines;
  std::vector<std::string> names;
  for (std::size_t i = kMostOfLevel; i < problems.size(); ++i)
    names.push_back(printable_line(title_of(problems[i])));
  return lines + command(level, std::nullopt, fmt::format("{} more", names.size()),
                         printable_line(join(names, ", "), kLongestList));
}

}  // namespace

std::string render_annotations(const analysis::RunReport& report, const SourceRoot& root) {
  std::vector<Problem> errors;
  std::vector<Problem> warnings;
  for (Problem& problem : problems_of(report))
    (problem.is_error ? errors : warnings).push_back(std::move(problem));
  return commands("error", errors, root) + commands("warning", warnings, root);
}

}  // namespace tidemark::reporters
