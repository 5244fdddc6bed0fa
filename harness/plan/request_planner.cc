#include "harness/plan/request_planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "harness/base/json.h"
#include "harness/extract/html_selector.h"
#include "harness/extract/json_pointer.h"
#include "harness/extract/regex.h"

namespace tidemark::plan {
namespace {

using scenario::Scalar;

constexpr int kMostRedirects = 10;
constexpr int kMostWeight = 1000;

Result<std::string> method_of(std::string_view text) {
  const bool is_token = !text.empty() && text.size() <= 32 &&
                        std::all_of(text.begin(), text.end(),
                                    [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; });
  if (!is_token)
    return failure(
        fmt::format("'{}' is no HTTP method: write GET, POST, … in capital letters", text));
  return std::string(text);
}

Result<std::string> digest_of(std::string_view text) {
  std::string digest(text);
  for (char& c : digest) c = static_cast<char>(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
  const bool is_hexadecimal = std::all_of(digest.begin(), digest.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
  if (digest.size() != 64 || !is_hexadecimal)
    return failure(fmt::format("'{}' is no SHA-256: write its 64 hexadecimal digits", text));
  return digest;
}

Result<Bytes> bytes_a_second(std::string_view text) {
  constexpr std::string_view kPerSecond = "/s";
  auto size = text.ends_with(kPerSecond) ? parse_size(text.substr(0, text.size() - 2))
                                         : Result<Bytes>(failure("no rate"));
  if (!size || size->count == 0)
    return failure(fmt::format("'{}' is no rate of reading: write a size a second, 64KiB/s", text));
  return size;
}

Result<int> redirects_of(std::string_view text) {
  if (text == "true") return kMostRedirects;
  if (text == "false") return 0;
  const auto count = parse_integer(text, 0, 100);
  if (!count)
    return failure(fmt::format("'{}' is neither true, false nor a number up to 100", text));
  return static_cast<int>(*count);
}

std::string beside(const std::string& file, const std::string& path) {
  return (std::filesystem::path(file).parent_path() / path).string();
}

NamedTemplates typed_pairs(const scenario::NamedValues& pairs, Values& values) {
  NamedTemplates typed;
  for (const auto& [name, value] : pairs) typed.emplace_back(name.text, values.text(value));
  return typed;
}

NamedTemplates typed_headers(const scenario::NamedValues& headers, Values& values) {
  NamedTemplates typed = typed_pairs(headers, values);
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const auto& [name, value] = headers[i];
    if (name.text.find_first_of(": \t\r\n") != std::string::npos)
      values.report(name.position, "a header's name has no colons and no white space");
    if (typed[i].second.text().find_first_of("\r\n") != std::string::npos)
      values.report(value.position, "a header's value is one line");
  }
  return typed;
}

// Variables go into JSON text as the inside of a string; what only an iteration knows stays.
Template typed_json(const Scalar& written, Values& values) {
  const auto parsed = parse_template(written.text);
  if (!parsed) {
    values.report(written.position, parsed.error().message);
    return Template();
  }
  std::vector<TemplatePiece> pieces;
  std::string sample;  // with something in place of what is not known yet
  bool in_string = false;
  const auto add_literal = [&](const std::string& text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '"') in_string = !in_string;
      if (text[i] == '\\') ++i;
    }
    if (pieces.empty() || pieces.back().kind != TemplatePiece::Kind::kLiteral)
      pieces.push_back({TemplatePiece::Kind::kLiteral, {}});
    pieces.back().text += text;
    sample += text;
  };
  for (const TemplatePiece& piece : parsed->pieces()) {
    if (piece.kind == TemplatePiece::Kind::kLiteral) {
      add_literal(piece.text);
      continue;
    }
    const auto filled = values.filled({"{{" + piece.text + "}}", written.position});
    if (!filled) return Template();
    for (const TemplatePiece& inner : filled->pieces()) {
      if (inner.kind == TemplatePiece::Kind::kLiteral) {
        add_literal(in_string ? json_escaped(inner.text) : inner.text);
      } else if (!in_string && inner.text != "port") {
        values.report(written.position,
                      fmt::format("'{{{{{}}}}}' stands outside a string, where its value could be "
                                  "anything: put it into quotes",
                                  inner.text));
        return Template();
      } else {
        pieces.push_back(inner);
        sample += '0';
      }
    }
  }
  if (const auto checked = read_json(sample, [](const Json&) { return true; }); !checked)
    values.report(written.position, "this is no JSON: " + checked.error().message);
  return Template(std::move(pieces));
}

MultipartBody typed_multipart(const scenario::Body& written, const std::string& file,
                              Values& values) {
  MultipartBody body;
  if (written.form) body.fields = typed_pairs(*written.form, values);
  for (const scenario::UploadedFile& upload : written.files) {
    MultipartBody::File part;
    part.field = upload.field.text;
    part.position = upload.path.position;
    const std::string path = values.literal(upload.path).value_or("");
    part.path = beside(file, path);
    part.filename =
        values.literal(upload.filename).value_or(std::filesystem::path(path).filename().string());
    part.content_type = values.literal(upload.content_type).value_or("");
    body.files.push_back(std::move(part));
  }
  return body;
}

Body typed_body(const scenario::Body& written, const SourcePosition& place, const std::string& file,
                Values& values) {
  const int ways = (written.text ? 1 : 0) + (written.file ? 1 : 0) + (written.json ? 1 : 0) +
                   (written.form || !written.files.empty() ? 1 : 0);
  if (ways > 1)
    values.report(place,
                  "a request has one body: 'body', 'json', or 'form' with or without 'files'");
  if (!written.files.empty()) return typed_multipart(written, file, values);
  if (written.form) return FormBody{typed_pairs(*written.form, values)};
  if (written.json) return JsonBody{typed_json(*written.json, values)};
  if (written.text) return TextBody{values.text(*written.text)};
  if (written.file)
    return FileBody{beside(file, values.literal(*written.file).value_or("")),
                    written.file->position};
  return std::monostate();
}

Authentication typed_authentication(const scenario::Authentication& written, Values& values) {
  if (written.bearer) return BearerAuthentication{values.text(*written.bearer)};
  if (written.username && written.password)
    return BasicAuthentication{values.text(*written.username), values.text(*written.password)};
  return std::monostate();
}

Timeouts typed_timeouts(const scenario::Timeouts& written, const scenario::Timeouts& defaults,
                        Values& values) {
  const auto time = [&](const std::optional<Scalar>& own, const std::optional<Scalar>& weak) {
    return values.parsed(own ? own : weak, parse_duration);
  };
  Timeouts timeouts;
  timeouts.total = time(written.total, defaults.total).value_or(timeouts.total);
  timeouts.connect = time(written.connect, defaults.connect);
  timeouts.first_byte = time(written.first_byte, defaults.first_byte);
  return timeouts;
}

// Whether an expression can be used at all is known before anything is launched.
template <class Expression>
void check_expression(const Result<Expression>& compiled, const Scalar& written, Values& values) {
  if (!compiled) values.report(written.position, compiled.error().message);
}

std::vector<JsonExpectation> typed_json_expectations(const scenario::NamedValues& written,
                                                     Values& values) {
  std::vector<JsonExpectation> typed;
  for (const auto& [pointer, value] : written) {
    check_expression(extract::JsonPointer::parse(pointer.text), pointer, values);
    typed.push_back({pointer.text, values.text(value)});
  }
  return typed;
}

void check_abort(const scenario::Request& written, Values& values) {
  const scenario::Expectation& expect = written.expect;
  for (const auto* whole :
       {&expect.sha256, &expect.rows, &expect.bytes, &expect.min_rows, &expect.min_bytes,
        &expect.max_bytes, &expect.contains, &expect.matches})
    if (*whole)
      values.report((*whole)->position,
                    "with 'abort_after' nobody sees the end of the body, and this needs it");
  for (const auto& [pointer, value] : expect.json)
    values.report(pointer.position,
                  "with 'abort_after' nobody sees the end of the body, and this needs it");
}

void typed_abort(const Scalar& written, Values& values, Request& request) {
  const auto text = values.literal(written);
  if (!text) return;
  if (const auto size = parse_size(*text)) {
    request.abort_after = *size;
  } else if (const auto time = parse_duration(*text)) {
    request.abort_after_time = *time;
  } else {
    values.report(written.position,
                  fmt::format("'{}' is neither a size nor a time: write 1MiB or 500ms", *text));
  }
}

std::vector<Capture> typed_captures(const std::vector<scenario::Capture>& written, Values& values) {
  std::vector<Capture> typed;
  for (const scenario::Capture& capture : written) {
    Capture::From from = Capture::From::kCss;
    if (capture.from == "json") from = Capture::From::kJson;
    if (capture.from == "regex") from = Capture::From::kRegex;
    if (capture.from == "header") from = Capture::From::kHeader;
    Capture each{capture.name.text, from, values.literal(capture.expression).value_or(""),
                 values.literal(capture.attribute).value_or("")};
    const bool may_be_empty = from == Capture::From::kJson;
    if (each.expression.empty() && !may_be_empty)
      values.report(capture.expression.position, "an empty expression finds nothing");
    else if (from == Capture::From::kCss)
      check_expression(extract::HtmlSelector::parse(each.expression), capture.expression, values);
    else if (from == Capture::From::kRegex)
      check_expression(extract::Regex::compile(each.expression), capture.expression, values);
    else if (from == Capture::From::kJson)
      check_expression(extract::JsonPointer::parse(each.expression), capture.expression, values);
    typed.push_back(std::move(each));
  }
  return typed;
}

class FlowPlanner {
 public:
  FlowPlanner(const scenario::Scenario& written, const scenario::Timeouts& defaults,
              const std::string& file, Values& values)
      : defaults_(defaults),
        file_(file),
        known_(values.variables()),
        values_(known_, values.diagnostics()) {
    for (const scenario::Flow& flow : written.flows)
      explain_captures(flow, "it is captured in another flow");
    if (!written.data || !written.data->table) return;
    for (const std::string& column : written.data->table->columns) {
      add_late(column, written.data->file.position);
      columns_.insert(column);
    }
  }

