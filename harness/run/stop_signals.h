#pragma once

// Ctrl-C, SIGTERM and SIGHUP as something to poll. Create one, in the main thread, before any other
// thread begins: the signals are blocked from then on, in all threads, so that none of them can end
// the program before its outputs are written.

#include "harness/base/file.h"

namespace tidemark::run {

class StopSignals {
 public:
  StopSignals();

  // Readable, and so it stays, once a signal has come.
  int fd() const { return signals_.get(); }
  bool requested() const { return wait_readable(fd(), Seconds(0)); }

 private:
  FileDescriptor signals_;
};

}  // namespace tidemark::run
