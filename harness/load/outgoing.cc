#include "harness/load/outgoing.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "harness/base/json.h"
#include "harness/base/text.h"

namespace tidemark::load {
namespace {

bool all_literal(const plan::NamedTemplates& templates) {
  return std::all_of(templates.begin(), templates.end(),
                     [](const auto& entry) { return entry.second.is_literal(); });
}

void append_percent(std::string& text, char c) {
  text += fmt::format("%{:02X}", static_cast<unsigned char>(c));
}

// A value in a path may be a piece of a path with a query of its own; only what no URL can hold is
// encoded.
std::string url_safe(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    const bool forbidden = static_cast<unsigned char>(c) <= 0x20 ||
                           static_cast<unsigned char>(c) >= 0x7F ||
                           std::string_view("\"<>\\^`{|}#").find(c) != std::string_view::npos;
    if (forbidden)
      append_percent(safe, c);
    else
      safe += c;
  }
  return safe;
}

std::string as_it_is(std::string_view text) {
  return std::string(text);
}

template <class Encode>
Result<std::string> filled(const plan::Template& text, const plan::PlaceholderValue& value_of,
                           Encode encode) {
  return plan::expand(text, [&](std::string_view name) -> Result<std::string> {
    Result<std::string> value = value_of(name);
    if (!value) return value;
    return encode(*value);
  });
}

// "a=1&b=x%20y"
Result<std::string> encoded_pairs(const plan::NamedTemplates& fields,
                                  const plan::PlaceholderValue& value_of) {
  std::string text;
  for (const auto& [name, value] : fields) {
    const auto plain = plan::expand(value, value_of);
    if (!plain) return plain;
    if (!text.empty()) text += '&';
    text += percent_encoded(name) + "=" + percent_encoded(*plain);
  }
  return text;
}

Result<std::string> filled_target(const plan::Request& request, const std::string& base_url,
                                  const plan::PlaceholderValue& value_of) {
  Result<std::string> target = plan::expand(request.path, value_of);
  if (!target) return target;
  *target = url_safe(*target);
  if (!base_url.empty() && target->starts_with(base_url + "/")) target->erase(0, base_url.size());
  if (!target->starts_with('/'))
    return failure(fmt::format("its path is '{}', which does not start with '/'",
                               printable_line(*target, 80)));
  if (request.query.empty()) return target;
  const auto query = encoded_pairs(request.query, value_of);
  if (!query) return query;
  return *target + (target->find('?') == std::string::npos ? "?" : "&") + *query;
}

Result<void> fill_body(const plan::Request& request, const plan::PlaceholderValue& value_of,
                       Outgoing& outgoing) {
  std::string content_type;
  Result<std::string> text;
  if (const auto* form = std::get_if<plan::FormBody>(&request.body)) {
    text = encoded_pairs(form->fields, value_of);
    content_type = "application/x-www-form-urlencoded";
  } else if (const auto* json = std::get_if<plan::JsonBody>(&request.body)) {
    text = filled(json->text, value_of, json_escaped);
    content_type = "application/json";
  } else if (const auto* plain = std::get_if<plan::TextBody>(&request.body)) {
    text = filled(plain->text, value_of, as_it_is);
  } else if (const auto* file = std::get_if<plan::FileBody>(&request.body)) {
    outgoing.body_file = file->path;
    content_type = "application/octet-stream";
  } else if (const auto* parts = std::get_if<plan::MultipartBody>(&request.body)) {
    for (const auto& [name, field] : parts->fields) {
      Result<std::string> value = plan::expand(field, value_of);
      if (!value) return tl::unexpected(value.error());
      outgoing.parts.push_back({name, std::move(*value), {}, {}, {}});
    }
    for (const auto& upload : parts->files)
      outgoing.parts.push_back(
          {upload.field, {}, upload.path, upload.filename, upload.content_type});
  } else {
    return {};
  }
  if (!text) return tl::unexpected(text.error());
  if (outgoing.parts.empty() && outgoing.body_file.empty()) outgoing.body = std::move(*text);
  if (!content_type.empty() && !names_header(request.headers, "Content-Type"))
    outgoing.headers.push_back("Content-Type: " + content_type);
  return {};
}

Result<void> fill_headers(const plan::Request& request, const plan::PlaceholderValue& value_of,
                          Outgoing& outgoing) {
  for (const auto& [name, value] : request.headers) {
    const auto text = plan::expand(value, value_of);
    if (!text) return tl::unexpected(with_context("header " + name, text.error()));
    if (text->find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
      return failure(fmt::format("the value of its header {} has more than one line", name));
    // libcurl would leave out "Name: ", and takes "Name;" for a header without a value.
    const bool is_blank = text->find_first_not_of(" \t") == std::string::npos;
    outgoing.headers.push_back(is_blank ? name + ";" : name + ": " + *text);
  }
  return {};
}

Result<void> fill_authentication(const plan::Request& request,
                                 const plan::PlaceholderValue& value_of, Outgoing& outgoing) {
  if (const auto* basic = std::get_if<plan::BasicAuthentication>(&request.authentication)) {
    Result<std::string> username = plan::expand(basic->username, value_of);
    Result<std::string> password = plan::expand(basic->password, value_of);
    if (!username) return tl::unexpected(username.error());
    if (!password) return tl::unexpected(password.error());
    outgoing.has_login = true;
    outgoing.username = std::move(*username);
    outgoing.password = std::move(*password);
  } else if (const auto* bearer =
                 std::get_if<plan::BearerAuthentication>(&request.authentication)) {
    Result<std::string> token = plan::expand(bearer->token, value_of);
    if (!token) return tl::unexpected(token.error());
    if (token->find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
      return failure("its bearer token has more than one line");
    outgoing.bearer = std::move(*token);
  }
  return {};
}

}  // namespace

bool names_header(const plan::NamedTemplates& headers, std::string_view wanted) {
  return std::any_of(headers.begin(), headers.end(), [&](const auto& header) {
    return std::equal(header.first.begin(), header.first.end(), wanted.begin(), wanted.end(),
                      [](char a, char b) { return (a | 0x20) == (b | 0x20); });
  });
}

bool is_fixed(const plan::Request& request) {
  const bool body_is_fixed = std::visit(
      [](const auto& body) {
        using Body = std::decay_t<decltype(body)>;
        if constexpr (std::is_same_v<Body, plan::FormBody>)
          return all_literal(body.fields);
        else if constexpr (std::is_same_v<Body, plan::MultipartBody>)
          return all_literal(body.fields);
        else if constexpr (std::is_same_v<Body, plan::JsonBody> ||
                           std::is_same_v<Body, plan::TextBody>)
          return body.text.is_literal();
        else
          return true;
      },
      request.body);
  const auto* basic = std::get_if<plan::BasicAuthentication>(&request.authentication);
  const auto* bearer = std::get_if<plan::BearerAuthentication>(&request.authentication);
  return body_is_fixed && request.path.is_literal() && all_literal(request.query) &&
         all_literal(request.headers) &&
         (!basic || (basic->username.is_literal() && basic->password.is_literal())) &&
         (!bearer || bearer->token.is_literal());
}

Result<Outgoing> fill_request(const plan::Request& request, const std::string& base_url,
                              const plan::PlaceholderValue& value_of) {
  Outgoing outgoing;
  auto target = filled_target(request, base_url, value_of);
  if (!target) return tl::unexpected(target.error());
  outgoing.target = std::move(*target);
  if (auto headers = fill_headers(request, value_of, outgoing); !headers)
    return tl::unexpected(headers.error());
  if (auto body = fill_body(request, value_of, outgoing); !body)
    return tl::unexpected(body.error());
  if (auto login = fill_authentication(request, value_of, outgoing); !login)
    return tl::unexpected(login.error());
  return outgoing;
}

}  // namespace tidemark::load
