#include "harness/load/response_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "harness/base/text.h"

namespace tidemark::load {
namespace {

constexpr std::size_t kBeginning = 200;

// "Text/CSV; charset=utf-8" → "text/csv"
std::string media_type(std::string_view content_type) {
  std::string type(content_type.substr(0, content_type.find(';')));
  while (type.ends_with(' ')) type.pop_back();
  for (char& c : type) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return type;
}

}  // namespace

Result<void> ResponseCheck::begin(const plan::PlaceholderValue& value_of) {
  bytes_ = 0;
  rows_ = 0;
  line_has_text_ = found_ = false;
  tail_.clear();
  beginning_.clear();
  type_.clear();
  captured_.clear();
  auto c = plan::expand(expect_.contains, value_of);
  if (!c) return tl::unexpected(c.error());
  contains_ = *c;
  return {};
}
void ResponseCheck::receive_header(std::string_view name, std::string_view value) {
  if (name == "Content-Type" || name == "Content-type") type_ = value;
  for (const auto& c : rules_.captures)
    if (c.expression == name) captured_.emplace_back(value);
}
ResponseCheck::Outcome ResponseCheck::finish(long status, bool complete) {
  (void)complete;
  return {verdict(status, type_), captured_};
}
void ResponseCheck::receive(std::string_view piece) {
  bytes_ += piece.size();
  if (beginning_.size() < kBeginning) beginning_ += piece.substr(0, kBeginning - beginning_.size());
  if (expect_.min_rows > 0) {
    for (std::string_view rest = piece; !rest.empty();) {
      const std::size_t end = rest.find('\n');
      const std::string_view line = rest.substr(0, end);
      line_has_text_ = line_has_text_ || line.find_first_not_of('\r') != std::string_view::npos;
      if (end == std::string_view::npos) break;
      rows_ += line_has_text_ ? 1 : 0;
      line_has_text_ = false;
      rest.remove_prefix(end + 1);
    }
  }
  if (!contains_.empty() && !found_) {
    // The join of two pieces first, then the piece by itself, which is not copied.
    const std::size_t overlap = contains_.size() - 1;
    const std::string join = tail_ + std::string(piece.substr(0, overlap));
    found_ = join.find(contains_) != std::string::npos ||
             piece.find(contains_) != std::string_view::npos;
    tail_ = piece.size() >= overlap ? std::string(piece.substr(piece.size() - overlap)) : join;
    if (tail_.size() > overlap) tail_.erase(0, tail_.size() - overlap);
  }
}

std::string ResponseCheck::verdict(long status, std::string_view content_type) const {
  const bool status_is_good = expect_.status ? status == *expect_.status : status < 400;
  if (!status_is_good)
    return fmt::format("status {} where {} was expected", status,
                       expect_.status ? std::to_string(*expect_.status) : "one below 400");
  if (!expect_.content_type.empty() && media_type(content_type) != media_type(expect_.content_type))
    return fmt::format("content type '{}' where '{}' was expected", content_type,
                       expect_.content_type);
  if (rows() < expect_.min_rows)
    return fmt::format("{} rows where at least {} were expected", rows(), expect_.min_rows);
  if (!contains_.empty() && !found_)
    return fmt::format("the body does not contain '{}'", printable_line(contains_, 80));
  return {};
}

}  // namespace tidemark::load
