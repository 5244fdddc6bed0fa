#pragma once

// The smallest pieces of a scenario file, with their places. Value types only.

#include <string>
#include <vector>

#include "harness/base/error.h"

namespace tidemark::scenario {

struct Scalar {
  std::string text;
  SourcePosition position;
};

struct Named {
  Scalar name;
  Scalar value;
};

// In the order of the file. A list keeps it small and the messages stable; names are unique.
using NamedValues = std::vector<Named>;

}  // namespace tidemark::scenario
