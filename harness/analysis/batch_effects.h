#pragma once

// What batches and checkpoints do to a series by themselves. Settling leaves traces, and a server
// may hold more after a large batch than after a small one: neither is growth per iteration. Pure;
// O(points).

#include <cstddef>
#include <optional>

#include "harness/analysis/growth_rules.h"
#include "harness/analysis/series.h"

namespace tidemark::analysis {

// The series as growth sees it: what settling itself leaves behind (known from blank checkpoints)
// and what only mirrors the size of the last batch are taken out.
struct AdjustedSeries {
  Series series;
  // The harness's own, by the blank checkpoints; 0 unless certain.
  double growth_per_checkpoint = 0;
  double batch_effect = 0;  // level per iteration of the last batch; 0 unless it is certain
};
AdjustedSeries adjust(Series series, const SignalKind& kind);

struct Contrast {
  double per_iteration = 0;
  double error = 0;  // standard error
  std::size_t degrees_of_freedom = 0;
};

// Growth per iteration as the contrast between large and small batches shows it: what growth per
// checkpoint cannot explain. Nothing when the batches hardly differ.
std::optional<Contrast> contrast_slope(const Series& series);

// That growth per checkpoint looks like it by chance happens in 15 of 10,000 series, and before the
// last look in one of 100,000, because there are many.
bool is_surely_positive(const Contrast& contrast, bool last_look);

}  // namespace tidemark::analysis
