#pragma once

// One virtual user's requests, one after the other, on one easy handle of libcurl: options, what
// comes back, and how it ended. Included by sources of this room only; one thread.

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/load/event_loop.h"
#include "harness/load/iteration_values.h"
#include "harness/load/workload.h"

namespace tidemark::load {

struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct MimeDeleter {
  void operator()(curl_mime* mime) const { curl_mime_free(mime); }
};

enum class Ended {
  kAnswered,  // completely, as expected or not
  kErrored,
  kTimedOut,
};

struct TransferResult {
  Ended ended = Ended::kAnswered;
  std::string error;       // its name, where there was no complete answer
  std::string unexpected;  // empty: as expected
  std::vector<std::string> captured;
  std::uint64_t body_bytes = 0;
};

class Transfer {
 public:
  // `owner` comes back as the handle's CURLINFO_PRIVATE.
  Transfer(EventLoop& loop, const Endpoint& endpoint, plan::Cookies cookies, void* owner);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  CURL* handle() const { return handle_.get(); }

  // A new iteration begins: forgets cookies, if they are not kept.
  void begin_iteration();

  // Sends a request. Errors: a placeholder's value does not fit into its place; nothing was sent.
  Result<void> start(const HttpRequest& request, const IterationValues& values,
                     Clock::time_point now);

  // When the loop should look at this transfer again if it has not ended by then.
  Clock::time_point deadline() const { return deadline_; }
  // What that deadline means. True: it is over, `finish` says how; it has been taken out of the
  // loop. False: a later deadline counts from now on.
  bool expire(Clock::time_point now);

  // After the loop has given the handle back.
  TransferResult finish(CURLcode code);

  void abort();  // of what is in flight

  const std::string& beginning() const;  // of the body of the last answer
  Clock::time_point sent() const { return sent_; }

 private:
  // Why we ended it ourselves.
  enum class OwnEnd { kNone, kHungUp, kHeadersTooLarge, kMalformed, kForeign, kTimeout };

  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static int on_resolve(void* resolver, void* reserved, void* self);
  static int on_socket_options(void* self, curl_socket_t socket, curlsocktype purpose);

  void configure(const HttpRequest& request, const Outgoing& outgoing);
  void configure_connection();
  void configure_body(const std::string& method, const Outgoing& outgoing);
  void configure_multipart(const std::vector<Part>& parts);
  bool is_read_too_fast();
  bool accepts_length(std::string_view value);
  ResponseCheck& check_of(const HttpRequest& request);
  Clock::time_point next_deadline() const;
  std::string timeout_name() const;

  EventLoop& loop_;
  const Endpoint& endpoint_;
  const plan::Cookies cookies_;
  void* const owner_;
  EasyHandle handle_;
  std::vector<std::unique_ptr<ResponseCheck>> checks_;  // by request
  ResponseCheck* check_ = nullptr;
  const HttpRequest* request_ = nullptr;
  const HttpRequest* configured_ = nullptr;  // the fixed request whose options the handle has
  Outgoing outgoing_;                        // of a request that is not fixed
  std::unique_ptr<CURLU, UrlDeleter> url_;
  std::unique_ptr<curl_slist, ListDeleter> headers_;
  std::unique_ptr<curl_slist, ListDeleter> connect_to_;
  std::unique_ptr<curl_mime, MimeDeleter> mime_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> upload_{nullptr, nullptr};
  std::array<char, CURL_ERROR_SIZE> error_{};

  Clock::time_point sent_;
  Clock::time_point deadline_;
  OwnEnd own_end_ = OwnEnd::kNone;
  std::optional<Clock::time_point> reading_since_;  // a slow reader

  std::size_t header_bytes_ = 0;
  bool saw_status_ = false;
  bool saw_head_ = false;  // all of it: the empty line after the headers too
  std::string length_;     // the answer's Content-Length, as written
  bool saw_cookie_ = false;
  bool running_ = false;
};

}  // namespace tidemark::load
