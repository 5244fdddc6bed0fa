#include "harness/extract/regex.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "harness/base/text.h"

namespace tidemark::extract {
namespace {

// Of the program and of what RE2 remembers while it searches. The default is 8 MiB.
constexpr std::int64_t kMostMemory = std::int64_t{2} << 20;

// The larger, the less is searched twice: what is shorter than the longest match stays for the
// next time.
constexpr std::size_t kCapacity = 2 * kLongestMatch;

RE2::Options options() {
  RE2::Options options;
  options.set_log_errors(false);  // standard error is the user's
  options.set_max_mem(kMostMemory);
  return options;
}

}  // namespace

struct Regex::Compiled {
  explicit Compiled(std::string_view pattern)
      : regex(re2::StringPiece(pattern.data(), pattern.size()), options()) {}
  RE2 regex;
};

Regex::Regex(std::unique_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;
Regex::~Regex() = default;

Result<Regex> Regex::compile(std::string_view pattern) {
  auto compiled = std::make_unique<const Compiled>(pattern);
  if (!compiled->regex.ok())
    return failure(fmt::format("'{}' is no regular expression: {}", printable_line(pattern, 80),
                               printable_line(compiled->regex.error(), 120)));
  return Regex(std::move(compiled));
}

void RegexSearch::reset() {
  buffer_.clear();
  start_ = 0;
  found_ = false;
  text_.clear();
}

void RegexSearch::receive(std::string_view piece) {
  while (!found_ && !piece.empty()) {
    const std::size_t taken = std::min(piece.size(), kCapacity - buffer_.size());
    // Once a body is large, all of it at once: doubling would end well beyond what is needed.
    if (buffer_.size() + taken > kLongestMatch) buffer_.reserve(kCapacity);
    buffer_ += piece.substr(0, taken);
    piece.remove_prefix(taken);
    if (buffer_.size() == kCapacity) scan(false);
  }
}

void RegexSearch::finish() {
  if (!found_) scan(true);
}

void RegexSearch::scan(bool at_end) {
  // The last byte is only looked at: it says whether $ and \b hold before it. RE2 takes what lies
  // outside of the positions for context.
  const std::size_t end = at_end ? buffer_.size() : buffer_.size() - 1;
  const RE2& regex = regex_->compiled_->regex;
  const bool has_group = regex.NumberOfCapturingGroups() > 0;
  const re2::StringPiece text(buffer_.data(), buffer_.size());
  re2::StringPiece match[2];
  if (regex.Match(text, start_, end, RE2::UNANCHORED, match, has_group ? 2 : 1)) {
    const auto begin = static_cast<std::size_t>(match[0].data() - buffer_.data());
    // Further back, more text could make it another match, or let one begin before it.
    if (at_end || begin + kLongestMatch <= end) {
      found_ = true;
      const re2::StringPiece& wanted = match[has_group ? 1 : 0];
      if (wanted.data() != nullptr) text_.assign(wanted.data(), wanted.size());
      return;
    }
  }
  if (at_end) return;
  // Every match that begins before this place has been seen in full.
  const std::size_t kept = end - kLongestMatch + 1;
  buffer_.erase(0, kept - 1);
  start_ = 1;
}

}  // namespace tidemark::extract
