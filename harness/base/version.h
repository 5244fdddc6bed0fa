#pragma once

#include <string>

namespace tidemark {

// "0.1.0", from the project's CMakeLists.txt.
std::string version();

}  // namespace tidemark
