#include "harness/scenario/request_reader.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "harness/base/json.h"
#include "harness/scenario/map_reader.h"

namespace tidemark::scenario {
namespace {

template <class Number>
std::optional<Json> number_json(std::string_view digits, int base) {
  Number number = 0;
  const char* end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, number, base);
  return read.ec == std::errc() && read.ptr == end ? std::optional<Json>(number) : std::nullopt;
}

// A whole number of the core schema, as far as JSON libraries keep all its digits.
std::optional<Json> integer_json(std::string_view text) {
  if (text.starts_with("0x")) return number_json<std::uint64_t>(text.substr(2), 16);
  if (text.starts_with("0o")) return number_json<std::uint64_t>(text.substr(2), 8);
  if (text.starts_with('-')) return number_json<std::int64_t>(text, 10);
  return number_json<std::uint64_t>(text, 10);
}

Json scalar_json(const YamlNode& node) {
  const std::string& text = node.text;
  if (node.is_quoted) return text;
  if (text == "null" || text == "~" || text == "Null" || text == "NULL") return nullptr;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  std::string_view number = text;
  // from_chars knows no plus sign.
  if (number.size() > 1 && number[0] == '+' && number[1] != '-') number.remove_prefix(1);
  if (auto integer = integer_json(number)) return *std::move(integer);
  // It also knows "inf" and "nan", which JSON does not.
  double real = 0;
  const char* end = number.data() + number.size();
  if (const auto read = std::from_chars(number.data(), end, real);
      read.ec == std::errc() && read.ptr == end && std::isfinite(real))
    return real;
  return text;
}

Json json_value(const YamlNode& node, Diagnostics& diagnostics) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return nullptr;
    case YamlNode::Kind::kScalar:
      return scalar_json(node);
    case YamlNode::Kind::kList: {
      Json list = Json::array();
      for (const YamlNode& item : node.items) list.push_back(json_value(item, diagnostics));
      return list;
    }
    case YamlNode::Kind::kMap:
      break;
  }
  Json map = Json::object();
  report_duplicate_keys(node, diagnostics);
  for (const auto& [key, value] : node.entries)
    if (const auto name = as_name(key, "json", diagnostics))
      map[name->text] = json_value(value, diagnostics);
  return map;
}

Expectation read_expectation(const YamlNode& node, Diagnostics& diagnostics) {
  MapReader map(node, "'expect'", diagnostics);
  const auto status = map.scalar("status");
  const auto content_type = map.scalar("content_type");
  NamedValues headers = map.named_values("headers");
  Expectation expect = read_body_expectation(map);
  expect.status = status;
  expect.content_type = content_type;
  expect.headers = std::move(headers);
  map.finish();
  return expect;
}

std::vector<Capture> read_captures(const YamlNode& node, Diagnostics& diagnostics) {
  std::vector<Capture> captures;
  if (node.kind != YamlNode::Kind::kMap) {
    diagnostics.push_back(
        {node.position,
         fmt::format("'capture' must be a map from names to ways, not {}", kind_name(node.kind)),
         "write {csrf: {css: \"input[name=token]\", attribute: value}}"});
    return captures;
  }
  report_duplicate_keys(node, diagnostics);
  for (const auto& [key, value] : node.entries) {
    const auto name = as_name(key, "capture", diagnostics);
    MapReader map(value, fmt::format("'{}'", key.text), diagnostics);
    Capture capture;
    int ways = 0;
    for (const char* from : {"css", "json", "regex", "header"})
      if (auto expression = map.scalar(from)) {
        capture.from = from;
        capture.expression = std::move(*expression);
        ++ways;
      }
    capture.attribute = map.scalar("attribute");
    map.finish();
    if (map.is_map() && ways != 1)
      map.report(
          key.position,
          fmt::format("'{}' needs exactly one of the keys 'css', 'json', 'regex' and 'header'",
                      key.text));
    if (capture.attribute && capture.from != "css")
      map.report(capture.attribute->position, "only 'css' has an 'attribute'");
    if (!name || ways != 1) continue;
    capture.name = *name;
    captures.push_back(std::move(capture));
  }
  return captures;
}

