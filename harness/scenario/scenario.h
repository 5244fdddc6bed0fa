#pragma once

// A scenario file as its author wrote it: structure without meaning. Values are still text, with
// {{variables}} in them; plan/ gives them their types. Value types only.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/error.h"
#include "harness/scenario/data_table.h"
#include "harness/scenario/request.h"
#include "harness/scenario/scalar.h"

namespace tidemark::scenario {

struct Command {
  std::vector<Scalar> arguments;
  SourcePosition position;
};

// What a run of a program must be like.
struct ProgramExpectation {
  std::optional<Scalar> exit;
  Expectation output;  // of its standard output
};

struct Readiness {
  std::optional<Scalar> path;
  std::optional<Scalar> log;
  std::optional<Scalar> port;
  std::optional<Scalar> timeout;
  SourcePosition position;
};

// A helper that the target needs: a broker, a database.
struct Service {
  Scalar name;
  Command command;
  NamedValues environment;
  std::optional<Readiness> readiness;
};

// How requests reach the target.
struct Connection {
  struct Tls {
    std::optional<Scalar> on;  // where `tls` is a single value
    std::optional<Scalar> ca;
    std::optional<Scalar> certificate;
    std::optional<Scalar> key;
    std::optional<Scalar> verify;
  };
  std::optional<Scalar> http;
  std::optional<Scalar> keep_alive;
  std::optional<Tls> tls;
  std::optional<Scalar> host;
  std::optional<Scalar> unix_socket;
  std::optional<Scalar> proxy;
  std::optional<Scalar> accept_encoding;
};

struct Preparation {
  std::vector<Command> commands;
  std::optional<Scalar> cache;
  std::vector<Scalar> inputs;
};

struct Target {
  std::optional<Scalar> directory;
  Preparation prepare;
  Command command;
  std::optional<Command> program;  // in place of the command: it runs to its end
  NamedValues environment;
  std::optional<Scalar> port;
  std::optional<Readiness> readiness;
  std::optional<Scalar> runtime;
  std::optional<Scalar> memory_limit;
  std::vector<Service> services;
  Connection connection;
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
  Scalar name;                         // "growth", "peak_memory", "duration.p95", …
  Scalar limit;                        // as written
  std::optional<Scalar> request = {};  // of peak_memory: of this request alone
};

// How what a sweep measures may grow with the swept variable.
struct Scaling {
  SourcePosition position;
  std::optional<Scalar> peak_memory;  // a class: O(1)
  std::optional<Scalar> duration;
  NamedValues at;                         // the size of production: {users: 500000}
  std::optional<Scalar> max;              // at that size; a size or a time, which says of what
  std::optional<Scalar> max_peak_memory;  // the same as a map
  std::optional<Scalar> max_duration;
};

// A finding that somebody has accepted.
struct Known {
  Scalar fingerprint;
  Scalar reason;
  std::optional<Scalar> until;
};

// A scenario once for each value of a variable, or of the collector's threshold.
struct Sweep {
  Scalar variable;
  std::vector<Scalar> values;
};

struct Stage {
  Scalar duration;
  Scalar target;
};

struct Data {
  Scalar file;
  std::optional<Scalar> order;
  std::optional<DataTable> table;  // nothing: it could not be read, and the diagnostics say why
};

// What a profile may set for every scenario of the file, and a scenario for itself.
struct RunSettings {
  std::optional<Scalar> vus;
  std::optional<Scalar> rate;
  std::optional<Scalar> arrivals;
  std::optional<Scalar> max_vus;
  std::vector<Stage> stages;
  std::optional<Scalar> duration;
  std::optional<Scalar> seed;
  std::optional<Scalar> cookies;
  Timeouts timeout;
  std::optional<Scalar> warmup;
  Iterations iterations;
  std::optional<Scalar> max_duration;
  Production production;
  std::optional<Scalar> diagnosis;
  NamedValues variables;
};

// The keys of `outputs`: files that a run also writes, each named by its format, and whether it
// annotates.
inline constexpr std::array kOutputFiles = {"junit", "html",         "json",        "markdown",
                                            "sarif", "code_quality", "open_metrics"};
inline constexpr std::string_view kAnnotations = "annotations";

struct Profile {
  Scalar name;
  RunSettings settings;
  std::vector<Service> services;  // beside the target's
  NamedValues outputs;
};

struct Scenario {
  Scalar name;
  std::optional<Scalar> description;
  std::optional<Command> requires_command;  // key `requires`
  std::optional<Command> program;           // its own, in place of the target's and of flows
  ProgramExpectation program_expect;
  std::vector<Flow> flows;
  std::optional<Data> data;
  Connection connection;
  RunSettings settings;
  std::optional<std::vector<Budget>> budgets;  // nothing: the default gates
  std::optional<Scaling> scaling;              // of the budgets, what is judged over a sweep
  std::vector<Known> known;
  std::optional<Sweep> sweep;
  std::optional<Scalar> gc_threshold;
  std::optional<Scalar> expect_outcome;
};

struct ScenarioFile {
  std::string path;    // as given on the command line
  std::string source;  // the text, for messages
  Scalar name;
  NamedValues variables;
  Target target;
  Production production;
  std::vector<Known> known;
  std::vector<Profile> profiles;
  std::vector<Scenario> scenarios;
};

}  // namespace tidemark::scenario
