#pragma once

// A finished report with one of everything, and one whose every text is hostile. What it finds is
// in example_findings.h.

#include <string>

#include "harness/analysis/report.h"
#include "tests/unit/reporters/example_findings.h"

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

// One virtual user, one request, one wrong answer.
inline analysis::LoadReport small_load() {
  analysis::LoadReport load;
  load.words = "1 virtual user";
  load.counts = {407, 406, 1, 0, 0};
  load.throughput_per_second = 1200;
  load.response_time = {Seconds(0.001), Seconds(0.0015), Seconds(0.002),
                        Seconds(0.003), Seconds(0.004),  Seconds(0.0012)};
  load.service_time = load.response_time;
  load.by_request = {{"GET /", load.counts, load.service_time, load.response_time}};
  return load;
}

inline analysis::LoadPoint load_point(double elapsed, std::int64_t failed, Seconds p95) {
  return {Seconds(elapsed), Seconds(0.5), 25, failed,
          analysis::LoadPoint::Times{p95 / 2, p95, 4 * p95}};
}

// The open model with everything that can go wrong in it.
inline analysis::LoadReport large_load() {
  analysis::LoadReport load = small_load();
  load.words = "50/s, at most 100 virtual users";
  load.model = plan::LoadModel::kOpen;
  load.vus = 100;
  load.counts = {5000, 4988, 3, 7, 2};
  load.dropped = 312;
  load.body_bytes = 12_MiB;
  load.errors = {{"connection refused", 1}, {"connection reset", 6}, {"timeout", 2}};
  load.throughput_per_second = 49.8;
  load.response_time = {Seconds(0.004), Seconds(0.020), Seconds(0.040),
                        Seconds(0.120), Seconds(1.5),   Seconds(0.009)};
  load.lateness = {Seconds(0.00002), Seconds(0.0001), Seconds(0.002),
                   Seconds(0.015),   Seconds(0.08),   Seconds(0.0001)};
  load.by_request = {{"login", {2500, 2500, 0, 0, 0}, load.service_time, load.response_time},
                     {"report", {2500, 2488, 3, 7, 2}, load.service_time, load.response_time},
                     {"never answered", {}, std::nullopt, std::nullopt}};
  load.over_time = {load_point(1, 0, Seconds(0.02)), load_point(2, 5, Seconds(0.05)),
                    load_point(3, 0, Seconds(0.03))};
  return load;
}

inline analysis::ScenarioReport loaded_scenario() {
  analysis::ScenarioReport scenario;
  scenario.name = "busy";
  scenario.file = "shop.yaml";
  scenario.folder = "busy";
  scenario.outcome = analysis::Outcome::kPass;
  scenario.iterations = 2500;
  scenario.duration = Seconds(100);
  scenario.load = large_load();
  scenario.audit = {{"load", false, "312 of 2,812 iterations were dropped"}};
  return scenario;
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
  scenario.load = small_load();
  scenario.gates = {leaking_gate(), passing_gate()};
  scenario.exhaustion = {Seconds(52'200), Seconds(50'000),     Seconds(54'700), 1'044'000, 20, true,
                         2048_MiB,        "production.memory", 42_MiB};
  const analysis::Series live{record::Signal::kLiveBytes,
                              {{0, 0, 40e6}, {31, 31, 41e6}, {71, 40, 41.04e6}, {73, 2, 41.042e6}}};
  scenario.processes = {
      {{4711, 1}, "main", "gunicorn shop.wsgi", "CPython 3.11.2", {{2, 3, 40, 0, 10, 1}}, {live}}};
  scenario.charts = {{live, analysis::Slope{1016, 1000, 1040, 60, 41.03e6}, 31}};
  scenario.peaks = {{1, true, 3_MiB, false}, {7, false, 2_MiB, true}};
  scenario.findings = {example_leak(), example_filling(), example_known(), example_peak()};
  scenario.growth_diagnosis = example_diagnosis();
  scenario.peak_findings = analysis::PeakFindings{408, 33_MiB, 32_MiB, 31_MiB, ""};
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
  scenario.load = large_load();
  scenario.load.words += kHostile;
  for (auto& request : scenario.load.by_request) request.name += kHostile;
  scenario.load.errors[kHostile] = 1;
  make_hostile(scenario, kHostile);
  return scenario;
}

}  // namespace tidemark::reporters
