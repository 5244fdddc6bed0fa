#include "harness/plan/variables.h"

#include <fmt/format.h>

#include "harness/base/text.h"

namespace tidemark::plan {
namespace {

// Deeper than anybody nests variables on purpose: what goes further is a circle.
constexpr int kDeepest = 16;

}  // namespace

bool known_at_launch(std::string_view placeholder) {
  return placeholder == "port" || placeholder == "scratch" ||
         (placeholder.starts_with("env:") && placeholder.size() > 4);
}

void Variables::set_all(const scenario::NamedValues& values) {
  for (const auto& [name, value] : values) set(name.text, value.text);
}

std::vector<std::string_view> Variables::names() const {
  std::vector<std::string_view> names;
  for (const auto& [name, value] : values_) names.push_back(name);
  return names;
}

Result<Template> Variables::fill(std::string_view text) const {
  std::vector<TemplatePiece> pieces;
  if (auto appended = append(text, 0, pieces); !appended) return tl::unexpected(appended.error());
  return Template(std::move(pieces));
}

Result<void> Variables::append(std::string_view text, int depth,
                               std::vector<TemplatePiece>& pieces) const {
  const Result<Template> parsed = parse_template(text);
  if (!parsed) return tl::unexpected(parsed.error());
  if (depth > kDeepest) return failure(fmt::format("'{}' is defined by itself", text));
  for (const TemplatePiece& piece : parsed->pieces()) {
    const bool is_literal = piece.kind == TemplatePiece::Kind::kLiteral;
    if (is_literal && !pieces.empty() && pieces.back().kind == TemplatePiece::Kind::kLiteral) {
      pieces.back().text += piece.text;
      continue;
    }
    if (is_literal || known_at_launch(piece.text)) {
      pieces.push_back(piece);
      continue;
    }
    const auto found = values_.find(piece.text);
    if (found == values_.end()) {
      std::vector<std::string_view> candidates = names();
      candidates.insert(candidates.end(), {"port", "scratch"});
      const std::string_view near = nearest(piece.text, candidates);
      return failure(fmt::format("undefined variable '{}'{}", piece.text,
                                 near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
    }
    if (auto appended = append(found->second, depth + 1, pieces); !appended) return appended;
  }
  return {};
}

}  // namespace tidemark::plan
