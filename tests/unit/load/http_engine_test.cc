// The engine against a small real server on a loopback port.

#include "harness/load/http_engine.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "harness/base/file.h"

namespace tidemark::load {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Answers each request with what `answer` makes of its path; an empty answer hangs up.
class Server {
 public:
  explicit Server(std::function<std::string(const std::string& path)> answer)
      : answer_(std::move(answer)), socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size);
    ::listen(socket_.get(), 64);
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { accept_all(); });
  }

  ~Server() {
    ::shutdown(socket_.get(), SHUT_RDWR);
    thread_.join();
    for (std::thread& connection : connections_) connection.join();
  }

  int port() const { return port_; }
  int connections() const { return accepted_; }
  int most_at_once() const { return most_at_once_; }
  std::string last_request() const {
    const std::lock_guard lock(mutex_);
    return last_request_;
  }

 private:
  static std::size_t content_length(const std::string& head) {
    const std::size_t at = head.find("Content-Length: ");
    return at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
  }

  void accept_all() {
    while (true) {
      const int fd = ::accept(socket_.get(), nullptr, nullptr);
      if (fd < 0) return;
      ++accepted_;
      connections_.emplace_back([this, fd] { serve(FileDescriptor(fd)); });
    }
  }

  void serve(FileDescriptor connection) {
    std::string received;
    char buffer[4096];
    while (true) {
      const ssize_t count = ::recv(connection.get(), buffer, sizeof buffer, 0);
      if (count <= 0) return;
      received.append(buffer, static_cast<std::size_t>(count));
      for (std::size_t end; (end = received.find("\r\n\r\n")) != std::string::npos;) {
        const std::size_t length = content_length(received.substr(0, end));
        if (received.size() < end + 4 + length) break;
        {
          const std::lock_guard lock(mutex_);
          last_request_ = received.substr(0, end + 4 + length);
        }
        const std::size_t path = received.find(' ') + 1;
        const int now = ++at_once_;
        if (now > most_at_once_) most_at_once_ = now;
        const std::string answer = answer_(received.substr(path, received.find(' ', path) - path));
        --at_once_;
        received.erase(0, end + 4 + length);
        if (answer.empty()) return;
        ::send(connection.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
      }
    }
  }

  std::function<std::string(const std::string&)> answer_;
  FileDescriptor socket_;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::string last_request_;
  std::atomic<int> accepted_ = 0;
  std::atomic<int> at_once_ = 0;
  std::atomic<int> most_at_once_ = 0;
  std::thread thread_;
  std::vector<std::thread> connections_;
};

std::string ok(const std::string& body) {
  return fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.size(), body);
}

HttpRequest get(const Server& server, const std::string& path) {
  HttpRequest request;
  request.name = "GET " + path;
  request.method = "GET";
  request.url = fmt::format("http://127.0.0.1:{}{}", server.port(), path);
  request.timeout = Seconds(5);
  return request;
}

BatchResult drive(HttpEngine& engine, const BatchOrder& order) {
  engine.start(order);
  EXPECT_TRUE(wait_readable(engine.done_fd(), Seconds(20)));
  return engine.take();
}

TEST(HttpEngine, ABatchIsExactlySoManyIterationsOnOneConnection) {
  std::atomic<int> requests = 0;
  Server server([&](const std::string&) {
    ++requests;
    return ok("fine");
  });
  {
    HttpEngine engine({get(server, "/")});
    for (const int iterations : {1, 40, 2}) {
      const BatchResult result = drive(engine, {iterations, 1});
      EXPECT_EQ(result.iterations, iterations);
      EXPECT_EQ(result.failed_iterations, 0);
      EXPECT_EQ(result.requests.started, iterations);
      EXPECT_EQ(result.requests.succeeded, iterations);
      EXPECT_EQ(result.service_time.count(), static_cast<std::uint64_t>(iterations));
      EXPECT_EQ(result.body_bytes, 4U * static_cast<unsigned>(iterations));
    }
  }
  EXPECT_EQ(requests, 43);
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpEngine, AFlowIsOneIterationAndStopsAtItsFirstUnexpectedAnswer) {
  Server server([](const std::string& path) { return ok(path); });
  HttpRequest second = get(server, "/second");
  second.expect.contains = *plan::parse_template("first");
  HttpEngine engine({get(server, "/first"), second, get(server, "/third")});
  const BatchResult result = drive(engine, {3, 1});
  EXPECT_EQ(result.iterations, 3);
  EXPECT_EQ(result.failed_iterations, 3);
  EXPECT_EQ(result.requests.started, 6);
  EXPECT_EQ(result.requests.failed, 3);
  ASSERT_FALSE(result.examples.empty());
  EXPECT_EQ(result.examples.front().request, "GET /second");
  EXPECT_EQ(result.examples.front().what, "the body does not contain 'first'");
  EXPECT_EQ(result.examples.front().body, "/second");
}

