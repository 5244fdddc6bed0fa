#pragma once

// What the texts for a terminal have in common: colors and columns. Pure.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::reporters {

enum class Ink { kPlain, kGood, kBad, kDoubtful, kFaint, kStrong };

class Pen {
 public:
  explicit Pen(bool color) : color_(color) {}

  std::string operator()(Ink ink, std::string_view text) const;

 private:
  bool color_;
};

// How wide a text without control characters is.
std::size_t columns(std::string_view text);

// The first so many columns of it, or one less where a wide character would be cut in two.
std::string_view cut(std::string_view text, std::size_t width);

// With spaces behind, or before, until it is so wide.
std::string padded(std::string_view text, std::size_t width);
std::string right_aligned(std::string_view text, std::size_t width);

// Lines of cells in columns, ended: words in the first and the last, numbers between. Each row has
// as many as the first.
std::string aligned(const std::vector<std::vector<std::string>>& rows,
                    std::string_view indentation);

// Lines of at most `width` columns, broken at spaces, each behind `indentation` and ended.
std::string wrapped(std::string_view text, std::string_view indentation, std::size_t width);

}  // namespace tidemark::reporters
