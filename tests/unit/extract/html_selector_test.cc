#include "harness/extract/html_selector.h"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/unit/extract/pieces.h"

namespace tidemark::extract {
namespace {

// What is found: "(nothing)" and "error: …" are told from values by their looks.
std::string found(const std::string& selector, std::string_view html,
                  std::string_view attribute = "") {
  const Result<HtmlSelector> parsed = HtmlSelector::parse(selector);
  if (!parsed) return "error: " + parsed.error().message;
  const Result<std::optional<std::string>> match = first_match(html, *parsed, attribute);
  if (!match) return "error: " + match.error().message;
  return match->value_or("(nothing)");
}

std::string fault(const std::string& selector) {
  const Result<HtmlSelector> parsed = HtmlSelector::parse(selector);
  return parsed ? "" : parsed.error().message;
}

constexpr std::string_view kForm = R"(<!DOCTYPE html><title>Log in &amp; out</title>
  <form id=login class="narrow dark">
    <input type="hidden" name="csrfmiddlewaretoken" value="abc&quot;&#233;&amp;">
    <input name=username disabled><input name=password type=password required value>
    <p class=note>Hello, <b>Ann</b>!</p> <p>Second</p><p lang=en-GB>Third</p>
    <ul><li>1<li class=x>2<li>3</ul>
  </form>)";

TEST(HtmlSelector, TakesAnAttributeOrTheText) {
  EXPECT_EQ(found("input[name=csrfmiddlewaretoken]", kForm, "value"), "abc\"\u00e9&");
  EXPECT_EQ(found("input[name=csrfmiddlewaretoken]", kForm, "VALUE"), "abc\"\u00e9&");
  EXPECT_EQ(found("title", kForm), "Log in & out");
  EXPECT_EQ(found(".note", kForm), "Hello, Ann!");
  EXPECT_EQ(found("[name=password]", kForm, "value"), "");
  EXPECT_EQ(found("[name=username]", kForm, "value"), "(nothing)");
  EXPECT_EQ(found("input", kForm), "");
  EXPECT_EQ(found("table", kForm), "(nothing)");
  EXPECT_EQ(found("p", ""), "(nothing)");
}

TEST(HtmlSelector, SimpleSelectors) {
  EXPECT_EQ(found("#login", kForm, "class"), "narrow dark");
  EXPECT_EQ(found("FORM.dark.narrow", kForm, "id"), "login");
  EXPECT_EQ(found(".arrow", kForm, "id"), "(nothing)");
  EXPECT_EQ(found(".dar", kForm, "id"), "(nothing)");
  EXPECT_EQ(found("[class~=dark]", kForm, "id"), "login");
  EXPECT_EQ(found("[class~=ark]", kForm, "id"), "(nothing)");
  EXPECT_EQ(found("[class^='narr']", kForm, "id"), "login");
  EXPECT_EQ(found("[class$=\"ark\"]", kForm, "id"), "login");
  EXPECT_EQ(found("[class*='w d']", kForm, "id"), "login");
  EXPECT_EQ(found("[lang|=en]", kForm), "Third");
  EXPECT_EQ(found("[lang|=e]", kForm), "(nothing)");
  EXPECT_EQ(found("[class^='']", kForm), "(nothing)");
  EXPECT_EQ(found("[value='']", kForm, "name"), "password");
  EXPECT_EQ(found("#LOGIN", kForm, "id"), "(nothing)");
  EXPECT_EQ(found("[id=LOGIN]", kForm, "id"), "(nothing)");
  EXPECT_EQ(found("[id=LOGIN i]", kForm, "id"), "login");
  EXPECT_EQ(found("*", kForm), found("html", kForm));
}

TEST(HtmlSelector, Combinators) {
  EXPECT_EQ(found("form b", kForm), "Ann");
  EXPECT_EQ(found("form > b", kForm), "(nothing)");
  EXPECT_EQ(found("form > p > b", kForm), "Ann");
  EXPECT_EQ(found("p + p", kForm), "Second");
  EXPECT_EQ(found(".note + p + p", kForm), "Third");
  EXPECT_EQ(found("input ~ p[lang]", kForm), "Third");
  EXPECT_EQ(found("p ~ input", kForm), "(nothing)");
  EXPECT_EQ(found("body form.narrow ul > .x ~ li", kForm), "3");
}

TEST(HtmlSelector, PseudoClasses) {
  EXPECT_EQ(found("li:first-child", kForm), "1");
  EXPECT_EQ(found("li:nth-child(2)", kForm), "2");
  EXPECT_EQ(found("li:nth-child(2n+3)", kForm), "3");
  EXPECT_EQ(found("li:last-child", kForm), "3");
  EXPECT_EQ(found("p:nth-of-type(2)", kForm), "Second");
  EXPECT_EQ(found("li:nth-last-child(2)", kForm), "2");
  EXPECT_EQ(found("input:not([type=hidden])", kForm, "name"), "username");
  EXPECT_EQ(found("li:not(:first-child):not(.x)", kForm), "3");
  EXPECT_EQ(found("p:matches(.none, [lang])", kForm), "Third");
  EXPECT_EQ(found("input:disabled", kForm, "name"), "username");
  EXPECT_EQ(found("input:required", kForm, "name"), "password");
  EXPECT_EQ(found("p:empty", "<p>a</p><p id=e></p>", "id"), "e");
  EXPECT_EQ(found("input:checked", "<input type=radio id=a><input type=radio checked id=b>", "id"),
            "b");
}

TEST(HtmlSelector, OfSeveralSelectorsTheFirstInThePageCounts) {
  EXPECT_EQ(found("li, p, b", kForm), "Hello, Ann!");
  EXPECT_EQ(found("table, b", kForm), "Ann");
}

TEST(HtmlSelector, ABadSelectorIsExplained) {
  EXPECT_EQ(fault(""), "'' is no CSS selector: it is empty");
  EXPECT_EQ(fault("a["), "'a[' is no CSS selector: it breaks off or is misspelt");
  for (const char* bad : {"a >", "> a", "a,,b", ",a", "..a", "a||b", "[a!=b]", "a)", "a{}", "a;b",
                          "svg|a", "/items/0", "a:not(b c)"})
    EXPECT_EQ(fault(bad),
              std::string("'") + bad + "' is no CSS selector: it breaks off or is misspelt");
  EXPECT_EQ(fault("a,"), "'a,' is no CSS selector: a part of it is empty");
  EXPECT_EQ(fault("a:wibble"), "'a:wibble' is no CSS selector: ':wibble' is not supported");
  EXPECT_EQ(fault("a:hover"), "'a:hover' is no CSS selector: ':hover' is not supported");
  EXPECT_EQ(fault("a::before"), "'a::before' is no CSS selector: '::before' is no element");
  EXPECT_EQ(fault("a:has(b)"),
            "'a:has(b)' is no CSS selector: ':has(…)' is not supported, or not so");
  EXPECT_EQ(fault("a:not(:has(b))"),
            "'a:not(:has(b))' is no CSS selector: ':has(…)' is not supported, or not so");
  EXPECT_EQ(fault("a:not()"),
            "'a:not()' is no CSS selector: ':not(…)' is not supported, or not so");
  EXPECT_EQ(fault("a:nth-child(x)"),
            "'a:nth-child(x)' is no CSS selector: ':nth-child(…)' is not supported, or not so");
  EXPECT_EQ(fault(".\\31 a"), "'.\\31 a' is no CSS selector: escapes are not supported");
}

TEST(HtmlSelector, EntitiesAndMarkupAreReadAsABrowserDoes) {
  EXPECT_EQ(found("p", "<p>&lt;b&gt; &eacute;&#x1F600; &nosuch; &amp"),
            "<b> \u00e9\U0001F600 &nosuch; &");
  EXPECT_EQ(found("td", "<table><tr><td>x"), "x");
  EXPECT_EQ(found("p", "<!-- <p>no</p> --><script>'<p>no</p>'</script><p>yes"), "yes");
  EXPECT_EQ(found("b", "<p><b>one<p>two"), "one");
  EXPECT_EQ(found("textarea", "<textarea> <p> </textarea>"), "<p>");
}

// Whatever a server sends: no crash, and an end in good time.
TEST(HtmlSelector, HostilePagesDoNoHarm) {
  const auto repeated = [](std::string_view text, std::size_t size) {
    std::string page;
    while (page.size() < size) page += text;
    page.resize(size);
    return page;
  };
  std::string attributes = "<p";
  for (int i = 0; attributes.size() < kLargestHtml - 20; ++i)
    attributes += " a" + std::to_string(i);
  std::string fonts;
  for (int i = 0; i < 500; ++i) fonts += "<p><font a=" + std::to_string(i) + ">x</p>";
  const std::string too_large =
      "error: the page has more than 250000 nodes or is nested more than 512 deep";
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(found("x", repeated("<div>", 500'000)), too_large);
  EXPECT_EQ(found("x", repeated("<div>", kLargestHtml)), too_large);
  EXPECT_EQ(found("x", repeated("<b><i><a>", kLargestHtml)), too_large);
  EXPECT_EQ(found("x", repeated("<table><tr><td>", kLargestHtml)), too_large);
  EXPECT_EQ(found("x", fonts + repeated("<p>x</p>", kLargestHtml - fonts.size())), too_large);
  EXPECT_EQ(found("a + x", repeated("<a></a><x></x><y></y>", 1'000'000), "q"), "(nothing)");
  EXPECT_EQ(found("a ~ b ~ a", repeated("<a></a>", 1'000'000)),
            "error: the page is too large for this selector");
  EXPECT_EQ(
      found("y:nth-child(3)", repeated("<y></y>", 1'500'000).insert(0, "<p></p><p></p><p></p>")),
      "error: the page is too large for this selector");
  EXPECT_EQ(found("x", attributes), "(nothing)");
  EXPECT_EQ(found("x", repeated("<", kLargestHtml)), "(nothing)");
  EXPECT_EQ(found("x", repeated("&", kLargestHtml)), "(nothing)");
  EXPECT_EQ(found("x", repeated("<!--", kLargestHtml)), "(nothing)");
  EXPECT_EQ(found("x", repeated("&notit;", kLargestHtml)), "(nothing)");
  EXPECT_EQ(found("x", std::string(kLargestHtml, '\0')), "(nothing)");
  EXPECT_EQ(found("x", std::string(kLargestHtml + 1, ' ')), "error: the page is larger than 4 MiB");
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(60));
}

TEST(HtmlSelector, BytesThatAreNoTextDoNoHarm) {
  EXPECT_EQ(found("p", std::string_view("<p>a\0b</p>", 10)), "ab");
  EXPECT_EQ(found("p", "<p>a\xff\xc3(b</p>"), "a\xff\xc3(b");
  EXPECT_EQ(found("p", std::string_view("<p id='a\0b\xff'>", 14), "id"),
            "a\ufffd"
            "b\xff");
}

TEST(HtmlSelector, RandomMarkupDoesNoHarm) {
  std::mt19937 random(4);
  const std::vector<std::string> scraps = {"<p>",
                                           "</p>",
                                           "<b class='x y'>",
                                           "</b>",
                                           "<table>",
                                           "</table>",
                                           "<tr>",
                                           "<td id=d>",
                                           "text",
                                           "&amp;",
                                           "&#0;",
                                           "<!--",
                                           "-->",
                                           "<script>",
                                           "</script>",
                                           "<select>",
                                           "<option selected>",
                                           "<svg>",
                                           "<math>",
                                           "</svg>",
                                           "<form>",
                                           "</form>",
                                           "<input checked type=radio>",
                                           "\xff",
                                           "<",
                                           ">",
                                           "'",
                                           "\"",
                                           "<a href",
                                           "<template>",
                                           "</template>",
                                           "<frameset>",
                                           "<body x=1>",
                                           "<html y>",
                                           "<![CDATA[",
                                           "]]>",
                                           "<?php",
                                           "<textarea>",
                                           "<plaintext>",
                                           "<mi>"};
  std::vector<HtmlSelector> selectors;
  for (const char* text :
       {"p", "b.x", "#d", "table td", "p > b + *", "a:not([href])", "input:checked",
        "*:nth-last-of-type(2n)", "svg ~ p:empty", "option:disabled", ":root > *"})
    selectors.push_back(*HtmlSelector::parse(text));
  for (int i = 0; i < 3'000; ++i) {
    std::string page;
    for (std::size_t n = random() % 40, j = 0; j < n; ++j) page += scraps[random() % scraps.size()];
    for (const HtmlSelector& selector : selectors) {
      (void)first_match(page, selector, "");
      (void)first_match(page, selector, "id");
    }
  }
}

}  // namespace
}  // namespace tidemark::extract
