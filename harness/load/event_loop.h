#pragma once

// libcurl's multi interface on epoll: what one thread needs to drive many transfers with few system
// calls. Included by sources of this room only. All calls on one thread, but for wake().

#include <curl/curl.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "harness/base/file.h"

namespace tidemark::load {

using Clock = std::chrono::steady_clock;

struct EasyDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct MultiDeleter {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
using EasyHandle = std::unique_ptr<CURL, EasyDeleter>;
using MultiHandle = std::unique_ptr<CURLM, MultiDeleter>;

class EventLoop {
 public:
  using Finished = std::function<void(CURL*, CURLcode)>;

  // What servers may say on a connection that no request is using: nothing in plain HTTP/1, so that
  // it is closed and not taken for the next answer; TLS and HTTP/2 have messages of their own.
  enum class IdleServer { kSilent, kMayTalk };

  explicit EventLoop(IdleServer idle_server);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // An easy handle whose sockets are watched by this loop, with no other option set.
  EasyHandle make_handle();
  // The options that make_handle() has set, once more: after a curl_easy_reset.
  void adopt(CURL* handle);

  void add(CURL* handle);
  // Takes a transfer out before its end; its connection is closed.
  void remove(CURL* handle);

  // Resumes a transfer at that time whose write callback returns CURL_WRITEFUNC_PAUSE now.
  void pause(CURL* handle, Clock::time_point until) { paused_.emplace_back(until, handle); }

  void keep_connections(long count);

  // Goes on with transfers until one has ended, the time has come, or wake() was called; then
  // `finished` has been called for each that has ended, and its handle is out of the loop: it may
  // be added again from within.
  void run_once(std::optional<Clock::time_point> until, const Finished& finished);

  void wake();  // from any thread

 private:
  // Registration with the kernel outlives libcurl's interest, because the next request on the same
  // connection wants the same again: two system calls less for each request.
  struct Watched {
    int wanted = 0;        // CURL_POLL_…
    int registered = 0;    // as epoll knows it
    bool ours = false;     // opened and closed by us: nobody closes it behind our back
    CURL* user = nullptr;  // the last that wanted it
  };

  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void*);
  static int on_timer(CURLM*, long milliseconds, void* self);
  static curl_socket_t on_open(void* self, curlsocktype, curl_sockaddr* address);
  static int on_close(void* self, curl_socket_t socket);

  Watched& watched(int socket);
  void want(CURL* user, int socket, int what);
  void perform(int socket, std::uint32_t events);
  void idle_event(int socket, std::uint32_t events);
  void watch(int socket, std::uint32_t events);
  bool is_paused(const CURL* handle) const;
  bool deliver(const Finished& finished);  // whether there was any
  void resume_paused();
  void forget_pause(CURL* handle);
  void arm(std::optional<Clock::time_point> until);

  const IdleServer idle_server_;
  FileDescriptor epoll_;
  FileDescriptor timer_;
  FileDescriptor wake_;
  std::vector<Watched> watched_;                             // by descriptor
  std::vector<std::pair<Clock::time_point, CURL*>> paused_;  // slow readers: few
  std::optional<Clock::time_point> curl_timeout_;
  std::optional<Clock::time_point> armed_;  // what the timer descriptor will fire at
  MultiHandle multi_;                       // the last: it closes sockets through the others
};

void initialise_curl();

}  // namespace tidemark::load
