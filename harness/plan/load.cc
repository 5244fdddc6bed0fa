#include "harness/plan/load.h"

#include <algorithm>
#include <cmath>

namespace tidemark::plan {

int most_vus(const Load& load) {
  if (load.model == LoadModel::kOpen) return load.max_vus;
  double most = load.vus;
  for (const Stage& stage : load.stages) most = std::max(most, stage.target);
  return std::max(1, static_cast<int>(std::ceil(most)));
}

std::string_view data_order_name(DataFeed::Order order) {
  switch (order) {
    case DataFeed::Order::kSequence:
      return "sequence";
    case DataFeed::Order::kRandom:
      return "random";
    case DataFeed::Order::kOnce:
      return "once";
  }
  return {};
}

}  // namespace tidemark::plan
