#include "harness/plan/load_planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace tidemark::plan {
namespace {

using scenario::Scalar;

constexpr int kMostVirtualUsers = 1000;
constexpr double kHighestRate = 1e6;

struct TypedTarget {
  LoadModel model = LoadModel::kClosed;
  double value = 0;
};

// "20" virtual users or "100/s"; zero of either.
Result<TypedTarget> stage_target(std::string_view text) {
  if (text.find('/') == std::string_view::npos) {
    const auto users = parse_integer(text, 0, kMostVirtualUsers);
    if (users) return TypedTarget{LoadModel::kClosed, static_cast<double>(*users)};
    return failure(fmt::format(
        "'{}' is no target of a stage: write a number of virtual users, up to {}, or a rate, 100/s",
        text, kMostVirtualUsers));
  }
  if (text == "0/s" || text == "0/m" || text == "0/h") return TypedTarget{LoadModel::kOpen, 0};
  const auto rate = parse_rate(text);
  if (!rate) return tl::unexpected(rate.error());
  if (*rate > kHighestRate) return failure("nothing sends more than a million a second");
  return TypedTarget{LoadModel::kOpen, *rate};
}

std::optional<bool> truth(const std::optional<Scalar>& written, Values& values) {
  const auto choice = values.choice(written, {"true", "false"});
  return choice ? std::optional<bool>(*choice == 0) : std::nullopt;
}

void read_stages(const std::vector<scenario::Stage>& written, Values& values, Load& load,
                 std::optional<LoadModel> model) {
  bool has_load = false;
  for (const scenario::Stage& stage : written) {
    const auto duration = values.parsed(std::optional(stage.duration), parse_duration);
    const auto target = values.parsed(std::optional(stage.target), stage_target);
    if (!duration || !target) return;
    if (model && *model != target->model)
      values.report(stage.target.position,
                    *model == LoadModel::kOpen
                        ? "this is a number of virtual users, and the load is a rate"
                        : "this is a rate, and the load is virtual users",
                    "all stages, and 'vus' or 'rate' where they begin, are of one kind");
    model = target->model;
    has_load = has_load || target->value > 0;
    load.stages.push_back({*duration, target->value});
  }
  if (model) load.model = *model;
  if (!written.empty() && !has_load)
    values.report(written.front().target.position, "no stage has any load");
}

Result<std::string> loopback_proxy(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  const auto no_proxy = [&] {
    return failure(fmt::format(
        "'{}' is no proxy on this machine, where all load stays: write http://127.0.0.1:3128",
        text));
  };
  const std::size_t colon = text.rfind(':');
  if (!text.starts_with(kScheme) || colon < kScheme.size()) return no_proxy();
  const std::string_view host = text.substr(kScheme.size(), colon - kScheme.size());
  // Nothing but an address: 127.0.0.1.example.org and localhost:1@example.org are elsewhere.
  const bool is_loopback =
      host == "localhost" || host == "[::1]" ||
      (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos);
  if (!is_loopback || !parse_integer(text.substr(colon + 1), 1, 65535)) return no_proxy();
  return std::string(text);
}

// It goes into URLs: with a slash or an @ in it, they would lead elsewhere.
Result<std::string> host_name(std::string_view text) {
  const bool is_name = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
  if (!is_name || text.empty())
    return failure(fmt::format(
        "'{}' is no host's name: write shop.example, without scheme, port and path", text));
  return std::string(text);
}

std::string vus_words(double count) {
  return fmt::format("{:g} virtual user{}", count, count == 1 ? "" : "s");
}

}  // namespace

Load typed_load(const scenario::RunSettings& settings, Values& values) {
  Load load;
  std::optional<LoadModel> model;
  if (settings.vus) model = LoadModel::kClosed;
  if (settings.rate) {
    if (model)
      values.report(settings.rate->position, "a load has 'vus' or a 'rate', not both",
                    "of a rate, 'max_vus' says how many iterations may be under way at once");
    model = LoadModel::kOpen;
  }
  load.vus = values.integer(settings.vus, 1, kMostVirtualUsers)
                 .value_or(settings.stages.empty() ? load.vus : 0);
  load.rate_per_second = values.parsed(settings.rate, parse_rate).value_or(0);
  if (load.rate_per_second > kHighestRate)
    values.report(settings.rate->position, "nothing sends more than a million a second");
  if (model) load.model = *model;
  read_stages(settings.stages, values, load, model);
  if (const auto arrivals = values.choice(settings.arrivals, {"constant", "poisson"}))
    load.arrivals = *arrivals == 0 ? Arrivals::kConstant : Arrivals::kPoisson;
  load.max_vus = values.integer(settings.max_vus, 1, kMostVirtualUsers).value_or(load.max_vus);
  load.duration = values.parsed(settings.duration, parse_duration);
  if (load.duration && !settings.stages.empty())
    values.report(settings.duration->position, "the stages say how long the load lasts",
                  "leave 'duration' out, or the stages");
  if (const auto cookies = values.choice(settings.cookies, {"clear", "keep", "off"})) {
    constexpr Cookies kCookies[] = {Cookies::kClear, Cookies::kKeep, Cookies::kOff};
    load.cookies = kCookies[*cookies];
  }
  if (const auto seed = values.parsed(settings.seed,
                                      [](std::string_view text) { return parse_integer(text, 0); }))
    load.seed = static_cast<std::uint64_t>(*seed);
  return load;
}

