#include "harness/base/error.h"

#include <fmt/format.h>

#include <system_error>

namespace tidemark {

std::string with_place(const Error& error) {
  const SourcePosition& place = error.position;
  if (!place.known()) return error.message;
  return fmt::format("{}:{}:{}: {}", place.file, place.line, place.column, error.message);
}

std::string errno_text(int error_number) {
  return std::generic_category().message(error_number);
}

}  // namespace tidemark
