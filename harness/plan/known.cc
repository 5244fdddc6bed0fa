#include "harness/plan/known.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace tidemark::plan {
namespace {

constexpr std::size_t kFingerprintLength = 12;

Result<std::string> fingerprint_text(std::string_view text) {
  const bool is_one = text.size() == kFingerprintLength &&
                      text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (is_one) return std::string(text);
  return failure(fmt::format(
      "'{}' is no fingerprint: write the 12 digits (0 to 9, a to f) that the report shows beside "
      "the finding",
      text));
}

bool has_date_shape(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00";
  return text.size() == kShape.size() &&
         std::equal(text.begin(), text.end(), kShape.begin(), [](char c, char shape) {
           return shape == '-' ? c == '-' : c >= '0' && c <= '9';
         });
}

Result<std::string> date_text(std::string_view text) {
  if (!has_date_shape(text))
    return failure(
        fmt::format("'{}' is no date: write year, month and day, as in 2026-12-31", text));
  const auto number = [&](std::size_t from, std::size_t count) {
    return static_cast<int>(*parse_integer(text.substr(from, count)));
  };
  const std::chrono::year_month_day date{std::chrono::year(number(0, 4)),
                                         std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                         std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  if (!date.ok()) return failure(fmt::format("there is no day {} in the calendar", text));
  return std::string(text);
}

}  // namespace

std::vector<Known> typed_known(const std::vector<scenario::Known>& of_file,
                               const std::vector<scenario::Known>& of_scenario, Values& values) {
  std::vector<Known> known;
  for (const auto* list : {&of_file, &of_scenario})
    for (const scenario::Known& written : *list) {
      const auto fingerprint = values.parsed(std::optional(written.fingerprint), fingerprint_text);
      const std::string reason = values.literal(written.reason).value_or("-");
      const auto until = values.parsed(written.until, date_text);
      if (reason.find_first_not_of(" \t\r\n") == std::string::npos)
        values.report(written.reason.position, "'reason' is empty",
                      "say why it is accepted: the report shows it");
      if (!fingerprint) continue;
      const auto first = std::find_if(known.begin(), known.end(), [&](const Known& each) {
        return each.fingerprint == *fingerprint;
      });
      if (first != known.end())
        values.report(
            written.fingerprint.position,
            fmt::format("'{}' is known already, since line {}", *fingerprint, first->position.line),
            "leave one of the two out");
      else
        known.push_back({*fingerprint, reason, until.value_or(""), written.fingerprint.position});
    }
  return known;
}

}  // namespace tidemark::plan
