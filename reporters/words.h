#pragma once

// What several reporters say in the same words. Pure; the text is not escaped yet.

#include <string>

#include "harness/analysis/report.h"

namespace tidemark::reporters {

// "1.01 KiB/iteration", with its interval where there is one: "1.01 KiB/iteration (998 B to 1.03
// KiB)"; "not measured".
std::string measured_words(const analysis::GateReport& gate);

// "64 B/iteration"; empty without a limit.
std::string limit_words(const analysis::GateReport& gate);

// How far the value is from its limit: "16 x the limit", "34 % of the limit"; empty where that says
// nothing.
std::string margin_words(const analysis::GateReport& gate);

// Beside the growth gate, where memory will run out: "at 20/s it reaches 2 GiB after 14.5 h (13.9 h
// to 15.2 h)"; empty otherwise.
std::string exhaustion_words(const analysis::ScenarioReport& scenario,
                             const analysis::GateReport& gate);

// "fail, as expected", "pass", "no failure, though one was expected".
std::string outcome_words(const analysis::ScenarioReport& scenario);

// "14 scenarios: 13 as expected, 1 failed".
std::string summary_words(const analysis::RunReport& report);

// Whether a gate's failure is what the scenario is there to show.
bool is_expected(const analysis::ScenarioReport& scenario, const analysis::GateReport& gate);

}  // namespace tidemark::reporters
