#include "reporters/html/markup.h"

#include <fmt/format.h>

#include "harness/base/text.h"

namespace tidemark::reporters {

constexpr std::size_t kLongest = 10'000;  // bytes

std::string html(std::string_view text) {
  std::string escaped;
  const bool is_cut = text.size() > kLongest;
  for (const char c : printable(text.substr(0, kLongest))) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return is_cut ? escaped + "…" : escaped;
}

std::string scenario_id(const std::string& folder) {
  return "scenario." + folder;
}

std::string cell(std::string_view element, const std::string& words, bool is_number) {
  return fmt::format("<{0}{1}>{2}</{0}>", element, is_number ? " class=\"number\"" : "",
                     html(words));
}

std::string table(const std::string& head, const std::string& rows) {
  return "<div class=\"wide\"><table><thead>" + head + "</thead><tbody>" + rows +
         "</tbody></table></div>";
}

}  // namespace tidemark::reporters
