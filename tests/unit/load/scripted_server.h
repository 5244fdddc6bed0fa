#pragma once

// A small real server for tests: it answers paths, or hands the accepted socket to a function that
// may do with it what no proper server would. On a free loopback port or on a Unix socket. Each
// connection has a thread of its own; the destructor ends them all, whatever they wait for.

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "harness/base/file.h"
#include "harness/base/units.h"

namespace tidemark::load {

// The server's end of one connection, for a raw session.
class Connection {
 public:
  explicit Connection(int fd) : fd_(fd) {}
  int fd() const { return fd_; }

  // Head and body (by Content-Length) of the next request; empty when the client is gone.
  std::string read_request();
  // False when the client is gone.
  bool send(std::string_view text);
  bool send_bytewise(std::string_view text);
  // Until the client closes or the server is stopped, but not longer. True: it is over.
  bool wait_until_closed(Seconds longest = Seconds(30));
  // Ends it with RST in place of FIN.
  void reset();

 private:
  const int fd_;
  std::string received_;
};

class ScriptedServer {
 public:
  // An empty answer hangs up.
  using Answer = std::function<std::string(const std::string& path)>;
  using Session = std::function<void(Connection& connection)>;

  explicit ScriptedServer(Answer answer) : ScriptedServer(std::move(answer), nullptr, {}) {}
  static ScriptedServer on_unix_socket(const std::string& path, Answer answer) {
    return ScriptedServer(std::move(answer), nullptr, path);
  }
  // The connection is closed when the session returns.
  static ScriptedServer raw(Session session) {
    return ScriptedServer(nullptr, std::move(session), {});
  }
  // Answers whatever is asked with the same bytes.
  static ScriptedServer always(std::string bytes);
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer();

  int port() const { return port_; }
  int connections() const { return accepted_; }
  int most_at_once() const { return most_at_once_; }
  // As received, in the order of their arrival; in a raw session nothing is kept.
  std::vector<std::string> requests() const;
  std::string last_request() const;
  // Closes the connections that wait for a request, as servers do with idle ones; returns when they
  // are closed.
  void close_idle();

 private:
  struct Live {
    int fd = -1;  // -1: over
    bool idle = false;
    std::thread thread;
  };

  ScriptedServer(Answer answer, Session session, const std::string& unix_path);
  void accept_all();
  void serve(Live& live);
  void answer_all(Live& live, Connection& connection);

  const Answer answer_;
  const Session session_;
  int port_ = 0;  // set when the socket is
  FileDescriptor socket_;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::list<Live> live_;
  std::atomic<int> accepted_ = 0;
  std::atomic<int> at_once_ = 0;
  std::atomic<int> most_at_once_ = 0;
  std::thread thread_;
};

// "HTTP/1.1 STATUS X" with the headers, each "Name: value\r\n", and a Content-Length.
std::string answer(int status, std::string_view headers, std::string_view body);
inline std::string ok(std::string_view body = {}) {
  return answer(200, {}, body);
}
inline std::string redirect_to(const std::string& location, int status = 302) {
  return answer(status, "Location: " + location + "\r\n", {});
}

std::string body_of(const std::string& request);
// The path and query of a request, as sent.
std::string target_of(const std::string& request);
// The value of a header; "(none)" where there is none.
std::string header_of(const std::string& request, const std::string& name);

}  // namespace tidemark::load
