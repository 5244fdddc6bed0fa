#include "harness/probes/tree_peak.h"

#include <algorithm>

namespace tidemark::probes {
namespace {

// Of exact looks: the pause after one, in its own lengths.
constexpr int kPause = 4;

}  // namespace

void TreePeak::look(const std::vector<int>& pids) {
  Bytes rough{0};
  for (const int pid : pids) rough += proc_.rough_rss(pid).value_or(Bytes{0});
  const auto began = Clock::now();
  if (rough <= peak_ || began < next_exact_look_) return;
  Bytes exact{0};
  for (const int pid : pids)
    if (const auto memory = proc_.memory(pid)) exact += memory->pss;
  peak_ = std::max(peak_, exact);
  next_exact_look_ = Clock::now() + kPause * (Clock::now() - began);
}

}  // namespace tidemark::probes
