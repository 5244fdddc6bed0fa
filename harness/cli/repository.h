#pragma once

// The repository that Tidemark was started in, as CI servers say or as its folders tell.

#include "reporters/code/source_root.h"

namespace tidemark::cli {

// The root is the first of GITHUB_WORKSPACE, CI_PROJECT_DIR and WORKSPACE that the working
// directory lies in; else the nearest folder above with a `.git`; else the working directory.
reporters::SourceRoot find_source_root();

}  // namespace tidemark::cli
