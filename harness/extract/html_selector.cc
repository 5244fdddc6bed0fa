#include "harness/extract/html_selector.h"

#include <fmt/format.h>
#include <modest/finder/finder.h>
#include <modest/finder/type.h>
#include <mycss/an_plus_b.h>
#include <mycss/mycss.h>
#include <mycss/selectors/init.h>
#include <mycss/selectors/list.h>
#include <mycss/selectors/value.h>
#include <myhtml/myhtml.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "harness/base/text.h"

namespace tidemark::extract {
namespace {

using Node = myhtml_tree_node_t;
using Entry = mycss_selectors_entry_t;  // a simple selector, and how it hangs on the one before it

// Steps from one node to another, and tests of one: about a second of them.
constexpr std::int64_t kMostWork = 30'000'000;

struct CssDeleter {
  void operator()(mycss_t* css) const { mycss_destroy(css, true); }
};
struct CssEntryDeleter {
  void operator()(mycss_entry_t* entry) const { mycss_entry_destroy(entry, true); }
};
struct FinderDeleter {
  void operator()(modest_finder_t* finder) const { modest_finder_destroy(finder, true); }
};
struct HtmlDeleter {
  void operator()(myhtml_t* html) const { myhtml_destroy(html); }
};
struct TreeDeleter {
  void operator()(myhtml_tree_t* tree) const { myhtml_tree_destroy(tree); }
};

constexpr std::array kPseudoClasses = {
    MyCSS_SELECTORS_SUB_TYPE_PSEUDO_CLASS_CHECKED,
    MyCSS_SELECTORS_SUB_TYPE_PSEUDO_CLASS_DISABLED,
    MyCSS_SELECTORS_SUB_TYPE_PSEUDO_CLASS_EMPTY,
    MyCSS_SELECTORS_SUB_TYPE_PSEUDO_CLASS_ENABLED,
    MyCSS_SELECTORS_SUB_TYPE_PSEUDO_CLASS_FIRST_CHILD,
    MyCSS_SELECTORS_SUB_TYPE_PSEUDO_CLASS_FIRST_OF_TYPE,
    MyCSS_SELECTORS_SUB_TYPE_PSEUDO_CLASS_LAST_CHILD,
    MyCSS_SELECTORS_SUB_TYPE_PSEUDO_CLASS_LAST_OF_TYPE,
    MyCSS_SELECTORS_SUB_TYPE_PSEUDO_CLASS_ONLY_CHILD,
    MyCSS_SELECTORS_SUB_TYPE_PSEUDO_CLASS_ONLY_OF_TYPE,
    MyCSS_SELECTORS_SUB_TYPE_PSEUDO_CLASS_OPTIONAL,
    MyCSS_SELECTORS_SUB_TYPE_PSEUDO_CLASS_REQUIRED,
    MyCSS_SELECTORS_SUB_TYPE_PSEUDO_CLASS_ROOT,
};

bool holds_selectors(const Entry& entry) {
  return entry.type == MyCSS_SELECTORS_TYPE_PSEUDO_CLASS_FUNCTION &&
         (entry.sub_type == MyCSS_SELECTORS_SUB_TYPE_PSEUDO_CLASS_FUNCTION_NOT ||
          entry.sub_type == MyCSS_SELECTORS_SUB_TYPE_PSEUDO_CLASS_FUNCTION_MATCHES);
}

const mycss_selectors_list_t* selectors_in(const Entry& entry) {
  return static_cast<const mycss_selectors_list_t*>(entry.value);
}

bool is_known_function(const Entry& entry) {
  switch (entry.sub_type) {
    case MyCSS_SELECTORS_SUB_TYPE_PSEUDO_CLASS_FUNCTION_NTH_CHILD:
    case MyCSS_SELECTORS_SUB_TYPE_PSEUDO_CLASS_FUNCTION_NTH_LAST_CHILD:
    case MyCSS_SELECTORS_SUB_TYPE_PSEUDO_CLASS_FUNCTION_NTH_OF_TYPE:
    case MyCSS_SELECTORS_SUB_TYPE_PSEUDO_CLASS_FUNCTION_NTH_LAST_OF_TYPE: {
      const auto* position = static_cast<const mycss_an_plus_b_entry_t*>(entry.value);
      return position != nullptr && !position->is_broken && position->of == nullptr;
    }
    default:
      return holds_selectors(entry);
  }
}

std::string fault_of(const mycss_selectors_list_t* list);

// What of a simple selector we cannot do; empty: nothing.
std::string fault_of(const Entry& entry) {
  const std::string name = entry.key != nullptr && entry.key->data != nullptr
                               ? printable_line({entry.key->data, entry.key->length}, 40)
                               : std::string();
  if (entry.combinator == MyCSS_SELECTORS_COMBINATOR_COLUMN) return "'||' is not supported";
  switch (entry.type) {
    case MyCSS_SELECTORS_TYPE_ELEMENT:
    case MyCSS_SELECTORS_TYPE_ID:
    case MyCSS_SELECTORS_TYPE_CLASS:
    case MyCSS_SELECTORS_TYPE_ATTRIBUTE:
      return (entry.flags & MyCSS_SELECTORS_FLAGS_SELECTOR_BAD) != 0 || name.empty()
                 ? "it breaks off or is misspelt"
                 : "";
    case MyCSS_SELECTORS_TYPE_PSEUDO_CLASS:
      return std::find(kPseudoClasses.begin(), kPseudoClasses.end(), entry.sub_type) !=
                     kPseudoClasses.end()
                 ? ""
                 : fmt::format("':{}' is not supported", name);
    case MyCSS_SELECTORS_TYPE_PSEUDO_CLASS_FUNCTION:
      if (!is_known_function(entry) || entry.value == nullptr)
        return fmt::format("':{}(…)' is not supported, or not so", name);
      return holds_selectors(entry) ? fault_of(selectors_in(entry)) : "";
    case MyCSS_SELECTORS_TYPE_PSEUDO_ELEMENT:
    case MyCSS_SELECTORS_TYPE_PSEUDO_ELEMENT_FUNCTION:
      return fmt::format("'::{}' is no element", name);
    default:
      return "it breaks off or is misspelt";
  }
}

std::string fault_of(const mycss_selectors_list_t* list) {
  if (list == nullptr || list->entries_list_length == 0) return "it is empty";
  for (; list != nullptr; list = list->next) {
    for (std::size_t i = 0; i < list->entries_list_length; ++i) {
      if (list->entries_list[i].entry == nullptr) return "a part of it is empty";
      for (const Entry* entry = list->entries_list[i].entry; entry != nullptr; entry = entry->next)
        if (std::string fault = fault_of(*entry); !fault.empty()) return fault;
    }
    if ((list->flags & MyCSS_SELECTORS_FLAGS_SELECTOR_BAD) != 0)
      return "it breaks off or is misspelt";
  }
  return "";
}

bool is_element(const Node& node) {
  return node.tag_id != MyHTML_TAG__UNDEF && node.tag_id != MyHTML_TAG__TEXT &&
         node.tag_id != MyHTML_TAG__COMMENT && node.tag_id != MyHTML_TAG__DOCTYPE;
}

Node* previous_element(const Node& node) {
  Node* sibling = node.prev;
  while (sibling != nullptr && !is_element(*sibling)) sibling = sibling->prev;
  return sibling;
}

Node* parent_element(const Node& node) {
  return node.parent != nullptr && is_element(*node.parent) ? node.parent : nullptr;
}

// The next node of the page, or of what lies within `top`; a walk, because recursion is as deep as
// the page.
template <class AnyNode>  // const or not
AnyNode* next_in(const Node& top, AnyNode* node) {
  if (node->child != nullptr) return node->child;
  while (node != &top && node->next == nullptr) node = node->parent;
  return node == &top ? nullptr : node->next;
}

std::string_view text_in(const mycore_string_t& text) {
  return text.data == nullptr ? std::string_view() : std::string_view(text.data, text.length);
}

const myhtml_token_attr_t* find_attribute(const Node& node, std::string_view name) {
  const myhtml_token_attr_t* attribute = node.token != nullptr ? node.token->attr_first : nullptr;
  while (attribute != nullptr && !equal_without_case(text_in(attribute->key), name))
    attribute = attribute->next;
  return attribute;
}

// Selectors 4, section 6. The library has case the wrong way round: it minds it with `i` alone.
bool attribute_matches(const Entry& entry, const Node& node) {
  const myhtml_token_attr_t* attribute = find_attribute(node, text_in(*entry.key));
  if (attribute == nullptr) return false;
  const auto* wish = static_cast<const mycss_selectors_object_attribute_t*>(entry.value);
  if (wish == nullptr || wish->value == nullptr) return true;
  const std::string_view value = text_in(attribute->value);
  const std::string_view wanted = text_in(*wish->value);
  const bool without_case = (wish->mod & MyCSS_SELECTORS_MOD_I) != 0;
  const auto equal_at = [&](std::size_t at) {
    const std::string_view part = value.substr(at, wanted.size());
    return without_case ? equal_without_case(part, wanted) : part == wanted;
  };
  if (wish->match == MyCSS_SELECTORS_MATCH_EQUAL)
    return value.size() == wanted.size() && equal_at(0);
  if (wish->match == MyCSS_SELECTORS_MATCH_DASH)
    return equal_at(0) && (value.size() == wanted.size() || value[wanted.size()] == '-');
  if (wanted.empty() || value.size() < wanted.size()) return false;
  const std::size_t last = value.size() - wanted.size();
  const auto is_space = [&](std::size_t at) {
    return std::string_view(" \t\n\f\r").find(value[at]) != std::string_view::npos;
  };
  switch (wish->match) {
    case MyCSS_SELECTORS_MATCH_PREFIX:
      return equal_at(0);
    case MyCSS_SELECTORS_MATCH_SUFFIX:
      return equal_at(last);
    case MyCSS_SELECTORS_MATCH_SUBSTRING:
      for (std::size_t at = 0; at <= last; ++at)
        if (equal_at(at)) return true;
      return false;
    case MyCSS_SELECTORS_MATCH_INCLUDE:
      for (std::size_t at = 0; at <= last; ++at)
        if (equal_at(at) && (at == 0 || is_space(at - 1)) &&
            (at == last || is_space(at + wanted.size())))
          return wanted.find_first_of(" \t\n\f\r") == std::string_view::npos;
      return false;
    default:
      return false;
  }
}

// Tests elements against a selector from its right end, in the page's order: so the first match is
// the first, and the work can be counted. The library's own search collects all matches, from the
// left, and a page could make that take minutes.
class Matcher {
 public:
  explicit Matcher(modest_finder_t* finder) : finder_(finder) {}

