#pragma once

// A scenario file as its author wrote it: structure without meaning. Values are still text, with
// {{variables}} in them; plan/ gives them their types. Value types only.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/error.h"

namespace tidemark::scenario {

struct Scalar {
  std::string text;
  SourcePosition position;
};

struct Named {
  Scalar name;
  Scalar value;
};

// In the order of the file. A list keeps it small and the messages stable; names are unique.
using NamedValues = std::vector<Named>;

struct Command {
  std::vector<Scalar> arguments;
  SourcePosition position;
};

struct Readiness {
  std::optional<Scalar> path;
  std::optional<Scalar> log;
  std::optional<Scalar> port;
  std::optional<Scalar> timeout;
  SourcePosition position;
};

struct Target {
  std::optional<Scalar> directory;
  std::vector<Command> prepare;
  Command command;
  NamedValues environment;
  std::optional<Scalar> port;
  std::optional<Readiness> readiness;
  std::optional<Scalar> runtime;
  std::optional<Scalar> memory_limit;
  SourcePosition position;
};

struct Expectation {
  std::optional<Scalar> status;
  std::optional<Scalar> content_type;
  std::optional<Scalar> min_rows;
  std::optional<Scalar> contains;
};

struct Request {
  std::optional<Scalar> method;
  Scalar path;
  std::optional<Scalar> name;
  NamedValues headers;
  std::optional<Scalar> body;
  std::optional<Scalar> timeout;
  Expectation expect;
  SourcePosition position;
};

struct Iterations {
  std::optional<Scalar> min;
  std::optional<Scalar> max;
  std::optional<Scalar> horizon;
};

// What the application meets where it does its work.
struct Production {
  std::optional<Scalar> rate;
  std::optional<Scalar> memory;
};

struct Budget {
  Scalar name;   // "growth", "peak_memory", "duration.p95", …
  Scalar limit;  // as written
};

// What a profile may set for every scenario of the file, and a scenario for itself.
struct RunSettings {
  std::optional<Scalar> vus;
  std::optional<Scalar> timeout;
  std::optional<Scalar> warmup;
  Iterations iterations;
  std::optional<Scalar> max_duration;
  Production production;
  NamedValues variables;
};

struct Profile {
  Scalar name;
  RunSettings settings;
};

struct Scenario {
  Scalar name;
  std::optional<Scalar> description;
  std::optional<Command> requires_command;  // key `requires`
  std::vector<Request> flow;
  RunSettings settings;
  std::optional<std::vector<Budget>> budgets;  // nothing: the default gates
  std::optional<Scalar> expect_outcome;
};

struct ScenarioFile {
  std::string path;    // as given on the command line
  std::string source;  // the text, for messages
  Scalar name;
  NamedValues variables;
  Target target;
  Production production;
  std::vector<Profile> profiles;
  std::vector<Scenario> scenarios;
};

}  // namespace tidemark::scenario
