#include "harness/plan/placeholders.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/base/json.h"
#include "harness/base/text.h"
#include "harness/plan/variables.h"

namespace tidemark::plan {
namespace {

constexpr std::string_view kSecretPrefix = "env:";

void collect(const Template& text, std::set<std::string>& names) {
  for (const TemplatePiece& piece : text.pieces())
    if (piece.kind == TemplatePiece::Kind::kPlaceholder && piece.text.starts_with(kSecretPrefix))
      names.insert(piece.text.substr(kSecretPrefix.size()));
}

void collect(const CommandLine& command, std::set<std::string>& names) {
  for (const Template& argument : command) collect(argument, names);
}

void collect(const NamedTemplates& texts, std::set<std::string>& names) {
  for (const auto& [name, text] : texts) collect(text, names);
}

void collect(const Expectation& expect, std::set<std::string>& names) {
  collect(expect.headers, names);
  collect(expect.contains, names);
  for (const JsonExpectation& json : expect.json) collect(json.value, names);
}

void collect(const Request& request, std::set<std::string>& names) {
  collect(request.path, names);
  collect(request.query, names);
  collect(request.headers, names);
  if (const auto* form = std::get_if<FormBody>(&request.body)) collect(form->fields, names);
  if (const auto* json = std::get_if<JsonBody>(&request.body)) collect(json->text, names);
  if (const auto* text = std::get_if<TextBody>(&request.body)) collect(text->text, names);
  if (const auto* parts = std::get_if<MultipartBody>(&request.body)) collect(parts->fields, names);
  if (const auto* basic = std::get_if<BasicAuthentication>(&request.authentication)) {
    collect(basic->username, names);
    collect(basic->password, names);
  }
  if (const auto* bearer = std::get_if<BearerAuthentication>(&request.authentication))
    collect(bearer->token, names);
  collect(request.expect, names);
}

}  // namespace

void Placeholders::set_secret(const std::string& variable, const std::string& value) {
  values_[std::string(kSecretPrefix) + variable] = value;
  // As it is, as it looks on one line, and each of its lines: whoever shows the end of a log cuts
  // it into lines and indents them.
  // And as requests carry it, which servers write into their logs.
  std::vector<std::string> forms = {value, printable_line(value, std::string::npos),
                                    percent_encoded(value), json_escaped(value)};
  for (std::size_t begin = 0; begin < value.size();) {
    const std::size_t end = std::min(value.find('\n', begin), value.size());
    forms.push_back(value.substr(begin, end - begin));
    begin = end + 1;
  }
  for (std::string& form : forms)
    if (form.size() >= kShortestSecret) secrets_.insert(std::move(form));
}

Result<std::string> Placeholders::fill(const Template& text) const {
  return expand(text, [&](std::string_view name) -> Result<std::string> {
    const auto found = values_.find(name);
    if (found != values_.end()) return found->second;
    return failure(fmt::format("'{{{{{}}}}}' has no value here", name));
  });
}

Result<Template> Placeholders::fill_known(const Template& text) const {
  std::vector<TemplatePiece> pieces;
  for (const TemplatePiece& piece : text.pieces()) {
    const bool is_late =
        piece.kind == TemplatePiece::Kind::kPlaceholder && !known_at_launch(piece.text);
    if (is_late) {
      pieces.push_back(piece);
      continue;
    }
    Result<std::string> value = fill(Template({piece}));
    if (!value) return tl::unexpected(value.error());
    if (pieces.empty() || pieces.back().kind == TemplatePiece::Kind::kPlaceholder)
      pieces.push_back({TemplatePiece::Kind::kLiteral, {}});
    pieces.back().text += *value;
  }
  return Template(std::move(pieces));
}

Result<std::vector<std::string>> Placeholders::fill(const CommandLine& command) const {
  std::vector<std::string> filled;
  for (const Template& argument : command) {
    Result<std::string> text = fill(argument);
    if (!text) return tl::unexpected(text.error());
    filled.push_back(std::move(*text));
  }
  return filled;
}

Result<std::vector<std::pair<std::string, std::string>>> Placeholders::fill(
    const NamedTemplates& environment) const {
  std::vector<std::pair<std::string, std::string>> filled;
  for (const auto& [name, value] : environment) {
    Result<std::string> text = fill(value);
    if (!text) return tl::unexpected(with_context("environment " + name, text.error()));
    filled.emplace_back(name, std::move(*text));
  }
  return filled;
}

std::string Placeholders::redact(std::string text) const {
  for (const std::string& secret : secrets_)
    for (std::size_t at = text.find(secret); at != std::string::npos;
         at = text.find(secret, at + 3))
      text.replace(at, secret.size(), "***");
  return text;
}

std::string Placeholders::redact_cut(std::string text) const {
  text = redact(std::move(text));
  std::size_t longest = 0;
  for (const std::string& secret : secrets_)
    for (std::size_t length = std::min(secret.size(), text.size()); length > longest; --length)
      if (text.ends_with(std::string_view(secret).substr(0, length))) longest = length;
  if (longest > 0) text.replace(text.size() - longest, longest, "***");
  return text;
}

std::set<std::string> secret_names(const Scenario& scenario) {
  std::set<std::string> names;
  for (const CommandLine& command : scenario.target.prepare.commands) collect(command, names);
  collect(scenario.target.command, names);
  collect(scenario.target.environment, names);
  for (const Service& service : scenario.target.services) {
    collect(service.command, names);
    collect(service.environment, names);
  }
  if (const auto* ready = std::get_if<AnswersPath>(&scenario.target.readiness.condition))
    collect(ready->path, names);
  if (scenario.requires_command) collect(*scenario.requires_command, names);
  if (scenario.program) {
    collect(scenario.program->command, names);
    collect(scenario.program->output, names);
  }
  for (const Flow& flow : scenario.flows)
    for (const Step& step : flow.steps)
      if (const auto* request = std::get_if<Request>(&step)) collect(*request, names);
  const Connection& connection = scenario.connection;
  for (const auto* text : {&connection.unix_socket, &connection.proxy})
    if (*text) collect(**text, names);
  if (connection.tls)
    for (const auto* file :
         {&connection.tls->ca, &connection.tls->certificate, &connection.tls->key})
      if (*file) collect(**file, names);
  return names;
}

}  // namespace tidemark::plan
