#pragma once

// Regular expressions (RE2's syntax; UTF-8) on bodies that arrive in pieces. Time is linear in the
// body whatever the pattern. A Regex is read-only once compiled; a RegexSearch belongs to one
// thread, and its Regex must outlive it.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "harness/base/error.h"

namespace tidemark::extract {

// What is found is what a search of the whole body would find, as long as neither the first match
// nor any before which it would be preferred is longer. A longer one may be missed, or its end.
inline constexpr std::size_t kLongestMatch = std::size_t{64} << 10;

class Regex {
 public:
  static Result<Regex> compile(std::string_view pattern);

  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;
  ~Regex();

 private:
  friend class RegexSearch;
  struct Compiled;
  explicit Regex(std::unique_ptr<const Compiled> compiled);
  std::unique_ptr<const Compiled> compiled_;
};

// Looks for the first match in one body after the other. Memory: at most twice kLongestMatch.
class RegexSearch {
 public:
  explicit RegexSearch(const Regex& regex) : regex_(&regex) {}

  void reset();  // for the next body
  void receive(std::string_view piece);
  void finish();  // the body is complete

  bool found() const { return found_; }
  // Group 1 of the first match, or all of it where the pattern has no group. Empty for a group that
  // had no part in the match.
  const std::string& text() const { return text_; }

 private:
  void scan(bool at_end);

  const Regex* regex_;
  std::string buffer_;
  std::size_t start_ = 0;  // of what may yet begin a match; before it stands one byte for ^ and \b
  bool found_ = false;
  std::string text_;
};

}  // namespace tidemark::extract
