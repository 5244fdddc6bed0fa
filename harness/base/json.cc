#include "harness/base/json.h"

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

std::string json_escaped(std::string_view text) {
  const std::string quoted = json_text(Json(std::string(text)));
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace tidemark
