#pragma once

// JSON pointers (RFC 6901), and what stands at them in a document that arrives in pieces. Memory
// does not depend on the document's size. A JsonPointer is a value; a JsonSearch belongs to one
// thread.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/error.h"

namespace tidemark::extract {

inline constexpr std::size_t kLongestJsonValue = std::size_t{64} << 10;
inline constexpr std::size_t kDeepestJson = 512;

class JsonPointer {
 public:
  // "" is the whole document, "/items/0/name" a member; "~1" stands for "/" and "~0" for "~".
  static Result<JsonPointer> parse(std::string_view text);

  const std::vector<std::string>& tokens() const { return tokens_; }

 private:
  std::vector<std::string> tokens_;
};

struct JsonValue {
  enum class Kind {
    kNothing,
    kString,
    kNumber,
    kBoolean,
    kNull,
    kObject,
    kArray,
    kTooLong,  // a string or number of more than kLongestJsonValue bytes
  };
  Kind kind = Kind::kNothing;
  // Of a string: decoded, in UTF-8. Of a number: as written. "true", "false", "null". Else empty.
  std::string text;

  friend bool operator==(const JsonValue&, const JsonValue&) = default;
};

// Looks up several pointers in one document after the other. Of members with the same name the last
// one counts. Text that is no UTF-8 is malformed, and so is a document nested deeper than
// kDeepestJson.
class JsonSearch {
 public:
  explicit JsonSearch(const std::vector<JsonPointer>& pointers);
  JsonSearch(JsonSearch&&) noexcept;
  JsonSearch& operator=(JsonSearch&&) noexcept;
  ~JsonSearch();

  void reset();  // for the next document
  void receive(std::string_view piece);

  // The document is complete. An error when it is malformed, with the place: "malformed JSON at
  // byte 17: syntax error".
  Result<void> finish();

  // In the order of the pointers; what was found so far.
  const std::vector<JsonValue>& values() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// True when both are JSON numbers of the same value, however they are written: exact, whatever
// their size.
bool same_json_number(std::string_view a, std::string_view b);

}  // namespace tidemark::extract
