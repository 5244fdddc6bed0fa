#include "harness/load/response_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "harness/base/text.h"
#include "harness/extract/html_selector.h"
#include "harness/extract/json_pointer.h"
#include "harness/extract/regex.h"
#include "harness/extract/sha256.h"
#include "harness/extract/text_search.h"

namespace tidemark::load {
namespace {

using extract::JsonValue;

// Of a value in a message.
// The report cuts what it shows, after secrets are taken out: a piece of one would not be
// recognised.
constexpr std::size_t kShown = 1000;
// Of a header that is kept: beyond any that makes sense, so that memory is bounded.
constexpr std::size_t kLongestHeader = std::size_t{64} << 10;
// What of a page's buffer is kept for the next one: there is one for each virtual user.
constexpr std::size_t kKeptPage = std::size_t{256} << 10;

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") + 1 - first);
}

// "Text/CSV; charset=utf-8" → "Text/CSV"
std::string_view media_type(std::string_view content_type) {
  return trimmed(content_type.substr(0, content_type.find(';')));
}

std::string shown(std::string_view text) {
  return printable_line(text, kShown);
}

std::string_view kind_of(plan::Capture::From from) {
  switch (from) {
    case plan::Capture::From::kCss:
      return "css";
    case plan::Capture::From::kJson:
      return "json";
    case plan::Capture::From::kRegex:
      return "regex";
    case plan::Capture::From::kHeader:
      return "header";
  }
  return "";
}

// What stands where a value was wanted: "'a'", "an object", "nothing".
std::string described(const JsonValue& value) {
  switch (value.kind) {
    case JsonValue::Kind::kNothing:
      return "nothing";
    case JsonValue::Kind::kObject:
      return "an object";
    case JsonValue::Kind::kArray:
      return "an array";
    case JsonValue::Kind::kTooLong:
      return fmt::format("a value of more than {} KiB", extract::kLongestJsonValue >> 10);
    default:
      return fmt::format("'{}'", shown(value.text));
  }
}

bool is_scalar(const JsonValue& value) {
  switch (value.kind) {
    case JsonValue::Kind::kString:
    case JsonValue::Kind::kNumber:
    case JsonValue::Kind::kBoolean:
    case JsonValue::Kind::kNull:
      return true;
    default:
      return false;
  }
}

bool is_value(const JsonValue& found, const std::string& wanted) {
  if (!is_scalar(found)) return false;
  return found.text == wanted ||
         (found.kind == JsonValue::Kind::kNumber && extract::same_json_number(found.text, wanted));
}

}  // namespace

// What is known of the present answer.
struct ResponseCheck::State {
  explicit State(const ResponseRules& compiled)
      : rules(compiled), headers(compiled.headers.size()), captures(compiled.captures.size()) {
    for (std::size_t i = 0; i < headers.size(); ++i) headers[i].wanted = &rules.headers[i];
    for (const ResponseRules::Json& wanted : rules.json)
      json_values.push_back(wanted.value.literal);
    if (rules.matches) matches.emplace(*rules.matches);
    if (!rules.pointers.empty()) json.emplace(rules.pointers);
    if (!rules.expect.sha256.empty()) sum.emplace();
    for (std::size_t i = 0; i < captures.size(); ++i)
      if (rules.captures[i].regex) captures[i].regex.emplace(*rules.captures[i].regex);
  }

  struct Header {
    const ResponseRules::Header* wanted = nullptr;
    std::string filled;  // where there are placeholders
    bool seen = false;
    bool as_wanted = false;
    std::string value;  // of the last one that was not as wanted

    const std::string& wish() const {
      return wanted->value.is_literal ? wanted->value.literal : filled;
    }
  };

  struct Capture {
    std::optional<extract::RegexSearch> regex;
    std::optional<std::string> header;
  };