  Flow plan(const scenario::Flow& written) {
    Flow flow;
    if (written.name) flow.name = written.name->text;
    flow.weight = values_.integer(written.weight, 1, kMostWeight).value_or(1);
    const Variables before = known_;
    explain_captures(written, "it is captured only by a later answer");
    for (const scenario::Step& step : written.steps) {
      if (const auto* think = std::get_if<scenario::Think>(&step))
        flow.steps.emplace_back(typed_think(*think));
      else
        flow.steps.emplace_back(typed_request(std::get<scenario::Request>(step)));
    }
    const bool has_request =
        std::any_of(flow.steps.begin(), flow.steps.end(),
                    [](const Step& step) { return std::holds_alternative<Request>(step); });
    if (!has_request && !written.steps.empty())
      values_.report(std::get<scenario::Think>(written.steps.front()).shortest.position,
                     "this flow sends no request");
    known_ = before;  // what one flow captures the others do not know
    return flow;
  }

 private:
  void explain_captures(const scenario::Flow& flow, const std::string& why) {
    for (const scenario::Step& step : flow.steps)
      if (const auto* request = std::get_if<scenario::Request>(&step))
        for (const scenario::Capture& capture : request->captures)
          known_.explain(capture.name.text, why);
  }

  void add_late(const std::string& name, const SourcePosition& place) {
    const std::string_view taken = known_.defined(name)      ? "a variable"
                                   : known_at_launch(name)   ? "a value of the launch"
                                   : columns_.contains(name) ? "a column of the data"
                                                             : "";
    if (!taken.empty())
      values_.report(place, fmt::format("'{}' is the name of {} already: call it something else",
                                        name, taken));
    known_.add_late(name);
  }

