#include "harness/load/virtual_user.h"

namespace tidemark::load {

VirtualUser::VirtualUser(EventLoop& loop, const Workload& workload, int index)
    : index_(index),
      transfer_(loop, workload.endpoint, workload.load.cookies, this),
      values_(workload.data ? &*workload.data : nullptr),
      random_(workload.load.seed + static_cast<std::uint64_t>(index)) {}

VirtualUser& VirtualUser::of(CURL* handle) {
  void* user = nullptr;
  curl_easy_getinfo(handle, CURLINFO_PRIVATE, &user);
  return *static_cast<VirtualUser*>(user);
}

void VirtualUser::begin(const Flow& flow, std::size_t row, Clock::time_point due) {
  flow_ = &flow;
  step_ = 0;
  due_ = due;
  request_due_ = due;
  thought_ = Seconds(0);
  thinking_until_.reset();
  values_.begin(row);
  transfer_.begin_iteration();
}

const HttpRequest& VirtualUser::request() const {
  return std::get<HttpRequest>(flow_->steps[step_ - 1]);
}

const HttpRequest* VirtualUser::next_request() const {
  if (step_ == flow_->steps.size()) return nullptr;
  return std::get_if<HttpRequest>(&flow_->steps[step_]);
}

VirtualUser::Next VirtualUser::advance(Clock::time_point now, std::string& why_not_sent) {
  if (step_ == flow_->steps.size()) return Next::kOver;
  const Step& step = flow_->steps[step_++];
  if (const auto* think = std::get_if<plan::Think>(&step)) {
    const double share = std::uniform_real_distribution<double>(0, 1)(random_);
    const Seconds pause = think->shortest + share * (think->longest - think->shortest);
    thinking_until_ = now + std::chrono::duration_cast<Clock::duration>(pause);
    thought_ += pause;
    return Next::kWaits;
  }
  if (step_ > 1) request_due_ = now;
  const auto started = transfer_.start(std::get<HttpRequest>(step), values_, now);
  if (started) return Next::kWaits;
  why_not_sent = started.error().message;
  return Next::kNotSent;
}

FinishedRequest VirtualUser::finish(CURLcode code, Clock::time_point now) {
  const HttpRequest& sent = request();
  FinishedRequest finished{&sent, transfer_.finish(code), now - transfer_.sent(),
                           now - request_due_};
  for (std::size_t i = 0; i < finished.result.captured.size(); ++i)
    values_.capture(sent.plan.captures[i].name, std::move(finished.result.captured[i]));
  return finished;
}

VirtualUser::Due VirtualUser::expire(Clock::time_point now) {
  if (!flow_ || now < deadline()) return Due::kNothing;
  if (thinking_until_) {
    // A pause that ends late has taken longer: it is not the target's time.
    thought_ += now - *thinking_until_;
    thinking_until_.reset();
    return Due::kThought;
  }
  return transfer_.expire(now) ? Due::kExpired : Due::kNothing;
}

void VirtualUser::abort() {
  transfer_.abort();
  flow_ = nullptr;
}

}  // namespace tidemark::load
