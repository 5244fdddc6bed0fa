#include "harness/load/failure_name.h"

#include <cerrno>

namespace tidemark::load {
namespace {

std::string connect_failure(long os_error) {
  switch (os_error) {
    case ECONNREFUSED:
      return "connection refused";
    case ENOENT:
      return "no such socket";
    case EADDRNOTAVAIL:
      return "no free local port";
    case EMFILE:
    case ENFILE:
      return "out of file descriptors";
    default:
      return "connection failed";
  }
}

}  // namespace

std::string failure_name(const FailureFacts& facts) {
  const auto says = [&](std::string_view text) {
    return facts.details.find(text) != std::string_view::npos;
  };
  switch (facts.code) {
    case CURLE_COULDNT_CONNECT:
      return connect_failure(facts.os_error);
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return "name not found";
    case CURLE_GOT_NOTHING:
      return "closed without an answer";
    case CURLE_RECV_ERROR:
      // libcurl has one code for a broken connection and for broken framing.
      if (says("chunk") || says("Chunk")) return "chunk error";
      if (says("CONNECT")) return "proxy refused";
      return "connection reset";
    case CURLE_SEND_ERROR:
      return "connection reset";
    case CURLE_PARTIAL_FILE:
      return "incomplete body";
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:  // "Received HTTP/0.9 when not allowed"
      if (says("redirect") || says("Protocol")) return "redirect not followed";
      return "malformed response";
    case CURLE_URL_MALFORMAT:
      return "malformed redirect";
    case CURLE_TOO_MANY_REDIRECTS:
      return "too many redirects";
    case CURLE_OUT_OF_MEMORY:
      // What libcurl says of a header line above its limit of 100 KiB.
      return facts.answer_began ? "out of memory" : "headers too large";
    case CURLE_BAD_CONTENT_ENCODING:
      return "broken compression";
    case CURLE_SSL_CONNECT_ERROR:
      return "TLS handshake failed";
    case CURLE_PEER_FAILED_VERIFICATION:
      return "TLS certificate not trusted";
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
      return "TLS file not usable";
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return "HTTP/2 error";
    case CURLE_PROXY:
      return "proxy failed";
    case CURLE_READ_ERROR:
      return "file to send not readable";
    default:
      return std::string(curl_easy_strerror(facts.code));
  }
}

}  // namespace tidemark::load
