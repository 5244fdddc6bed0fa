#include "harness/load/transfer.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "harness/base/text.h"
#include "harness/load/failure_name.h"

namespace tidemark::load {
namespace {

constexpr std::size_t kMostHeaderBytes = 256 * 1024;

Seconds value_or_never(const std::optional<Seconds>& seconds) {
  return seconds.value_or(Seconds(1e9));
}

Clock::time_point after(Clock::time_point begin, Seconds seconds) {
  return begin + std::chrono::duration_cast<Clock::duration>(std::min(seconds, Seconds(1e9)));
}

struct CurlFree {
  void operator()(char* text) const { curl_free(text); }
};

bool is_on_this_machine(const char* url) {
  const std::unique_ptr<CURLU, UrlDeleter> parsed(curl_url());
  char* text = nullptr;
  if (curl_url_set(parsed.get(), CURLUPART_URL, url, 0) != CURLUE_OK ||
      curl_url_get(parsed.get(), CURLUPART_HOST, &text, 0) != CURLUE_OK)
    return false;
  const std::unique_ptr<char, CurlFree> owned(text);
  const std::string_view host(text);
  in_addr address{};
  // libcurl takes these names for what they are without asking anybody.
  return host == "localhost" || host.ends_with(".localhost") || host == "[::1]" ||
         (host.starts_with("127.") && ::inet_pton(AF_INET, text, &address) == 1);
}

}  // namespace

Transfer::Transfer(EventLoop& loop, const Endpoint& endpoint, plan::Cookies cookies, void* owner)
    : loop_(loop),
      endpoint_(endpoint),
      cookies_(cookies),
      owner_(owner),
      handle_(loop.make_handle()) {
  if (!endpoint_.connect_to.empty())
    connect_to_.reset(curl_slist_append(nullptr, endpoint_.connect_to.c_str()));
  // Remembers cookies from now on, whatever is reset. The usual CURLOPT_COOKIEFILE would have to be
  // set after each curl_easy_reset, which loses its memory.
  if (cookies_ != plan::Cookies::kOff) {
    curl_easy_setopt(handle_.get(), CURLOPT_COOKIELIST, "Set-Cookie: none=; domain=localhost");
    curl_easy_setopt(handle_.get(), CURLOPT_COOKIELIST, "ALL");
  }
}

Transfer::~Transfer() {
  abort();
}

void Transfer::begin_iteration() {
  if (cookies_ != plan::Cookies::kClear || !saw_cookie_) return;
  curl_easy_setopt(handle_.get(), CURLOPT_COOKIELIST, "ALL");
  saw_cookie_ = false;
}

ResponseCheck& Transfer::check_of(const HttpRequest& request) {
  if (request.index >= checks_.size()) checks_.resize(request.index + 1);
  auto& check = checks_[request.index];
  if (!check) check = std::make_unique<ResponseCheck>(request.rules);
  return *check;
}

Result<void> Transfer::start(const HttpRequest& request, const IterationValues& values,
                             Clock::time_point now) {
  const auto value_of = [&values](std::string_view name) { return values.value_of(name); };
  request_ = &request;
  check_ = &check_of(request);
  if (auto began = check_->begin(value_of); !began) return began;
  if (!request.fixed) {
    auto outgoing = fill_request(request.plan, endpoint_.base_url, value_of);
    if (!outgoing) return tl::unexpected(outgoing.error());
    outgoing_ = std::move(*outgoing);
  }
  const Outgoing& outgoing = request.fixed ? *request.fixed : outgoing_;
  upload_.reset();
  if (!outgoing.body_file.empty()) {
    upload_ = {std::fopen(outgoing.body_file.c_str(), "rbe"), &std::fclose};
    if (!upload_)
      return failure(fmt::format("cannot open {}: {}", outgoing.body_file, std::strerror(errno)));
  }
  // The same bytes as last time need no option set anew.
  if (!request.fixed || configured_ != &request) configure(request, outgoing);
  const bool is_repeatable = request.fixed && !upload_ && outgoing.parts.empty();
  configured_ = is_repeatable ? &request : nullptr;
  own_end_ = OwnEnd::kNone;
  reading_since_.reset();
  header_bytes_ = 0;
  saw_status_ = saw_head_ = false;
  length_.clear();
  error_[0] = '\0';
  sent_ = now;
  deadline_ = next_deadline();
  running_ = true;
  loop_.add(handle_.get());
  return {};
}

Clock::time_point Transfer::next_deadline() const {
  const plan::Timeouts& timeout = request_->plan.timeout;
  Clock::time_point deadline = after(sent_, timeout.total);
  if (const auto& hang_up = request_->plan.abort_after_time)
    deadline = std::min(deadline, after(sent_, *hang_up));
  if (!saw_status_ && timeout.first_byte)
    deadline = std::min(deadline, after(sent_, *timeout.first_byte));
  if (!saw_status_ && timeout.connect) {
    // Before the transfer is in the loop, libcurl still speaks of the one before.
    curl_off_t connected = 0;
    if (running_) curl_easy_getinfo(handle_.get(), CURLINFO_PRETRANSFER_TIME_T, &connected);
    if (connected == 0) deadline = std::min(deadline, after(sent_, *timeout.connect));
  }
  return deadline;
}

bool Transfer::expire(Clock::time_point now) {
  deadline_ = next_deadline();
  if (now < deadline_) return false;
  const auto& hang_up = request_->plan.abort_after_time;
  own_end_ = hang_up && now >= after(sent_, *hang_up) ? OwnEnd::kHungUp : OwnEnd::kTimeout;
  loop_.remove(handle_.get());
  return true;
}

std::string Transfer::timeout_name() const {
  const plan::Timeouts& timeout = request_->plan.timeout;
  curl_off_t connected = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_PRETRANSFER_TIME_T, &connected);
  const auto now = Clock::now();
  if (connected == 0 && now >= after(sent_, value_or_never(timeout.connect)))
    return "timeout: connect";
  if (!saw_status_ && now >= after(sent_, value_or_never(timeout.first_byte)))
    return "timeout: first byte";
  return "timeout";
}

