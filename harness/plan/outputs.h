#pragma once

// What a run writes beside its own folder's files: what a profile or the command line asks for.
// Value types, and the pure function that types it.

#include <map>
#include <optional>
#include <string>

#include "harness/scenario/scalar.h"

namespace tidemark::plan {

class Values;

// When workflow commands are printed: where GitHub Actions runs it; always; never.
enum class AnnotationMode { kAuto, kGithub, kOff };

struct Outputs {
  std::map<std::string, std::string> files;  // paths from the working directory, by kOutputFiles
  std::optional<AnnotationMode> annotations;

  friend bool operator==(const Outputs&, const Outputs&) = default;
};

Outputs typed_outputs(const scenario::NamedValues& written, Values& values);

}  // namespace tidemark::plan