std::vector<UploadedFile> read_files(const YamlNode& node, Diagnostics& diagnostics) {
  std::vector<UploadedFile> files;
  if (node.kind != YamlNode::Kind::kMap || node.entries.empty()) {
    diagnostics.push_back({node.position,
                           "'files' must be a map from fields to files, at least one",
                           "write {photo: cat.jpg} or {photo: {file: cat.jpg, filename: …}}"});
    return files;
  }
  report_duplicate_keys(node, diagnostics);
  for (const auto& [key, value] : node.entries) {
    const auto field = as_name(key, "files", diagnostics);
    if (!field) continue;
    UploadedFile file;
    file.field = *field;
    std::optional<Scalar> path;
    if (value.kind == YamlNode::Kind::kMap) {
      MapReader map(value, fmt::format("'{}'", key.text), diagnostics);
      path = map.require_scalar("file");
      file.filename = map.scalar("filename");
      file.content_type = map.scalar("content_type");
      map.finish();
    } else {
      path = as_scalar(value, key.text, diagnostics);
    }
    if (!path) continue;
    file.path = *path;
    files.push_back(std::move(file));
  }
  return files;
}

Body read_body(MapReader& map, Diagnostics& diagnostics) {
  Body body;
  if (const YamlNode* text = map.find("body")) {
    if (text->kind == YamlNode::Kind::kMap) {
      MapReader file(*text, "'body'", diagnostics);
      body.file = file.require_scalar("file");
      file.finish();
    } else {
      body.text = as_scalar(*text, "body", diagnostics);
    }
  }
  if (const YamlNode* form = map.find("form"))
    body.form = as_named_values(*form, "form", diagnostics);
  if (const YamlNode* json = map.find("json")) {
    const bool is_text = json->kind == YamlNode::Kind::kScalar && json->is_quoted;
    body.json = Scalar{is_text ? json->text : json_of(*json, diagnostics), json->position};
  }
  if (const YamlNode* files = map.find("files")) body.files = read_files(*files, diagnostics);
  return body;
}

Authentication read_authentication(const YamlNode& node, Diagnostics& diagnostics) {
  MapReader map(node, "'auth'", diagnostics);
  Authentication authentication;
  authentication.bearer = map.scalar("bearer");
  const YamlNode* basic = map.find("basic");
  if (basic) {
    MapReader login(*basic, "'basic'", diagnostics);
    authentication.username = login.require_scalar("username");
    authentication.password = login.require_scalar("password");
    login.finish();
  }
  map.finish();
  if (map.is_map() && (basic != nullptr) == authentication.bearer.has_value())
    map.report(node.position, "'auth' needs exactly one of the keys 'basic' and 'bearer'");
  return authentication;
}

std::optional<Think> read_think(const YamlNode& node, Diagnostics& diagnostics) {
  if (node.kind != YamlNode::Kind::kMap) {
    const auto time = as_scalar(node, "think", diagnostics);
    return time ? std::optional<Think>({*time, std::nullopt}) : std::nullopt;
  }
  MapReader map(node, "'think'", diagnostics);
  const auto shortest = map.require_scalar("min");
  const auto longest = map.require_scalar("max");
  map.finish();
  if (!shortest || !longest) return std::nullopt;
  return Think{*shortest, *longest};
}

}  // namespace

Expectation read_body_expectation(MapReader& map) {
  Expectation expect;
  expect.contains = map.scalar("contains");
  expect.matches = map.scalar("matches");
  expect.json = map.named_values("json");
  expect.min_rows = map.scalar("min_rows");
  expect.rows = map.scalar("rows");
  expect.min_bytes = map.scalar("min_bytes");
  expect.max_bytes = map.scalar("max_bytes");
  expect.bytes = map.scalar("bytes");
  expect.sha256 = map.scalar("sha256");
  return expect;
}

