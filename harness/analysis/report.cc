#include "harness/analysis/report.h"

#include <algorithm>
#include <utility>

#include "harness/analysis/audit.h"
#include "harness/analysis/batch_effects.h"
#include "harness/analysis/findings.h"
#include "harness/analysis/growth_verdict.h"
#include "harness/analysis/judge.h"

namespace tidemark::analysis {
namespace {

using record::Ending;
using record::Phase;
using record::Record;
using record::Signal;

// What nothing more will be added to: the last look, at which what is undecided stays undecided.
bool is_over(const Record& record) {
  return record.end && record.end->ending != Ending::kInterrupted;
}

// The iteration from which on every look had the outcome that the gate has now.
std::optional<std::int64_t> decided_at(const Record& record, const plan::Budget& budget,
                                       const GateReport& gate) {
  if (gate.outcome != Outcome::kPass && gate.outcome != Outcome::kFail) return std::nullopt;
  const std::int64_t end = count_iterations(record).total;
  const bool by_growth = gate.gate == plan::Gate::kGrowth || gate.gate == plan::Gate::kFds ||
                         gate.gate == plan::Gate::kThreads || plan::is_gc(gate.gate);
  if (!by_growth) return end;
  std::vector<std::int64_t> iterations;
  for (const record::Checkpoint& checkpoint : record.checkpoints)
    if (checkpoint.phase == Phase::kGrowth) iterations.push_back(checkpoint.iteration);
  std::int64_t decided = end;
  for (const std::size_t look : looks_back(iterations.size())) {
    const auto judge = gate.gate == plan::Gate::kGrowth ? judge_growth
                       : plan::is_gc(gate.gate)         ? judge_gc
                                                        : judge_count;
    const GateReport then = judge(record, budget, {look, false});
    if (then.outcome != gate.outcome) break;
    decided = iterations[look - 1];
  }
  return decided;
}

std::vector<record::GcGeneration> gc_over_run(const Record& record,
                                              const record::ProcessKey& process) {
  std::vector<record::GcGeneration> first;
  std::vector<record::GcGeneration> last;
  for (const record::Checkpoint& checkpoint : record.checkpoints)
    for (const record::Reading& reading : checkpoint.readings) {
      if (reading.process != process || reading.gc.empty()) continue;
      if (first.empty()) first = reading.gc;
      last = reading.gc;
    }
  for (std::size_t i = 0; i < last.size() && i < first.size(); ++i) {
    last[i].collections -= first[i].collections;
    last[i].collected -= first[i].collected;
    last[i].uncollectable -= first[i].uncollectable;
  }
  return last;
}

std::vector<ProcessReport> processes_of(const Record& record) {
  std::vector<ProcessReport> processes;
  for (const record::ProcessSeen& seen : record.processes) {
    const bool is_root = std::none_of(
        record.processes.begin(), record.processes.end(),
        [&](const record::ProcessSeen& other) { return other.process.pid == seen.parent.pid; });
    ProcessReport process{seen.process, is_root ? "main" : "worker",       seen.command,
                          seen.runtime, gc_over_run(record, seen.process), {}};
    for (const Signal signal : record::kSignals) {
      Series series = process_series(record, seen.process, signal);
      if (!series.points.empty()) process.series.push_back(std::move(series));
    }
    processes.push_back(std::move(process));
  }
  return processes;
}

const SignalKind& kind_of(Signal signal) {
  switch (signal) {
    case Signal::kLiveBytes:
      return kExactBytes;
    case Signal::kHeldBytes:
    case Signal::kUss:
    case Signal::kAnon:
    case Signal::kPss:
    case Signal::kRss:
      return kPageBytes;
    default:
      return kCounts;
  }
}

// The sum over all processes there are, over all phases, for the eye; the fit is the judged one's.
std::vector<TreeChart> charts_of(const Record& record) {
  std::vector<TreeChart> charts;
  const GrowthWindow window = growth_window(record);
  for (const Signal signal : record::kSignals) {
    TreeChart chart{{signal, {}}, std::nullopt, 0};
    for (const record::Checkpoint& checkpoint : record.checkpoints) {
      double sum = 0;
      bool any = false;
      for (const record::Reading& reading : checkpoint.readings)
        if (const auto value = reading.values.get(signal)) {
          sum += *value;
          any = true;
        }
      if (any) chart.series.points.push_back({checkpoint.iteration, checkpoint.batch, sum});
    }
    if (chart.series.points.empty()) continue;
    if (!window.checkpoints.empty()) {
      chart.slope = slope_of(adjust(tree_series(window, signal), kind_of(signal)).series.points,
                             kind_of(signal));
      chart.fitted_from = window.checkpoints.front()->iteration;
    }
    charts.push_back(std::move(chart));
  }
  return charts;
}

std::vector<PeakReport> peaks_of(const Record& record) {
  std::vector<PeakReport> peaks;
  const auto failed = failed_single_iterations(record);
  for (const record::PeakSample& sample : record.peaks) {
    if (sample.idle) continue;
    peaks.push_back({sample.iteration, sample.phase != Phase::kPeaks, needed_on_top(sample),
                     is_upper_bound(sample), sample.request, sample.flow,
                     failed.contains(sample.iteration), sample.unseen_children});
  }
  return peaks;
}

bool measured_anything(const Record& record) {
  return std::any_of(record.batches.begin(), record.batches.end(), [](const record::Batch& batch) {
    return (batch.phase == Phase::kPeaks || batch.phase == Phase::kGrowth) &&
           batch.failed_iterations < batch.iterations;
  });
}

// What a scenario comes to that has no gate of its own, being a point of a sweep whose scaling is
// judged: whether it was measured.
Outcome outcome_without_gates(const Record& record, const ScenarioReport& report) {
  if (!is_over(record)) return Outcome::kInconclusive;
  // Where the sweep is expected to fail, this is a way to.
  const bool is_to_fail =
      !record.header.scaling.empty() && report.expected == plan::ExpectedOutcome::kFail;
  if (is_to_fail && report.limit_exceeded_by_one) return Outcome::kPass;
  if (record.end->ending != Ending::kCompleted || !measured_anything(record))
    return Outcome::kInvalid;
  GateReport gate;
  gate.gate = plan::Gate::kPeakMemory;
  gate.outcome = Outcome::kPass;
  std::vector<GateReport> gates = {gate};
  apply_audit(record, report.audit, gates);
  return gates.front().outcome;
}

// Where the whole sweep is expected to fail, its points need not.
Outcome outcome_of(const Record& record, const ScenarioReport& report) {
  const bool is_point = !record.header.scaling.empty();
  if (report.gates.empty()) return outcome_without_gates(record, report);
  const Outcome worst = worst_of(report.gates);
  if (!is_point || report.expected == plan::ExpectedOutcome::kPass)
    return expected_outcome(worst, report.expected, report.partial);
  if (worst == Outcome::kFail) return Outcome::kPass;
  return report.partial && worst == Outcome::kPass ? Outcome::kInconclusive : worst;
}

// Nothing where a process could not be read: a sum without it would be none.
std::optional<Bytes> memory_at_end(const Record& record) {
  const record::Checkpoint* last = nullptr;
  for (const record::Checkpoint& checkpoint : record.checkpoints)
    if (checkpoint.phase == Phase::kGrowth) last = &checkpoint;
  if (!last || last->readings.empty()) return std::nullopt;
  Bytes sum{0};
  for (const record::Reading& reading : last->readings) {
    const auto uss = reading.values.get(Signal::kUss);
    if (!uss) return std::nullopt;
    sum += Bytes{static_cast<std::int64_t>(*uss)};
  }
  return sum;
}

void add_findings(const Record& record, ScenarioReport& report) {
  double measured = 0;
  for (const GateReport& gate : report.gates)
    if (gate.gate == plan::Gate::kGrowth && gate.measured) measured = gate.measured->value.value;
  Diagnosed growth = growth_findings(record, measured);
  DiagnosedPeak peak = peak_findings(record);
  report.findings = std::move(growth.findings);
  report.growth_diagnosis = std::move(growth.growth);
  report.findings.insert(report.findings.end(), peak.findings.begin(), peak.findings.end());
  report.peak_findings = std::move(peak.peak);
  mark_known(record.header, report.findings);
  apply_findings(report.findings, report.gates);
  report.known = known_uses(record.header, report);
}

// Entries of `known` that hold for a whole file are met by one scenario, and not by the others:
// what is told of them stands with the last one.
void tell_unmet_of_file(std::vector<ScenarioReport>& scenarios) {
  std::vector<KnownUse> uses;  // each once
  for (const ScenarioReport& scenario : scenarios)
    for (const KnownUse& use : scenario.known) {
      if (!use.known.of_file) continue;
      const auto at = std::find_if(uses.begin(), uses.end(),
                                   [&](const KnownUse& other) { return other.known == use.known; });
      if (at == uses.end()) {
        uses.push_back(use);
      } else {
        at->met = at->met || use.met;
        at->can_tell = at->can_tell && use.can_tell;
      }
    }
  for (const AuditCheck& check : unmet(uses)) scenarios.back().audit.push_back(check);
}

}  // namespace

ScenarioReport report_scenario(const Record& record) {
  ScenarioReport report;
  report.name = record.header.scenario;
  report.description = record.header.description;
  report.file = record.header.file;
  report.position = record.header.position;
  report.folder = record.header.folder;
  report.expected = record.header.expect_outcome;
  report.program = record.header.program;
  report.memory_limit = record.header.memory_limit;
  report.repeat_command = record.header.repeat_command;
  report.sweep = record.header.sweep;
  report.scaling = record.header.scaling;
  report.partial = !record.end || record.end->ending == Ending::kInterrupted;
  if (record.end) {
    report.message = record.end->message;
    report.duration = record.end->elapsed;
  } else if (!record.checkpoints.empty()) {
    report.duration = record.checkpoints.back().elapsed;
  }
  if (record.end && record.end->ending == Ending::kSkipped) {
    report.outcome = Outcome::kSkipped;
    return report;
  }
  report.iterations = count_iterations(record).total;
  if (record.planned_growth) {
    report.plan = record.planned_growth->words;
    report.growth_began = record.planned_growth->iteration;
  }
  report.load = load_report(record);
  report.gates = judge_all(record, {SIZE_MAX, is_over(record)});
  for (std::size_t i = 0; i < report.gates.size(); ++i)
    report.gates[i].decided_at = decided_at(record, record.header.budgets[i], report.gates[i]);
  add_findings(record, report);
  report.audit = audit(record);
  auto of_scenario = report.known;
  std::erase_if(of_scenario, [](const KnownUse& use) { return use.known.of_file; });
  for (AuditCheck& check : unmet(of_scenario)) report.audit.push_back(std::move(check));
  apply_audit(record, report.audit, report.gates);
  for (const GateReport& gate : report.gates)
    if (gate.gate == plan::Gate::kGrowth) report.exhaustion = exhaustion_of(record, gate);
  report.limit_exceeded_by_one = exceeded_by_one_iteration(record);
  report.outcome = outcome_of(record, report);
  report.gc = gc_report(record);
  report.memory_at_end = memory_at_end(record);
  report.processes = processes_of(record);
  report.charts = charts_of(record);
  report.peaks = peaks_of(record);
  report.single = single_iterations(record);
  report.unexpected_answers = record.unexpected_answers;
  return report;
}

RunReport report_run(std::vector<ScenarioReport> scenarios, const std::string& name,
                     const std::string& started, Seconds duration,
                     std::map<std::string, std::string> environment,
                     std::vector<std::string> not_run) {
  tell_unmet_of_file(scenarios);
  RunReport report{
      name, started, Outcome::kPass, false, duration, std::move(environment), std::move(scenarios)};
  report.sweeps = sweep_reports(report.scenarios);
  const auto any = [&](Outcome outcome) {
    return std::any_of(report.scenarios.begin(), report.scenarios.end(),
                       [&](const ScenarioReport& each) { return each.outcome == outcome; }) ||
           std::any_of(report.sweeps.begin(), report.sweeps.end(), [&](const SweepReport& each) {
             return !each.gates.empty() && each.outcome == outcome;
           });
  };
  report.not_run = std::move(not_run);
  report.interrupted = !report.not_run.empty() ||
                       std::any_of(report.scenarios.begin(), report.scenarios.end(),
                                   [](const ScenarioReport& each) { return each.partial; });
  const bool measured =
      std::any_of(report.scenarios.begin(), report.scenarios.end(),
                  [](const ScenarioReport& each) { return each.outcome != Outcome::kSkipped; });
  if (any(Outcome::kFail))
    report.outcome = Outcome::kFail;
  else if (any(Outcome::kInvalid) || !measured)
    report.outcome = Outcome::kInvalid;  // a run that measured nothing has not passed
  else if (any(Outcome::kInconclusive) || report.interrupted)
    report.outcome = Outcome::kInconclusive;
  return report;
}

int exit_code(const RunReport& report) {
  if (report.interrupted) return 130;
  switch (report.outcome) {
    case Outcome::kPass:
      return 0;
    case Outcome::kFail:
      return 1;
    case Outcome::kInvalid:
    case Outcome::kSkipped:
      return 3;
    case Outcome::kInconclusive:
      return 4;
  }
  return 3;
}

}  // namespace tidemark::analysis