  bool exhausted() const { return work_ > kMostWork; }

  bool any_matches(const mycss_selectors_list_t* list, Node& node) {
    for (; list != nullptr; list = list->next)
      for (std::size_t i = 0; i < list->entries_list_length; ++i) {
        Entry* last = list->entries_list[i].entry;
        while (last->next != nullptr) last = last->next;
        if (matches(*last, node)) return true;
      }
    return false;
  }

 private:
  bool matches(Entry& entry, Node& node) {
    if (++work_ > kMostWork || !is_element(node) || !test(entry, node)) return false;
    if (entry.prev == nullptr) return true;
    switch (entry.combinator) {
      case MyCSS_SELECTORS_COMBINATOR_UNDEF:
        return matches(*entry.prev, node);
      case MyCSS_SELECTORS_COMBINATOR_CHILD:
        return matches_at(parent_element(node), entry);
      case MyCSS_SELECTORS_COMBINATOR_DESCENDANT:
        for (Node* at = parent_element(node); at != nullptr && !exhausted();
             at = parent_element(*at))
          if (matches(*entry.prev, *at)) return true;
        return false;
      case MyCSS_SELECTORS_COMBINATOR_NEXT_SIBLING:
        return matches_at(previous_element(node), entry);
      case MyCSS_SELECTORS_COMBINATOR_FOLLOWING_SIBLING:
        for (Node* at = previous_element(node); at != nullptr && !exhausted();
             at = previous_element(*at))
          if (matches(*entry.prev, *at)) return true;
        return false;
      default:
        return false;
    }
  }

