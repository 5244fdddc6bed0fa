#include <fmt/format.h>

#include <pugixml.hpp>
#include <sstream>

#include "harness/base/text.h"
#include "reporters/code/problems.h"
#include "reporters/reporters.h"
#include "reporters/words/sweep_words.h"
#include "reporters/words/words.h"

namespace tidemark::reporters {
namespace {

using analysis::GateReport;
using analysis::Outcome;
using analysis::RunReport;
using analysis::ScenarioReport;
using analysis::SweepReport;

constexpr std::size_t kLongestAttribute = 2000;  // bytes

// XML 1.0 has no way to write most control characters, so they must be gone before pugixml sees
// them.
void set(pugi::xml_node node, const char* name, const std::string& value) {
  node.append_attribute(name).set_value(distinct_line(value, kLongestAttribute).c_str());
}

void set_number(pugi::xml_node node, const char* name, std::size_t value) {
  node.append_attribute(name).set_value(static_cast<unsigned long long>(value));
}

struct Counts {
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t errors = 0;
  std::size_t skipped = 0;

  Counts& operator+=(const Counts& other) {
    tests += other.tests;
    failures += other.failures;
    errors += other.errors;
    skipped += other.skipped;
    return *this;
  }
};

void set_counts(pugi::xml_node node, const Counts& counts) {
  set_number(node, "tests", counts.tests);
  set_number(node, "failures", counts.failures);
  set_number(node, "errors", counts.errors);
  set_number(node, "skipped", counts.skipped);
}

// What the cases of one suite have in common.
struct Suite {
  pugi::xml_node node;
  std::string name;
  std::string file;
  std::string message;         // why it ended early
  std::string repeat_command;  // empty: it is not known
  Counts counts = {};

  pugi::xml_node add_case(const std::string& case_name, const SourcePosition& position) {
    ++counts.tests;
    pugi::xml_node test_case = node.append_child("testcase");
    set(test_case, "name", case_name);
    set(test_case, "classname", fmt::format("{}.{}", file, name));
    set(test_case, "time", "0");
    set(test_case, "file", position.known() ? position.file : file);
    if (position.known()) set_number(test_case, "line", static_cast<std::size_t>(position.line));
    return test_case;
  }

  void add_failure(pugi::xml_node test_case, const std::string& failure,
                   const std::string& details = {}) {
    add_problem(test_case, "failure", Outcome::kFail, failure, details);
    ++counts.failures;
  }

  void add_error(pugi::xml_node test_case, Outcome outcome, const std::string& error,
                 const std::string& details) {
    add_problem(test_case, "error", outcome, error, details);
    ++counts.errors;
  }

  void add_gate(const GateReport& gate, bool is_problem, const std::string& details) {
    pugi::xml_node test_case = add_case(gate.id, gate.position);
    if (!is_problem) return;
    if (gate.outcome == Outcome::kFail)
      add_failure(test_case, gate_sentence(gate), details);
    else
      add_error(test_case, gate.outcome, gate_sentence(gate), details);
  }

  // The message stands in the text too: GitLab shows nothing but the text.
  void add_problem(pugi::xml_node test_case, const char* element, Outcome outcome,
                   const std::string& problem, const std::string& details) const {
    pugi::xml_node child = test_case.append_child(element);
    set(child, "message", problem);
    set(child, "type", std::string(outcome_name(outcome)));
    std::string text = problem;
    if (!details.empty()) text += "\n" + details;
    if (!message.empty()) text += "\n" + message;
    if (!repeat_command.empty()) text += "\nagain: " + repeat_command;
    child.text().set(printable(text).c_str());
  }
};

template <typename Report>
bool lacks_failure(const Report& report) {
  return report.expected == plan::ExpectedOutcome::kFail && report.outcome == Outcome::kFail;
}

Counts write(Suite suite, const ScenarioReport& scenario) {
  if (scenario.outcome == Outcome::kSkipped) {
    pugi::xml_node test_case = suite.add_case("skipped", scenario.position);
    set(test_case.append_child("skipped"), "message", scenario.message);
    ++suite.counts.skipped;
    return suite.counts;
  }
  for (const GateReport& gate : scenario.gates)
    suite.add_gate(gate, is_problem(scenario, gate), gate_details(scenario, gate));
  if (lacks_failure(scenario))
    suite.add_failure(suite.add_case("expect_outcome", scenario.position), kMissingFailure);
  return suite.counts;
}

Counts write(Suite suite, const SweepReport& sweep) {
  for (const GateReport& gate : sweep.gates)
    suite.add_gate(gate, is_problem(sweep, gate), /*details=*/"");
  if (lacks_failure(sweep))
    suite.add_failure(suite.add_case("expect_outcome", sweep.gates.front().position),
                      kMissingFailure);
  return suite.counts;
}

// The run as a whole, where it was not the whole run: a server must not take it for a good one.
Counts write(Suite suite, const RunReport& report) {
  suite.add_error(suite.add_case("interrupted", SourcePosition()), Outcome::kInconclusive,
                  verdict_words(report), not_run_words(report));
  return suite.counts;
}

// A strict Ant schema takes no zone; the report's time is UTC.
pugi::xml_node add_suite(pugi::xml_node suites, const std::string& name, const RunReport& report,
                         Seconds duration) {
  pugi::xml_node suite = suites.append_child("testsuite");
  set(suite, "name", name);
  set(suite, "timestamp", report.started.substr(0, report.started.find('Z')));
  set(suite, "time", fmt::format("{:.3f}", duration.count()));
  return suite;
}

}  // namespace

std::string render_junit(const RunReport& report) {
  pugi::xml_document document;
  pugi::xml_node declaration = document.append_child(pugi::node_declaration);
  declaration.append_attribute("version").set_value("1.0");
  declaration.append_attribute("encoding").set_value("UTF-8");
  pugi::xml_node suites = document.append_child("testsuites");
  set(suites, "name", report.name);
  Counts all;
  const auto add = [&](pugi::xml_node node, const Counts& counts) {
    set_counts(node, counts);
    all += counts;
  };
  for (const ScenarioReport& scenario : report.scenarios) {
    pugi::xml_node node = add_suite(suites, scenario.name, report, scenario.duration);
    add(node, write({node, scenario.name, scenario.file, scenario.message, scenario.repeat_command},
                    scenario));
  }
  // Their time is that of their points, which have suites of their own.
  for (const SweepReport& sweep : report.sweeps) {
    if (sweep.gates.empty()) continue;
    const std::string name = sweep_title(sweep);
    pugi::xml_node node = add_suite(suites, name, report, Seconds(0));
    add(node, write({node, name, sweep.file, "", repeat_command(sweep, report)}, sweep));
  }
  if (report.interrupted) {
    const std::string file = report.scenarios.empty() ? "" : report.scenarios.front().file;
    pugi::xml_node node = add_suite(suites, report.name, report, Seconds(0));
    add(node, write({node, report.name, file, "", ""}, report));
  }
  // Jenkins' xUnit plug-in takes no `skipped` here.
  set_number(suites, "tests", all.tests);
  set_number(suites, "failures", all.failures);
  set_number(suites, "errors", all.errors);
  set(suites, "time", fmt::format("{:.3f}", report.duration.count()));
  std::ostringstream text;
  document.save(text, "  ");
  return text.str();
}

}  // namespace tidemark::reporters
