#pragma once

// Text with {{placeholders}}. Variables of the scenario file are filled in when the plan is made;
// what is known only at launch ({{port}}, {{scratch}}) or must not be kept ({{env:NAME}}, a secret)
// stays a placeholder until the moment of use. Pure functions on value types.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/error.h"

namespace tidemark::plan {

struct TemplatePiece {
  enum class Kind { kLiteral, kPlaceholder };
  Kind kind = Kind::kLiteral;
  std::string text;  // of a placeholder: the name between the braces, trimmed

  friend bool operator==(const TemplatePiece&, const TemplatePiece&) = default;
};

class Template {
 public:
  Template() = default;
  explicit Template(std::vector<TemplatePiece> pieces) : pieces_(std::move(pieces)) {}

  const std::vector<TemplatePiece>& pieces() const { return pieces_; }
  bool is_literal() const;
  bool mentions(std::string_view placeholder) const;

  // As the author would have to write it: placeholders in braces. Holds no secret.
  std::string text() const;

 private:
  std::vector<TemplatePiece> pieces_;
};

// Splits text at its placeholders; an error when braces do not match.
Result<Template> parse_template(std::string_view text);

// The value of a placeholder, or an error that says why there is none.
using PlaceholderValue = std::function<Result<std::string>(std::string_view name)>;

Result<std::string> expand(const Template& text, const PlaceholderValue& value_of);

}  // namespace tidemark::plan