  bool inspects_body() const {
    return !rules.expect.contains.pieces().empty() || matches || json || sum || rules.counts_rows ||
           rules.keeps_page ||
           std::any_of(captures.begin(), captures.end(),
                       [](const Capture& capture) { return capture.regex.has_value(); });
  }

  void forget_headers() {
    content_type.clear();
    for (Header& header : headers) header.seen = header.as_wanted = false;
    for (Capture& capture : captures) capture.header.reset();
  }

  Result<void> fill(const plan::PlaceholderValue& value_of);
  void reset_body();
  std::string wanted_text(const WantedText& wanted, const std::string& filled) const;
  std::string fault_of_head(long status) const;
  std::string fault_of_excess(std::uint64_t bytes) const;
  std::string fault_of_text() const;
  std::string fault_of_json() const;
  std::string fault_of_size(std::uint64_t bytes) const;
  std::string fault_of_sum();
  Result<std::string> captured(std::size_t index, bool complete) const;

  const ResponseRules& rules;
  std::string contains_filled;
  std::vector<Header> headers;
  std::vector<std::string> json_values;  // wanted ones, filled in
  std::string content_type;
  extract::TextSearch contains;
  std::optional<extract::RegexSearch> matches;
  std::optional<extract::JsonSearch> json;
  std::optional<Error> json_error;
  std::optional<extract::Sha256> sum;
  extract::RowCount rows;
  std::vector<Capture> captures;
  std::string page;
  bool page_is_too_large = false;
};

Result<void> ResponseCheck::State::fill(const plan::PlaceholderValue& value_of) {
  const auto fill_one = [&](const WantedText& wanted, std::string& filled,
                            std::string_view what) -> Result<void> {
    if (wanted.is_literal) return {};
    Result<std::string> text = plan::expand(wanted.text, value_of);
    if (!text) return tl::unexpected(with_context(std::string(what), std::move(text.error())));
    filled = std::move(*text);
    return {};
  };
  if (Result<void> done = fill_one(rules.contains, contains_filled, "expected text"); !done)
    return done;
  for (Header& header : headers)
    if (Result<void> done =
            fill_one(header.wanted->value, header.filled, "expected header " + header.wanted->name);
        !done)
      return done;
  for (std::size_t i = 0; i < json_values.size(); ++i)
    if (Result<void> done = fill_one(rules.json[i].value, json_values[i],
                                     "expected value at " + rules.json[i].pointer);
        !done)
      return done;
  return {};
}

void ResponseCheck::State::reset_body() {
  contains.reset(rules.contains.is_literal ? rules.contains.literal : contains_filled);
  if (matches) matches->reset();
  if (json) json->reset();
  json_error.reset();
  if (sum) sum->reset();
  rows.reset();
  for (Capture& capture : captures)
    if (capture.regex) capture.regex->reset();
  page.clear();
  if (page.capacity() > kKeptPage) page.shrink_to_fit();
  page_is_too_large = false;
}

std::string ResponseCheck::State::wanted_text(const WantedText& wanted,
                                              const std::string& filled) const {
  return shown(wanted.is_literal ? wanted.literal : filled);
}

std::string ResponseCheck::State::fault_of_head(long status) const {
  const plan::Expectation& expect = rules.expect;
  if (expect.status ? status != *expect.status : status >= 400)
    return fmt::format("status {} where {} was expected", status,
                       expect.status ? std::to_string(*expect.status) : "one below 400");
  if (!expect.content_type.empty() &&
      !equal_without_case(media_type(content_type), media_type(expect.content_type)))
    return fmt::format("content type '{}' where '{}' was expected", shown(content_type),
                       shown(expect.content_type));
  for (const Header& header : headers) {
    if (header.as_wanted) continue;
    return fmt::format(
        "header {} is {} where '{}' was expected", shown(header.wanted->name),
        header.seen ? fmt::format("'{}'", shown(header.value)) : std::string("missing"),
        wanted_text(header.wanted->value, header.filled));
  }
  return {};
}

