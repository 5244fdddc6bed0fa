#include "harness/run/peaks.h"

#include <algorithm>
#include <variant>

#include "harness/analysis/judge.h"
#include "harness/plan/schedule.h"

namespace tidemark::run {
namespace {

using record::Phase;

constexpr int kSamples = 5;       // of each flow
constexpr int kMostSamples = 10;  // where one alone was above the limit
constexpr int kWarmupPerProcess = 3;
constexpr Seconds kShortestIdle{0.05};
constexpr Seconds kLongestIdle{0.2};

// Every process that answers should have answered before. Those that have children manage them.
int answering_processes(const record::Record& record) {
  const auto& seen = record.processes;
  return static_cast<int>(
      std::count_if(seen.begin(), seen.end(), [&](const record::ProcessSeen& process) {
        return std::none_of(seen.begin(), seen.end(), [&](const record::ProcessSeen& other) {
          return other.parent == process.process;
        });
      }));
}

bool has_several_requests(const plan::Scenario& scenario) {
  return std::any_of(scenario.flows.begin(), scenario.flows.end(), [](const plan::Flow& flow) {
    return std::count_if(flow.steps.begin(), flow.steps.end(), [](const plan::Step& step) {
             return std::holds_alternative<plan::Request>(step);
           }) > 1;
  });
}

bool judges_requests(const plan::Scenario& scenario) {
  return std::any_of(scenario.budgets.begin(), scenario.budgets.end(),
                     [](const plan::Budget& budget) {
                       return budget.gate == plan::Gate::kPeakMemory && !budget.request.empty();
                     });
}

// Of whole iterations, or of single requests.
bool is_undecided(const record::Record& record, bool of_requests) {
  for (const plan::Budget& budget : record.header.budgets) {
    if (budget.gate != plan::Gate::kPeakMemory || budget.request.empty() == of_requests) continue;
    const auto outcome = analysis::judge_peak(record, budget, {}).outcome;
    if (outcome == analysis::Outcome::kInconclusive) return true;
  }
  return false;
}

Stop warm_up(const plan::Scenario& scenario, Session& session, const Recorder& recorder) {
  const int flows = static_cast<int>(scenario.flows.size());
  const auto left =
      scenario.max_iterations - static_cast<int>(recorder.iterations()) - kSamples * flows;
  int wanted = kWarmupPerProcess * answering_processes(recorder.record()) * flows;
  const double fitting = scenario.max_duration * plan::kMostWarmupTime /
                         std::max(session.iteration_duration(), Seconds(1e-6));
  wanted = static_cast<int>(std::clamp<double>(fitting, std::min(flows, wanted), wanted));
  const int iterations = std::min(left, scenario.warmup.value_or(wanted));
  if (iterations <= 0) return std::nullopt;
  for (int flow = 0; flow < flows; ++flow) {
    const int share = iterations / flows + (flow < iterations % flows ? 1 : 0);
    if (share == 0) break;
    if (Stop stop = session.drive(Phase::kWarmup, share, 1, static_cast<std::size_t>(flow)))
      return stop;
    if (session.load_is_over()) return session.data_ended(Phase::kWarmup);
  }
  return session.checkpoint(Phase::kWarmup);
}

Stop take_sample(std::size_t flow, Session& session, bool of_requests) {
  // What other threads do they do now and then, so it is looked for beside each sample.
  session.idle_with_peaks(std::clamp(session.iteration_duration(), kShortestIdle, kLongestIdle));
  // Settled before each one, or the last one's garbage is what this one reuses.
  Stop stop = of_requests ? session.drive_with_request_peaks(flow)
                          : session.drive_with_peaks(Phase::kPeaks, flow);
  if (stop) return stop;
  if (session.load_is_over()) return session.data_ended(Phase::kPeaks);
  return session.checkpoint(Phase::kPeaks);
}

Stop take_samples(const plan::Scenario& scenario, Session& session, const Recorder& recorder,
                  bool of_requests) {
  for (int sample = 0; sample < kMostSamples; ++sample) {
    if (sample >= kSamples && !is_undecided(recorder.record(), of_requests)) break;
    for (std::size_t flow = 0; flow < scenario.flows.size(); ++flow) {
      if (recorder.iterations() >= scenario.max_iterations) return std::nullopt;
      if (Stop stop = take_sample(flow, session, of_requests)) return stop;
    }
  }
  return std::nullopt;
}

}  // namespace

Stop measure_peaks(const plan::Scenario& scenario, Session& session, const Recorder& recorder) {
  if (Stop stop = warm_up(scenario, session, recorder)) return stop;
  if (Stop stop = take_samples(scenario, session, recorder, false)) return stop;
  if (!has_several_requests(scenario) && !judges_requests(scenario)) return std::nullopt;
  return take_samples(scenario, session, recorder, true);
}

}  // namespace tidemark::run
