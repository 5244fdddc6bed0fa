#include "harness/load/http_engine.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cassert>
#include <chrono>
#include <mutex>
#include <thread>

#include "harness/base/file.h"
#include "harness/load/response_check.h"

namespace tidemark::load {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostExamples = 5;

struct CurlGlobal {
  CurlGlobal() { curl_global_init(CURL_GLOBAL_DEFAULT); }
  ~CurlGlobal() { curl_global_cleanup(); }
};

void initialise_curl() {
  static const CurlGlobal kGlobal;
}

struct EasyDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using EasyHandle = std::unique_ptr<CURL, EasyDeleter>;
using HeaderList = std::unique_ptr<curl_slist, ListDeleter>;

std::size_t receive_header(char* data, std::size_t size, std::size_t count, void* check) {
  const std::string_view line(data, size * count);
  if (const std::size_t colon = line.find(':'); colon != std::string_view::npos)
    static_cast<ResponseCheck*>(check)->receive_header(line.substr(0, colon),
                                                       line.substr(colon + 1));
  return size * count;
}

std::size_t receive_body(char* data, std::size_t size, std::size_t count, void* check) {
  static_cast<ResponseCheck*>(check)->receive({data, size * count});
  return size * count;
}

HeaderList header_list(const HttpRequest& request) {
  curl_slist* list = nullptr;
  for (const std::string& header : request.headers) list = curl_slist_append(list, header.c_str());
  list = curl_slist_append(list, "Expect:");  // no pause of a second before a body is sent
  return HeaderList(list);
}

// Options that every request has; the rest is set by configure().
void configure_defaults(CURL* handle) {
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");  // the machine's proxy has no part in a test
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "tidemark");
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, receive_body);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, receive_header);
}

void configure(CURL* handle, const HttpRequest& request, curl_slist* headers,
               ResponseCheck& check) {
  curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
  // Zero would be for ever.
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS,
                   std::max(1L, static_cast<long>(request.timeout.count() * 1000)));
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &check);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &check);
  // The order matters: each of the three resets the method.
  curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);
  if (request.body) {
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body->data());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body->size()));
  }
  curl_easy_setopt(handle, CURLOPT_NOBODY, request.method == "HEAD" ? 1L : 0L);
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST,
                   request.method == "HEAD" ? nullptr : request.method.c_str());
}

}  // namespace

// The engine's thread and everything on it.
class HttpEngine::Loop {
 public:
  explicit Loop(Flow flow);
  ~Loop();

  void start(const BatchOrder& order);
  int done_fd() const { return done_.get(); }
  BatchResult take();
  void abort();

 private:
  // A virtual user goes through the flow, iteration after iteration, with a connection of its own.
  struct VirtualUser {
    EasyHandle handle;
    std::size_t step = 0;
    bool active = false;
    Clock::time_point iteration_began;
    std::optional<ResponseCheck> check;
  };

  void run();
  void run_batch(const BatchOrder& order);
  void begin_iteration(VirtualUser& user);
  void send(VirtualUser& user);
  void finish_request(VirtualUser& user, CURLcode code);
  void end_iteration(VirtualUser& user, bool as_expected);
  void drop_all();
  void report(const HttpRequest& request, const ResponseCheck& check, std::string what,
              CURLcode code);

  const Flow flow_;
  std::vector<HeaderList> headers_;   // by step
  std::vector<ResponseRules> rules_;  // by step
  CURLM* multi_;
  std::vector<std::unique_ptr<VirtualUser>> users_;
  BatchOrder order_;
  int begun_ = 0;
  int active_ = 0;
  BatchResult result_;

  FileDescriptor done_;
  std::atomic<bool> aborting_ = false;
  std::mutex mutex_;  // guards what the two threads hand over
  std::optional<BatchOrder> ordered_;
  std::optional<BatchResult> finished_;
  bool ending_ = false;
  std::thread thread_;
};

