#pragma once

// Names for what went wrong with a request: short, the same each time, so that they can be counted.
// Pure. This header speaks of libcurl and is included by sources of this room only.

#include <curl/curl.h>

#include <string>
#include <string_view>

namespace tidemark::load {

struct FailureFacts {
  CURLcode code = CURLE_OK;
  long os_error = 0;          // errno of a failed connect
  std::string_view details;   // libcurl's own sentence about this transfer
  bool any_header = false;    // whether a line of the answer had come
  bool answer_began = false;  // whether a byte of the body had come
};

// "connection refused", "malformed response", "chunk error", …
std::string failure_name(const FailureFacts& facts);

}  // namespace tidemark::load
