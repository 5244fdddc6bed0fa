#include "harness/plan/values.h"

#include <fmt/format.h>

#include <algorithm>

namespace tidemark::plan {

Template Values::text(const scenario::Scalar& scalar) {
  Result<Template> filled = variables_.fill(scalar.text);
  if (filled) return std::move(*filled);
  report(scalar.position, filled.error().message);
  return Template();
}

std::optional<std::string> Values::literal(const scenario::Scalar& scalar) {
  const Result<Template> filled = variables_.fill(scalar.text);
  if (!filled) {
    report(scalar.position, filled.error().message);
    return std::nullopt;
  }
  if (filled->is_literal()) return filled->text();
  report(scalar.position,
         fmt::format("'{}' is known only at launch; a fixed value is needed here", filled->text()));
  return std::nullopt;
}

std::optional<int> Values::integer(const std::optional<scenario::Scalar>& scalar, int lowest,
                                   int highest) {
  const auto value =
      parsed(scalar, [&](std::string_view text) { return parse_integer(text, lowest, highest); });
  return value ? std::optional<int>(static_cast<int>(*value)) : std::nullopt;
}

std::optional<std::size_t> Values::choice(const std::optional<scenario::Scalar>& scalar,
                                          std::initializer_list<std::string_view> choices) {
  const auto text = literal(scalar);
  if (!text) return std::nullopt;
  const auto found = std::find(choices.begin(), choices.end(), *text);
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  report(scalar->position, fmt::format("'{}' is none of {}", *text, fmt::join(choices, ", ")),
         scenario::did_you_mean(*text, choices));
  return std::nullopt;
}

void Values::report(const SourcePosition& position, std::string message, std::string suggestion) {
  diagnostics_.push_back({position, std::move(message), std::move(suggestion)});
}

}  // namespace tidemark::plan