// What more of the body could not mend.
std::string ResponseCheck::State::fault_of_excess(std::uint64_t bytes) const {
  const plan::Expectation& expect = rules.expect;
  if (expect.rows && rows.rows() > *expect.rows)
    return fmt::format("{} rows where {} were expected", rows.rows(), *expect.rows);
  const auto count = static_cast<std::int64_t>(bytes);
  if (expect.bytes && count > expect.bytes->count)
    return fmt::format("{} bytes where {} were expected", count, expect.bytes->count);
  if (expect.max_bytes && count > expect.max_bytes->count)
    return fmt::format("{} bytes where at most {} were expected", count, expect.max_bytes->count);
  return {};
}

std::string ResponseCheck::State::fault_of_text() const {
  if (!contains.found())
    return fmt::format("{} does not contain '{}'", rules.subject,
                       wanted_text(rules.contains, contains_filled));
  if (matches && !matches->found())
    return fmt::format("{} does not match '{}'", rules.subject, shown(rules.expect.matches));
  return {};
}

std::string ResponseCheck::State::fault_of_json() const {
  if (rules.json.empty()) return {};
  if (json_error) return json_error->message;
  for (std::size_t i = 0; i < rules.json.size(); ++i) {
    const JsonValue& found = json->values()[i];
    if (is_value(found, json_values[i])) continue;
    return fmt::format("{} at '{}' where '{}' was expected", described(found),
                       shown(rules.json[i].pointer),
                       wanted_text(rules.json[i].value, json_values[i]));
  }
  return {};
}

std::string ResponseCheck::State::fault_of_size(std::uint64_t bytes) const {
  const plan::Expectation& expect = rules.expect;
  if (rows.rows() < expect.min_rows)
    return fmt::format("{} rows where at least {} were expected", rows.rows(), expect.min_rows);
  if (expect.rows && rows.rows() != *expect.rows)
    return fmt::format("{} rows where {} were expected", rows.rows(), *expect.rows);
  const auto count = static_cast<std::int64_t>(bytes);
  if (expect.bytes && count != expect.bytes->count)
    return fmt::format("{} bytes where {} were expected", count, expect.bytes->count);
  if (expect.min_bytes && count < expect.min_bytes->count)
    return fmt::format("{} bytes where at least {} were expected", count, expect.min_bytes->count);
  return {};
}

std::string ResponseCheck::State::fault_of_sum() {
  if (!sum) return {};
  const std::string found = sum->finish();
  if (equal_without_case(found, rules.expect.sha256)) return {};
  return fmt::format("SHA-256 {} where {} was expected", found, shown(rules.expect.sha256));
}

Result<std::string> ResponseCheck::State::captured(std::size_t index, bool complete) const {
  const ResponseRules::Capture& rule = rules.captures[index];
  switch (rule.written.from) {
    case plan::Capture::From::kCss: {
      if (page_is_too_large)
        return failure(fmt::format("the page is larger than {} MiB", extract::kLargestHtml >> 20));
      Result<std::optional<std::string>> match =
          extract::first_match(page, *rule.selector, rule.written.attribute);
      if (!match) return tl::unexpected(std::move(match.error()));
      if (*match) return std::move(**match);
      break;
    }
    case plan::Capture::From::kJson: {
      if (complete && json_error) return tl::unexpected(*json_error);
      const JsonValue& found = json->values()[rule.pointer];
      if (is_scalar(found)) return found.text;
      if (found.kind == JsonValue::Kind::kNothing) break;
      return failure(
          fmt::format("{} at json '{}'", described(found), shown(rule.written.expression)));
    }
    case plan::Capture::From::kRegex:
      if (captures[index].regex->found()) return captures[index].regex->text();
      break;
    case plan::Capture::From::kHeader:
      if (captures[index].header) return *captures[index].header;
      break;
  }
  return failure(fmt::format("nothing matches {} '{}'", kind_of(rule.written.from),
                             shown(rule.written.expression)));
}

