#pragma once

// YAML in, structure and every structural mistake out. Whether values make sense is plan/'s
// question.

#include <filesystem>

#include "harness/base/error.h"
#include "harness/scenario/diagnostics.h"
#include "harness/scenario/scenario.h"

namespace tidemark::scenario {

struct ReadScenario {
  ScenarioFile file;        // as much as could be read, even when there are diagnostics
  Diagnostics diagnostics;  // in no particular order; empty: the structure is sound
};

// An Error only when the file cannot be opened.
Result<ReadScenario> read_scenario_file(const std::filesystem::path& path);

// The same for text in memory; `path` goes into positions only.
ReadScenario read_scenario(std::string text, const std::string& path);

}  // namespace tidemark::scenario
