#include "harness/extract/json_pointer.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/src.hpp>
#include <charconv>
#include <cstdint>
#include <optional>

#include "harness/base/text.h"

namespace tidemark::extract {
namespace {

namespace json = boost::json;

// "12" → 12; nothing for "012", "-" and whatever is no index.
std::optional<std::uint64_t> array_index(std::string_view token) {
  std::uint64_t index = 0;
  const char* const end = token.data() + token.size();
  const auto [rest, error] = std::from_chars(token.data(), end, index);
  if (token.empty() || error != std::errc() || rest != end) return std::nullopt;
  if (token.size() > 1 && token.front() == '0') return std::nullopt;
  return index;
}

struct Token {
  std::string name;
  std::optional<std::uint64_t> index;
};

// Called by the parser for each thing it sees; returning true means going on.
//
// A value's level is the number of containers around it. A pointer has *matched* so many of its
// tokens on the path to the present value; it points into it when that is the value's level. What
// no pointer points into is passed over: only its brackets are counted.
class Handler {
 public:
  // NOLINTBEGIN(readability-identifier-naming): the parser's names
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);
  // NOLINTEND(readability-identifier-naming)

  explicit Handler(const std::vector<JsonPointer>& pointers) {
    for (const JsonPointer& pointer : pointers) {
      std::vector<Token>& tokens = paths_.emplace_back();
      for (const std::string& token : pointer.tokens()) {
        tokens.push_back({token, array_index(token)});
        longest_name_ = std::max(longest_name_, token.size());
      }
    }
    levels_.reserve(kDeepestJson);
    reset();
  }

  void reset() {
    matched_.assign(paths_.size(), 0);
    values_.resize(paths_.size());
    for (JsonValue& value : values_) forget(value);
    levels_.clear();
    passed_over_ = 0;
    in_scalar_ = false;
    key_.clear();
  }

  const std::vector<JsonValue>& values() const { return values_; }

  bool on_document_begin(boost::system::error_code&) { return true; }
  bool on_document_end(boost::system::error_code&) { return true; }
  bool on_object_begin(boost::system::error_code&) { return enter(JsonValue::Kind::kObject); }
  bool on_object_end(std::size_t, boost::system::error_code&) { return leave(); }
  bool on_array_begin(boost::system::error_code&) { return enter(JsonValue::Kind::kArray); }
  bool on_array_end(std::size_t, boost::system::error_code&) { return leave(); }

  bool on_key_part(json::string_view part, std::size_t, boost::system::error_code&) {
    // One byte more than any name tells a longer key from it.
    if (passed_over_ == 0 && key_.size() <= longest_name_)
      key_.append(part.data(), std::min(part.size(), longest_name_ + 1 - key_.size()));
    return true;
  }
  bool on_key(json::string_view part, std::size_t size, boost::system::error_code& error) {
    on_key_part(part, size, error);
    if (passed_over_ == 0) match([this](const Token& token) { return token.name == key_; });
    key_.clear();
    return true;
  }

  bool on_string_part(json::string_view part, std::size_t, boost::system::error_code&) {
    return scalar_part(part);
  }
  bool on_string(json::string_view part, std::size_t, boost::system::error_code&) {
    return scalar_end(part, JsonValue::Kind::kString);
  }
  bool on_number_part(json::string_view part, boost::system::error_code&) {
    return scalar_part(part);
  }
  bool on_int64(std::int64_t, json::string_view part, boost::system::error_code&) {
    return scalar_end(part, JsonValue::Kind::kNumber);
  }
  bool on_uint64(std::uint64_t, json::string_view part, boost::system::error_code&) {
    return scalar_end(part, JsonValue::Kind::kNumber);
  }
  bool on_double(double, json::string_view part, boost::system::error_code&) {
    return scalar_end(part, JsonValue::Kind::kNumber);
  }
  bool on_bool(bool value, boost::system::error_code&) {
    return scalar_end(value ? "true" : "false", JsonValue::Kind::kBoolean);
  }
  bool on_null(boost::system::error_code&) { return scalar_end("null", JsonValue::Kind::kNull); }
  bool on_comment_part(json::string_view, boost::system::error_code&) { return true; }
  bool on_comment(json::string_view, boost::system::error_code&) { return true; }