HttpEngine::Loop::Loop(Flow flow)
    : flow_(std::move(flow)),
      multi_((initialise_curl(), curl_multi_init())),
      done_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  for (const HttpRequest& request : flow_) {
    headers_.push_back(header_list(request));
    // The plan has validated the expressions.
    Result<ResponseRules> rules = ResponseRules::compile(request.expect, {});
    rules_.push_back(rules ? std::move(*rules) : std::move(*ResponseRules::compile({}, {})));
  }
  thread_ = std::thread([this] { run(); });
}

HttpEngine::Loop::~Loop() {
  abort();
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  curl_multi_wakeup(multi_);
  thread_.join();
  users_.clear();
  curl_multi_cleanup(multi_);
}

void HttpEngine::Loop::start(const BatchOrder& order) {
  {
    const std::lock_guard lock(mutex_);
    assert(!ordered_ && !finished_);
    aborting_ = false;
    ordered_ = order;
  }
  curl_multi_wakeup(multi_);
}

BatchResult HttpEngine::Loop::take() {
  std::uint64_t count = 0;
  (void)::read(done_.get(), &count, sizeof count);
  const std::lock_guard lock(mutex_);
  BatchResult result = std::move(finished_).value_or(BatchResult());
  finished_.reset();
  return result;
}

void HttpEngine::Loop::abort() {
  aborting_ = true;
  curl_multi_wakeup(multi_);
}

void HttpEngine::Loop::run() {
  while (true) {
    std::optional<BatchOrder> order;
    {
      const std::lock_guard lock(mutex_);
      if (ending_) return;
      order.swap(ordered_);
    }
    if (!order) {
      // Also lets libcurl see that an idle connection was closed by the server.
      curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
      continue;
    }
    run_batch(*order);
    {
      const std::lock_guard lock(mutex_);
      finished_ = std::move(result_);
    }
    const std::uint64_t one = 1;
    (void)::write(done_.get(), &one, sizeof one);
  }
}

void HttpEngine::Loop::run_batch(const BatchOrder& order) {
  order_ = order;
  begun_ = 0;
  result_ = BatchResult();
  const auto began = Clock::now();
  // By default libcurl keeps four connections for each handle in use, and so would close those of
  // the virtual users that a small batch leaves idle: the target's descriptors would come and go.
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS,
                    std::max(static_cast<long>(users_.size()), static_cast<long>(order.vus)) + 1);
  while (users_.size() < static_cast<std::size_t>(order.vus)) {
    auto user = std::make_unique<VirtualUser>();
    user->handle.reset(curl_easy_init());
    configure_defaults(user->handle.get());
    curl_easy_setopt(user->handle.get(), CURLOPT_PRIVATE, user.get());
    users_.push_back(std::move(user));
  }
  for (int i = 0; i < order.vus; ++i) begin_iteration(*users_[static_cast<std::size_t>(i)]);
  while (active_ > 0) {
    int running = 0;
    curl_multi_perform(multi_, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* handle = message->easy_handle;
      const CURLcode code = message->data.result;
      void* user = nullptr;
      curl_easy_getinfo(handle, CURLINFO_PRIVATE, &user);
      curl_multi_remove_handle(multi_, handle);
      finish_request(*static_cast<VirtualUser*>(user), code);
    }
    if (aborting_) drop_all();
    if (active_ > 0) curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
  }
  result_.duration = Clock::now() - began;
}

void HttpEngine::Loop::begin_iteration(VirtualUser& user) {
  if (begun_ == order_.iterations || result_.failed_iterations >= order_.most_failures || aborting_)
    return;
  ++begun_;
  ++active_;
  user.active = true;
  user.step = 0;
  user.iteration_began = Clock::now();
  send(user);
}

void HttpEngine::Loop::send(VirtualUser& user) {
  const HttpRequest& request = flow_[user.step];
  user.check.emplace(rules_[user.step]);
  (void)user.check->begin([](std::string_view name) -> Result<std::string> {
    return failure(fmt::format("{{{{{}}}}} has no value", name));
  });
  configure(user.handle.get(), request, headers_[user.step].get(), *user.check);
  ++result_.requests.started;
  curl_multi_add_handle(multi_, user.handle.get());
}

