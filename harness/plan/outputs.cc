#include "harness/plan/outputs.h"

#include "harness/plan/values.h"

namespace tidemark::plan {

Outputs typed_outputs(const scenario::NamedValues& written, Values& values) {
  constexpr AnnotationMode kModes[] = {AnnotationMode::kAuto, AnnotationMode::kGithub,
                                       AnnotationMode::kOff};
  Outputs outputs;
  for (const auto& [name, value] : written) {
    if (name.text == scenario::kAnnotations) {
      if (const auto mode = values.choice(value, {"auto", "github", "off"}))
        outputs.annotations = kModes[*mode];
    } else if (const auto path = values.literal(value)) {
      if (path->empty()) values.report(value.position, "the path of an output is empty");
      outputs.files[name.text] = *path;
    }
  }
  return outputs;
}

}  // namespace tidemark::plan
