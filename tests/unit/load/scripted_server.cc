#include "tests/unit/load/scripted_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace tidemark::load {
namespace {

FileDescriptor listening_on(const std::string& unix_path, int& port) {
  if (!unix_path.empty()) {
    FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    unix_path.copy(address.sun_path, sizeof address.sun_path - 1);
    ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(socket.get(), 1024);
    return socket;
  }
  FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size);
  ::listen(socket.get(), 1024);
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return socket;
}

std::size_t content_length(const std::string& head) {
  const std::string length = header_of(head, "Content-Length");
  return length == "(none)" ? 0 : std::stoul(length);
}

}  // namespace

std::string Connection::read_request() {
  char buffer[16384];
  while (true) {
    const std::size_t end = received_.find("\r\n\r\n");
    if (end != std::string::npos) {
      const std::size_t size = end + 4 + content_length(received_.substr(0, end + 4));
      if (received_.size() >= size) {
        std::string request = received_.substr(0, size);
        received_.erase(0, size);
        return request;
      }
    }
    const ssize_t count = ::recv(fd_, buffer, sizeof buffer, 0);
    if (count <= 0) return {};
    received_.append(buffer, static_cast<std::size_t>(count));
  }
}

bool Connection::send(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool Connection::send_bytewise(std::string_view text) {
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  for (const char& c : text)
    if (!send({&c, 1})) return false;
  return true;
}

bool Connection::wait_until_closed(Seconds longest) {
  pollfd wait = {fd_, POLLRDHUP, 0};
  return ::poll(&wait, 1, static_cast<int>(longest.count() * 1000)) > 0;
}

void Connection::reset() {
  const linger at_once = {1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

ScriptedServer::ScriptedServer(Answer answer, Session session, const std::string& unix_path)
    : answer_(std::move(answer)),
      session_(std::move(session)),
      socket_(listening_on(unix_path, port_)),
      thread_([this] { accept_all(); }) {}

ScriptedServer ScriptedServer::always(std::string bytes) {
  return raw([bytes = std::move(bytes)](Connection& connection) {
    while (!connection.read_request().empty())
      if (!connection.send(bytes)) return;
  });
}

ScriptedServer::~ScriptedServer() {
  ::shutdown(socket_.get(), SHUT_RDWR);
  thread_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const Live& live : live_)
      if (live.fd >= 0) ::shutdown(live.fd, SHUT_RDWR);
  }
  for (Live& live : live_) live.thread.join();
}

std::vector<std::string> ScriptedServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::string ScriptedServer::last_request() const {
  const std::lock_guard lock(mutex_);
  return requests_.empty() ? std::string() : requests_.back();
}

void ScriptedServer::close_idle() {
  const auto none_idle = [this] {
    const std::lock_guard lock(mutex_);
    return std::none_of(live_.begin(), live_.end(), [](const Live& live) { return live.idle; });
  };
  {
    const std::lock_guard lock(mutex_);
    for (const Live& live : live_)
      if (live.idle) ::shutdown(live.fd, SHUT_RDWR);
  }
  while (!none_idle()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void ScriptedServer::accept_all() {
  while (true) {
    const int fd = ::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    ++accepted_;
    const std::lock_guard lock(mutex_);
    Live& live = live_.emplace_back();
    live.fd = fd;
    live.thread = std::thread([this, &live] { serve(live); });
  }
}

void ScriptedServer::serve(Live& live) {
  int fd = -1;
  {
    const std::lock_guard lock(mutex_);
    fd = live.fd;
  }
  Connection connection(fd);
  if (session_)
    session_(connection);
  else
    answer_all(live, connection);
  const std::lock_guard lock(mutex_);
  live.fd = -1;
  live.idle = false;
  ::close(fd);
}

void ScriptedServer::answer_all(Live& live, Connection& connection) {
  const auto set_idle = [&](bool idle) {
    const std::lock_guard lock(mutex_);
    live.idle = idle;
  };
  while (true) {
    set_idle(true);
    const std::string request = connection.read_request();
    if (request.empty()) return;
    set_idle(false);
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    const int now = ++at_once_;
    for (int most = most_at_once_; now > most && !most_at_once_.compare_exchange_weak(most, now);) {
    }
    const std::string answer = answer_(target_of(request));
    --at_once_;
    set_idle(true);  // before the client can know that it is
    if (answer.empty() || !connection.send(answer)) return;
  }
}

std::string answer(int status, std::string_view headers, std::string_view body) {
  return fmt::format("HTTP/1.1 {} X\r\n{}Content-Length: {}\r\n\r\n{}", status, headers,
                     body.size(), body);
}

std::string body_of(const std::string& request) {
  return request.substr(request.find("\r\n\r\n") + 4);
}

std::string target_of(const std::string& request) {
  const std::size_t begin = request.find(' ') + 1;
  return request.substr(begin, request.find(' ', begin) - begin);
}

std::string header_of(const std::string& request, const std::string& name) {
  const std::string head = request.substr(0, request.find("\r\n\r\n") + 2);
  const std::size_t at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "(none)";
  const std::size_t begin = at + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

}  // namespace tidemark::load
