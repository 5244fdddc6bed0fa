#include "harness/plan/template.h"

#include <fmt/format.h>

#include <algorithm>

namespace tidemark::plan {
namespace {

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

bool Template::is_literal() const {
  return std::all_of(pieces_.begin(), pieces_.end(), [](const TemplatePiece& piece) {
    return piece.kind == TemplatePiece::Kind::kLiteral;
  });
}

bool Template::mentions(std::string_view placeholder) const {
  return std::any_of(pieces_.begin(), pieces_.end(), [&](const TemplatePiece& piece) {
    return piece.kind == TemplatePiece::Kind::kPlaceholder && piece.text == placeholder;
  });
}

std::string Template::text() const {
  std::string text;
  for (const TemplatePiece& piece : pieces_)
    text += piece.kind == TemplatePiece::Kind::kLiteral ? piece.text : "{{" + piece.text + "}}";
  return text;
}

Result<Template> parse_template(std::string_view text) {
  std::vector<TemplatePiece> pieces;
  const auto add_literal = [&](std::string_view literal) {
    if (!literal.empty()) pieces.push_back({TemplatePiece::Kind::kLiteral, std::string(literal)});
  };
  while (true) {
    const std::size_t open = text.find("{{");
    add_literal(text.substr(0, open));
    if (open == std::string_view::npos) return Template(std::move(pieces));
    const std::size_t close = text.find("}}", open + 2);
    if (close == std::string_view::npos)
      return failure(
          fmt::format("'{}' opens a placeholder that nothing closes: write {{{{name}}}}", text));
    const std::string_view name = trimmed(text.substr(open + 2, close - open - 2));
    if (name.empty()) return failure("an empty placeholder: write {{name}}");
    pieces.push_back({TemplatePiece::Kind::kPlaceholder, std::string(name)});
    text.remove_prefix(close + 2);
  }
}

Result<std::string> expand(const Template& text, const PlaceholderValue& value_of) {
  std::string expanded;
  for (const TemplatePiece& piece : text.pieces()) {
    if (piece.kind == TemplatePiece::Kind::kLiteral) {
      expanded += piece.text;
      continue;
    }
    Result<std::string> value = value_of(piece.text);
    if (!value) return value;
    expanded += *value;
  }
  return expanded;
}

}  // namespace tidemark::plan
