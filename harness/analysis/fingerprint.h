#pragma once

#include <string>
#include <string_view>

namespace tidemark::analysis {

// Twelve hexadecimal digits for a line of code, by which a finding is known again: of the
// function's name and the line without blanks, so that neither moved lines, nor another
// indentation, nor renamed files and folders change it. Without a source line, of the function
// alone. Pure.
std::string fingerprint(std::string_view function, std::string_view source);

}  // namespace tidemark::analysis