 private:
  struct Level {
    bool is_array;
    std::uint64_t next_index;
  };

  static void forget(JsonValue& value) {
    value.kind = JsonValue::Kind::kNothing;
    value.text.clear();
  }

  // A new member of the innermost container: which pointers lead to it?
  template <class Fits>
  void match(const Fits& fits) {
    const std::size_t level = levels_.size();
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      matched_[i] = std::min(matched_[i], level - 1);
      if (matched_[i] < level - 1 || paths_[i].size() < level || !fits(paths_[i][level - 1]))
        continue;
      matched_[i] = level;
      forget(values_[i]);  // of an earlier member with the same name
    }
  }

  void begin_value() {
    if (passed_over_ > 0 || levels_.empty() || !levels_.back().is_array) return;
    const std::uint64_t index = levels_.back().next_index++;
    match([index](const Token& token) { return token.index == index; });
  }

  bool points_into(std::size_t pointer) const { return matched_[pointer] == levels_.size(); }
  bool points_at(std::size_t pointer) const {
    return points_into(pointer) && paths_[pointer].size() == levels_.size();
  }

  bool enter(JsonValue::Kind kind) {
    begin_value();
    bool wanted = false;
    if (passed_over_ == 0) {
      for (std::size_t i = 0; i < paths_.size(); ++i) {
        wanted = wanted || points_into(i);
        if (points_at(i)) values_[i].kind = kind;
      }
    }
    if (wanted)
      levels_.push_back({kind == JsonValue::Kind::kArray, 0});
    else
      ++passed_over_;
    return true;
  }

  bool leave() {
    if (passed_over_ > 0) {
      --passed_over_;
      return true;
    }
    levels_.pop_back();
    for (std::size_t& matched : matched_) matched = std::min(matched, levels_.size());
    return true;
  }

  bool scalar_part(std::string_view part) {
    if (!in_scalar_) {
      in_scalar_ = true;
      begin_value();
      for (std::size_t i = 0; passed_over_ == 0 && i < paths_.size(); ++i)
        if (points_at(i)) forget(values_[i]);
    }
    if (passed_over_ > 0) return true;
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      if (!points_at(i) || values_[i].kind == JsonValue::Kind::kTooLong) continue;
      values_[i].text += part;
      if (values_[i].text.size() <= kLongestJsonValue) continue;
      forget(values_[i]);
      values_[i].kind = JsonValue::Kind::kTooLong;
    }
    return true;
  }
  bool scalar_part(json::string_view part) {
    return scalar_part(std::string_view(part.data(), part.size()));
  }

  bool scalar_end(std::string_view part, JsonValue::Kind kind) {
    scalar_part(part);
    in_scalar_ = false;
    for (std::size_t i = 0; passed_over_ == 0 && i < paths_.size(); ++i)
      if (points_at(i) && values_[i].kind == JsonValue::Kind::kNothing) values_[i].kind = kind;
    return true;
  }
  bool scalar_end(json::string_view part, JsonValue::Kind kind) {
    return scalar_end(std::string_view(part.data(), part.size()), kind);
  }
  bool scalar_end(const char* text, JsonValue::Kind kind) {
    return scalar_end(std::string_view(text), kind);
  }

  std::vector<std::vector<Token>> paths_;  // by pointer
  std::size_t longest_name_ = 0;
  std::vector<std::size_t> matched_;  // by pointer: never more than there are levels
  std::vector<JsonValue> values_;     // by pointer
  std::vector<Level> levels_;         // the containers that some pointer points into
  std::size_t passed_over_ = 0;       // containers open below those
  bool in_scalar_ = false;
  std::string key_;  // its beginning
};

json::parse_options parse_options() {
  json::parse_options options;
  options.max_depth = kDeepestJson;
  return options;
}

// A number as digits without leading or trailing zeros, times ten to the power of exponent.
struct Decimal {
  bool negative = false;
  std::string digits;  // empty: zero
  std::int64_t exponent = 0;

  friend bool operator==(const Decimal&, const Decimal&) = default;
};

