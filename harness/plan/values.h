#pragma once

// Gives a scalar of the scenario file its type, after its variables are filled in; every mistake
// goes to the diagnostics, at the scalar's place, and the default is used instead. Pure.

#include <initializer_list>
#include <optional>
#include <string_view>
#include <type_traits>

#include "harness/base/parse.h"
#include "harness/plan/variables.h"
#include "harness/scenario/diagnostics.h"
#include "harness/scenario/scenario.h"

namespace tidemark::plan {

class Values {
 public:
  Values(const Variables& variables, scenario::Diagnostics& diagnostics)
      : variables_(variables), diagnostics_(diagnostics) {}

  const Variables& variables() const { return variables_; }
  scenario::Diagnostics& diagnostics() { return diagnostics_; }

  // Text that may keep launch placeholders; nothing when a variable in it is undefined.
  std::optional<Template> filled(const scenario::Scalar& scalar);
  Template text(const scenario::Scalar& scalar) { return filled(scalar).value_or(Template()); }

  // Text that must be known when the plan is made.
  std::optional<std::string> literal(const scenario::Scalar& scalar);
  std::optional<std::string> literal(const std::optional<scenario::Scalar>& scalar) {
    return scalar ? literal(*scalar) : std::nullopt;
  }

  // A value read by `parse`, one of base/parse.h or of its kind: Result<T>(std::string_view).
  template <class Parse>
  auto parsed(const std::optional<scenario::Scalar>& scalar, Parse parse)
      -> std::optional<typename std::invoke_result_t<Parse, std::string_view>::value_type> {
    if (!scalar) return std::nullopt;
    const auto text = literal(*scalar);
    if (!text) return std::nullopt;
    auto value = parse(*text);
    if (value) return std::move(*value);
    report(scalar->position, value.error().message + origin(*scalar, *text));
    return std::nullopt;
  }

  std::optional<int> integer(const std::optional<scenario::Scalar>& scalar, int lowest,
                             int highest);

  // The index of the word among the choices.
  std::optional<std::size_t> choice(const std::optional<scenario::Scalar>& scalar,
                                    std::initializer_list<std::string_view> choices);

  void report(const SourcePosition& position, std::string message, std::string suggestion = {});

 private:
  // " (from {{users}})", where the text came out of variables.
  static std::string origin(const scenario::Scalar& scalar, const std::string& text);

  const Variables& variables_;
  scenario::Diagnostics& diagnostics_;
};

// Limits: "64MiB", "2s".
Result<Quantity> size_limit(std::string_view text);
Result<Quantity> time_limit(std::string_view text);

}  // namespace tidemark::plan
