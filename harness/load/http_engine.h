#pragma once

// Drives a workload of HTTP requests. All of libcurl lives on one thread of the engine's own;
// start, done_fd, take, drain and abort belong to the thread that made it. Bodies are checked as
// they arrive and dropped, so memory does not depend on answers or on the number of iterations.

#include <memory>

#include "harness/load/batch.h"
#include "harness/load/workload.h"

namespace tidemark::load {

class HttpEngine {
 public:
  explicit HttpEngine(Workload workload);
  ~HttpEngine();  // aborts what is in flight

  // Begins a batch; the one before must have been taken.
  void start(const BatchOrder& order);

  // Readable once the batch is over: nothing is in flight then.
  int done_fd() const;

  // The finished batch; call when done_fd() is readable.
  BatchResult take();

  // Begins no more iterations; the batch is over when those under way are.
  void drain();

  // Drops what is in flight; the batch is over soon after. Dropped iterations are not counted.
  void abort();

 private:
  class Thread;
  std::unique_ptr<Thread> thread_;
};

// One GET, waited for: empty when answered with a status below 400, else what happened instead.
std::string check_path(const Endpoint& endpoint, const std::string& path, Seconds timeout,
                       int stop_fd = -1);

}  // namespace tidemark::load
