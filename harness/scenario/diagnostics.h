#pragma once

// What is wrong with a scenario file, all of it, and how it is shown. Pure functions.

#include <string>
#include <string_view>
#include <vector>

#include "harness/base/error.h"

namespace tidemark::scenario {

struct Diagnostic {
  SourcePosition position;
  std::string message;
  std::string suggestion;  // "did you mean 'growth'?", or empty

  friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

using Diagnostics = std::vector<Diagnostic>;

// "did you mean 'X'?" when one of the candidates is near the word, else empty.
std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates);

// Ordered by place, without repetitions.
Diagnostics in_order(Diagnostics diagnostics);

// One diagnostic, with the line of the source that it speaks of and a caret under the place:
//
//   shop.yaml:12:5: unknown key 'growht'; did you mean 'growth'?
//      12 |     growht: 1KiB/iteration
//         |     ^
std::string render(const Diagnostic& diagnostic, std::string_view source);

// The first of these lines alone, for a place in a file whose text is not at hand.
std::string render(const Diagnostic& diagnostic);

}  // namespace tidemark::scenario
