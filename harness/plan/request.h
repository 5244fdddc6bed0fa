#pragma once

// What one pass through a scenario does: requests, waits, what is expected of answers and what is
// taken out of them. Value types only. A Template may hold placeholders that only an iteration
// knows: columns of the data feed and what earlier requests have captured.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "harness/base/error.h"
#include "harness/base/units.h"
#include "harness/plan/template.h"

namespace tidemark::plan {

using NamedTemplates = std::vector<std::pair<std::string, Template>>;

// A scalar of a JSON document that must stand at a place in the body.
struct JsonExpectation {
  std::string pointer;  // RFC 6901: "/items/0/name"
  Template value;       // as text; a number matches whatever way it is written
};

// What an answer must be like to count as expected.
struct Expectation {
  std::optional<int> status;  // nothing: any below 400
  std::string content_type;   // without parameters; empty: any
  NamedTemplates headers;     // each must be there with exactly this value
  Template contains;          // a piece of the body; empty: anything
  std::string matches;        // a regular expression (RE2) that occurs in the body; empty: none
  std::vector<JsonExpectation> json;
  std::int64_t min_rows = 0;  // lines of the body that are not empty
  std::optional<std::int64_t> rows;
  std::optional<Bytes> min_bytes;  // of the body, decompressed
  std::optional<Bytes> max_bytes;
  std::optional<Bytes> bytes;
  std::string sha256;  // of the body, in hexadecimal; empty: any
};

// What is taken out of an answer for the requests that follow: the first match.
struct Capture {
  enum class From { kCss, kJson, kRegex, kHeader };
  std::string name;  // of the placeholder
  From from = From::kCss;
  std::string expression;  // selector, pointer, regular expression or header's name
  std::string attribute;   // kCss: of the element; empty: its text
};

struct FormBody {
  NamedTemplates fields;
};
// JSON text. Values go into its placeholders as the inside of a string: escaped, without quotes.
struct JsonBody {
  Template text;
};
struct TextBody {
  Template text;
};
struct FileBody {
  std::string path;  // resolved against the scenario file's folder
  SourcePosition position = {};
};
struct MultipartBody {
  struct File {
    std::string field;
    std::string path;  // resolved against the scenario file's folder
    std::string filename;
    std::string content_type;  // empty: by the name's ending
    SourcePosition position = {};
  };
  NamedTemplates fields;
  std::vector<File> files;
};
using Body = std::variant<std::monostate, FormBody, JsonBody, TextBody, FileBody, MultipartBody>;

struct BasicAuthentication {
  Template username;
  Template password;
};
struct BearerAuthentication {
  Template token;
};
using Authentication = std::variant<std::monostate, BasicAuthentication, BearerAuthentication>;

struct Timeouts {
  Seconds total{30};
  std::optional<Seconds> connect;
  std::optional<Seconds> first_byte;  // from the moment the request is sent
};

struct Request {
  std::string name;  // the author's, or "GET /path"
  std::string method;
  Template path;
  NamedTemplates query;  // encoded and appended to the path
  NamedTemplates headers;
  Body body;
  Authentication authentication;
  Timeouts timeout;
  int follow_redirects = 0;          // at most so many
  std::optional<Bytes> read_rate;    // per second: a slow reader
  std::optional<Bytes> abort_after;  // of the body: then the client hangs up, which is no error
  std::optional<Seconds> abort_after_time;  // the same by the clock
  Expectation expect;
  std::vector<Capture> captures;
};

// A virtual user's pause: uniformly between both ends.
struct Think {
  Seconds shortest{0};
  Seconds longest{0};
};

using Step = std::variant<Request, Think>;

// One way through the application. Of several, each iteration takes one: in proportion to their
// weights, evenly interleaved, so that batches are alike.
struct Flow {
  std::string name;  // empty where there is only one
  int weight = 1;
  std::vector<Step> steps;
};

}  // namespace tidemark::plan
