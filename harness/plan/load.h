#pragma once

// How load is put on a target: how many virtual users or how many iterations a second, over what
// connections, fed with what data. Value types only.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/error.h"
#include "harness/base/units.h"
#include "harness/plan/template.h"

namespace tidemark::plan {

// A virtual user begins its next iteration when the last one is over (closed), or iterations begin
// when they are due, whatever became of those before (open).
enum class LoadModel { kClosed, kOpen };

enum class Arrivals { kConstant, kPoisson };

// From the value before to `target`, evenly; load time, without the pauses of checkpoints.
struct Stage {
  Seconds duration{0};
  double target = 0;  // virtual users, or iterations a second
};

enum class Cookies {
  kClear,  // each iteration begins without any
  kKeep,   // a virtual user keeps its own
  kOff,
};

struct Load {
  LoadModel model = LoadModel::kClosed;
  int vus = 1;                 // closed: without stages, or where they begin
  double rate_per_second = 0;  // open: the same, in iterations
  Arrivals arrivals = Arrivals::kConstant;
  int max_vus = 100;  // open: how many iterations may be under way at once
  std::vector<Stage> stages;
  // Load for that long, whether the gates are decided or not; stages: as long as they last.
  std::optional<Seconds> duration;
  Cookies cookies = Cookies::kClear;
  std::uint64_t seed = 1;  // of everything that is random: arrivals, think times, data
};

// How many iterations may be under way at once.
int most_vus(const Load& load);

enum class HttpVersion { k1, k2, k2PriorKnowledge };

struct Tls {
  // Files, resolved against the scenario file's folder once placeholders are filled in.
  std::optional<Template> ca;
  std::optional<Template> certificate;
  std::optional<Template> key;
  bool verify = true;
  SourcePosition position = {};  // of the first of the files
};

// How requests reach the target; readiness is asked the same way.
struct Connection {
  HttpVersion http = HttpVersion::k1;
  bool keep_alive = true;
  std::optional<Tls> tls;
  std::string host;                     // for Host, TLS names and URLs; empty: 127.0.0.1
  std::optional<Template> unix_socket;  // in place of a port
  std::optional<Template> proxy;        // "http://127.0.0.1:3128"
  std::string accept_encoding;          // "gzip, br"; empty: none is asked for
};

// Rows of a file, one an iteration: each column is a placeholder.
struct DataFeed {
  enum class Order { kSequence, kRandom, kOnce };  // kOnce: the run ends with the rows
  std::string file;
  Order order = Order::kSequence;
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
};

// As in a scenario file: "sequence", "random", "once".
std::string_view data_order_name(DataFeed::Order order);

}  // namespace tidemark::plan