std::string json_of(const YamlNode& node, Diagnostics& diagnostics) {
  return json_text(json_value(node, diagnostics));
}

Timeouts read_timeouts(const YamlNode& node, Diagnostics& diagnostics) {
  Timeouts timeouts;
  if (node.kind != YamlNode::Kind::kMap) {
    timeouts.total = as_scalar(node, "timeout", diagnostics);
    return timeouts;
  }
  MapReader map(node, "'timeout'", diagnostics);
  timeouts.total = map.scalar("total");
  timeouts.connect = map.scalar("connect");
  timeouts.first_byte = map.scalar("first_byte");
  map.finish();
  return timeouts;
}

std::optional<Request> read_request(const RequestNodes& nodes, Diagnostics& diagnostics) {
  Request request;
  if (nodes.expect) request.expect = read_expectation(*nodes.expect, diagnostics);
  if (nodes.capture) request.captures = read_captures(*nodes.capture, diagnostics);
  MapReader map(nodes.request, "'request'", diagnostics);
  if (!map.is_map()) return std::nullopt;
  request.position = nodes.request.position;
  request.method = map.scalar("method");
  const auto path = map.require_scalar("path");
  if (path) request.path = *path;
  request.name = map.scalar("name");
  request.query = map.named_values("query");
  request.headers = map.named_values("headers");
  request.body = read_body(map, diagnostics);
  if (const YamlNode* auth = map.find("auth"))
    request.authentication = read_authentication(*auth, diagnostics);
  if (const YamlNode* timeout = map.find("timeout"))
    request.timeout = read_timeouts(*timeout, diagnostics);
  request.follow_redirects = map.scalar("follow_redirects");
  request.read_rate = map.scalar("read_rate");
  request.abort_after = map.scalar("abort_after");
  map.finish();
  if (!path) return std::nullopt;
  return request;
}

std::vector<Step> read_flow(const YamlNode& node, Diagnostics& diagnostics) {
  std::vector<Step> flow;
  if (node.kind != YamlNode::Kind::kList || node.items.empty()) {
    diagnostics.push_back({node.position, "'flow' must be a list of requests, at least one", {}});
    return flow;
  }
  for (const YamlNode& item : node.items) {
    MapReader step(item, "a step of 'flow'", diagnostics);
    const YamlNode* expect = step.find("expect");
    const YamlNode* capture = step.find("capture");
    const YamlNode* think = step.find("think");
    const YamlNode* request = think ? step.find("request") : step.require("request");
    if (request)
      if (auto read = read_request({*request, expect, capture}, diagnostics))
        flow.emplace_back(std::move(*read));
    if (think)
      if (auto read = read_think(*think, diagnostics)) flow.emplace_back(std::move(*read));
    for (const YamlNode* misplaced : {expect, capture})
      if (misplaced && think && !request)
        step.report(misplaced->position,
                    fmt::format("'{}' stands beside a request, and this step is a pause",
                                misplaced == expect ? "expect" : "capture"));
    step.finish();
  }
  return flow;
}

std::vector<Flow> read_flows(const YamlNode& node, Diagnostics& diagnostics) {
  std::vector<Flow> flows;
  if (node.kind != YamlNode::Kind::kMap || node.entries.empty()) {
    diagnostics.push_back({node.position, "'flows' must be a map from names to flows, at least one",
                           "write {browse: {weight: 3, flow: […]}, buy: {flow: […]}}"});
    return flows;
  }
  report_duplicate_keys(node, diagnostics);
  for (const auto& [key, value] : node.entries) {
    Flow flow;
    flow.name = as_name(key, "flows", diagnostics);
    MapReader map(value, fmt::format("'{}'", key.text), diagnostics);
    flow.weight = map.scalar("weight");
    if (const YamlNode* steps = map.require("flow")) flow.steps = read_flow(*steps, diagnostics);
    map.finish();
    flows.push_back(std::move(flow));
  }
  return flows;
}

}  // namespace tidemark::scenario
