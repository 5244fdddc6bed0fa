// The options that a request sets on its easy handle.

#include <sys/socket.h>

#include <algorithm>
#include <cstdio>

#include "harness/load/transfer.h"

namespace tidemark::load {
namespace {

constexpr long kBufferSize = 64 * 1024;
// A slow reader's buffers are small, or the kernel reads the whole answer for it.
constexpr int kSlowReceiveBuffer = 16 * 1024;
constexpr long kPiecesPerSecond = 50;
constexpr long kSmallestBuffer = 1024;  // libcurl's own

// libcurl 7.88 begins HTTP/2 anew on a cleartext connection that speaks it already, and the second
// request fails (curl's issue 10634; mended in 8.0).
bool spoils_reused_cleartext_http2() {
  const unsigned version = curl_version_info(CURLVERSION_NOW)->version_num;
  return version >= 0x075800 && version < 0x080000;
}

}  // namespace

int Transfer::on_socket_options(void* self, curl_socket_t socket, curlsocktype) {
  const auto& transfer = *static_cast<const Transfer*>(self);
  if (transfer.request_->plan.read_rate)
    ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &kSlowReceiveBuffer, sizeof kSlowReceiveBuffer);
  return CURL_SOCKOPT_OK;
}

void Transfer::configure_connection() {
  CURL* handle = handle_.get();
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  // The machine's own proxy has no part in a test.
  if (endpoint_.proxy.empty()) {
    curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
  } else {
    curl_easy_setopt(handle, CURLOPT_PROXY, endpoint_.proxy.c_str());
    curl_easy_setopt(handle, CURLOPT_NOPROXY, "");
  }
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  // Without TLS there is nothing to negotiate HTTP/2 with; the Upgrade header is deprecated.
  const long version = endpoint_.http == plan::HttpVersion::k1 ? CURL_HTTP_VERSION_1_1
                       : endpoint_.http == plan::HttpVersion::k2 && endpoint_.tls
                           ? CURL_HTTP_VERSION_2TLS
                           : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, version);
  const bool forbids_reuse =
      version == CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE && spoils_reused_cleartext_http2();
  if (!endpoint_.keep_alive || forbids_reuse) curl_easy_setopt(handle, CURLOPT_FORBID_REUSE, 1L);
  if (!endpoint_.unix_socket.empty())
    curl_easy_setopt(handle, CURLOPT_UNIX_SOCKET_PATH, endpoint_.unix_socket.c_str());
  if (connect_to_) curl_easy_setopt(handle, CURLOPT_CONNECT_TO, connect_to_.get());
  if (!endpoint_.accept_encoding.empty())
    curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, endpoint_.accept_encoding.c_str());
  if (endpoint_.tls) {
    const TlsFiles& tls = *endpoint_.tls;
    if (!tls.ca.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, tls.ca.c_str());
    if (!tls.certificate.empty())
      curl_easy_setopt(handle, CURLOPT_SSLCERT, tls.certificate.c_str());
    if (!tls.key.empty()) curl_easy_setopt(handle, CURLOPT_SSLKEY, tls.key.c_str());
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, tls.verify ? 1L : 0L);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, tls.verify ? 2L : 0L);
  }
}

