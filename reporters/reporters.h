#pragma once

// The finished report as text, in each of its forms. Pure functions: they decide nothing, read
// nothing and write nothing. Text from the target is hostile in every one of them and is escaped
// here.

#include <string>

#include "harness/analysis/doctor_report.h"
#include "harness/analysis/growth_verdict.h"
#include "harness/analysis/report.h"

namespace tidemark::reporters {

struct ConsoleStyle {
  bool color = false;
  bool only_problems = false;  // leave out what passed
};

// For people at a terminal: a scenario with its gates, what failed and why, how to repeat it. One
// at a time, because each is shown as soon as it is over; the summary ends the run.
std::string render_console(const analysis::ScenarioReport& scenario, const ConsoleStyle& style);
std::string render_console_summary(const analysis::RunReport& report, const ConsoleStyle& style);

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

// What `tidemark doctor` found: for people, and the same for programs (reporters/README.md).
std::string render_doctor(const analysis::DoctorReport& report, const ConsoleStyle& style);
std::string render_doctor_json(const analysis::DoctorReport& report);

}  // namespace tidemark::reporters