ResponseCheck::ResponseCheck(const ResponseRules& rules)
    : state_(std::make_unique<State>(rules)), inspects_body_(state_->inspects_body()) {}
ResponseCheck::ResponseCheck(ResponseCheck&&) noexcept = default;
ResponseCheck& ResponseCheck::operator=(ResponseCheck&&) noexcept = default;
ResponseCheck::~ResponseCheck() = default;

Result<void> ResponseCheck::begin(const plan::PlaceholderValue& value_of) {
  bytes_ = 0;
  beginning_.clear();
  if (state_->rules.has_placeholders)
    if (Result<void> filled = state_->fill(value_of); !filled) return filled;
  if (state_->rules.looks_at_headers) state_->forget_headers();
  if (inspects_body_) state_->reset_body();
  return {};
}

void ResponseCheck::forget_headers() {
  state_->forget_headers();
}

void ResponseCheck::receive_header(std::string_view name, std::string_view value) {
  State& state = *state_;
  if (!state.rules.looks_at_headers) return;
  value = trimmed(value).substr(0, kLongestHeader);
  if (equal_without_case(name, "content-type")) state.content_type = value;
  for (State::Header& header : state.headers) {
    if (!equal_without_case(name, header.wanted->name)) continue;
    header.seen = true;
    if (value == header.wish())
      header.as_wanted = true;
    else
      header.value = value;
  }
  for (std::size_t i = 0; i < state.captures.size(); ++i) {
    const plan::Capture& capture = state.rules.captures[i].written;
    if (capture.from == plan::Capture::From::kHeader && !state.captures[i].header &&
        equal_without_case(name, capture.expression))
      state.captures[i].header = std::string(value);
  }
}

void ResponseCheck::inspect(std::string_view piece) {
  State& state = *state_;
  state.contains.receive(piece);
  if (state.rules.counts_rows) state.rows.receive(piece);
  if (state.matches) state.matches->receive(piece);
  if (state.json) state.json->receive(piece);
  if (state.sum) state.sum->receive(piece);
  for (State::Capture& capture : state.captures)
    if (capture.regex) capture.regex->receive(piece);
  if (state.rules.keeps_page && !state.page_is_too_large) {
    if (state.page.size() + piece.size() <= extract::kLargestHtml) {
      state.page += piece;
    } else {
      state.page_is_too_large = true;
      std::string().swap(state.page);
    }
  }
}

ResponseCheck::Outcome ResponseCheck::finish(long status, bool complete) {
  State& state = *state_;
  if (state.matches && complete) state.matches->finish();
  for (State::Capture& capture : state.captures)
    if (capture.regex) capture.regex->finish();
  if (state.json && complete)
    if (Result<void> finished = state.json->finish(); !finished)
      state.json_error = std::move(finished.error());
  Outcome outcome;
  outcome.unexpected = state.fault_of_head(status);
  if (outcome.unexpected.empty()) outcome.unexpected = state.fault_of_excess(bytes_);
  if (complete) {
    if (outcome.unexpected.empty()) outcome.unexpected = state.fault_of_text();
    if (outcome.unexpected.empty()) outcome.unexpected = state.fault_of_json();
    if (outcome.unexpected.empty()) outcome.unexpected = state.fault_of_size(bytes_);
    if (outcome.unexpected.empty()) outcome.unexpected = state.fault_of_sum();
  }
  for (std::size_t i = 0; outcome.unexpected.empty() && i < state.captures.size(); ++i) {
    Result<std::string> captured = state.captured(i, complete);
    if (captured)
      outcome.captured.push_back(std::move(*captured));
    else
      outcome.unexpected =
          fmt::format("capture '{}': {}", shown(state.rules.captures[i].written.name),
                      captured.error().message);
  }
  if (!outcome.unexpected.empty()) outcome.captured.clear();
  return outcome;
}

}  // namespace tidemark::load
