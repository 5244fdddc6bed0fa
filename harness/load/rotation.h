#pragma once

// Which flow and which row of the data the next iteration takes. Deterministic for a seed; one
// thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include "harness/plan/load.h"

namespace tidemark::load {

// Takes flows in proportion to their weights, as evenly interleaved as can be: after any number of
// iterations each has had its share to within one. (The smooth weighted round robin of nginx's
// upstreams: each gains its weight, the richest is taken and pays the sum.)
class FlowRotation {
 public:
  explicit FlowRotation(std::vector<int> weights);
  std::size_t next();

 private:
  std::vector<int> weights_;
  std::vector<std::int64_t> credit_;
  std::int64_t sum_ = 0;
};

class RowRotation {
 public:
  // Rows of a feed; none: `next` gives 0 for ever.
  RowRotation(std::size_t rows, plan::DataFeed::Order order, std::uint64_t seed);
  // Nothing when each row was taken once and should not be again.
  std::optional<std::size_t> next();
  bool exhausted() const;

 private:
  std::size_t rows_;
  plan::DataFeed::Order order_;
  std::size_t taken_ = 0;
  std::mt19937_64 random_;
};

}  // namespace tidemark::load
