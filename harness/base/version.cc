#include "harness/base/version.h"

namespace tidemark {

std::string version() {
  return TIDEMARK_VERSION;
}

}  // namespace tidemark
