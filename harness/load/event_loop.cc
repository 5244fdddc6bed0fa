#include "harness/load/event_loop.h"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace tidemark::load {
namespace {

struct CurlGlobal {
  CurlGlobal() { curl_global_init(CURL_GLOBAL_DEFAULT); }
  ~CurlGlobal() { curl_global_cleanup(); }
};

std::uint32_t epoll_events(int what) {
  return ((what & CURL_POLL_IN) != 0 ? std::uint32_t{EPOLLIN | EPOLLRDHUP} : 0U) |
         ((what & CURL_POLL_OUT) != 0 ? std::uint32_t{EPOLLOUT} : 0U);
}

// What libcurl 7.88 finds something to read on it takes for alive, if that is only a TLS server's
// goodbye: it sends on five such connections, and gives up.
void discard_unread(int socket) {
  std::array<char, 4096> unread;
  while (::recv(socket, unread.data(), unread.size(), MSG_DONTWAIT) > 0) continue;
}

// Load goes to this machine only, wherever a redirect points.
bool is_local(const sockaddr& address) {
  if (address.sa_family == AF_UNIX) return true;
  if (address.sa_family == AF_INET)
    return (ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr) >> 24) == 127;
  if (address.sa_family == AF_INET6)
    return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr) != 0;
  return false;
}

}  // namespace

void initialise_curl() {
  static const CurlGlobal kGlobal;
}

EventLoop::EventLoop(IdleServer idle_server)
    : idle_server_(idle_server),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      multi_((initialise_curl(), curl_multi_init())) {
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &EventLoop::on_socket);
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &EventLoop::on_timer);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
  // A virtual user is a client of its own, with a connection of its own, under HTTP/2 too.
  curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
  for (const int fd : {timer_.get(), wake_.get()}) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  }
}

EventLoop::~EventLoop() = default;

EasyHandle EventLoop::make_handle() {
  EasyHandle handle(curl_easy_init());
  adopt(handle.get());
  return handle;
}

void EventLoop::adopt(CURL* handle) {
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, &EventLoop::on_open);
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(handle, CURLOPT_CLOSESOCKETFUNCTION, &EventLoop::on_close);
  curl_easy_setopt(handle, CURLOPT_CLOSESOCKETDATA, this);
}

void EventLoop::keep_connections(long count) {
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, count);
}

void EventLoop::add(CURL* handle) {
  curl_multi_add_handle(multi_.get(), handle);
}

void EventLoop::remove(CURL* handle) {
  forget_pause(handle);
  curl_multi_remove_handle(multi_.get(), handle);
}

EventLoop::Watched& EventLoop::watched(int socket) {
  const auto index = static_cast<std::size_t>(socket);
  if (index >= watched_.size()) watched_.resize(index + 1);
  return watched_[index];
}

curl_socket_t EventLoop::on_open(void* self, curlsocktype, curl_sockaddr* address) {
  if (!is_local(address->addr)) {
    errno = EACCES;
    return CURL_SOCKET_BAD;
  }
  const int socket = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (socket >= 0) static_cast<EventLoop*>(self)->watched(socket) = {0, 0, true, nullptr};
  return socket;
}

int EventLoop::on_close(void* self, curl_socket_t socket) {
  // The kernel forgets a closed descriptor by itself, and the number may come back at once.
  static_cast<EventLoop*>(self)->watched(socket) = {};
  return ::close(socket);
}

int EventLoop::on_socket(CURL* user, curl_socket_t socket, int what, void* self, void*) {
  static_cast<EventLoop*>(self)->want(user, socket, what == CURL_POLL_REMOVE ? 0 : what);
  return 0;
}

void EventLoop::want(CURL* user, int socket, int what) {
  Watched& entry = watched(socket);
  entry.wanted = what;
  entry.user = user;
  // Interest in answers stays registered while a connection idles; only more or other is news.
  if (entry.ours && (what == 0 || what == entry.registered)) return;
  watch(socket, epoll_events(what));
  entry.registered = what;
}

void EventLoop::watch(int socket, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = socket;
  // What libcurl opens for itself (a resolver's pair) may have been closed and be another by now.
  if (events == 0)
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, socket, nullptr);
  else if (::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, socket, &event) != 0)
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket, &event);
}

