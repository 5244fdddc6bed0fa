#include "harness/analysis/data_feed.h"

#include <algorithm>
#include <cmath>

namespace tidemark::analysis {

std::optional<std::int64_t> iterations_to_see_all(const record::DataFacts& data) {
  switch (data.order) {
    case plan::DataFeed::Order::kSequence:
      return data.rows;
    case plan::DataFeed::Order::kRandom: {
      // n ln n + 3 n draws leave a row unseen in 5 of 100 cases (coupon collector: 1 - exp(-e^-3)).
      const auto rows = static_cast<double>(data.rows);
      return static_cast<std::int64_t>(std::ceil(rows * std::log(rows) + 3 * rows));
    }
    case plan::DataFeed::Order::kOnce:
      return std::nullopt;
  }
  return std::nullopt;
}

std::int64_t growth_horizon(const record::Record& record) {
  const std::int64_t horizon = record.header.horizon_iterations;
  if (!record.header.data) return horizon;
  const auto all_seen = iterations_to_see_all(*record.header.data);
  if (!all_seen) return horizon;  // the audit says what such a verdict is worth
  const auto first =
      std::find_if(record.checkpoints.begin(), record.checkpoints.end(),
                   [](const auto& each) { return each.phase == record::Phase::kGrowth; });
  const std::int64_t before = first == record.checkpoints.end() ? 0 : first->iteration;
  return horizon + std::max<std::int64_t>(0, *all_seen - before);
}

}  // namespace tidemark::analysis
