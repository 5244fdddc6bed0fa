#pragma once

// The door to the JSON library: texts to values and back. Pure; any thread. Files that read or
// write JSON include this header; it stands in no other header.

#include <cstdint>
#include <exception>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "harness/base/error.h"

namespace tidemark {

using Json = nlohmann::ordered_json;

// Throws the library's exception for what is no JSON.
Json parse_json(std::string_view text);

// On one line, or indented by so many spaces a level. Broken UTF-8 becomes U+FFFD.
std::string json_text(const Json& json, int indent = -1);

// The text as the inside of a JSON string: escaped, without quotes.
std::string json_escaped(std::string_view text);

// The largest count and number of bytes that is believed: what a double still tells apart.
constexpr std::int64_t kMostCount = std::int64_t{1} << 53;

// Throws std::invalid_argument for what is no whole number between the two. (The library would cast
// 1e300 to an integer, whatever comes of it.)
std::int64_t whole_number(const Json& json, std::int64_t least = 0, std::int64_t most = kMostCount);

// What one of the library's exceptions says, without its own name for it in front.
std::string plain_words(const std::exception& error);

// What `read` makes of the parsed text. It may use the accessors that throw (at, get): whatever
// they find wrong is an Error in plain words.
template <class Read>
auto read_json(std::string_view text, Read read) -> Result<decltype(read(std::declval<Json>()))> {
  try {
    return read(parse_json(text));
  } catch (const std::exception& error) {
    return failure(plain_words(error));
  }
}

}  // namespace tidemark
