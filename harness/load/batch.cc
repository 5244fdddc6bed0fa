#include "harness/load/batch.h"

#include <fmt/format.h>

namespace tidemark::load {

Result<Flow> fill_flow(const plan::Flow& flow, int port, const plan::Placeholders& placeholders) {
  Flow filled;
  for (const plan::Step& step : flow.steps) {
    if (!std::holds_alternative<plan::Request>(step)) continue;
    const plan::Request& request = std::get<plan::Request>(step);
    HttpRequest http;
    http.name = request.name;
    http.method = request.method;
    const Result<std::string> path = placeholders.fill(request.path);
    if (!path) return tl::unexpected(with_context("path of " + request.name, path.error()));
    http.url = fmt::format("http://127.0.0.1:{}{}", port, *path);
    for (const auto& [name, value] : request.headers) {
      const Result<std::string> text = placeholders.fill(value);
      if (!text) return tl::unexpected(with_context("header " + name, text.error()));
      // libcurl would leave out "Name:", and takes "Name;" for a header without a value.
      http.headers.push_back(text->empty() ? name + ";" : name + ": " + *text);
    }
    if (const auto* text = std::get_if<plan::TextBody>(&request.body)) {
      Result<std::string> body = placeholders.fill(text->text);
      if (!body) return tl::unexpected(with_context("body of " + request.name, body.error()));
      http.body = std::move(*body);
    }
    http.timeout = request.timeout.total;
    http.expect = request.expect;
    filled.push_back(std::move(http));
  }
  return filled;
}

void BatchResult::leave_out_errored() {
  const auto errored = static_cast<int>(requests.errored);  // each has ended its iteration
  iterations -= errored;
  failed_iterations -= errored;
  requests.started -= errored;
  requests.errored = 0;
  std::erase_if(examples, [](const UnexpectedAnswer& example) { return example.errored; });
}

}  // namespace tidemark::load