  bool matches_at(Node* node, Entry& entry) {
    return node != nullptr && matches(*entry.prev, *node);
  }

  // One simple selector by itself.
  bool test(Entry& entry, Node& node) {
    mycss_selectors_specificity_t unused = {0, 0, 0};
    switch (entry.type) {
      case MyCSS_SELECTORS_TYPE_ELEMENT:
        return modest_finder_selector_type_element(finder_, &node, &entry, &unused);
      case MyCSS_SELECTORS_TYPE_ID:
        return modest_finder_selector_type_id(finder_, &node, &entry, &unused);
      case MyCSS_SELECTORS_TYPE_CLASS:
        return modest_finder_selector_type_class(finder_, &node, &entry, &unused);
      case MyCSS_SELECTORS_TYPE_ATTRIBUTE:
        return attribute_matches(entry, node);
      case MyCSS_SELECTORS_TYPE_PSEUDO_CLASS:
        count_siblings(node);
        return !exhausted() &&
               modest_finder_selector_type_pseudo_class(finder_, &node, &entry, &unused);
      case MyCSS_SELECTORS_TYPE_PSEUDO_CLASS_FUNCTION:
        if (holds_selectors(entry))
          return any_matches(selectors_in(entry), node) ==
                 (entry.sub_type == MyCSS_SELECTORS_SUB_TYPE_PSEUDO_CLASS_FUNCTION_MATCHES);
        count_siblings(node);
        return !exhausted() &&
               modest_finder_selector_type_pseudo_class_function(finder_, &node, &entry, &unused);
      default:
        return false;
    }
  }

