#pragma once

// A series cut into blocks of equally many checkpoints. Each speaks by the mean of those points
// that lie near its median (nearly as exact as the mean, and as deaf to outliers as the median; a
// block with a jump in it takes the side that has more points). Pure; O(points).

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "harness/analysis/series.h"

namespace tidemark::analysis {

using Points = std::span<const SeriesPoint>;

struct Blocks {
  std::vector<double> iteration;  // of the points that were counted, on average
  std::vector<double> value;
  double iterations = 0;   // that the blocks span, first checkpoint to last
  double points_each = 0;  // checkpoints in a block, on average
  // Inside the blocks, on average.
  double value_variance = 0;
  double iteration_variance = 0;

  std::size_t count() const { return value.size(); }
};

// At least `count` points are needed.
Blocks make_blocks(Points points, std::size_t count);

// Growth from block to block, as if all blocks were equally many iterations apart; one less than
// there are blocks.
std::vector<double> even_steps(const Blocks& blocks);

// One single jump, far larger than any other move: something that happened once. It is spread over
// two neighbouring steps when it fell into the middle of a block.
struct Jump {
  std::size_t first_step = 0;
  std::size_t steps = 1;
};
// A leak's candidate looks for jumps up only (a drop that is taken out would turn slow collections
// into leaks), and for two neighbouring steps only after the first ones, where a warm-up has its
// largest.
enum class Jumps { kUp, kUpAndDown };
std::optional<Jump> find_jump(std::span<const double> steps, Jumps which);

// 0 when empty. Puts the values into another order.
double median_of(std::span<double> values);

}  // namespace tidemark::analysis