TEST(HttpEngine, VirtualUsersAreAtWorkAtOnce) {
  Server server([](const std::string&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    return ok("");
  });
  HttpEngine engine({get(server, "/")});
  EXPECT_EQ(drive(engine, {12, 4}).iterations, 12);
  EXPECT_EQ(server.most_at_once(), 4);
}

TEST(HttpEngine, NoAnswerATimeoutAndARefusedConnectionAreToldApart) {
  Server server([](const std::string& path) {
    if (path == "/slow") std::this_thread::sleep_for(std::chrono::milliseconds(600));
    return path == "/slow" ? ok("") : std::string();
  });
  HttpRequest slow = get(server, "/slow");
  slow.timeout = Seconds(0.2);
  HttpEngine timing_out({slow});
  const BatchResult timed_out = drive(timing_out, {1, 1});
  EXPECT_EQ(timed_out.requests.timed_out, 1);
  EXPECT_EQ(timed_out.examples.front().what, "no complete answer within 200 ms");

  HttpEngine hung_up({get(server, "/hang-up")});
  EXPECT_EQ(drive(hung_up, {1, 1}).requests.errored, 1);

  HttpRequest nobody = get(server, "/");
  nobody.url = "http://127.0.0.1:1/";
  HttpEngine refused({nobody});
  const BatchResult result = drive(refused, {1, 1});
  EXPECT_EQ(result.requests.errored, 1);
  EXPECT_THAT(result.examples.front().what, HasSubstr("connect"));
}

TEST(HttpEngine, TooManyFailuresEndABatch) {
  Server server([](const std::string&) {
    return std::string("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
  });
  HttpEngine engine({get(server, "/")});
  BatchOrder order{100, 1};
  order.most_failures = 3;
  EXPECT_EQ(drive(engine, order).iterations, 3);
}

TEST(HttpEngine, AbortDropsWhatIsInFlight) {
  Server server([](const std::string&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    return ok("");
  });
  HttpEngine engine({get(server, "/")});
  engine.start({50, 2});
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  engine.abort();
  ASSERT_TRUE(wait_readable(engine.done_fd(), Seconds(5)));
  const BatchResult result = engine.take();
  EXPECT_EQ(result.iterations, 0);
  EXPECT_EQ(result.requests.started, 0);
}

TEST(HttpEngine, ALargeBodyIsCountedAndDropped) {
  Server server([](const std::string&) { return ok(std::string(8 << 20, 'x')); });
  HttpEngine engine({get(server, "/")});
  EXPECT_EQ(drive(engine, {4, 1}).body_bytes, std::uint64_t{32} << 20);
}

TEST(HttpEngine, ABodyIsPostedWithItsHeadersAndTheNextRequestHasNone) {
  Server server([](const std::string&) { return ok(""); });
  HttpRequest post = get(server, "/");
  post.method = "POST";
  post.body = "{\"a\": 1}";
  post.headers = {"Content-Type: application/json"};
  HttpEngine posting({post});
  EXPECT_EQ(drive(posting, {1, 1}).requests.succeeded, 1);
  EXPECT_THAT(server.last_request(), AllOf(StartsWith("POST / HTTP/1.1\r\n"),
                                           HasSubstr("Content-Type: application/json\r\n"),
                                           EndsWith("\r\n\r\n{\"a\": 1}")));
  HttpEngine flow({post, get(server, "/after")});
  EXPECT_EQ(drive(flow, {2, 1}).requests.succeeded, 4);
  EXPECT_THAT(server.last_request(), AllOf(StartsWith("GET /after HTTP/1.1\r\n"),
                                           Not(HasSubstr("Content-")), EndsWith("\r\n\r\n")));
}

TEST(HttpEngine, OtherMethodsAreSentAsTheyAre) {
  Server server([](const std::string&) { return ok(""); });
  for (const std::string method : {"PUT", "DELETE", "PATCH", "OPTIONS"}) {
    HttpRequest request = get(server, "/");
    request.method = method;
    HttpEngine engine({request});
    EXPECT_EQ(drive(engine, {1, 1}).requests.succeeded, 1);
    EXPECT_THAT(server.last_request(), StartsWith(method + " / HTTP/1.1\r\n"));
  }
}

TEST(CheckPath, SaysWhatIsMissing) {
  Server server([](const std::string& path) {
    return path == "/ready" ? ok("") : std::string("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
  });
  EXPECT_EQ(check_path(server.port(), "/ready", Seconds(2)), "");
  EXPECT_EQ(check_path(server.port(), "/other", Seconds(2)),
            "status 503 where one below 400 was expected");
}

}  // namespace
}  // namespace tidemark::load
