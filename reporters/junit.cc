#include <fmt/format.h>

#include <pugixml.hpp>
#include <sstream>

#include "harness/base/text.h"
#include "reporters/findings_lines.h"
#include "reporters/reporters.h"
#include "reporters/words.h"

namespace tidemark::reporters {
namespace {

using analysis::GateReport;
using analysis::Outcome;
using analysis::RunReport;
using analysis::ScenarioReport;

// XML 1.0 has no way to write most control characters, so they must be gone before pugixml sees
// them.
void set(pugi::xml_node node, const char* name, const std::string& value) {
  node.append_attribute(name).set_value(printable_line(value, 2000).c_str());
}

void set_number(pugi::xml_node node, const char* name, std::size_t value) {
  node.append_attribute(name).set_value(static_cast<unsigned long long>(value));
}

std::string sentence(const GateReport& gate) {
  const std::string limit = limit_words(gate);
  return fmt::format("{}: {}{}; {}", gate.id, measured_words(gate),
                     limit.empty() ? "" : ", limit " + limit, gate.reason);
}

// What stands below the message: when memory runs out, and the lines that keep it.
std::string details_of(const ScenarioReport& scenario, const GateReport& gate) {
  std::string details = exhaustion_words(scenario, gate);
  std::string findings = findings_lines(scenario, gate, {.indentation = ""});
  if (findings.empty()) return details;
  findings.pop_back();  // the last line's end
  return details.empty() ? findings : details + "\n" + findings;
}

// The message stands in the text too: GitLab shows nothing but the text.
void add_problem(pugi::xml_node test_case, const char* element, const std::string& type,
                 const std::string& message, const ScenarioReport& scenario,
                 const std::string& details = {}) {
  pugi::xml_node problem = test_case.append_child(element);
  set(problem, "message", message);
  set(problem, "type", type);
  std::string text = message;
  if (!details.empty()) text += "\n" + details;
  if (!scenario.message.empty()) text += "\n" + scenario.message;
  text += "\nagain: " + scenario.repeat_command;
  problem.text().set(printable(text).c_str());
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

class SuiteWriter {
 public:
  SuiteWriter(pugi::xml_node suite, const ScenarioReport& scenario)
      : suite_(suite), scenario_(scenario) {}

  Counts write() {
    if (scenario_.outcome == Outcome::kSkipped) {
      pugi::xml_node test_case = add_case("skipped", scenario_.position);
      set(test_case.append_child("skipped"), "message", scenario_.message);
      ++counts_.skipped;
      return counts_;
    }
    for (const GateReport& gate : scenario_.gates) write_gate(gate);
    const bool missing_failure =
        scenario_.expected == plan::ExpectedOutcome::kFail && scenario_.outcome == Outcome::kFail;
    if (missing_failure) {
      add_problem(add_case("expect_outcome", scenario_.position), "failure", "fail",
                  "no gate failed, though one was expected to", scenario_);
      ++counts_.failures;
    }
    return counts_;
  }

 private:
  pugi::xml_node add_case(const std::string& name, const SourcePosition& position) {
    ++counts_.tests;
    pugi::xml_node test_case = suite_.append_child("testcase");
    set(test_case, "name", name);
    set(test_case, "classname", fmt::format("{}.{}", scenario_.file, scenario_.name));
    set(test_case, "time", "0");
    set(test_case, "file", position.known() ? position.file : scenario_.file);
    if (position.known()) set_number(test_case, "line", static_cast<std::size_t>(position.line));
    return test_case;
  }

  void write_gate(const GateReport& gate) {
    pugi::xml_node test_case = add_case(gate.id, gate.position);
    if (gate.outcome == Outcome::kPass || is_expected(scenario_, gate)) return;
    const bool failed = gate.outcome == Outcome::kFail;
    add_problem(test_case, failed ? "failure" : "error", std::string(outcome_name(gate.outcome)),
                sentence(gate), scenario_, details_of(scenario_, gate));
    ++(failed ? counts_.failures : counts_.errors);
  }

  pugi::xml_node suite_;
  const ScenarioReport& scenario_;
  Counts counts_;
};

}  // namespace

std::string render_junit(const RunReport& report) {
  pugi::xml_document document;
  pugi::xml_node declaration = document.append_child(pugi::node_declaration);
  declaration.append_attribute("version").set_value("1.0");
  declaration.append_attribute("encoding").set_value("UTF-8");
  pugi::xml_node suites = document.append_child("testsuites");
  set(suites, "name", report.name);
  Counts all;
  for (const ScenarioReport& scenario : report.scenarios) {
    pugi::xml_node suite = suites.append_child("testsuite");
    set(suite, "name", scenario.name);
    // A strict Ant schema takes no zone; the report's time is UTC.
    set(suite, "timestamp", report.started.substr(0, report.started.find('Z')));
    set(suite, "time", fmt::format("{:.3f}", scenario.duration.count()));
    const Counts counts = SuiteWriter(suite, scenario).write();
    set_counts(suite, counts);
    all += counts;
  }
  set_counts(suites, all);
  set(suites, "time", fmt::format("{:.3f}", report.duration.count()));
  std::ostringstream text;
  document.save(text, "  ");
  return text.str();
}

}  // namespace tidemark::reporters
