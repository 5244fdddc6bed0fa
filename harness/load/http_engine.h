#pragma once

// Drives a flow of HTTP requests over keep-alive connections. All of libcurl lives on one thread of
// the engine's own; start, done_fd, take and abort belong to the thread that made it. Bodies are
// checked as they arrive and dropped, so memory does not depend on answers or on the number of
// iterations.

#include <memory>

#include "harness/load/batch.h"

namespace tidemark::load {

class HttpEngine {
 public:
  explicit HttpEngine(Flow flow);
  ~HttpEngine();  // aborts what is in flight

  // Begins a batch; the one before must have been taken.
  void start(const BatchOrder& order);

  // Readable once the batch is over: nothing is in flight then.
  int done_fd() const;

  // The finished batch; call when done_fd() is readable.
  BatchResult take();

  // Drops what is in flight; the batch is over soon after. Dropped iterations are not counted.
  void abort();

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

// One GET, waited for: empty when answered with a status below 400, else what happened instead.
std::string check_path(int port, const std::string& path, Seconds timeout, int stop_fd = -1);

}  // namespace tidemark::load
