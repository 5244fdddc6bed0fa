#pragma once

// CSS selectors on HTML pages. A page is parsed whole, as a browser would: its caller keeps it, up
// to kLargestHtml. One thread at a time for a selector and what is done with it. Pages may be
// hostile: one that is nested too deeply, or takes too much work, is an error.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "harness/base/error.h"

namespace tidemark::extract {

inline constexpr std::size_t kLargestHtml = std::size_t{4} << 20;
inline constexpr std::size_t kDeepestHtml = 512;  // browsers stop there too
inline constexpr std::size_t kMostHtmlNodes = 250'000;

// Elements, ids, classes and attributes with all combinators; :not, :matches, the :nth-… family,
// and what the page alone decides (:first-child, :checked, :empty …). No escapes, no :has, no
// pseudo-elements.
class HtmlSelector {
 public:
  static Result<HtmlSelector> parse(std::string_view selector);

  HtmlSelector(HtmlSelector&&) noexcept;
  HtmlSelector& operator=(HtmlSelector&&) noexcept;
  ~HtmlSelector();

 private:
  friend Result<std::optional<std::string>> first_match(std::string_view, const HtmlSelector&,
                                                        std::string_view);
  struct Parsed;
  explicit HtmlSelector(std::unique_ptr<const Parsed> parsed);
  std::unique_ptr<const Parsed> parsed_;
};

// The attribute of the first element in the page that matches, or, where `attribute` is empty, the
// text within it without space around. Entities are decoded. Nothing when no element matches, or
// when that one has no such attribute.
Result<std::optional<std::string>> first_match(std::string_view html, const HtmlSelector& selector,
                                               std::string_view attribute);

}  // namespace tidemark::extract
