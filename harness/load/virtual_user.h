#pragma once

// One virtual user: goes through a flow, request after request, pausing where it says so. It knows
// nothing of other users, rates or batches. One thread. Included by sources of this room only.

#include <optional>
#include <random>

#include "harness/load/transfer.h"

namespace tidemark::load {

// What has just come to its end.
struct FinishedRequest {
  const HttpRequest* request = nullptr;
  TransferResult result;
  Seconds service_time{0};
  Seconds response_time{0};
};

class VirtualUser {
 public:
  VirtualUser(EventLoop& loop, const Workload& workload, int index);
  VirtualUser(const VirtualUser&) = delete;
  VirtualUser& operator=(const VirtualUser&) = delete;

  // Whose handle the loop has given back.
  static VirtualUser& of(CURL* handle);

  int index() const { return index_; }
  bool busy() const { return flow_ != nullptr; }

  // Begins an iteration that was due at `due`.
  void begin(const Flow& flow, std::size_t row, Clock::time_point due);

  // Goes on after something has ended: sends the next request, or begins to think.
  enum class Next { kWaits, kOver, kNotSent };
  Next advance(Clock::time_point now, std::string& why_not_sent);

  // What advance() would send; null: the flow is over or pauses first.
  const HttpRequest* next_request() const;

  FinishedRequest finish(CURLcode code, Clock::time_point now);

  // When it must be looked at if nothing happens: the end of a pause, a timeout.
  Clock::time_point deadline() const { return thinking_until_.value_or(transfer_.deadline()); }
  // At the deadline: kThought, go on with advance(); kExpired: its request is over, take finish().
  enum class Due { kNothing, kThought, kExpired };
  Due expire(Clock::time_point now);

  // The iteration is over or given up.
  void end() { flow_ = nullptr; }
  void abort();
  bool in_request() const { return flow_ && !thinking_until_; }

  const HttpRequest& request() const;
  const std::string& beginning() const { return transfer_.beginning(); }
  // Since it was due, less the pauses.
  Seconds iteration_duration(Clock::time_point now) const { return now - due_ - thought_; }

 private:
  const int index_;
  Transfer transfer_;
  IterationValues values_;
  std::mt19937_64 random_;
  const Flow* flow_ = nullptr;
  std::size_t step_ = 0;  // the next one
  std::optional<Clock::time_point> thinking_until_;
  Clock::time_point due_;          // of the iteration
  Clock::time_point request_due_;  // of the request under way
  Seconds thought_{0};
};

}  // namespace tidemark::load
