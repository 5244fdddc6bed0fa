#pragma once

// What an engine drives: the flows of a scenario with everything filled in that the launch knows,
// the way to the target, the model of the load. Value types; they may hold secrets.

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "harness/load/outgoing.h"
#include "harness/load/response_check.h"
#include "harness/plan/placeholders.h"
#include "harness/plan/plan.h"

namespace tidemark::load {

struct TlsFiles {
  std::string ca;  // empty: the system's
  std::string certificate;
  std::string key;
  bool verify = true;
};

// The way to the target.
struct Endpoint {
  std::string base_url;    // "https://shop.example:8443": no '/' at its end
  std::string connect_to;  // in libcurl's words, where the host's name is not its address
  std::string unix_socket;
  std::string proxy;
  plan::HttpVersion http = plan::HttpVersion::k1;
  bool keep_alive = true;
  std::optional<TlsFiles> tls;
  std::string accept_encoding;
};

struct HttpRequest {
  plan::Request plan;  // placeholders left: an iteration's own
  ResponseRules rules;
  std::optional<Outgoing> fixed;  // where it is the same each time
  std::size_t index = 0;          // among all requests of the workload
};

using Step = std::variant<HttpRequest, plan::Think>;

struct Flow {
  int weight = 1;
  std::vector<Step> steps;
};

struct Workload {
  Endpoint endpoint;
  std::vector<Flow> flows;
  plan::Load load;
  std::optional<plan::DataFeed> data;
};

Result<Endpoint> fill_endpoint(const plan::Connection& connection, const std::string& scenario_file,
                               int port, const plan::Placeholders& placeholders);

// Errors: a placeholder without a value, an expression that does not compile.
Result<Workload> fill_workload(const plan::Scenario& scenario, int port,
                               const plan::Placeholders& placeholders);

// One GET of a path, the same each time: what readiness asks.
Result<Workload> single_request(Endpoint endpoint, const std::string& path, Seconds timeout);

}  // namespace tidemark::load
