#pragma once

// Text made safe to stand in HTML and SVG. Pure.

#include <string>
#include <string_view>

namespace tidemark::reporters {

// For content and for quoted attributes alike; control characters and broken UTF-8 are gone too.
std::string html(std::string_view text);

}  // namespace tidemark::reporters
