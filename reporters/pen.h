#pragma once

// What the texts for a terminal have in common: colors and columns. Pure.

#include <cstddef>
#include <string>
#include <string_view>

namespace tidemark::reporters {

enum class Ink { kPlain, kGood, kBad, kDoubtful, kFaint, kStrong };

class Pen {
 public:
  explicit Pen(bool color) : color_(color) {}

  std::string operator()(Ink ink, std::string_view text) const;

 private:
  bool color_;
};

// How wide a text is, where each character is as wide as one column: what is printed has no others.
std::size_t columns(std::string_view text);

// With spaces behind, or before, until it is so wide.
std::string padded(std::string_view text, std::size_t width);
std::string right_aligned(std::string_view text, std::size_t width);

// Lines of at most `width` columns, broken at spaces, each behind `indentation` and ended.
std::string wrapped(std::string_view text, std::string_view indentation, std::size_t width);

}  // namespace tidemark::reporters
