#pragma once

// What a browser may run and load of the page: the scripts that it was written with, and nothing
// else. Pure.

#include <initializer_list>
#include <string>
#include <string_view>

namespace tidemark::reporters {

// The content of a Content-Security-Policy. Even markup that came through in spite of all escaping
// could neither run a script nor ask any server for anything.
std::string content_security_policy(std::initializer_list<std::string_view> scripts);

}  // namespace tidemark::reporters