int EventLoop::on_timer(CURLM*, long milliseconds, void* self) {
  auto& timeout = static_cast<EventLoop*>(self)->curl_timeout_;
  if (milliseconds < 0)
    timeout.reset();
  else
    timeout = Clock::now() + std::chrono::milliseconds(milliseconds);
  return 0;
}

void EventLoop::perform(int socket, std::uint32_t events) {
  if (watched(socket).wanted == 0) return idle_event(socket, events);
  const int bits = ((events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                   ((events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                   ((events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_IN | CURL_CSELECT_ERR : 0);
  int running = 0;
  curl_multi_socket_action(multi_.get(), socket, bits, &running);
}

// Something happens on a connection that is not asked for: most likely the server closes it, which
// libcurl shall see when it wants to use it. Nor does a transfer that is paused ask for its own.
void EventLoop::idle_event(int socket, std::uint32_t events) {
  Watched& entry = watched(socket);
  entry.registered = 0;
  if (!entry.ours || is_paused(entry.user)) return watch(socket, 0);
  const bool is_over = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  if (!is_over && idle_server_ == IdleServer::kMayTalk)  // it may still end
    return watch(socket, EPOLLRDHUP);
  watch(socket, 0);
  if (!is_over) ::shutdown(socket, SHUT_RDWR);
  discard_unread(socket);
}

bool EventLoop::is_paused(const CURL* handle) const {
  return std::any_of(paused_.begin(), paused_.end(),
                     [handle](const auto& paused) { return paused.second == handle; });
}

bool EventLoop::deliver(const Finished& finished) {
  bool any = false;
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* handle = message->easy_handle;
    const CURLcode code = message->data.result;
    remove(handle);
    finished(handle, code);
    any = true;
  }
  return any;
}

void EventLoop::forget_pause(CURL* handle) {
  std::erase_if(paused_, [handle](const auto& paused) { return paused.second == handle; });
}

void EventLoop::resume_paused() {
  const auto now = Clock::now();
  std::vector<CURL*> due;
  for (const auto& [until, handle] : paused_)
    if (until <= now) due.push_back(handle);
  for (CURL* handle : due) {
    forget_pause(handle);
    curl_easy_pause(handle, CURLPAUSE_CONT);  // may pause it again
  }
}

void EventLoop::arm(std::optional<Clock::time_point> until) {
  if (curl_timeout_ && (!until || *curl_timeout_ < *until)) until = curl_timeout_;
  // A timer that fires too early costs one turn of the loop; moving it with each request costs a
  // system call for each.
  if (!until || (armed_ && *armed_ <= *until)) return;
  const auto since_epoch = std::max(until->time_since_epoch(), Clock::duration(1));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_epoch);
  itimerspec spec{};
  spec.it_value.tv_sec = seconds.count();
  spec.it_value.tv_nsec =
      std::chrono::duration_cast<std::chrono::nanoseconds>(since_epoch - seconds).count();
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
  armed_ = until;
}

void EventLoop::run_once(std::optional<Clock::time_point> until, const Finished& finished) {
  resume_paused();
  // A quick server may answer a transfer in the turn that begins it: who waits for that must not be
  // kept waiting for something else.
  bool any_finished = false;
  // libcurl asks for each new transfer to be begun by a timeout of zero.
  for (int turn = 0; curl_timeout_ && *curl_timeout_ <= Clock::now() && turn < 8; ++turn) {
    curl_timeout_.reset();
    int running = 0;
    curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &running);
    any_finished = deliver(finished) || any_finished;
  }
  for (const auto& paused : paused_) until = std::min(until.value_or(paused.first), paused.first);
  const auto now = Clock::now();
  const bool is_due =
      any_finished || (until && *until <= now) || (curl_timeout_ && *curl_timeout_ <= now);
  if (!is_due) arm(until);
  std::array<epoll_event, 256> events;
  const int count =
      ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), is_due ? 0 : -1);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    const int fd = event.data.fd;
    if (fd == timer_.get() || fd == wake_.get()) {
      std::uint64_t times = 0;
      (void)::read(fd, &times, sizeof times);
      if (fd == timer_.get()) armed_.reset();
      continue;
    }
    perform(fd, event.events);
  }
  deliver(finished);
}

void EventLoop::wake() {
  const std::uint64_t one = 1;
  (void)::write(wake_.get(), &one, sizeof one);
}

}  // namespace tidemark::load