bool says_how_much(const scenario::RunSettings& settings) {
  return settings.vus || settings.rate || !settings.stages.empty();
}

void check_open_only(const scenario::RunSettings& settings, const Load& load, Values& values) {
  if (load.model == LoadModel::kOpen) return;
  for (const auto* open_only : {&settings.arrivals, &settings.max_vus})
    if (*open_only)
      values.report((*open_only)->position, "this belongs to a 'rate', and there is none");
}

Connection typed_connection(const scenario::Connection& target,
                            const scenario::Connection& scenario, Values& values) {
  const auto stronger = [](const auto& weak, const auto& strong) { return strong ? strong : weak; };
  const auto text = [&](const std::optional<Scalar>& written) -> std::optional<Template> {
    return written ? values.filled(*written) : std::nullopt;
  };
  Connection connection;
  constexpr HttpVersion kVersions[] = {HttpVersion::k1, HttpVersion::k2,
                                       HttpVersion::k2PriorKnowledge};
  if (const auto http =
          values.choice(stronger(target.http, scenario.http), {"1.1", "2", "2-prior-knowledge"}))
    connection.http = kVersions[*http];
  connection.keep_alive =
      truth(stronger(target.keep_alive, scenario.keep_alive), values).value_or(true);
  if (const auto tls = stronger(target.tls, scenario.tls);
      tls && truth(tls->on, values).value_or(true)) {
    connection.tls = Tls{text(tls->ca),
                         text(tls->certificate),
                         text(tls->key),
                         truth(tls->verify, values).value_or(true),
                         {}};
    for (const auto* file : {&tls->key, &tls->certificate, &tls->ca})
      if (*file) connection.tls->position = (*file)->position;
    if (tls->certificate && !tls->key)
      values.report(tls->certificate->position, "a client's certificate needs its 'key'");
    if (tls->key && !tls->certificate)
      values.report(tls->key->position, "a client's key needs its 'certificate'");
    if (tls->ca && !connection.tls->verify)
      values.report(tls->ca->position, "without 'verify' nobody looks at the 'ca'");
  }
  connection.host = values.parsed(stronger(target.host, scenario.host), host_name).value_or("");
  connection.unix_socket = text(stronger(target.unix_socket, scenario.unix_socket));
  const auto& proxy = stronger(target.proxy, scenario.proxy);
  if (values.parsed(proxy, loopback_proxy)) connection.proxy = text(proxy);
  connection.accept_encoding =
      values.literal(stronger(target.accept_encoding, scenario.accept_encoding)).value_or("");
  if (connection.unix_socket && connection.proxy)
    values.report(proxy->position, "a Unix socket is not reached through a proxy");
  return connection;
}

std::optional<DataFeed> typed_data(const scenario::Data& written, Values& values) {
  DataFeed feed;
  feed.file = written.file.text;
  using Order = DataFeed::Order;
  constexpr Order kOrders[] = {Order::kSequence, Order::kRandom, Order::kOnce};
  if (const auto order = values.choice(written.order, {"sequence", "random", "once"}))
    feed.order = kOrders[*order];
  if (!written.table) return std::nullopt;
  feed.columns = written.table->columns;
  return feed;
}

std::optional<Seconds> course_length(const Load& load) {
  if (load.duration) return load.duration;
  if (load.stages.empty()) return std::nullopt;
  return std::accumulate(load.stages.begin(), load.stages.end(), Seconds(0),
                         [](Seconds sum, const Stage& stage) { return sum + stage.duration; });
}

std::string describe_load(const Load& load) {
  const bool is_open = load.model == LoadModel::kOpen;
  const auto value = [&](double amount) {
    if (!is_open) return vus_words(amount);
    return amount > 0 ? format_rate(amount) : std::string("0/s");
  };
  std::string words;
  if (load.stages.empty()) {
    words = value(is_open ? load.rate_per_second : load.vus);
  } else {
    words = "from " + value(is_open ? load.rate_per_second : load.vus);
    for (const Stage& stage : load.stages)
      words += fmt::format(", to {} in {}", value(stage.target), format_duration(stage.duration));
  }
  if (load.duration) words += " for " + format_duration(*load.duration);
  if (is_open && load.arrivals == Arrivals::kPoisson) words += ", Poisson arrivals";
  if (is_open) words += fmt::format(", at most {} at once", vus_words(load.max_vus));
  return words;
}

std::string describe_load(const Scenario& scenario) {
  return scenario.program ? "runs of a program, one after the other" : describe_load(scenario.load);
}

}  // namespace tidemark::plan
