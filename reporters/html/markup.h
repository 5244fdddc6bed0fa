#pragma once

// Text made safe to stand in HTML and SVG, and tables of it. Pure.

#include <string>
#include <string_view>

namespace tidemark::reporters {

// For content and for quoted attributes alike; control characters and broken UTF-8 are gone too,
// and what a reader would never reach: the rest of a text of megabytes.
std::string html(std::string_view text);

// What a scenario's section is called in links. No other part of the page has a name that begins
// so.
std::string scenario_id(const std::string& folder);

// A cell, "td" or "th", of words that are not escaped yet.
std::string cell(std::string_view element, const std::string& words, bool is_number);

// A table of rows as markup that scrolls where it is too wide.
std::string table(const std::string& head, const std::string& rows);

}  // namespace tidemark::reporters
