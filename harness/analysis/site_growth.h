#pragma once

// How fast a place in the code keeps memory, from what tracing saw at several marks. Pure.

#include <vector>

#include "harness/record/diagnosis.h"

namespace tidemark::analysis {

struct SiteGrowth {
  double bytes = 0;  // over all batches together
  double blocks = 0;
  std::vector<double> bytes_by_batch;
  std::vector<double> blocks_by_batch;
};

// Of one site in one process. A list's storage or a dict's table that is resized for the first time
// under tracing appears whole, as if all of it were new. Such a jump is far above what the blocks
// of the site usually have: it is replaced by that. Storage alone grows by what its entries take,
// where the container and its lengths are known.
SiteGrowth growth_of(const record::TraceSite& site, const record::ProcessDiagnosis& process);

// Over several processes, batch by batch.
void add(SiteGrowth& sum, const SiteGrowth& more);

// Whether it has grown in the first half of the batches and in the second too, by a few blocks or
// more: what came once stays out.
bool goes_on(const SiteGrowth& growth);

// The same whole number of blocks in each iteration, one at least; `batches` are their iterations.
bool is_once_per_iteration(const SiteGrowth& growth, const std::vector<std::int64_t>& batches);

}  // namespace tidemark::analysis
