#include "harness/load/response_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/base/text.h"

namespace tidemark::load {
namespace {

// Its expression compiled into the rules.
Result<void> add_capture(ResponseRules& rules, const plan::Capture& written) {
  ResponseRules::Capture& added = rules.captures.emplace_back();
  added.written = written;
  switch (written.from) {
    case plan::Capture::From::kCss: {
      Result<extract::HtmlSelector> selector = extract::HtmlSelector::parse(written.expression);
      if (!selector) return tl::unexpected(std::move(selector.error()));
      added.selector = std::move(*selector);
      rules.keeps_page = true;
      return {};
    }
    case plan::Capture::From::kJson: {
      Result<extract::JsonPointer> pointer = extract::JsonPointer::parse(written.expression);
      if (!pointer) return tl::unexpected(std::move(pointer.error()));
      added.pointer = rules.pointers.size();
      rules.pointers.push_back(std::move(*pointer));
      return {};
    }
    case plan::Capture::From::kRegex: {
      Result<extract::Regex> regex = extract::Regex::compile(written.expression);
      if (!regex) return tl::unexpected(std::move(regex.error()));
      added.regex = std::move(*regex);
      return {};
    }
    case plan::Capture::From::kHeader:
      rules.looks_at_headers = true;
      return {};
  }
  return {};
}

}  // namespace

WantedText::WantedText(const plan::Template& written)
    : text(written), is_literal(written.is_literal()), literal(is_literal ? text.text() : "") {}

ResponseRules::ResponseRules(const plan::Expectation& expectation)
    : expect(expectation), contains(expectation.contains) {}

Result<ResponseRules> ResponseRules::compile(const plan::Expectation& expect,
                                             const std::vector<plan::Capture>& captures) {
  ResponseRules rules(expect);
  for (const auto& [name, value] : expect.headers)
    rules.headers.push_back({name, WantedText(value)});
  for (const plan::JsonExpectation& json : expect.json) {
    Result<extract::JsonPointer> pointer = extract::JsonPointer::parse(json.pointer);
    if (!pointer) return tl::unexpected(std::move(pointer.error()));
    rules.pointers.push_back(std::move(*pointer));
    rules.json.push_back({json.pointer, WantedText(json.value)});
  }
  if (!expect.matches.empty()) {
    Result<extract::Regex> regex = extract::Regex::compile(expect.matches);
    if (!regex) return tl::unexpected(std::move(regex.error()));
    rules.matches = std::move(*regex);
  }
  rules.looks_at_headers = !expect.content_type.empty() || !expect.headers.empty();
  rules.counts_rows = expect.min_rows > 0 || expect.rows.has_value();
  const auto changes = [](const auto& rule) { return !rule.value.is_literal; };
  rules.has_placeholders = !rules.contains.is_literal ||
                           std::any_of(rules.headers.begin(), rules.headers.end(), changes) ||
                           std::any_of(rules.json.begin(), rules.json.end(), changes);
  for (const plan::Capture& capture : captures) {
    Result<void> added = add_capture(rules, capture);
    if (!added)
      return tl::unexpected(with_context(
          fmt::format("capture '{}'", printable_line(capture.name, 80)), std::move(added.error())));
  }
  return rules;
}

}  // namespace tidemark::load
