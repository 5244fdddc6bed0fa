#pragma once

#include <string>
#include <string_view>

namespace tidemark::analysis {

// Twelve hexadecimal digits for a line of code, by which a finding is known again: of the
// function's name and the line without its comment and without blanks, those in string literals
// apart. So neither moved lines, nor another indentation, nor a `# noqa`, nor renamed files and
// folders change it. Without a source line, of the function, and of the name that generated code
// has in place of a file: "<attrs generated init shop.Order>". Pure.
std::string fingerprint(std::string_view function, std::string_view source,
                        std::string_view file = {});

}  // namespace tidemark::analysis