TransferResult Transfer::finish(CURLcode code) {
  running_ = false;
  TransferResult result;
  result.body_bytes = check_->bytes();
  long status = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
  const bool hung_up = own_end_ == OwnEnd::kHungUp;
  // libcurl is content with half a head, with interim answers alone, and with no number at all.
  const bool is_answer = saw_head_ && status >= 200;
  if ((code == CURLE_OK && is_answer) || hung_up) {
    // Who hangs up before the answer has begun has nothing to check.
    if (hung_up && status == 0) return result;
    ResponseCheck::Outcome outcome = check_->finish(status, !hung_up);
    result.unexpected = std::move(outcome.unexpected);
    result.captured = std::move(outcome.captured);
    return result;
  }
  if (own_end_ == OwnEnd::kTimeout || code == CURLE_OPERATION_TIMEDOUT) {
    result.ended = Ended::kTimedOut;
    result.error = timeout_name();
    const plan::Timeouts& timeout = request_->plan.timeout;
    if (result.error == "timeout: connect")
      result.unexpected = fmt::format("no connection within {}", format_duration(*timeout.connect));
    else if (result.error == "timeout: first byte")
      result.unexpected =
          fmt::format("no byte of an answer within {}", format_duration(*timeout.first_byte));
    else
      result.unexpected =
          fmt::format("no complete answer within {}", format_duration(timeout.total));
    return result;
  }
  result.ended = Ended::kErrored;
  if (own_end_ == OwnEnd::kHeadersTooLarge) {
    result.error = "headers too large";
    result.unexpected = "no complete answer: headers of more than 256 KiB";
    return result;
  }
  if (own_end_ == OwnEnd::kForeign) {
    result.error = "not on this machine";
    result.unexpected = "no complete answer: it redirects to what is not on this machine";
    return result;
  }
  if (own_end_ == OwnEnd::kMalformed || code == CURLE_OK) {
    const bool is_cut = own_end_ == OwnEnd::kNone && (!saw_head_ || status >= 100);
    result.error = is_cut ? "incomplete answer" : "malformed response";
    result.unexpected = fmt::format("no complete answer: {}", result.error);
    return result;
  }
  long os_error = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_OS_ERRNO, &os_error);
  const std::string_view details(error_.data());
  result.error = failure_name({code, os_error, details, saw_status_, result.body_bytes > 0});
  result.unexpected = fmt::format("no complete answer: {}{}", result.error,
                                  details.empty() ? std::string() : fmt::format(" ({})", details));
  return result;
}

