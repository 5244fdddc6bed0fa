#pragma once

// What is not as it should be, one entry a gate, for services that show it beside code. Pure; the
// text is not escaped yet, and the target's is in it as it came.

#include <optional>
#include <string>
#include <vector>

#include "harness/analysis/report.h"
#include "reporters/code/source_root.h"

namespace tidemark::reporters {

struct Problem {
  analysis::Outcome outcome = analysis::Outcome::kFail;  // fail, inconclusive or invalid
  bool is_error = true;     // it fails the run; else it leaves something open
  std::string scenario;     // or the sweep, or the run
  std::string gate;         // empty: the scenario as a whole
  std::string sentence;     // what is wrong
  std::string details;      // lines: findings, why it ended early, how to repeat it; printable
  SourcePosition position;  // in the scenario file
  std::vector<analysis::Finding> to_blame;  // leaks and what is held, without what is accepted
};

// In the order of the report, behind the run's own: that it was interrupted. Failures that were
// expected are none, nor is what else could not be decided in a scenario that showed one.
std::vector<Problem> problems_of(const analysis::RunReport& report);

// "growth of export-csv"
std::string title_of(const Problem& problem);

// A line below the repository's root.
struct CodePlace {
  std::string file;  // from the root
  int line = 0;
};

// The finding's line where it is the application's, else the first one of the application at which
// its memory was allocated.
std::optional<CodePlace> place_of(const analysis::Finding& finding, const SourceRoot& root);

// In the scenario file.
std::optional<CodePlace> place_of(const SourcePosition& position, const SourceRoot& root);

// That of the first finding that has one, else the gate's own.
std::optional<CodePlace> place_of(const Problem& problem, const SourceRoot& root);

// What stands below a gate's sentence: when memory runs out, and the lines that keep it; printable.
std::string gate_details(const analysis::ScenarioReport& scenario,
                         const analysis::GateReport& gate);

}  // namespace tidemark::reporters