void HttpEngine::Loop::finish_request(VirtualUser& user, CURLcode code) {
  const HttpRequest& request = flow_[user.step];
  curl_off_t micros = 0;
  curl_easy_getinfo(user.handle.get(), CURLINFO_TOTAL_TIME_T, &micros);
  result_.body_bytes += user.check->bytes();
  std::string unexpected;
  if (code == CURLE_OK) {
    result_.service_time.add(std::chrono::microseconds(micros));
    result_.response_time.add(std::chrono::microseconds(micros));
    long status = 0;
    curl_easy_getinfo(user.handle.get(), CURLINFO_RESPONSE_CODE, &status);
    unexpected = user.check->finish(status).unexpected;
    ++(unexpected.empty() ? result_.requests.succeeded : result_.requests.failed);
  } else if (code == CURLE_OPERATION_TIMEDOUT) {
    unexpected = fmt::format("no complete answer within {}", format_duration(request.timeout));
    ++result_.requests.timed_out;
  } else {
    unexpected = fmt::format("no complete answer: {}", curl_easy_strerror(code));
    ++result_.requests.errored;
  }
  const bool as_expected = unexpected.empty();
  if (!as_expected) report(request, *user.check, std::move(unexpected), code);
  if (as_expected && ++user.step < flow_.size()) {
    if (!aborting_) return send(user);
    user.active = false;  // it has not come to its end
    --active_;
    return;
  }
  end_iteration(user, as_expected);
  begin_iteration(user);
}

void HttpEngine::Loop::end_iteration(VirtualUser& user, bool as_expected) {
  ++result_.iterations;
  if (as_expected)
    result_.iteration_duration.add(Clock::now() - user.iteration_began);
  else
    ++result_.failed_iterations;
  user.active = false;
  --active_;
}

void HttpEngine::Loop::drop_all() {
  for (const auto& user : users_) {
    if (!user->active) continue;
    curl_multi_remove_handle(multi_, user->handle.get());
    --result_.requests.started;
    user->active = false;
    --active_;
  }
}

void HttpEngine::Loop::report(const HttpRequest& request, const ResponseCheck& check,
                              std::string what, CURLcode code) {
  const bool errored = code != CURLE_OK && code != CURLE_OPERATION_TIMEDOUT;
  if (result_.examples.size() < kMostExamples)
    result_.examples.push_back({request.name, std::move(what), check.beginning(), errored});
}

HttpEngine::HttpEngine(Flow flow) : loop_(std::make_unique<Loop>(std::move(flow))) {}
HttpEngine::~HttpEngine() = default;
void HttpEngine::start(const BatchOrder& order) {
  loop_->start(order);
}
int HttpEngine::done_fd() const {
  return loop_->done_fd();
}
BatchResult HttpEngine::take() {
  return loop_->take();
}
void HttpEngine::abort() {
  loop_->abort();
}

std::string check_path(int port, const std::string& path, Seconds timeout, int stop_fd) {
  HttpRequest request;
  request.name = request.method = "GET";
  request.url = fmt::format("http://127.0.0.1:{}{}", port, path);
  request.timeout = timeout;
  HttpEngine engine({request});
  engine.start({});
  pollfd waits[] = {{engine.done_fd(), POLLIN, 0}, {stop_fd, POLLIN, 0}};
  ::poll(waits, 2, static_cast<int>(timeout.count() * 1000) + 1000);
  if (waits[0].revents == 0) engine.abort();
  wait_readable(engine.done_fd(), Seconds(60));
  const BatchResult result = engine.take();
  if (result.requests.succeeded == 1) return {};
  return result.examples.empty() ? "no answer" : result.examples.front().what;
}

}  // namespace tidemark::load
