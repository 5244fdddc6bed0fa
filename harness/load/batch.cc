#include "harness/load/batch.h"

namespace tidemark::load {

void BatchResult::leave_out_errored() {
  const auto errored = static_cast<int>(requests.errored);  // each has ended its iteration
  iterations -= errored;
  failed_iterations -= errored;
  requests.started -= errored;
  requests.errored = 0;
  std::erase_if(errors, [](const auto& error) { return !error.first.starts_with("timeout"); });
  for (RequestStatistics& request : by_request) {
    request.counts.started -= request.counts.errored;
    request.counts.errored = 0;
  }
  std::erase_if(examples, [](const UnexpectedAnswer& example) { return example.errored; });
}

}  // namespace tidemark::load
