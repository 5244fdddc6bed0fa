#include "harness/load/rotation.h"

#include <algorithm>
#include <numeric>

namespace tidemark::load {

FlowRotation::FlowRotation(std::vector<int> weights)
    : weights_(std::move(weights)),
      credit_(weights_.size(), 0),
      sum_(std::accumulate(weights_.begin(), weights_.end(), std::int64_t{0})) {}

std::size_t FlowRotation::next() {
  for (std::size_t flow = 0; flow < weights_.size(); ++flow) credit_[flow] += weights_[flow];
  const auto richest = std::max_element(credit_.begin(), credit_.end());
  *richest -= sum_;
  return static_cast<std::size_t>(richest - credit_.begin());
}

RowRotation::RowRotation(std::size_t rows, plan::DataFeed::Order order, std::uint64_t seed)
    : rows_(rows), order_(order), random_(seed) {}

bool RowRotation::exhausted() const {
  return rows_ > 0 && order_ == plan::DataFeed::Order::kOnce && taken_ >= rows_;
}

std::optional<std::size_t> RowRotation::next() {
  if (rows_ == 0) return 0;
  if (exhausted()) return std::nullopt;
  const std::size_t turn = taken_++;
  if (order_ != plan::DataFeed::Order::kRandom) return turn % rows_;
  return std::uniform_int_distribution<std::size_t>(0, rows_ - 1)(random_);
}

}  // namespace tidemark::load