// -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
std::optional<Decimal> parse_decimal(std::string_view text) {
  const auto take = [&text](std::string_view any) {
    if (text.empty() || any.find(text.front()) == std::string_view::npos) return '\0';
    const char taken = text.front();
    text.remove_prefix(1);
    return taken;
  };
  const auto take_digits = [&text] {
    const std::string_view digits = text.substr(0, text.find_first_not_of("0123456789"));
    text.remove_prefix(digits.size());
    return digits;
  };
  Decimal decimal;
  decimal.negative = take("-") != '\0';
  const std::string_view whole = take_digits();
  if (whole.empty() || (whole.size() > 1 && whole.front() == '0')) return std::nullopt;
  decimal.digits = whole;
  if (take(".") != '\0') {
    const std::string_view fraction = take_digits();
    if (fraction.empty()) return std::nullopt;
    decimal.digits += fraction;
    decimal.exponent -= static_cast<std::int64_t>(fraction.size());
  }
  if (take("eE") != '\0') {
    const bool negative = take("+-") == '-';
    const std::string_view digits = take_digits();
    std::int64_t exponent = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), exponent).ec != std::errc() ||
        exponent > INT64_MAX / 4)
      return std::nullopt;
    decimal.exponent += negative ? -exponent : exponent;
  }
  if (!text.empty()) return std::nullopt;
  const std::size_t last = decimal.digits.find_last_not_of('0');
  if (last == std::string::npos) return Decimal();
  decimal.exponent += static_cast<std::int64_t>(decimal.digits.size() - 1 - last);
  decimal.digits.erase(last + 1);
  decimal.digits.erase(0, decimal.digits.find_first_not_of('0'));
  return decimal;
}

}  // namespace

Result<JsonPointer> JsonPointer::parse(std::string_view text) {
  const auto no_pointer = [text](std::string_view why) {
    return failure(fmt::format("'{}' is no JSON pointer: {}", printable_line(text, 80), why));
  };
  JsonPointer pointer;
  if (text.empty()) return pointer;
  if (text.front() != '/') return no_pointer("write '/items/0/name', beginning with '/'");
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '/') {
      pointer.tokens_.emplace_back();
    } else if (text[i] != '~') {
      pointer.tokens_.back() += text[i];
    } else {
      const char code = ++i < text.size() ? text[i] : '\0';
      if (code != '0' && code != '1') return no_pointer("'~' is written '~0', and a '/' '~1'");
      pointer.tokens_.back() += code == '0' ? '~' : '/';
    }
  }
  if (pointer.tokens_.size() > kDeepestJson)
    return no_pointer(fmt::format("it is more than {} levels deep", kDeepestJson));
  return pointer;
}

struct JsonSearch::State {
  explicit State(const std::vector<JsonPointer>& pointers) : parser(parse_options(), pointers) {}

  void write(bool more, std::string_view piece) {
    if (malformed) return;
    boost::system::error_code code;
    const std::size_t read = parser.write_some(more, piece.data(), piece.size(), code);
    position += read;
    if (!code && read < piece.size()) code = json::error::extra_data;
    if (code)
      malformed = Error{fmt::format("malformed JSON at byte {}: {}", position, code.message())};
  }

  json::basic_parser<Handler> parser;
  std::uint64_t position = 0;
  std::optional<Error> malformed;
};

JsonSearch::JsonSearch(const std::vector<JsonPointer>& pointers)
    : state_(std::make_unique<State>(pointers)) {}
JsonSearch::JsonSearch(JsonSearch&&) noexcept = default;
JsonSearch& JsonSearch::operator=(JsonSearch&&) noexcept = default;
JsonSearch::~JsonSearch() = default;

void JsonSearch::reset() {
  state_->parser.reset();
  state_->parser.handler().reset();
  state_->position = 0;
  state_->malformed.reset();
}

void JsonSearch::receive(std::string_view piece) {
  if (!piece.empty()) state_->write(true, piece);
}

Result<void> JsonSearch::finish() {
  state_->write(false, "");
  if (state_->malformed) return tl::unexpected(*state_->malformed);
  return {};
}

const std::vector<JsonValue>& JsonSearch::values() const {
  return state_->parser.handler().values();
}

bool same_json_number(std::string_view a, std::string_view b) {
  const std::optional<Decimal> first = parse_decimal(a);
  const std::optional<Decimal> second = parse_decimal(b);
  return first && second && *first == *second;
}

}  // namespace tidemark::extract