  Think typed_think(const scenario::Think& written) {
    Think think;
    think.shortest =
        values_.parsed(std::optional(written.shortest), parse_duration).value_or(think.shortest);
    think.longest = values_.parsed(written.longest, parse_duration).value_or(think.shortest);
    if (think.longest < think.shortest)
      values_.report(written.shortest.position, "the shortest pause is longer than the longest");
    return think;
  }

  Request typed_request(const scenario::Request& written) {
    Request request;
    request.path = typed_path(written.path, values_);
    request.query = typed_pairs(written.query, values_);
    request.headers = typed_headers(written.headers, values_);
    request.body = typed_body(written.body, written.position, file_, values_);
    const bool has_body = !std::holds_alternative<std::monostate>(request.body);
    request.method = values_.parsed(written.method, method_of).value_or(has_body ? "POST" : "GET");
    request.name =
        values_.literal(written.name).value_or(request.method + " " + request.path.text());
    request.authentication = typed_authentication(written.authentication, values_);
    request.timeout = typed_timeouts(written.timeout, defaults_, values_);
    request.follow_redirects = values_.parsed(written.follow_redirects, redirects_of).value_or(0);
    request.read_rate = values_.parsed(written.read_rate, bytes_a_second);
    if (written.abort_after) {
      typed_abort(*written.abort_after, values_, request);
      check_abort(written, values_);
    }
    request.expect = typed_expectation(written.expect, values_);
    request.captures = typed_captures(written.captures, values_);
    for (const scenario::Capture& capture : written.captures)
      add_late(capture.name.text, capture.name.position);
    return request;
  }