  // What the library is about to do to find the place of a node among them.
  void count_siblings(const Node& node) {
    for (const Node* at = node.prev; at != nullptr && !exhausted(); at = at->prev) ++work_;
    for (const Node* at = node.next; at != nullptr && !exhausted(); at = at->next) ++work_;
  }

  modest_finder_t* finder_;
  std::int64_t work_ = 0;
};

struct Growth {
  std::size_t nodes = 0;
  bool too_large = false;
};

// Called for every node of the page as it grows. Deep nesting makes the parser's work quadratic,
// and a few formatting elements that are never closed can make a small page a tree of gigabytes.
void watch_growth(myhtml_tree_t* tree, Node*, void* context) {
  auto& growth = *static_cast<Growth*>(context);
  ++growth.nodes;
  if (growth.nodes <= kMostHtmlNodes && tree->open_elements->length <= kDeepestHtml) return;
  growth.too_large = true;
  // The rest is read, but nothing is made of it.
  tree->parse_flags = MyHTML_TREE_PARSE_FLAGS_WITHOUT_BUILD_TREE;
}

std::optional<std::string> attribute_of(const Node& node, std::string_view name) {
  const myhtml_token_attr_t* attribute = find_attribute(node, name);
  if (attribute == nullptr) return std::nullopt;
  return std::string(text_in(attribute->value));
}

std::string text_of(const Node& top) {
  std::string text;
  for (const Node* node = &top; node != nullptr; node = next_in(top, node))
    if (node->tag_id == MyHTML_TAG__TEXT && node->token != nullptr)
      text += text_in(node->token->str);
  constexpr std::string_view kSpace = " \t\n\f\r";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(kSpace) + 1 - first);
}

}  // namespace

