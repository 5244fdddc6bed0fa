#include "harness/plan/values.h"

#include <fmt/format.h>

#include <algorithm>

namespace tidemark::plan {

std::optional<Template> Values::filled(const scenario::Scalar& scalar) {
  Result<Template> filled = variables_.fill(scalar.text);
  if (filled) return std::move(*filled);
  report(scalar.position, filled.error().message);
  return std::nullopt;
}

std::optional<std::string> Values::literal(const scenario::Scalar& scalar) {
  const std::optional<Template> text = filled(scalar);
  if (!text) return std::nullopt;
  if (text->is_literal()) return text->text();
  const auto& pieces = text->pieces();
  const bool is_late = std::any_of(pieces.begin(), pieces.end(), [](const TemplatePiece& piece) {
    return piece.kind == TemplatePiece::Kind::kPlaceholder && !known_at_launch(piece.text);
  });
  report(scalar.position, fmt::format("'{}' is known only {}; a fixed value is needed here",
                                      text->text(), is_late ? "to an iteration" : "at launch"));
  return std::nullopt;
}

std::string Values::origin(const scenario::Scalar& scalar, const std::string& text) {
  return scalar.text == text ? std::string() : fmt::format(" (from {})", scalar.text);
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
  report(
      scalar->position,
      fmt::format("'{}' is none of {}{}", *text, fmt::join(choices, ", "), origin(*scalar, *text)),
      scenario::did_you_mean(*text, choices));
  return std::nullopt;
}

void Values::report(const SourcePosition& position, std::string message, std::string suggestion) {
  diagnostics_.push_back({position, std::move(message), std::move(suggestion)});
}

Result<Quantity> size_limit(std::string_view text) {
  return parse_size(text).map([](Bytes size) {
    return Quantity{static_cast<double>(size.count), Unit::kBytes};
  });
}

Result<Quantity> time_limit(std::string_view text) {
  return parse_duration(text).map([](Seconds time) {
    return Quantity{time.count(), Unit::kSeconds};
  });
}

}  // namespace tidemark::plan
