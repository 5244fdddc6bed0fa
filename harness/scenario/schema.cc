#include "harness/scenario/schema.h"

namespace tidemark::embedded {
std::string_view scenario_schema();
}  // namespace tidemark::embedded

namespace tidemark::scenario {

std::string_view schema() {
  return embedded::scenario_schema();
}

}  // namespace tidemark::scenario
