#include "harness/plan/variables.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/base/text.h"

namespace tidemark::plan {
namespace {

// Ten variables of ten references each would make ten thousand million pieces.
constexpr std::size_t kLongest = 64 * 1024;

constexpr std::string_view kServicePort = "port:";

}  // namespace

bool known_at_launch(std::string_view placeholder) {
  return placeholder == "port" || placeholder == "scratch" ||
         (placeholder.starts_with("env:") && placeholder.size() > 4) ||
         (placeholder.starts_with(kServicePort) && placeholder.size() > kServicePort.size());
}

void Variables::set_all(const scenario::NamedValues& values) {
  for (const auto& [name, value] : values) set(name.text, value.text);
}

std::vector<std::string_view> Variables::names() const {
  std::vector<std::string_view> names;
  for (const auto& [name, value] : values_) names.push_back(name);
  return names;
}

struct Variables::Filling {
  std::vector<TemplatePiece> pieces;
  std::size_t size = 0;
  std::vector<std::string_view> open;  // the variables whose values are being filled in
};

Result<Template> Variables::fill(std::string_view text) const {
  Filling filling;
  if (auto appended = append(text, filling); !appended) return tl::unexpected(appended.error());
  return Template(std::move(filling.pieces));
}

Result<void> Variables::append(std::string_view text, Filling& filling) const {
  const Result<Template> parsed = parse_template(text);
  if (!parsed) return tl::unexpected(parsed.error());
  for (const TemplatePiece& piece : parsed->pieces()) {
    filling.size += piece.text.size();
    if (filling.size > kLongest)
      return failure(
          fmt::format("with its variables filled in, the text is longer than {} bytes", kLongest));
    auto& pieces = filling.pieces;
    const bool is_literal = piece.kind == TemplatePiece::Kind::kLiteral;
    if (is_literal && !pieces.empty() && pieces.back().kind == TemplatePiece::Kind::kLiteral) {
      pieces.back().text += piece.text;
      continue;
    }
    const bool is_port = !is_literal && piece.text.starts_with(kServicePort);
    if (is_port && !services_.contains(piece.text.substr(kServicePort.size())))
      return undefined(piece.text);
    if (is_literal || known_at_launch(piece.text) || late_.contains(piece.text)) {
      pieces.push_back(piece);
      continue;
    }
    const auto found = values_.find(piece.text);
    if (found == values_.end()) return undefined(piece.text);
    if (std::find(filling.open.begin(), filling.open.end(), found->first) != filling.open.end())
      return failure(fmt::format("the variable '{}' is defined by itself", found->first));
    filling.open.push_back(found->first);
    if (auto appended = append(found->second, filling); !appended) return appended;
    filling.open.pop_back();
  }
  return {};
}

tl::unexpected<Error> Variables::undefined(const std::string& name) const {
  if (name.starts_with("env:")) return failure("'{{env:}}' names no variable: write {{env:NAME}}");
  if (const auto reason = reasons_.find(name); reason != reasons_.end())
    return failure(fmt::format("'{}' has no value here: {}", name, reason->second));
  if (name.starts_with(kServicePort)) {
    const std::string service = name.substr(kServicePort.size());
    const std::string_view near = nearest(service, {services_.begin(), services_.end()});
    return failure(fmt::format("there is no service '{}' to have a port{}", service,
                               near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
  }
  std::vector<std::string_view> candidates = names();
  candidates.insert(candidates.end(), late_.begin(), late_.end());
  candidates.insert(candidates.end(), {"port", "scratch"});
  const std::string_view near = nearest(name, candidates);
  return failure(fmt::format("undefined variable '{}'{}", name,
                             near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
}

}  // namespace tidemark::plan
