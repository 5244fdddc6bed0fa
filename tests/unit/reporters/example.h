#pragma once

// A finished report with one of everything, and one whose every text is hostile.

#include <string>

#include "harness/analysis/report.h"

namespace tidemark::reporters {

inline analysis::GateReport leaking_gate() {
  analysis::GateReport gate;
  gate.id = "growth";
  gate.outcome = analysis::Outcome::kFail;
  gate.classification = analysis::Shape::kLeak;
  gate.limit = Quantity{64, Unit::kBytesPerIteration};
  gate.measured = analysis::Measured{{1016, Unit::kBytesPerIteration}, 1000, 1040};
  gate.signal = "live_bytes";
  gate.shape_signal = "live_blocks";
  gate.decided_at = 407;
  gate.reason = "1016 B/iteration stay behind, and it goes on";
  gate.position = {"shop.yaml", 12, 13};
  return gate;
}

inline analysis::GateReport passing_gate() {
  analysis::GateReport gate;
  gate.id = "fds";
  gate.gate = plan::Gate::kFds;
  gate.outcome = analysis::Outcome::kPass;
  gate.classification = analysis::Shape::kStable;
  gate.limit = Quantity{0, Unit::kCountPerIteration};
  gate.measured = analysis::Measured{{0, Unit::kCountPerIteration}, 0, 0};
  gate.signal = gate.shape_signal = "fds";
  gate.reason = "+0 in 376 iterations";
  gate.position = {"shop.yaml", 13, 10};
  return gate;
}

inline analysis::ScenarioReport leaking_scenario() {
  analysis::ScenarioReport scenario;
  scenario.name = "leak-list";
  scenario.description = "1,000 bytes kept";
  scenario.file = "shop.yaml";
  scenario.position = {"shop.yaml", 8, 3};
  scenario.folder = "leak-list";
  scenario.outcome = analysis::Outcome::kFail;
  scenario.iterations = 407;
  scenario.duration = Seconds(2.5);
  scenario.growth_began = 31;
  scenario.repeat_command = "tidemark run shop.yaml --only '^leak-list$'";
  scenario.requests = {
      407, 406, 1, 0, 0, 1200, 376, Seconds(0.001), Seconds(0.002), Seconds(0.003), Seconds(0.004)};
  scenario.gates = {leaking_gate(), passing_gate()};
  scenario.exhaustion = {Seconds(52'200), Seconds(50'000),     Seconds(54'700), 1'044'000, 20, true,
                         2048_MiB,        "production.memory", 42_MiB};
  const analysis::Series live{record::Signal::kLiveBytes,
                              {{0, 0, 40e6}, {31, 31, 41e6}, {71, 40, 41.04e6}, {73, 2, 41.042e6}}};
  scenario.processes = {
      {{4711, 1}, "main", "gunicorn shop.wsgi", "CPython 3.11.2", {{2, 3, 40, 0, 10, 1}}, {live}}};
  scenario.charts = {{live, analysis::Slope{1016, 1000, 1040, 60, 41.03e6}, 31}};
  scenario.peaks = {{1, true, 3_MiB, false}, {7, false, 2_MiB, true}};
  scenario.unexpected_answers = {
      {40, "GET /", "status 500 where one below 400 was expected", "oops"}};
  scenario.audit = {{"answers", true, "406 of 407 iterations were answered as expected"},
                    {"swap", false, "4 KiB were swapped out"}};
  return scenario;
}

inline analysis::RunReport run_of(std::vector<analysis::ScenarioReport> scenarios) {
  return analysis::report_run(std::move(scenarios), "shop", "2026-01-31T12:00:00Z", Seconds(3),
                              {{"kernel", "Linux 6.1"}});
}

// Markup for every format, a terminal's escape sequence, a bidirectional override, broken UTF-8.
inline const std::string kHostile =
    "</script><script>alert(1)</script>]]>&\"'`|*[x](javascript:y)\x1b[31m\x07\xff\xE2\x80\xAE";

inline analysis::ScenarioReport hostile_scenario() {
  analysis::ScenarioReport scenario = leaking_scenario();
  for (std::string* text :
       {&scenario.name, &scenario.description, &scenario.file, &scenario.folder, &scenario.message,
        &scenario.repeat_command, &scenario.plan, &scenario.gates[0].id, &scenario.gates[0].reason,
        &scenario.gates[0].signal, &scenario.gates[0].position.file, &scenario.processes[0].command,
        &scenario.processes[0].runtime, &scenario.unexpected_answers[0].request,
        &scenario.unexpected_answers[0].what, &scenario.unexpected_answers[0].body,
        &scenario.audit[1].detail})
    *text += kHostile;
  return scenario;
}

}  // namespace tidemark::reporters
