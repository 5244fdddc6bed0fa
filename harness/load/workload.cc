#include "harness/load/workload.h"

#include <fmt/format.h>

#include <filesystem>

#include "harness/base/json.h"

namespace tidemark::load {
namespace {

// Fills what the launch knows into templates, in place; the first error stays.
class Filler {
 public:
  explicit Filler(const plan::Placeholders& placeholders) : placeholders_(placeholders) {}

  // `encode` makes a value fit the place where it stands; what the author wrote stays as it is.
  using Encode = std::string (*)(std::string_view);
  void fill(plan::Template& text, Encode encode) {
    std::vector<plan::TemplatePiece> pieces;
    for (const plan::TemplatePiece& piece : text.pieces()) {
      if (error_) return;
      Result<plan::Template> filled = placeholders_.fill_known(plan::Template({piece}));
      if (!filled) {
        error_ = filled.error();
        return;
      }
      for (plan::TemplatePiece each : filled->pieces()) {
        if (piece != each) each.text = encode(each.text);
        pieces.push_back(std::move(each));
      }
    }
    text = plan::Template(std::move(pieces));
  }
  void fill(plan::Template& text) {
    fill(text, [](std::string_view value) { return std::string(value); });
  }
  void fill(plan::NamedTemplates& texts) {
    for (auto& [name, text] : texts) fill(text);
  }
  void fill(plan::Request& request) {
    fill(request.path);
    fill(request.query);
    fill(request.headers);
    if (auto* form = std::get_if<plan::FormBody>(&request.body)) fill(form->fields);
    if (auto* json = std::get_if<plan::JsonBody>(&request.body)) fill(json->text, &json_escaped);
    if (auto* text = std::get_if<plan::TextBody>(&request.body)) fill(text->text);
    if (auto* parts = std::get_if<plan::MultipartBody>(&request.body)) fill(parts->fields);
    if (auto* basic = std::get_if<plan::BasicAuthentication>(&request.authentication)) {
      fill(basic->username);
      fill(basic->password);
    }
    if (auto* bearer = std::get_if<plan::BearerAuthentication>(&request.authentication))
      fill(bearer->token);
    fill(request.expect.headers);
    fill(request.expect.contains);
    for (plan::JsonExpectation& json : request.expect.json) fill(json.value);
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  const plan::Placeholders& placeholders_;
  std::optional<Error> error_;
};

Result<HttpRequest> compiled(plan::Request request, const std::string& base_url,
                             std::size_t index) {
  auto rules = ResponseRules::compile(request.expect, request.captures);
  if (!rules) return tl::unexpected(with_context(request.name, rules.error()));
  std::optional<Outgoing> fixed;
  if (is_fixed(request)) {
    auto outgoing = fill_request(request, base_url, [](std::string_view name) {
      return Result<std::string>(failure(fmt::format("'{}' has no value", name)));
    });
    if (!outgoing) return tl::unexpected(with_context(request.name, outgoing.error()));
    fixed = std::move(*outgoing);
  }
  return HttpRequest{std::move(request), std::move(*rules), std::move(fixed), index};
}

}  // namespace

Result<Endpoint> fill_endpoint(const plan::Connection& connection, const std::string& scenario_file,
                               int port, const plan::Placeholders& placeholders) {
  const std::filesystem::path folder = std::filesystem::path(scenario_file).parent_path();
  std::optional<Error> error;
  const auto text = [&](const std::optional<plan::Template>& written) -> std::string {
    if (!written) return {};
    auto filled = placeholders.fill(*written);
    if (filled) return std::move(*filled);
    error = filled.error();
    return {};
  };
  const auto file = [&](const std::optional<plan::Template>& written) -> std::string {
    const std::string path = text(written);
    return path.empty() ? path : (folder / path).string();
  };
  Endpoint endpoint;
  endpoint.http = connection.http;
  endpoint.keep_alive = connection.keep_alive;
  endpoint.accept_encoding = connection.accept_encoding;
  endpoint.unix_socket = file(connection.unix_socket);
  endpoint.proxy = text(connection.proxy);
  if (connection.tls)
    endpoint.tls = TlsFiles{file(connection.tls->ca), file(connection.tls->certificate),
                            file(connection.tls->key), connection.tls->verify};
  if (error) return tl::unexpected(with_context("connection", *error));
  const std::string scheme = connection.tls ? "https" : "http";
  if (!endpoint.unix_socket.empty()) {
    endpoint.base_url =
        fmt::format("{}://{}", scheme, connection.host.empty() ? "localhost" : connection.host);
  } else if (connection.host.empty()) {
    endpoint.base_url = fmt::format("{}://127.0.0.1:{}", scheme, port);
  } else {
    endpoint.base_url = fmt::format("{}://{}:{}", scheme, connection.host, port);
    // Through a proxy the name is the proxy's to resolve.
    if (endpoint.proxy.empty())
      endpoint.connect_to = fmt::format("{}:{}:127.0.0.1:{}", connection.host, port, port);
  }
  return endpoint;
}

Result<Workload> fill_workload(const plan::Scenario& scenario, int port,
                               const plan::Placeholders& placeholders) {
  auto endpoint = fill_endpoint(scenario.connection, scenario.file, port, placeholders);
  if (!endpoint) return tl::unexpected(endpoint.error());
  Workload workload{std::move(*endpoint), {}, scenario.load, scenario.data};
  std::size_t index = 0;
  for (const plan::Flow& written : scenario.flows) {
    Flow& flow = workload.flows.emplace_back();
    flow.weight = written.weight;
    for (const plan::Step& step : written.steps) {
      if (const auto* think = std::get_if<plan::Think>(&step)) {
        flow.steps.emplace_back(*think);
        continue;
      }
      plan::Request request = std::get<plan::Request>(step);
      Filler filler(placeholders);
      filler.fill(request);
      if (filler.error()) return tl::unexpected(with_context(request.name, *filler.error()));
      auto ready = compiled(std::move(request), workload.endpoint.base_url, index++);
      if (!ready) return tl::unexpected(ready.error());
      flow.steps.emplace_back(std::move(*ready));
    }
  }
  return workload;
}

Result<Workload> single_request(Endpoint endpoint, const std::string& path, Seconds timeout) {
  plan::Request request;
  request.name = request.method = "GET";
  request.path = plan::Template({{plan::TemplatePiece::Kind::kLiteral, path}});
  request.timeout.total = timeout;
  auto ready = compiled(std::move(request), endpoint.base_url, 0);
  if (!ready) return tl::unexpected(ready.error());
  Workload workload{std::move(endpoint), {}, {}, std::nullopt};
  workload.flows.emplace_back().steps.emplace_back(std::move(*ready));
  return workload;
}

}  // namespace tidemark::load
