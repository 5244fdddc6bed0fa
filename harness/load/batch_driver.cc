#include "harness/load/batch_driver.h"

#include <algorithm>
#include <utility>

namespace tidemark::load {
namespace {

constexpr std::size_t kMostExamples = 5;
constexpr Clock::duration kStageTick = std::chrono::milliseconds(20);
constexpr Clock::time_point kNever = Clock::time_point::max();

std::vector<int> weights_of(const std::vector<Flow>& flows) {
  std::vector<int> weights;
  for (const Flow& flow : flows) weights.push_back(flow.weight);
  return weights;
}

template <class Each>
void for_each_request(const Workload& workload, Each each) {
  for (const Flow& flow : workload.flows)
    for (const Step& step : flow.steps)
      if (const auto* request = std::get_if<HttpRequest>(&step)) each(*request);
}

}  // namespace

BatchDriver::BatchDriver(EventLoop& loop, const Workload& workload)
    : loop_(loop),
      workload_(workload),
      pacer_(workload.load),
      flows_(weights_of(workload.flows)),
      rows_(workload.data ? workload.data->rows.size() : 0,
            workload.data ? workload.data->order : plan::DataFeed::Order::kSequence,
            workload.load.seed) {
  for_each_request(workload, [&](const HttpRequest& request) {
    names_.push_back({request.plan.name, {}, {}, {}});
    patience_ = std::max(patience_, request.plan.timeout.total);
  });
}

BatchResult BatchDriver::run(const BatchOrder& order, const std::atomic<Command>& command) {
  order_ = order;
  command_ = &command;
  result_ = BatchResult();
  result_.by_request = names_;
  result_.load_time = order.load_time.value_or(Seconds(0));
  begun_ = arrived_ = 0;
  waiting_.clear();
  next_look_ = kNever;
  began_ = Clock::now();
  // By default libcurl keeps four connections for each handle in use, and so would close those of
  // the virtual users that a small batch leaves idle: the target's descriptors would come and go.
  loop_.keep_connections(std::max(static_cast<long>(users_.size()), static_cast<long>(order.vus)) +
                         1);
  if (is_open()) next_arrival_ = pacer_.next_arrival(*order.load_time);
  has_room_ = true;
  const auto finished = [this](CURL* handle, CURLcode code) {
    on_finished(VirtualUser::of(handle), code);
  };
  for (auto now = began_;; now = Clock::now()) {
    if (command == Command::kAbort) {
      drop_all();
      break;
    }
    // First what has come to its end: the next iteration may take its place.
    if (now >= next_look_) look_at_deadlines(now);
    if (is_open())
      begin_arrivals(now);
    else if (has_room_ || (order_.load_time && pacer_.has_stages()))
      begin_closed(now);
    if (is_over(now)) break;
    const auto turn = next_turn(now);
    loop_.run_once(turn == kNever ? std::nullopt : std::optional(turn), finished);
  }
  const auto now = Clock::now();
  result_.duration = now - began_;
  if (order_.load_time && !is_open()) result_.load_time = load_time(now);
  return std::move(result_);
}

bool BatchDriver::is_open() const {
  return order_.load_time && workload_.load.model == plan::LoadModel::kOpen;
}

Seconds BatchDriver::load_time(Clock::time_point now) const {
  return *order_.load_time + (now - began_);
}

bool BatchDriver::may_begin(Clock::time_point now) {
  const bool stages_are_over =
      order_.load_time && !is_open() && pacer_.end() && load_time(now) >= *pacer_.end();
  if (stages_are_over || rows_.exhausted()) result_.load_is_over = true;
  return begun_ < order_.iterations && result_.failed_iterations < order_.most_failures &&
         *command_ == Command::kGo && !result_.load_is_over;
}

VirtualUser* BatchDriver::idle_user() {
  for (const auto& user : users_)
    if (!user->busy()) return user.get();
  if (users_.size() >= static_cast<std::size_t>(order_.vus)) return nullptr;
  users_.push_back(
      std::make_unique<VirtualUser>(loop_, workload_, static_cast<int>(users_.size())));
  return users_.back().get();
}

void BatchDriver::begin_arrivals(Clock::time_point now) {
  while (next_arrival_ && arrived_ < order_.iterations && *next_arrival_ <= load_time(now)) {
    const Seconds after_begin = *next_arrival_ - *order_.load_time;
    waiting_.push_back(began_ + std::chrono::duration_cast<Clock::duration>(after_begin));
    result_.load_time = *next_arrival_;
    if (++arrived_ < order_.iterations) next_arrival_ = pacer_.next_arrival(*next_arrival_);
  }
  if (!next_arrival_) result_.load_is_over = true;
  while (!waiting_.empty() && now - waiting_.front() > patience_) {
    waiting_.pop_front();
    ++result_.dropped;
  }
  const bool goes_on =
      *command_ == Command::kGo && result_.failed_iterations < order_.most_failures;
  if (!goes_on || rows_.exhausted()) {
    result_.load_is_over = result_.load_is_over || rows_.exhausted();
    waiting_.clear();
    return;
  }
  while (!waiting_.empty() && !rows_.exhausted()) {
    VirtualUser* user = active_ < order_.vus ? idle_user() : nullptr;
    if (!user) return;
    const auto due = waiting_.front();
    waiting_.pop_front();
    result_.lateness.add(std::max(Seconds(0), Seconds(now - due)));
    begin_iteration(*user, due, now);
  }
  if (rows_.exhausted()) waiting_.clear();
}

int BatchDriver::closed_limit(Clock::time_point now) const {
  return order_.load_time ? std::min(order_.vus, pacer_.vus_at(load_time(now))) : order_.vus;
}

void BatchDriver::begin_closed(Clock::time_point now) {
  const int limit = closed_limit(now);
  has_room_ = false;
  // An iteration may be over at once, where its request cannot be filled: time goes on meanwhile.
  for (; active_ < limit && may_begin(now); now = Clock::now()) {
    VirtualUser* user = idle_user();
    if (!user) return;
    begin_iteration(*user, now, now);
  }
}

void BatchDriver::begin_iteration(VirtualUser& user, Clock::time_point due, Clock::time_point now) {
  const auto row = rows_.next();
  if (!row) return;
  ++begun_;
  ++active_;
  user.begin(workload_.flows[order_.flow ? *order_.flow : flows_.next()], *row, due);
  go_on(user, now);
}

void BatchDriver::go_on(VirtualUser& user, Clock::time_point now) {
  if (order_.before_request) {
    if (const HttpRequest* next = user.next_request()) {
      order_.before_request(next->plan.name);
      now = Clock::now();  // the request's time begins after it
    }
  }
  std::string why_not_sent;
  switch (user.advance(now, why_not_sent)) {
    case VirtualUser::Next::kWaits:
      if (user.in_request()) {
        ++result_.requests.started;
        ++result_.by_request[user.request().index].counts.started;
      }
      note_deadline(user.deadline());
      return;
    case VirtualUser::Next::kOver:
      end_iteration(user, true, now);
      return;
    case VirtualUser::Next::kNotSent: {
      RequestCounts& counts = result_.by_request[user.request().index].counts;
      for (RequestCounts* each : {&result_.requests, &counts}) {
        ++each->started;
        ++each->errored;
      }
      ++result_.errors["not sent"];
      report(user.request().plan.name, "not sent: " + why_not_sent, {}, true);
      end_iteration(user, false, now);
      return;
    }
  }
}

void BatchDriver::on_finished(VirtualUser& user, CURLcode code) {
  const auto now = Clock::now();
  const FinishedRequest finished = user.finish(code, now);
  if (order_.after_request) order_.after_request(finished.request->plan.name);
  count(finished, user);
  if (finished.result.unexpected.empty())
    go_on(user, now);
  else
    end_iteration(user, false, now);
}

void BatchDriver::count(const FinishedRequest& finished, const VirtualUser& user) {
  RequestStatistics& request = result_.by_request[finished.request->index];
  const TransferResult& result = finished.result;
  result_.body_bytes += result.body_bytes;
  const auto counted = result.ended == Ended::kErrored    ? &RequestCounts::errored
                       : result.ended == Ended::kTimedOut ? &RequestCounts::timed_out
                       : result.unexpected.empty()        ? &RequestCounts::succeeded
                                                          : &RequestCounts::failed;
  ++(result_.requests.*counted);
  ++(request.counts.*counted);
  if (result.ended == Ended::kAnswered) {
    result_.service_time.add(finished.service_time);
    result_.response_time.add(finished.response_time);
    request.service_time.add(finished.service_time);
    request.response_time.add(finished.response_time);
  } else {
    ++result_.errors[result.error];
  }
  if (!result.unexpected.empty())
    report(request.name, result.unexpected, user.beginning(), result.ended == Ended::kErrored);
}

void BatchDriver::end_iteration(VirtualUser& user, bool as_expected, Clock::time_point now) {
  ++result_.iterations;
  if (as_expected)
    result_.iteration_duration.add(user.iteration_duration(now));
  else
    ++result_.failed_iterations;
  user.end();
  --active_;
  has_room_ = true;
}

void BatchDriver::look_at_deadlines(Clock::time_point now) {
  next_look_ = kNever;
  for (const auto& user : users_) {
    if (!user->busy()) continue;
    switch (user->expire(now)) {
      case VirtualUser::Due::kThought:
        go_on(*user, now);
        break;
      case VirtualUser::Due::kExpired:
        on_finished(*user, CURLE_OPERATION_TIMEDOUT);
        break;
      case VirtualUser::Due::kNothing:
        break;
    }
    if (user->busy()) note_deadline(user->deadline());
  }
}

bool BatchDriver::is_over(Clock::time_point now) {
  if (active_ > 0 || !waiting_.empty()) return false;
  if (!is_open()) return !may_begin(now);
  return arrived_ >= order_.iterations || !may_begin(now);
}

Clock::time_point BatchDriver::next_turn(Clock::time_point now) const {
  Clock::time_point turn = next_look_;
  if (is_open()) {
    if (next_arrival_ && arrived_ < order_.iterations && *command_ == Command::kGo) {
      const Seconds after_begin = *next_arrival_ - *order_.load_time;
      turn = std::min(turn, began_ + std::chrono::duration_cast<Clock::duration>(after_begin) +
                                std::chrono::nanoseconds(1));
    }
    if (!waiting_.empty())
      turn =
          std::min(turn, waiting_.front() + std::chrono::duration_cast<Clock::duration>(patience_) +
                             std::chrono::milliseconds(1));
  } else if (order_.load_time && pacer_.has_stages()) {
    turn = std::min(turn, now + kStageTick);
  }
  return turn;
}

void BatchDriver::drop_all() {
  for (const auto& user : users_) {
    if (!user->busy()) continue;
    if (user->in_request()) {
      --result_.requests.started;
      --result_.by_request[user->request().index].counts.started;
    }
    user->abort();
    --active_;
  }
}

void BatchDriver::report(const std::string& request, std::string what, std::string body,
                         bool errored) {
  if (result_.examples.size() < kMostExamples)
    result_.examples.push_back({request, std::move(what), std::move(body), errored});
}

}  // namespace tidemark::load
