#pragma once

// The finished report as text, in each of its forms. Pure functions: they decide nothing, read
// nothing and write nothing. Text from the target is hostile in every one of them and is escaped
// here.

#include <cstddef>
#include <string>

#include "harness/analysis/doctor_report.h"
#include "harness/analysis/growth_verdict.h"
#include "harness/analysis/report.h"
#include "reporters/code/source_root.h"

namespace tidemark::reporters {

struct ConsoleStyle {
  bool color = false;
  bool only_problems = false;  // leave out what passed
  std::size_t most_rows = 0;   // beyond, what is as it should be is folded and counted; 0: all
  std::size_t width = 0;  // columns; the table of gates has no more where it can be done; 0: any
};

// For people at a terminal, when the run is over: a table of all gates, then for each scenario that
// is not as it should be why, the lines that were found and how to repeat it.
std::string render_console(const analysis::RunReport& report, const ConsoleStyle& style);

// One line as soon as a scenario is over.
std::string render_console_line(const analysis::ScenarioReport& scenario,
                                const ConsoleStyle& style);

// For programs: result.schema.json describes it. The same report gives the same bytes.
std::string render_json(const analysis::RunReport& report);

// One JSON object in one line (reporters/README.md): a foreign series, or a record judged again.
std::string render_verdict(const std::string& file, const analysis::GrowthVerdict& judged);
std::string render_verdict(const std::string& file, const analysis::ScenarioReport& scenario);

// For CI servers: a suite a scenario, a case a gate. An expected failure is a passed case.
std::string render_junit(const analysis::RunReport& report);

// For job summaries and merge requests.
std::string render_markdown(const analysis::RunReport& report);

// One page without any other file, readable without scripts.
std::string render_html(const analysis::RunReport& report);

// For services that show results beside code, each in its own format: workflow commands of GitHub
// Actions, one a line; GitLab's code quality; SARIF 2.1.0.
std::string render_annotations(const analysis::RunReport& report, const SourceRoot& root);
std::string render_code_quality(const analysis::RunReport& report, const SourceRoot& root);
std::string render_sarif(const analysis::RunReport& report, const SourceRoot& root);

// What was measured, as OpenMetrics text.
std::string render_open_metrics(const analysis::RunReport& report);

// What `tidemark doctor` found: for people, and the same for programs (reporters/README.md).
std::string render_doctor(const analysis::DoctorReport& report, const ConsoleStyle& style);
std::string render_doctor_json(const analysis::DoctorReport& report);

}  // namespace tidemark::reporters
