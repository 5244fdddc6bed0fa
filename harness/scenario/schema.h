#pragma once

// The JSON Schema of the scenario file format, for editors and other programs. The reader does not
// use it; tests keep the two in agreement.

#include <string_view>

namespace tidemark::scenario {

// The text of scenarios/scenario.schema.json, which the program carries along.
std::string_view schema();

}  // namespace tidemark::scenario
