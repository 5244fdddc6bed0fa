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

}  // namespace tidemark::plan
