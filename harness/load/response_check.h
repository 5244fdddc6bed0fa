#pragma once

// Compares an answer with what the scenario expects, byte by byte as it arrives, and drops the
// bytes. Memory: the expected text and the first 200 bytes of the body. One object per answer, one
// thread.

#include <cstdint>
#include <string>
#include <string_view>

#include <vector>
#include "harness/plan/request.h"

namespace tidemark::load {

class ResponseRules {
 public:
  static Result<ResponseRules> compile(const plan::Expectation& e,
                                       const std::vector<plan::Capture>& c) {
    ResponseRules r;
    r.expect = e;
    r.captures = c;
    return r;
  }
  plan::Expectation expect;
  std::vector<plan::Capture> captures;
};
class ResponseCheck {
 public:
  struct Outcome {
    std::string unexpected;
    std::vector<std::string> captured;
  };
  explicit ResponseCheck(const ResponseRules& rules) : rules_(rules), expect_(rules.expect) {}
  Result<void> begin(const plan::PlaceholderValue& value_of);
  void receive_header(std::string_view name, std::string_view value);
  void receive(std::string_view piece);
  Outcome finish(long status, bool complete = true);
  std::uint64_t bytes() const { return bytes_; }
  const std::string& beginning() const { return beginning_; }  // of the body
 private:
  std::string verdict(long status, std::string_view content_type) const;
  std::int64_t rows() const { return rows_ + (line_has_text_ ? 1 : 0); }
  const ResponseRules& rules_;
  const plan::Expectation& expect_;
  std::uint64_t bytes_ = 0;
  std::int64_t rows_ = 0;
  bool line_has_text_ = false;
  bool found_ = false;
  std::string tail_, beginning_, type_, contains_;
  std::vector<std::string> captured_;
};
}  // namespace tidemark::load
