#include "harness/analysis/fingerprint.h"

#include <fmt/format.h>

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid.hpp>

namespace tidemark::analysis {

std::string fingerprint(std::string_view function, std::string_view source) {
  std::string named(function);
  named += '\n';
  for (const char letter : source)
    if (letter != ' ' && letter != '\t' && letter != '\r' && letter != '\n') named += letter;
  const boost::uuids::uuid hash =
      boost::uuids::name_generator_sha1(boost::uuids::ns::oid())(named.data(), named.size());
  std::string digits;
  for (int i = 0; i < 6; ++i) digits += fmt::format("{:02x}", hash.data[i]);
  return digits;
}

}  // namespace tidemark::analysis
