#include "harness/load/iteration_values.h"

#include <fmt/format.h>

#include <algorithm>

namespace tidemark::load {

void IterationValues::capture(const std::string& name, std::string value) {
  const auto known = std::find_if(captured_.begin(), captured_.end(),
                                  [&](const auto& each) { return each.first == name; });
  if (known != captured_.end())
    known->second = std::move(value);
  else
    captured_.emplace_back(name, std::move(value));
}

Result<std::string> IterationValues::value_of(std::string_view name) const {
  for (const auto& [captured, value] : captured_)
    if (captured == name) return value;
  if (feed_)
    for (std::size_t column = 0; column < feed_->columns.size(); ++column)
      if (feed_->columns[column] == name) return feed_->rows[row_][column];
  return failure(fmt::format("'{{{{{}}}}}' has no value yet", name));
}

}  // namespace tidemark::load
