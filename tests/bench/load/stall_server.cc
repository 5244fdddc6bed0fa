// Answers each GET at once over connections that stay open, but for one stall: from some time after
// the first request on it does nothing at all, as a collector's pause or a lock does to a server.
// Prints its port and serves until it is killed.
//
//   tidemark_stall_server --stall-at 3 --stall-for 1

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string_view>
#include <thread>

namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr std::string_view kAnswer =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n";
constexpr int kBacklog = 4096;

class Stall {
 public:
  Stall(double at, double length) : at_(at), length_(length) {}

  void request_came() {
    const auto now = Clock::now();
    if (!first_) first_ = now;
    if (over_ || length_.count() <= 0 || now - *first_ < at_) return;
    over_ = true;
    std::this_thread::sleep_for(length_);
  }

 private:
  const Seconds at_, length_;
  std::optional<Clock::time_point> first_;
  bool over_ = false;
};

int listen_anywhere() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener, any, size) != 0 || ::listen(listener, kBacklog) != 0 ||
      ::getsockname(listener, any, &size) != 0)
    return -1;
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return listener;
}

void watch(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

void accept_one(int epoll, int listener) {
  const int connection = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (connection < 0) return;
  const int yes = 1;
  ::setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  watch(epoll, connection);
}

// A short GET over loopback comes in one piece, so each piece is a request.
void answer(int connection, Stall& stall) {
  std::array<char, 16384> request;
  if (::read(connection, request.data(), request.size()) <= 0) {
    ::close(connection);
    return;
  }
  stall.request_came();
  (void)!::send(connection, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
}

}  // namespace

int main(int argc, char** argv) {
  double at = 0;
  double length = 0;
  CLI::App app{"A server that stalls once"};
  app.add_option("--stall-at", at, "seconds after the first request");
  app.add_option("--stall-for", length, "seconds; none without it");
  CLI11_PARSE(app, argc, argv);
  const int listener = listen_anywhere();
  if (listener < 0) {
    std::perror("tidemark_stall_server");
    return 1;
  }
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  watch(epoll, listener);
  Stall stall(at, length);
  std::array<epoll_event, 64> events;
  while (true) {
    const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener)
        accept_one(epoll, listener);
      else
        answer(fd, stall);
    }
  }
}
