#pragma once

// What several reporters say in the same words. Pure; the text is not escaped yet.

#include <string>
#include <string_view>
#include <vector>

#include "harness/analysis/report.h"

namespace tidemark::reporters {

// A value with its interval where there is one: "1.01 KiB/iteration (998 B to 1.03 KiB)".
std::string interval_words(const analysis::Measured& measured);

// "1.01 KiB/iteration", "not measured"; of a gate that limits the class of growth "O(n)", or "worse
// than O(1)" where several classes are left possible.
std::string value_words(const analysis::GateReport& gate);

// The same, with its interval where there is one.
std::string measured_words(const analysis::GateReport& gate);

// "64 B/iteration", "O(1)"; empty without a limit.
std::string limit_words(const analysis::GateReport& gate);

// How far the value is from its limit: "16 x the limit", "34 % of the limit", "2 classes worse";
// empty where that says nothing.
std::string margin_words(const analysis::GateReport& gate);

// Beside the growth gate, where memory will run out: "at 20/s it reaches 2 GiB after 14.5 h (13.9 h
// to 15.2 h)"; empty otherwise.
std::string exhaustion_words(const analysis::ScenarioReport& scenario,
                             const analysis::GateReport& gate);

// "growth: 1016 B/iteration (1000 B to 1040 B), limit 64 B/iteration; it goes on"
std::string gate_sentence(const analysis::GateReport& gate);

// Where a scenario that is there to show a failure showed none.
inline constexpr char kMissingFailure[] = "no gate failed, though one was expected to";

// "fail, as expected", "pass", "no failure, though one was expected".
std::string outcome_words(const analysis::ScenarioReport& scenario);
std::string outcome_words(const analysis::SweepReport& sweep);

// "14 scenarios: 13 as expected, 1 fail", "1 of 5 scenarios: 1 as expected"; where sweeps are
// judged as a whole, these too.
std::string summary_words(const analysis::RunReport& report);

// "pass"; "interrupted" whatever it came to until then.
std::string_view verdict_word(const analysis::RunReport& report);
std::string_view verdict_word(const analysis::RunFacts& run);

// The runs of which the report was made, a row each behind one of names; the outcome is the last
// cell. Empty where it is one run's.
std::vector<std::vector<std::string>> run_rows(const analysis::RunReport& report);

// "interrupted: 1 of 5 scenarios".
std::string verdict_words(const analysis::RunReport& report);

// What an interrupted run never began: "not run: b, c"; empty where there is nothing.
std::string not_run_words(const analysis::RunReport& report);

// Whether a gate's failure is what the scenario, or the sweep, is there to show.
bool is_expected(const analysis::ScenarioReport& scenario, const analysis::GateReport& gate);
bool is_expected(const analysis::SweepReport& sweep, const analysis::GateReport& gate);

// Whether somebody has to look at the gate: it has not passed, and its scenario was not there to
// show a failure and showed one.
bool is_problem(const analysis::ScenarioReport& scenario, const analysis::GateReport& gate);
bool is_problem(const analysis::SweepReport& sweep, const analysis::GateReport& gate);

}  // namespace tidemark::reporters
