#pragma once

// Compares an answer with what the scenario expects, byte by byte as it arrives, and drops the
// bytes. Memory: the expected text and the first 200 bytes of the body. One object per answer, one
// thread.

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/plan/plan.h"

namespace tidemark::load {

class ResponseCheck {
 public:
  explicit ResponseCheck(const plan::Expectation& expect) : expect_(expect) {}

  void receive(std::string_view piece);

  // What is not as expected, in words with the value found and the value wanted; empty: all well.
  std::string verdict(long status, std::string_view content_type) const;

  std::uint64_t bytes() const { return bytes_; }
  const std::string& beginning() const { return beginning_; }  // of the body

 private:
  std::int64_t rows() const { return rows_ + (line_has_text_ ? 1 : 0); }

  const plan::Expectation& expect_;
  std::uint64_t bytes_ = 0;
  std::int64_t rows_ = 0;  // finished lines that are not empty
  bool line_has_text_ = false;
  bool found_ = false;
  std::string tail_;  // the end of what came before, in which `contains` may have begun
  std::string beginning_;
};

}  // namespace tidemark::load