  const scenario::Timeouts& defaults_;
  const std::string& file_;
  Variables known_;
  Values values_;
  std::set<std::string> columns_;
};

}  // namespace

Expectation typed_expectation(const scenario::Expectation& written, Values& values) {
  const auto count = [](std::string_view text) { return parse_integer(text, 0); };
  Expectation expect;
  expect.status = values.integer(written.status, 100, 599);
  expect.content_type = values.literal(written.content_type).value_or("");
  expect.headers = typed_headers(written.headers, values);
  if (written.contains) expect.contains = values.text(*written.contains);
  expect.matches = values.literal(written.matches).value_or("");
  if (written.matches)
    check_expression(extract::Regex::compile(expect.matches), *written.matches, values);
  expect.json = typed_json_expectations(written.json, values);
  expect.min_rows = values.parsed(written.min_rows, count).value_or(0);
  expect.rows = values.parsed(written.rows, count);
  expect.min_bytes = values.parsed(written.min_bytes, parse_size);
  expect.max_bytes = values.parsed(written.max_bytes, parse_size);
  expect.bytes = values.parsed(written.bytes, parse_size);
  expect.sha256 = values.parsed(written.sha256, digest_of).value_or("");
  if (expect.min_bytes && expect.max_bytes && *expect.min_bytes > *expect.max_bytes)
    values.report(written.min_bytes->position, "min_bytes is larger than max_bytes");
  if (expect.rows && *expect.rows < expect.min_rows)
    values.report(written.rows->position, "'rows' is less than 'min_rows'");
  if (expect.bytes && ((expect.min_bytes && *expect.bytes < *expect.min_bytes) ||
                       (expect.max_bytes && *expect.bytes > *expect.max_bytes)))
    values.report(written.bytes->position, "'bytes' lies outside 'min_bytes' and 'max_bytes'");
  return expect;
}

Template typed_path(const Scalar& path, Values& values) {
  const std::optional<Template> text = values.filled(path);
  if (!text) return Template();
  const std::string written = text->text();
  if (!written.starts_with('/') && !written.starts_with("{{"))
    values.report(path.position, fmt::format("a path starts with '/', not '{}'", written));
  for (const TemplatePiece& piece : text->pieces())
    if (piece.kind == TemplatePiece::Kind::kLiteral &&
        piece.text.find_first_of(" \t\r\n") != std::string::npos)
      values.report(path.position, "a path has no white space: write %20");
  return *text;
}

std::vector<Flow> typed_flows(const scenario::Scenario& written, const scenario::Timeouts& defaults,
                              const std::string& file, Values& values) {
  FlowPlanner planner(written, defaults, file, values);
  std::vector<Flow> flows;
  for (const scenario::Flow& flow : written.flows) flows.push_back(planner.plan(flow));
  return flows;
}

std::set<std::string> late_names(const scenario::Scenario& written) {
  std::set<std::string> names;
  if (written.data && written.data->table)
    names.insert(written.data->table->columns.begin(), written.data->table->columns.end());
  for (const scenario::Flow& flow : written.flows)
    for (const scenario::Step& step : flow.steps)
      if (const auto* request = std::get_if<scenario::Request>(&step))
        for (const scenario::Capture& capture : request->captures) names.insert(capture.name.text);
  return names;
}

}  // namespace tidemark::plan
