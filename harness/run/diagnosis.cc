#include "harness/run/diagnosis.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "harness/analysis/judge.h"
#include "harness/probes/tracer.h"

namespace tidemark::run {
namespace {

using record::Phase;

constexpr double kShareOfTime = 0.25;  // of max_duration
constexpr Seconds kLeastTime{10};
constexpr Seconds kMostTime{60};
constexpr Seconds kPatience{60};  // a process of two gigabytes takes seconds to look through

// Batches between the marks. More of them tell what stays from what comes and goes, and what was
// resized from what was added.
constexpr int kBatches = 5;
constexpr int kLeastBatch = 2;
constexpr int kMostBatch = 40;
constexpr double kSlowdown = 10;  // at least: by tracing 25 frames of each allocation
constexpr int kMostUsers = 10;

// As many as tell a call through a web framework's middleware from another.
constexpr int kGrowthFrames = 25;
// A request that needs much memory makes a million allocations, and tracing 25 frames of each takes
// forty times as long as the request itself; these are enough to come out of an ORM.
constexpr int kPeakFrames = 10;
constexpr int kPeakRepetitions = 4;
// A snapshot nearer to the peak than that need not be taken again.
constexpr double kNearPeak = 0.85;
constexpr double kAimedAt = 0.95;

constexpr char kNoAgent[] = "no process has an agent that can trace allocations";

// Files below the folder that Tidemark was started in are named from there, as a repository's
// services want them.
void name_from_here(std::vector<record::TraceSite>& sites) {
  std::error_code unknown;
  const std::string here = std::filesystem::current_path(unknown).string() + "/";
  const auto shorten = [&](record::TraceFrame& frame) {
    if (frame.file.starts_with(here)) frame.file.erase(0, here.size());
  };
  for (record::TraceSite& site : sites) {
    for (record::TraceFrame& frame : site.frames) shorten(frame);
    if (site.headline) shorten(*site.headline);
  }
}

class Tracing {
 public:
  Tracing(const plan::Scenario& scenario, const std::filesystem::path& agent_sockets, int stop_fd,
          Session& session, Recorder& recorder, int frames)
      : scenario_(scenario),
        patience_{kPatience, stop_fd},
        session_(session),
        recorder_(recorder),
        tracer_(agent_sockets, session.processes()) {
    tracer_.start(frames, patience_);
  }
  ~Tracing() { tracer_.stop(patience_); }
  Tracing(const Tracing&) = delete;
  Tracing& operator=(const Tracing&) = delete;

  void find_growth(Seconds time);
  void find_peak(const PeakOrder& order);

 private:
  Stop repeat(const PeakOrder& order, Bytes above, std::optional<record::PeakDiagnosis>& caught);