struct HtmlSelector::Parsed {
  std::unique_ptr<mycss_t, CssDeleter> css;
  std::unique_ptr<mycss_entry_t, CssEntryDeleter> entry;
  std::unique_ptr<modest_finder_t, FinderDeleter> finder;
  mycss_selectors_list_t* list = nullptr;  // lives in `entry`
};

HtmlSelector::HtmlSelector(std::unique_ptr<const Parsed> parsed) : parsed_(std::move(parsed)) {}
HtmlSelector::HtmlSelector(HtmlSelector&&) noexcept = default;
HtmlSelector& HtmlSelector::operator=(HtmlSelector&&) noexcept = default;
HtmlSelector::~HtmlSelector() = default;

Result<HtmlSelector> HtmlSelector::parse(std::string_view selector) {
  const auto no_selector = [selector](std::string_view why) {
    return failure(fmt::format("'{}' is no CSS selector: {}", printable_line(selector, 80), why));
  };
  // The parser reads them wrongly.
  if (selector.find('\\') != std::string_view::npos)
    return no_selector("escapes are not supported");
  auto parsed = std::make_unique<Parsed>();
  parsed->css.reset(mycss_create());
  parsed->entry.reset(mycss_entry_create());
  parsed->finder.reset(modest_finder_create_simple());
  if (!parsed->css || !parsed->entry || !parsed->finder || mycss_init(parsed->css.get()) != 0 ||
      mycss_entry_init(parsed->css.get(), parsed->entry.get()) != 0)
    return failure("there is no memory for a CSS selector");
  mystatus_t status = 0;
  parsed->list = mycss_selectors_parse(mycss_entry_selectors(parsed->entry.get()), MyENCODING_UTF_8,
                                       selector.data(), selector.size(), &status);
  if (const std::string fault = fault_of(parsed->list); !fault.empty()) return no_selector(fault);
  return HtmlSelector(std::move(parsed));
}

Result<std::optional<std::string>> first_match(std::string_view html, const HtmlSelector& selector,
                                               std::string_view attribute) {
  if (html.size() > kLargestHtml)
    return failure(fmt::format("the page is larger than {} MiB", kLargestHtml >> 20));
  if (html.empty()) return std::nullopt;
  const std::unique_ptr<myhtml_t, HtmlDeleter> parser(myhtml_create());
  if (!parser || myhtml_init(parser.get(), MyHTML_OPTIONS_PARSE_MODE_SINGLE, 1, 0) != 0)
    return failure("there is no memory for an HTML page");
  const std::unique_ptr<myhtml_tree_t, TreeDeleter> tree(myhtml_tree_create());
  if (!tree || myhtml_tree_init(tree.get(), parser.get()) != 0)
    return failure("there is no memory for an HTML page");
  Growth growth;
  tree->callback_tree_node_insert = watch_growth;
  tree->callback_tree_node_insert_ctx = &growth;
  const mystatus_t status = myhtml_parse(tree.get(), MyENCODING_UTF_8, html.data(), html.size());
  if (growth.too_large)
    return failure(fmt::format("the page has more than {} nodes or is nested more than {} deep",
                               kMostHtmlNodes, kDeepestHtml));
  if (status != 0) return failure(fmt::format("the page cannot be parsed (status {})", status));
  Node* const top = myhtml_tree_get_document(tree.get());
  if (top == nullptr) return std::nullopt;
  Matcher matcher(selector.parsed_->finder.get());
  for (Node* node = top; node != nullptr; node = next_in(*top, node)) {
    const bool matches = matcher.any_matches(selector.parsed_->list, *node);
    if (matcher.exhausted()) return failure("the page is too large for this selector");
    if (!matches) continue;
    return attribute.empty() ? text_of(*node) : attribute_of(*node, attribute);
  }
  return std::nullopt;
}

}  // namespace tidemark::extract