void Transfer::abort() {
  if (running_) loop_.remove(handle_.get());
  running_ = false;
}

const std::string& Transfer::beginning() const {
  static const std::string kNothing;
  return check_ ? check_->beginning() : kNothing;
}

// libcurl's own limit works in bursts of a hundred buffers: an answer of 400 KiB met none.
bool Transfer::is_read_too_fast() {
  const auto now = Clock::now();
  if (!reading_since_) reading_since_ = now;
  const double rate = static_cast<double>(request_->plan.read_rate->count);
  const auto due = after(*reading_since_, Seconds(static_cast<double>(check_->bytes()) / rate));
  if (now >= due) return false;
  loop_.pause(handle_.get(), due);
  return true;
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::size_t bytes = size * count;
  if (transfer.request_->plan.read_rate && transfer.is_read_too_fast())
    return CURL_WRITEFUNC_PAUSE;  // it comes again
  transfer.check_->receive({data, bytes});
  const auto& limit = transfer.request_->plan.abort_after;
  if (limit && transfer.check_->bytes() >= static_cast<std::uint64_t>(limit->count)) {
    transfer.own_end_ = OwnEnd::kHungUp;
    return 0;  // libcurl closes the connection
  }
  return bytes;
}

// libcurl takes "0x4" for 0, leaves out what is too large, and believes the last of several: where
// they differ nobody knows where the answer ends (RFC 9112, 6.3).
bool Transfer::accepts_length(std::string_view value) {
  constexpr std::size_t kMostDigits = 18;
  const bool is_number = !value.empty() && value.size() <= kMostDigits &&
                         value.find_first_not_of("0123456789") == std::string_view::npos;
  if (!is_number || (!length_.empty() && length_ != value)) return false;
  length_ = value;
  return true;
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  std::string_view line(data, size * count);
  transfer.header_bytes_ += line.size();
  if (transfer.header_bytes_ > kMostHeaderBytes) {
    transfer.own_end_ = OwnEnd::kHeadersTooLarge;
    return 0;
  }
  if (line.starts_with("HTTP/")) {
    // After a redirect or an interim answer another one begins: its headers count.
    if (transfer.saw_status_) transfer.check_->forget_headers();
    transfer.saw_status_ = true;
    transfer.saw_head_ = false;
    transfer.length_.clear();
    return size * count;
  }
  if (line == "\r\n" || line == "\n") transfer.saw_head_ = true;
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size * count;
  const std::string_view name = line.substr(0, colon);
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && std::string_view(" \t\r\n").find(value.back()) != std::string_view::npos)
    value.remove_suffix(1);
  if (equal_without_case(name, "set-cookie")) transfer.saw_cookie_ = true;
  if (equal_without_case(name, "content-length") && !transfer.accepts_length(value)) {
    transfer.own_end_ = OwnEnd::kMalformed;
    return 0;
  }
  transfer.check_->receive_header(name, value);
  return size * count;
}

// Before any address is looked up: a name in a redirect must not even be asked for. (An address
// that is none of ours would find no socket, see EventLoop::on_open.)
int Transfer::on_resolve(void*, void*, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::string& own = transfer.endpoint_.base_url;
  const char* url = nullptr;
  curl_easy_getinfo(transfer.handle_.get(), CURLINFO_EFFECTIVE_URL, &url);
  const bool is_own = url && std::string_view(url).starts_with(own + "/");
  if (is_own || !transfer.endpoint_.proxy.empty() || (url && is_on_this_machine(url))) return 0;
  transfer.own_end_ = OwnEnd::kForeign;
  return 1;
}

}  // namespace tidemark::load
