#pragma once

// Text that may come from strangers, made fit to show; and small helpers on strings. Pure
// functions.

#include <string>
#include <string_view>
#include <vector>

namespace tidemark {

// Valid UTF-8 without control characters: newlines and tabs stay, every other control character
// (among them the escape that starts a terminal sequence) becomes "\x1b", every broken byte U+FFFD.
std::string printable(std::string_view text);

// The same on one line: newlines and tabs become spaces; cut to `longest` bytes with a "…" at the
// end.
std::string printable_line(std::string_view text, std::size_t longest = 200);

// The same where texts must stay apart: one that is cut ends in a checksum of its whole.
std::string distinct_line(std::string_view text, std::size_t longest);

// Every byte but letters, digits and -._~ as %XX.
std::string percent_encoded(std::string_view text);

// Whether both are the same but for the case of ASCII letters, as for names of headers and
// elements.
bool equal_without_case(std::string_view a, std::string_view b);

// The candidate that a person most likely meant, or nothing when none is near: at most a third of
// the letters differ (Levenshtein distance, a swap of neighbours counting one, case not at all).
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

// Lower-case letters, digits and single hyphens, at most 60 characters, never empty: fit for a
// folder.
std::string slug(std::string_view text);

// An argument vector as a line for a POSIX shell; arguments are quoted where they need it.
std::string shell_line(const std::vector<std::string>& arguments);

std::string join(const std::vector<std::string>& parts, std::string_view separator);

}  // namespace tidemark