void Transfer::configure(const HttpRequest& request, const Outgoing& outgoing) {
  CURL* handle = handle_.get();
  // Keeps connections and cookies; every option of the request before is gone.
  curl_easy_reset(handle);
  loop_.adopt(handle);
  curl_easy_setopt(handle, CURLOPT_PRIVATE, owner_);
  configure_connection();
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, error_.data());
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  // Timeouts are ours (see expire): libcurl's cost a tree of its own at each request.
  const std::string url = endpoint_.base_url + outgoing.target;
  // Parsed once, not with each request: a seventh of libcurl's instructions.
  url_.reset(curl_url());
  if (curl_url_set(url_.get(), CURLUPART_URL, url.c_str(),
                   CURLU_NON_SUPPORT_SCHEME | CURLU_PATH_AS_IS) == CURLUE_OK)
    curl_easy_setopt(handle, CURLOPT_CURLU, url_.get());
  else
    curl_easy_setopt(handle, CURLOPT_URL, url.c_str());  // libcurl will say what is wrong with it
  curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);      // of redirects
  curl_slist* headers = nullptr;
  for (const std::string& header : outgoing.headers)
    headers = curl_slist_append(headers, header.c_str());
  if (request.plan.method == "POST" && std::holds_alternative<std::monostate>(request.plan.body) &&
      !names_header(request.plan.headers, "Content-Type"))
    headers = curl_slist_append(headers, "Content-Type:");  // libcurl's would be a form's
  // Not by libcurl's own option, which formats it anew for each request.
  if (!names_header(request.plan.headers, "User-Agent"))
    headers = curl_slist_append(headers, "User-Agent: tidemark");
  headers = curl_slist_append(headers, "Expect:");  // no pause of a second before a body is sent
  if (!endpoint_.keep_alive && endpoint_.http == plan::HttpVersion::k1)
    headers = curl_slist_append(headers, "Connection: close");
  headers_.reset(headers);
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
  if (outgoing.has_login) {
    curl_easy_setopt(handle, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(handle, CURLOPT_USERNAME, outgoing.username.c_str());
    curl_easy_setopt(handle, CURLOPT_PASSWORD, outgoing.password.c_str());
  } else if (!outgoing.bearer.empty()) {
    curl_easy_setopt(handle, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    curl_easy_setopt(handle, CURLOPT_XOAUTH2_BEARER, outgoing.bearer.c_str());
  }
  if (request.plan.follow_redirects > 0) {
    curl_easy_setopt(handle, CURLOPT_RESOLVER_START_FUNCTION, &Transfer::on_resolve);
    curl_easy_setopt(handle, CURLOPT_RESOLVER_START_DATA, this);
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(handle, CURLOPT_MAXREDIRS, static_cast<long>(request.plan.follow_redirects));
  }
  if (const auto& rate = request.plan.read_rate) {
    const auto piece = static_cast<long>(rate->count) / kPiecesPerSecond;
    curl_easy_setopt(handle, CURLOPT_BUFFERSIZE, std::clamp(piece, kSmallestBuffer, kBufferSize));
    curl_easy_setopt(handle, CURLOPT_SOCKOPTFUNCTION, &Transfer::on_socket_options);
    curl_easy_setopt(handle, CURLOPT_SOCKOPTDATA, this);
    // Its connection has other buffers than everybody's.
    curl_easy_setopt(handle, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(handle, CURLOPT_FORBID_REUSE, 1L);
  } else {
    curl_easy_setopt(handle, CURLOPT_BUFFERSIZE, kBufferSize);
  }
  configure_body(request.plan.method, outgoing);
}

void Transfer::configure_body(const std::string& method, const Outgoing& outgoing) {
  CURL* handle = handle_.get();
  // The order matters: each of these resets the method.
  curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);
  if (!outgoing.parts.empty()) {
    configure_multipart(outgoing.parts);
  } else if (!outgoing.body_file.empty()) {
    std::fseek(upload_.get(), 0, SEEK_END);
    const curl_off_t size = std::ftell(upload_.get());
    std::rewind(upload_.get());
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, size);
    curl_easy_setopt(handle, CURLOPT_READDATA, upload_.get());
  } else if (outgoing.body || method == "POST") {
    // A POST without a body says so: "Content-Length: 0".
    const std::string_view body = outgoing.body ? std::string_view(*outgoing.body) : "";
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  }
  const bool has_body = outgoing.body || !outgoing.body_file.empty() || !outgoing.parts.empty();
  if (method == "HEAD")
    curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
  else if (method != "POST" && (method != "GET" || has_body))  // a redirect may make POST a GET
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, method.c_str());
}

void Transfer::configure_multipart(const std::vector<Part>& parts) {
  CURL* handle = handle_.get();
  mime_.reset(curl_mime_init(handle));
  for (const Part& part : parts) {
    curl_mimepart* mime = curl_mime_addpart(mime_.get());
    curl_mime_name(mime, part.name.c_str());
    if (part.path.empty()) {
      curl_mime_data(mime, part.value.data(), part.value.size());
    } else {
      curl_mime_filedata(mime, part.path.c_str());
      curl_mime_filename(mime, part.filename.c_str());
    }
    if (!part.content_type.empty()) curl_mime_type(mime, part.content_type.c_str());
  }
  curl_easy_setopt(handle, CURLOPT_MIMEPOST, mime_.get());
}
}  // namespace tidemark::load
