#pragma once

// What an answer is compared with and what is taken out of it, compiled once for a request of a
// flow. Read-only then, so that many checks may use it; but selectors are for one thread at a time.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/error.h"
#include "harness/extract/html_selector.h"
#include "harness/extract/json_pointer.h"
#include "harness/extract/regex.h"
#include "harness/plan/request.h"
#include "harness/plan/template.h"

namespace tidemark::load {

// A text that something is compared with.
struct WantedText {
  explicit WantedText(const plan::Template& written);

  plan::Template text;
  bool is_literal;      // no iteration changes it
  std::string literal;  // where it is
};

struct ResponseRules {
  struct Header {
    std::string name;
    WantedText value;
  };
  struct Json {
    std::string pointer;
    WantedText value;
  };
  struct Capture {
    plan::Capture written;
    std::optional<extract::Regex> regex;
    std::optional<extract::HtmlSelector> selector;
    std::size_t pointer = 0;  // among all of the request
  };

  // An error names what of the request's expectations or captures is no valid expression.
  static Result<ResponseRules> compile(const plan::Expectation& expect,
                                       const std::vector<plan::Capture>& captures);

  plan::Expectation expect;
  WantedText contains;
  std::vector<Header> headers;
  std::vector<Json> json;
  std::optional<extract::Regex> matches;
  std::vector<extract::JsonPointer> pointers;  // of `json`, then of captures
  std::vector<Capture> captures;
  std::string subject = "the body";  // what messages call that which is checked
  bool has_placeholders = false;
  bool looks_at_headers = false;
  bool counts_rows = false;
  bool keeps_page = false;

 private:
  explicit ResponseRules(const plan::Expectation& expectation);
};

}  // namespace tidemark::load
