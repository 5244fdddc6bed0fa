#pragma once

// What the placeholders of one iteration stand for: a row of the data feed, and what its answers
// gave so far. One virtual user's; one thread.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/base/error.h"
#include "harness/plan/load.h"

namespace tidemark::load {

class IterationValues {
 public:
  // `feed` may be null; it must outlive this.
  explicit IterationValues(const plan::DataFeed* feed) : feed_(feed) {}

  void begin(std::size_t row) {
    row_ = row;
    captured_.clear();
  }
  void capture(const std::string& name, std::string value);

  // An error where nothing of that name has been captured.
  Result<std::string> value_of(std::string_view name) const;

 private:
  const plan::DataFeed* feed_;
  std::size_t row_ = 0;
  std::vector<std::pair<std::string, std::string>> captured_;  // few: searched one by one
};

}  // namespace tidemark::load
