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

// Of one site in one process. A list's array or a dict's table that is resized for the first time
// under tracing appears whole, as if all of it were new. Such a jump is far above what the blocks
// of the site usually have: it is replaced by that. Where there is nothing but storage it counts as
// nothing: growth_of_storage says what a container's new entries take.
SiteGrowth growth_of(const record::TraceSite& site);

// Of a container's array or table, in bytes over all batches: what an entry takes of it, for each
// that was added.
double growth_of_storage(const record::Holder& holder);

// Over several processes, batch by batch.
void add(SiteGrowth& sum, const SiteGrowth& more);

// Whether it has grown in the first half of the batches and in the second too, by a few blocks or
// more: what came once stays out.
bool goes_on(const SiteGrowth& growth);

// The same whole number of blocks in each iteration, one at least; `batches` are their iterations.
bool is_once_per_iteration(const SiteGrowth& growth, const std::vector<std::int64_t>& batches);

}  // namespace tidemark::analysis
