#include "harness/target/port.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstdint>

#include "harness/base/file.h"

namespace tidemark::target {
namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

FileDescriptor tcp_socket() {
  return FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

}  // namespace

Result<std::vector<int>> free_ports(std::size_t count) {
  std::vector<FileDescriptor> sockets;  // open until the end: no port is given twice
  std::vector<int> ports;
  while (ports.size() < count) {
    sockets.push_back(tcp_socket());
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    const int socket = sockets.back().get();
    if (::bind(socket, raw, size) != 0 || ::getsockname(socket, raw, &size) != 0)
      return failure(fmt::format("no free port on 127.0.0.1: {}", errno_text(errno)));
    ports.push_back(ntohs(address.sin_port));
  }
  return ports;
}

Result<void> require_free(int port) {
  const FileDescriptor socket = tcp_socket();
  const int yes = 1;  // a port in TIME_WAIT is free enough
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const sockaddr_in address = loopback(port);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return {};
  if (errno == EADDRINUSE)
    return failure(fmt::format(
        "port {} is taken by another program: stop it, or leave 'port' out and write {{{{port}}}} "
        "in the command for a free one",
        port));
  return failure(fmt::format("port {} cannot be used: {}", port, errno_text(errno)));
}

bool accepts_connections(int port) {
  const FileDescriptor socket = tcp_socket();
  const sockaddr_in address = loopback(port);
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

bool accepts_connections(const std::string& unix_socket) {
  const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (unix_socket.size() >= sizeof address.sun_path) return false;
  unix_socket.copy(address.sun_path, unix_socket.size());
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace tidemark::target
