#include "harness/base/json.h"

#include <stdexcept>

namespace tidemark {

Json parse_json(std::string_view text) {
  return Json::parse(text);
}

std::string json_text(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string plain_words(const std::exception& error) {
  const std::string_view words = error.what();
  const std::size_t name_end = words.starts_with('[') ? words.find("] ") : std::string_view::npos;
  return std::string(name_end == std::string_view::npos ? words : words.substr(name_end + 2));
}

std::int64_t whole_number(const Json& json, std::int64_t least, std::int64_t most) {
  const bool is_negative = json.is_number_integer() && !json.is_number_unsigned();
  if (is_negative && json.get<std::int64_t>() >= least) return json.get<std::int64_t>();
  const bool fits = json.is_number_unsigned() && most >= 0 &&
                    json.get<std::uint64_t>() <= static_cast<std::uint64_t>(most);
  if (fits && json.get<std::int64_t>() >= least) return json.get<std::int64_t>();
  throw std::invalid_argument("it has a number that cannot be: " + json_text(json).substr(0, 40));
}

std::string json_escaped(std::string_view text) {
  const std::string quoted = json_text(Json(std::string(text)));
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace tidemark
