#pragma once

// From a request of the plan to the bytes that are sent: placeholders filled in and encoded for the
// place where they stand. Pure functions on value types. What they give may hold secrets, and what
// captures put into it came from the target: nothing of it can break out of its place.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/error.h"
#include "harness/plan/request.h"

namespace tidemark::load {

struct Part {  // of a multipart form
  std::string name;
  std::string value;  // of a field
  std::string path;   // of a file: not empty
  std::string filename;
  std::string content_type;
};

struct Outgoing {
  std::string target;                // "/report?month=2026-01"
  std::vector<std::string> headers;  // "Name: value"; "Name;" has no value
  std::optional<std::string> body;
  std::string body_file;    // in place of `body`; empty: none
  std::vector<Part> parts;  // in place of both
  std::string username;     // basic authentication, where has_login
  std::string password;
  bool has_login = false;
  std::string bearer;  // empty: none
};

// Whether a request has no placeholder left, and so is the same in each iteration.
bool is_fixed(const plan::Request& request);

// The request with placeholders filled in. `base_url` is taken off the front of a path that begins
// with it: servers give whole addresses in Location and links. Errors: a placeholder without a
// value, a path that does not start with '/', a line break in a header.
Result<Outgoing> fill_request(const plan::Request& request, const std::string& base_url,
                              const plan::PlaceholderValue& value_of);

bool names_header(const plan::NamedTemplates& headers, std::string_view wanted);

}  // namespace tidemark::load