  const plan::Scenario& scenario_;
  probes::Patience patience_;
  Session& session_;
  Recorder& recorder_;
  probes::Tracer tracer_;
};

void Tracing::find_growth(Seconds time) {
  record::Diagnosis diagnosis;
  diagnosis.iteration = recorder_.iterations();
  if (!tracer_.has_processes()) {
    diagnosis.processes = tracer_.diagnose(0, patience_);
    if (diagnosis.processes.empty()) diagnosis.gap = kNoAgent;
    recorder_.add(std::move(diagnosis));
    return;
  }
  const int vus = std::min(plan::most_vus(scenario_.load), kMostUsers);
  const auto fitting = [&](Seconds iteration) {
    const double most = time / std::max(iteration, Seconds(1e-6)) / (kBatches + 1);
    return static_cast<int>(std::clamp(most, double{kLeastBatch} * vus, double{kMostBatch} * vus));
  };
  // The first batch meets what tracing itself sets up, and what was cached before it was traced. It
  // also says how slow tracing really is.
  Stop stop =
      session_.drive(Phase::kDiagnosis, fitting(session_.iteration_duration() * kSlowdown), vus);
  const int batch = fitting(session_.iteration_duration());
  tracer_.mark(patience_);
  const std::int64_t first_mark = recorder_.iterations();
  for (int i = 0; i < kBatches && !stop; ++i) {
    const std::int64_t before = recorder_.iterations();
    stop = session_.drive(Phase::kDiagnosis, batch, vus);
    if (recorder_.iterations() == before) break;
    tracer_.mark(patience_);
    diagnosis.batches.push_back(recorder_.iterations() - before);
  }
  if (diagnosis.batches.empty())
    diagnosis.gap = stop ? stop->message : "no iteration could be driven under tracing";
  else
    diagnosis.processes = tracer_.diagnose(recorder_.iterations() - first_mark, patience_);
  for (record::ProcessDiagnosis& process : diagnosis.processes) name_from_here(process.sites);
  recorder_.add(std::move(diagnosis));
}

// One iteration in which a snapshot is taken when so much more is held, of the request or in all.
Stop Tracing::repeat(const PeakOrder& order, Bytes above,
                     std::optional<record::PeakDiagnosis>& caught) {
  const auto begin = [&] {
    tracer_.mark(patience_);  // settles: the last repetition's garbage is not this one's
    tracer_.watch(above, patience_);
  };
  if (order.request.empty()) {
    begin();
    Stop stop = session_.drive(Phase::kDiagnosis, 1, 1, order.flow);
    caught = tracer_.caught(patience_);
    return stop;
  }
  return session_.drive_around_requests(
      order.flow,
      [&](const std::string& request) {
        if (request == order.request) begin();
      },
      [&](const std::string& request) {
        if (request != order.request) return;
        auto peak = tracer_.caught(patience_);
        if (!caught || (peak && peak->traced_peak > caught->traced_peak)) caught = std::move(peak);
      });
}

void Tracing::find_peak(const PeakOrder& order) {
  std::optional<record::PeakDiagnosis> best;
  if (!tracer_.has_processes()) {
    best.emplace().gap = kNoAgent;
    best->request = order.request;
    recorder_.add(std::move(*best));
    return;
  }
  Bytes above{order.limit.count / 2};
  for (int i = 0; i < kPeakRepetitions; ++i) {
    const std::int64_t before = recorder_.iterations();
    std::optional<record::PeakDiagnosis> caught;
    const Stop stop = repeat(order, above, caught);
    if (!caught) break;
    caught->iteration = recorder_.iterations();
    // Several workers take turns, so the aim is by the largest peak of any.
    const auto peak = std::max(caught->traced_peak, best ? best->traced_peak : Bytes{0});
    if (!best || caught->taken_at > best->taken_at) best = std::move(caught);
    best->traced_peak = peak;
    const auto size = static_cast<double>(peak.count);
    above = Bytes{static_cast<std::int64_t>(kAimedAt * size)};
    if (stop || recorder_.iterations() == before) break;
    if (static_cast<double>(best->taken_at.count) >= kNearPeak * size) break;
  }
  if (!best) best.emplace().gap = "no process could be watched while the iteration was repeated";
  best->request = order.request;
  name_from_here(best->sites);
  recorder_.add(std::move(*best));
}

// The flow in which the most was needed, by that request or by whole iterations.
std::optional<std::size_t> flow_of_peak(const plan::Scenario& scenario,
                                        const record::Record& record, const std::string& request) {
  if (scenario.flows.size() < 2) return std::nullopt;
  const record::PeakSample* largest = nullptr;
  for (const record::PeakSample& sample : record.peaks) {
    if (sample.phase != Phase::kPeaks || sample.idle || sample.request != request) continue;
    if (!largest || analysis::needed_on_top(sample) > analysis::needed_on_top(*largest))
      largest = &sample;
  }
  for (std::size_t i = 0; largest && i < scenario.flows.size(); ++i)
    if (scenario.flows[i].name == largest->flow) return i;
  return std::nullopt;
}

}  // namespace

DiagnosisOrder diagnosis_order(const plan::Scenario& scenario, const record::Record& record) {
  if (scenario.diagnosis == plan::DiagnosisMode::kOff) return {};
  const bool always = scenario.diagnosis == plan::DiagnosisMode::kAlways;
  DiagnosisOrder order;
  bool is_suspected = false;  // the peak that is ordered so far
  for (const analysis::GateReport& gate : analysis::judge_all(record, {SIZE_MAX, true})) {
    const bool above =
        gate.measured && gate.limit && gate.measured->value.value > gate.limit->value;
    const bool suspected = gate.outcome == analysis::Outcome::kFail ||
                           (gate.outcome == analysis::Outcome::kInconclusive && above);
    if (!suspected && !always) continue;
    if (gate.gate == plan::Gate::kGrowth) order.growth = true;
    if (gate.gate != plan::Gate::kPeakMemory || !gate.limit) continue;
    const Bytes limit{static_cast<std::int64_t>(gate.limit->value)};
    const bool is_next = !order.peak || (suspected && !is_suspected) ||
                         (suspected == is_suspected && limit < order.peak->limit);
    if (!is_next) continue;
    is_suspected = suspected;
    order.peak = PeakOrder{limit, gate.request, flow_of_peak(scenario, record, gate.request)};
  }
  return order;
}

void diagnose(const DiagnosisOrder& order, const plan::Scenario& scenario,
              const std::filesystem::path& agent_sockets, int stop_fd, Session& session,
              Recorder& recorder) {
  const Seconds time = std::clamp(scenario.max_duration * kShareOfTime, kLeastTime, kMostTime);
  session.grant(time + 2 * kPatience);
  if (order.growth)
    Tracing(scenario, agent_sockets, stop_fd, session, recorder, kGrowthFrames).find_growth(time);
  if (order.peak)
    Tracing(scenario, agent_sockets, stop_fd, session, recorder, kPeakFrames)
        .find_peak(*order.peak);
}

}  // namespace tidemark::run
