#include "harness/analysis/fingerprint.h"

#include <fmt/format.h>

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid.hpp>

namespace tidemark::analysis {

namespace {

std::string normalised(std::string_view source) {
  std::string kept;
  char quote = 0;  // of the literal that we are in
  for (std::size_t i = 0; i < source.size(); ++i) {
    const char letter = source[i];
    if (quote == 0 && letter == '#') break;
    if (quote == 0 && std::string_view(" \t\r\n").find(letter) != std::string_view::npos) continue;
    kept += letter;
    if (quote == 0 && (letter == '"' || letter == '\''))
      quote = letter;
    else if (quote != 0 && letter == '\\' && i + 1 < source.size())
      kept += source[++i];
    else if (letter == quote)
      quote = 0;
  }
  return kept;
}

}  // namespace

std::string fingerprint(std::string_view function, std::string_view source, std::string_view file) {
  std::string named(function);
  named += '\n';
  named += normalised(source);
  if (source.empty() && file.starts_with('<')) named += file;
  const boost::uuids::uuid hash =
      boost::uuids::name_generator_sha1(boost::uuids::ns::oid())(named.data(), named.size());
  std::string digits;
  for (int i = 0; i < 6; ++i) digits += fmt::format("{:02x}", hash.data[i]);
  return digits;
}

}  // namespace tidemark::analysis
