#pragma once

// How many columns of a terminal a character takes. Pure, and the same in every locale.

#include <cstddef>
#include <string_view>

namespace tidemark::reporters {

struct Character {
  std::string_view bytes;   // empty only where the text is
  std::size_t columns = 1;  // 0: it joins the one before; 2: East Asian ones and emoji
};

// The first one of a text in UTF-8; a broken byte is one of its own.
Character first_character(std::string_view text);

}  // namespace tidemark::reporters
