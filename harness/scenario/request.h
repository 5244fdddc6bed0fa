#pragma once

// A scenario's requests as their author wrote them: structure without meaning. Value types only.

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "harness/scenario/scalar.h"

namespace tidemark::scenario {

struct Expectation {
  std::optional<Scalar> status;
  std::optional<Scalar> content_type;
  NamedValues headers;
  std::optional<Scalar> contains;
  std::optional<Scalar> matches;
  NamedValues json;  // by pointer
  std::optional<Scalar> min_rows;
  std::optional<Scalar> rows;
  std::optional<Scalar> min_bytes;
  std::optional<Scalar> max_bytes;
  std::optional<Scalar> bytes;
  std::optional<Scalar> sha256;
};

struct Capture {
  Scalar name;
  std::string from;  // the key: "css", "json", "regex" or "header"
  Scalar expression;
  std::optional<Scalar> attribute;
};

struct UploadedFile {
  Scalar field;
  Scalar path;
  std::optional<Scalar> filename;
  std::optional<Scalar> content_type;
};

// Keys of a request that each make a body; which go together is the planner's to say.
struct Body {
  std::optional<Scalar> text;
  std::optional<Scalar> file;
  std::optional<NamedValues> form;
  std::optional<Scalar> json;  // as JSON text, with placeholders inside its strings
  std::vector<UploadedFile> files;
};

struct Authentication {
  std::optional<Scalar> username;
  std::optional<Scalar> password;
  std::optional<Scalar> bearer;
};

struct Timeouts {
  std::optional<Scalar> total;
  std::optional<Scalar> connect;
  std::optional<Scalar> first_byte;
};

struct Request {
  std::optional<Scalar> method;
  Scalar path;
  std::optional<Scalar> name;
  NamedValues query;
  NamedValues headers;
  Body body;
  Authentication authentication;
  Timeouts timeout;
  std::optional<Scalar> follow_redirects;
  std::optional<Scalar> read_rate;
  std::optional<Scalar> abort_after;
  Expectation expect;
  std::vector<Capture> captures;
  SourcePosition position;
};

struct Think {
  Scalar shortest;
  std::optional<Scalar> longest;  // nothing: always the same
};

using Step = std::variant<Request, Think>;

struct Flow {
  std::optional<Scalar> name;
  std::optional<Scalar> weight;
  std::vector<Step> steps;
};

}  // namespace tidemark::scenario
