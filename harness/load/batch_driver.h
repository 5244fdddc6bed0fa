#pragma once

// Runs batches of iterations: who begins when, and what became of it. Everything in it happens on
// the thread that calls run(), but for order(). Included by sources of this room only.

#include <atomic>
#include <deque>
#include <memory>
#include <vector>

#include "harness/load/batch.h"
#include "harness/load/event_loop.h"
#include "harness/load/pacer.h"
#include "harness/load/rotation.h"
#include "harness/load/virtual_user.h"
#include "harness/load/workload.h"

namespace tidemark::load {

class BatchDriver {
 public:
  enum class Command {
    kGo,
    kDrain,  // begin no more iterations, wait for those under way
    kAbort,  // drop what is in flight
  };

  BatchDriver(EventLoop& loop, const Workload& workload);

  // From the first request to the last answer; nothing is in flight afterwards.
  BatchResult run(const BatchOrder& order, const std::atomic<Command>& command);

 private:
  bool is_open() const;
  bool may_begin(Clock::time_point now);
  Seconds load_time(Clock::time_point now) const;
  void begin_arrivals(Clock::time_point now);
  void begin_closed(Clock::time_point now);
  int closed_limit(Clock::time_point now) const;
  VirtualUser* idle_user();
  void begin_iteration(VirtualUser& user, Clock::time_point due, Clock::time_point now);
  void go_on(VirtualUser& user, Clock::time_point now);
  void on_finished(VirtualUser& user, CURLcode code);
  void count(const FinishedRequest& finished, const VirtualUser& user);
  void end_iteration(VirtualUser& user, bool as_expected, Clock::time_point now);
  void look_at_deadlines(Clock::time_point now);
  void note_deadline(Clock::time_point deadline) { next_look_ = std::min(next_look_, deadline); }
  void drop_all();
  bool is_over(Clock::time_point now);
  Clock::time_point next_turn(Clock::time_point now) const;
  void report(const std::string& request, std::string what, std::string body, bool errored);

  EventLoop& loop_;
  const Workload& workload_;
  Pacer pacer_;
  FlowRotation flows_;
  RowRotation rows_;
  std::vector<RequestStatistics> names_;  // of the requests, with nothing counted
  Seconds patience_{0};                   // how long an arrival waits for a virtual user
  std::vector<std::unique_ptr<VirtualUser>> users_;

  // Of the batch under way.
  BatchOrder order_;
  const std::atomic<Command>* command_ = nullptr;
  BatchResult result_;
  Clock::time_point began_;
  int begun_ = 0;
  int active_ = 0;
  std::deque<Clock::time_point> waiting_;  // when arrivals were due that wait for one
  std::optional<Seconds> next_arrival_;    // load time
  int arrived_ = 0;
  bool has_room_ = true;         // closed model: fewer at work than could be
  Clock::time_point next_look_;  // no deadline is earlier
};

}  // namespace tidemark::load
