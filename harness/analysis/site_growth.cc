#include "harness/analysis/site_growth.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

namespace tidemark::analysis {
namespace {

// So many times what a block usually has, and so many bytes more, is a jump.
constexpr double kJump = 3;
constexpr double kLeastJump = 256;
// Fewer blocks are chance.
constexpr double kFewestBlocks = 3;

std::vector<double> differences(const std::vector<std::int64_t>& values) {
  std::vector<double> result;
  for (std::size_t i = 1; i < values.size(); ++i)
    result.push_back(static_cast<double>(values[i] - values[i - 1]));
  return result;
}

double sum_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

// The usual bytes of a block: the median over the batches that added any; nothing when fewer than
// two did.
std::optional<double> usual_block(const std::vector<double>& bytes,
                                  const std::vector<double>& blocks) {
  std::vector<double> sizes;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    if (blocks[i] >= 1) sizes.push_back(bytes[i] / blocks[i]);
  if (sizes.size() < 2) return std::nullopt;
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>((sizes.size() - 1) / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  return *middle;
}

}  // namespace

SiteGrowth growth_of(const record::TraceSite& site) {
  SiteGrowth growth;
  growth.bytes_by_batch = differences(site.bytes);
  growth.blocks_by_batch = differences(site.blocks);
  auto& bytes = growth.bytes_by_batch;
  const auto& blocks = growth.blocks_by_batch;
  if (const auto usual = usual_block(bytes, blocks)) {
    for (std::size_t i = 0; i < bytes.size(); ++i)
      if (bytes[i] > kJump * std::max(blocks[i], 1.0) * *usual + kLeastJump)
        bytes[i] = std::max(blocks[i], 0.0) * *usual;
  } else {
    std::fill(bytes.begin(), bytes.end(), 0.0);
  }
  growth.bytes = sum_of(bytes);
  growth.blocks = sum_of(blocks);
  return growth;
}

double growth_of_storage(const record::Holder& holder) {
  const auto added = static_cast<double>(holder.last_length - holder.first_length);
  if (holder.last_length <= 0 || added <= 0) return 0;
  return static_cast<double>(holder.storage) / static_cast<double>(holder.last_length) * added;
}

void add(SiteGrowth& sum, const SiteGrowth& more) {
  sum.bytes += more.bytes;
  sum.blocks += more.blocks;
  const auto add_each = [](std::vector<double>& to, const std::vector<double>& from) {
    to.resize(std::max(to.size(), from.size()), 0.0);
    std::transform(from.begin(), from.end(), to.begin(), to.begin(), std::plus<>());
  };
  add_each(sum.bytes_by_batch, more.bytes_by_batch);
  add_each(sum.blocks_by_batch, more.blocks_by_batch);
}

bool goes_on(const SiteGrowth& growth) {
  const auto& blocks = growth.blocks_by_batch;
  const auto half = static_cast<std::ptrdiff_t>(blocks.size() / 2);
  const double first = std::accumulate(blocks.begin(), blocks.begin() + half, 0.0);
  const double second = std::accumulate(blocks.end() - half, blocks.end(), 0.0);
  return growth.blocks >= kFewestBlocks && first > 0 && second > 0 && growth.bytes > 0;
}

bool is_once_per_iteration(const SiteGrowth& growth, const std::vector<std::int64_t>& batches) {
  const auto iterations =
      static_cast<double>(std::accumulate(batches.begin(), batches.end(), std::int64_t{0}));
  const double each = iterations > 0 ? std::round(growth.blocks / iterations) : 0;
  if (each < 1 || growth.blocks_by_batch.size() != batches.size()) return false;
  for (std::size_t i = 0; i < batches.size(); ++i)
    if (std::abs(growth.blocks_by_batch[i] - each * static_cast<double>(batches[i])) > 1)
      return false;
  return true;
}

}  // namespace tidemark::analysis
