#include "harness/load/http_engine.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cassert>
#include <mutex>
#include <thread>
#include <utility>

#include "harness/base/file.h"
#include "harness/load/batch_driver.h"

namespace tidemark::load {

namespace {

bool is_plain(const Endpoint& endpoint) {
  return !endpoint.tls && endpoint.http == plan::HttpVersion::k1;
}

}  // namespace

// The engine's thread and everything on it.
class HttpEngine::Thread {
 public:
  explicit Thread(Workload workload)
      : workload_(std::move(workload)),
        loop_(is_plain(workload_.endpoint) ? EventLoop::IdleServer::kSilent
                                           : EventLoop::IdleServer::kMayTalk),
        driver_(loop_, workload_),
        done_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        thread_([this] { run(); }) {}

  ~Thread() {
    command(BatchDriver::Command::kAbort);
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    loop_.wake();
    thread_.join();
  }

  void start(const BatchOrder& order) {
    {
      const std::lock_guard lock(mutex_);
      assert(!ordered_ && !finished_);
      command_ = BatchDriver::Command::kGo;
      ordered_ = order;
    }
    loop_.wake();
  }

  int done_fd() const { return done_.get(); }

  BatchResult take() {
    std::uint64_t count = 0;
    (void)::read(done_.get(), &count, sizeof count);
    const std::lock_guard lock(mutex_);
    return std::exchange(finished_, std::nullopt).value_or(BatchResult());
  }

  void command(BatchDriver::Command command) {
    command_ = command;
    loop_.wake();
  }

 private:
  void run() {
    while (true) {
      std::optional<BatchOrder> order;
      {
        const std::lock_guard lock(mutex_);
        if (ending_) return;
        order.swap(ordered_);
      }
      if (!order) {
        loop_.run_once(std::nullopt, [](CURL*, CURLcode) {});
        continue;
      }
      BatchResult result = driver_.run(*order, command_);
      {
        const std::lock_guard lock(mutex_);
        finished_ = std::move(result);
      }
      const std::uint64_t one = 1;
      (void)::write(done_.get(), &one, sizeof one);
    }
  }

  const Workload workload_;
  EventLoop loop_;
  BatchDriver driver_;

  FileDescriptor done_;
  std::atomic<BatchDriver::Command> command_ = BatchDriver::Command::kGo;
  std::mutex mutex_;  // guards what the two threads hand over
  std::optional<BatchOrder> ordered_;
  std::optional<BatchResult> finished_;
  bool ending_ = false;
  std::thread thread_;  // the last: it uses all the others
};

HttpEngine::HttpEngine(Workload workload)
    : thread_(std::make_unique<Thread>(std::move(workload))) {}
HttpEngine::~HttpEngine() = default;
void HttpEngine::start(const BatchOrder& order) {
  thread_->start(order);
}
int HttpEngine::done_fd() const {
  return thread_->done_fd();
}
BatchResult HttpEngine::take() {
  return thread_->take();
}
void HttpEngine::drain() {
  thread_->command(BatchDriver::Command::kDrain);
}
void HttpEngine::abort() {
  thread_->command(BatchDriver::Command::kAbort);
}

std::string check_path(const Endpoint& endpoint, const std::string& path, Seconds timeout,
                       int stop_fd) {
  auto workload = single_request(endpoint, path, timeout);
  if (!workload) return workload.error().message;
  HttpEngine engine(std::move(*workload));
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
