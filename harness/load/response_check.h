#pragma once

// Compares an answer with what the scenario expects, byte by byte as it arrives, takes out what
// later requests need, and drops the bytes. Memory does not depend on the answer, but for captures
// by CSS selector, which keep the page (extract::kLargestHtml at most) until it is complete. A
// check belongs to one thread; its rules must outlive it and stay where they are.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/error.h"
#include "harness/load/response_rules.h"
#include "harness/plan/template.h"

namespace tidemark::load {

// One for each virtual user and request, used for one answer after the other.
class ResponseCheck {
 public:
  explicit ResponseCheck(const ResponseRules& rules);
  ResponseCheck(ResponseCheck&&) noexcept;
  ResponseCheck& operator=(ResponseCheck&&) noexcept;
  ~ResponseCheck();

  // Forgets the answer before. Asks for the values of placeholders, if there are any.
  Result<void> begin(const plan::PlaceholderValue& value_of);

  void receive_header(std::string_view name, std::string_view value);
  // The answer leads elsewhere and is followed: the headers so far were not the last one's.
  void forget_headers();

  void receive(std::string_view piece) {
    bytes_ += piece.size();
    if (beginning_.size() < kBeginning)
      beginning_ += piece.substr(0, kBeginning - beginning_.size());
    if (inspects_body_) inspect(piece);
  }

  struct Outcome {
    // What is not as expected, in words with the value found and the value wanted; empty: all well.
    // Fit to show, but it may hold secrets.
    std::string unexpected;
    // By index of the captures; empty when something is unexpected.
    std::vector<std::string> captured;
  };

  // Call once for an answer. Incomplete: the client hung up on purpose, so that what only the end
  // of the body tells is not asked.
  Outcome finish(long status, bool complete = true);

  std::uint64_t bytes() const { return bytes_; }
  const std::string& beginning() const { return beginning_; }  // of the body, as received

 private:
  static constexpr std::size_t kBeginning = 200;

  struct State;
  void inspect(std::string_view piece);

  std::unique_ptr<State> state_;
  bool inspects_body_ = false;
  std::uint64_t bytes_ = 0;
  std::string beginning_;
};

}  // namespace tidemark::load
