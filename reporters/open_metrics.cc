// OpenMetrics text, for GitLab's metrics report and whatever collects such files. Series have the
// same names in each run, so that pipelines can be compared: no process IDs, no times of day.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "harness/base/text.h"
#include "reporters/reporters.h"
#include "reporters/words/sweep_words.h"

namespace tidemark::reporters {
namespace {

using analysis::GateReport;
using analysis::Outcome;
using analysis::ScenarioReport;
using record::Signal;

constexpr std::size_t kLongestLabel = 200;
constexpr double kFirstWhole = 1000;  // from here on, digits after the point are noise

constexpr Outcome kGateOutcomes[] = {Outcome::kPass, Outcome::kFail, Outcome::kInconclusive,
                                     Outcome::kInvalid};
constexpr Outcome kScenarioOutcomes[] = {Outcome::kPass, Outcome::kFail, Outcome::kInconclusive,
                                         Outcome::kInvalid, Outcome::kSkipped};

using Labels = std::vector<std::pair<std::string, std::string>>;

// A comment sign begins a comment for GitLab even inside quotes.
std::string escaped(const std::string& value) {
  std::string result;
  for (const char c : distinct_line(value, kLongestLabel)) {
    if (c == '#')
      result += "\uFF03";
    else if (c == '"' || c == '\\')
      result += {'\\', c};
    else
      result += c;
  }
  return result;
}

std::string number_text(double value) {
  if (std::abs(value) >= kFirstWhole && std::abs(value) < 1e15) return fmt::format("{:.0f}", value);
  return fmt::format("{:.6g}", value == 0 ? 0.0 : value);  // no minus zero
}

// The families in the order in which they are first asked for, each with its samples together.
class Families {
 public:
  struct Family {
    std::string name;
    std::string_view type;
    std::string_view unit;  // empty: none; else the end of the name
    std::string_view help;
  };

  // `suffix` as the family's type wants it: "_total" of a counter. A series that is there already,
  // and a value that is no number, are left out.
  void add(const Family& family, const Labels& labels, double value, std::string_view suffix = "") {
    if (!std::isfinite(value)) return;
    std::string text;
    for (const auto& [name, content] : labels)
      text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ",", name, escaped(content));
    std::string series =
        fmt::format("{}{}{}", family.name, suffix, text.empty() ? "" : "{" + text + "}");
    if (!taken_.insert(series).second) return;
    std::string& samples = samples_of(family);
    samples += fmt::format("{} {}\n", series, number_text(value));
  }

  // One of several states is on.
  template <std::size_t size>
  void add_state(const Family& family, const Labels& labels, const Outcome (&states)[size],
                 Outcome on) {
    for (const Outcome state : states) {
      Labels with_state = labels;
      with_state.emplace_back(family.name, outcome_name(state));
      add(family, with_state, state == on ? 1 : 0);
    }
  }

  std::string text() const {
    std::string text;
    for (const auto& [family, samples] : families_) {
      text += fmt::format("# TYPE {} {}\n", family.name, family.type);
      if (!family.unit.empty()) text += fmt::format("# UNIT {} {}\n", family.name, family.unit);
      text += fmt::format("# HELP {} {}\n{}", family.name, family.help, samples);
    }
    return text + "# EOF\n";
  }

 private:
  std::string& samples_of(const Family& family) {
    for (auto& [known, samples] : families_)
      if (known.name == family.name) return samples;
    return families_.emplace_back(family, "").second;
  }

  std::vector<std::pair<Family, std::string>> families_;
  std::set<std::string> taken_;
};

// What a quantity is called, and what makes it a base unit.
struct MetricUnit {
  std::string_view suffix;
  std::string_view unit;
  double factor;
};

MetricUnit metric_unit(Unit unit) {
  switch (unit) {
    case Unit::kBytes:
      return {"_bytes", "bytes", 1};
    case Unit::kBytesPerIteration:
      return {"_bytes_per_iteration", "bytes_per_iteration", 1};
    case Unit::kCount:
      return {"", "", 1};
    case Unit::kCountPerIteration:
      return {"_per_iteration", "per_iteration", 1};
    case Unit::kSeconds:
      return {"_seconds", "seconds", 1};
    case Unit::kPercent:
      return {"_ratio", "ratio", 0.01};
  }
  return {"", "", 1};
}

void add_quantity(const std::string& name, std::string_view help, const Labels& labels,
                  Quantity quantity, Families& families) {
  const auto [suffix, unit, factor] = metric_unit(quantity.unit);
  families.add({fmt::format("{}{}", name, suffix), "gauge", unit, help}, labels,
               quantity.value * factor);
}

void add_gates(const std::vector<GateReport>& gates, const std::string& scenario,
               Families& families) {
  for (const GateReport& gate : gates) {
    const Labels labels = {{"scenario", scenario}, {"gate", gate.id}};
    families.add_state({"tidemark_gate_outcome", "stateset", "", "How the gate was judged."},
                       labels, kGateOutcomes, gate.outcome);
    if (gate.measured)
      add_quantity("tidemark_gate_measured", "What the gate judged.", labels, gate.measured->value,
                   families);
    if (gate.limit)
      add_quantity("tidemark_gate_limit", "The most that the gate allows.", labels, *gate.limit,
                   families);
  }
}

void add_load(const analysis::LoadReport& load, const Labels& labels, Families& families) {
  if (load.counts.started == 0) return;
  families.add({"tidemark_requests", "counter", "", "Requests that were sent."}, labels,
               static_cast<double>(load.counts.started), "_total");
  families.add(
      {"tidemark_requests_failed", "counter", "", "Requests that were not answered as expected."},
      labels, static_cast<double>(load.not_as_expected()), "_total");
  if (!load.response_time) return;
  families.add({"tidemark_throughput_requests_per_second", "gauge", "requests_per_second",
                "Requests a second while load was on."},
               labels, load.throughput_per_second);
  const analysis::TimesReport& times = *load.response_time;
  const std::pair<const char*, Seconds> quantiles[] = {{"0.5", times.p50},
                                                       {"0.9", times.p90},
                                                       {"0.95", times.p95},
                                                       {"0.99", times.p99},
                                                       {"1.0", times.max}};
  for (const auto& [quantile, time] : quantiles) {
    Labels with_quantile = labels;
    with_quantile.emplace_back("quantile", quantile);
    families.add({"tidemark_response_time_seconds", "summary", "seconds",
                  "From the moment a request was due to the end of its answer."},
                 with_quantile, time.count());
  }
}

void add_memory(const ScenarioReport& scenario, const Labels& labels, Families& families) {
  const analysis::PeakReport* largest = nullptr;
  for (const analysis::PeakReport& peak : scenario.peaks)
    if (!peak.first && peak.request.empty() && (!largest || peak.needed > largest->needed))
      largest = &peak;
  if (largest)
    families.add({"tidemark_peak_memory_bytes", "gauge", "bytes",
                  "The most that one iteration needed on top, the first left out."},
                 labels, static_cast<double>(largest->needed.count));
  if (scenario.memory_at_end)
    families.add({"tidemark_memory_at_end_bytes", "gauge", "bytes",
                  "Private memory of all processes when the load was over."},
                 labels, static_cast<double>(scenario.memory_at_end->count));
}

// Those of a role are numbered in the order in which they appeared.
void add_processes(const ScenarioReport& scenario, const Labels& labels, Families& families) {
  const Families::Family resident = {"process_resident_memory_bytes", "gauge", "bytes",
                                     "Resident memory at the last checkpoint."};
  const Families::Family fds = {"process_open_fds", "gauge", "",
                                "Open file descriptors at the last checkpoint."};
  const Families::Family collections = {"python_gc_collections", "counter", "",
                                        "Collections of the generation during the run."};
  const Families::Family collected = {"python_gc_objects_collected", "counter", "",
                                      "Objects that the collector freed during the run."};
  const Families::Family uncollectable = {"python_gc_objects_uncollectable", "counter", "",
                                          "Objects that the collector could not free."};
  std::map<std::string, int> of_role;
  for (const analysis::ProcessReport& process : scenario.processes) {
    Labels own = labels;
    own.emplace_back("role", process.role);
    own.emplace_back("index", fmt::to_string(of_role[process.role]++));
    for (const analysis::Series& series : process.series) {
      if (series.points.empty()) continue;
      const double last = series.points.back().value;
      if (series.signal == Signal::kRss) families.add(resident, own, last);
      if (series.signal == Signal::kFds) families.add(fds, own, last);
    }
    for (const record::GcGeneration& generation : process.gc) {
      Labels with_generation = own;
      with_generation.emplace_back("generation", fmt::to_string(generation.generation));
      const auto add = [&](const Families::Family& family, std::int64_t count) {
        families.add(family, with_generation, static_cast<double>(count), "_total");
      };
      add(collections, generation.collections);
      add(collected, generation.collected);
      add(uncollectable, generation.uncollectable);
    }
  }
}

void add(const ScenarioReport& scenario, const std::string& name, Families& families) {
  const Labels labels = {{"scenario", name}};
  families.add_state({"tidemark_scenario_outcome", "stateset", "",
                      "What the scenario came to, its expect_outcome taken into account."},
                     labels, kScenarioOutcomes, scenario.outcome);
  if (scenario.outcome == Outcome::kSkipped) return;
  families.add({"tidemark_iterations", "counter", "", "Iterations that were done."}, labels,
               static_cast<double>(scenario.iterations), "_total");
  families.add(
      {"tidemark_scenario_duration_seconds", "gauge", "seconds", "From the launch to the verdict."},
      labels, scenario.duration.count());
  add_gates(scenario.gates, name, families);
  add_memory(scenario, labels, families);
  add_load(scenario.load, labels, families);
  add_processes(scenario, labels, families);
}

// Two files may have scenarios of the same name.
class Names {
 public:
  std::string unique(const std::string& name) {
    std::string own = distinct_line(name, kLongestLabel / 2);
    for (int number = 2; !taken_.insert(own).second; ++number)
      own = fmt::format("{} ({})", distinct_line(name, kLongestLabel / 2), number);
    return own;
  }

 private:
  std::set<std::string> taken_;
};

}  // namespace

std::string render_open_metrics(const analysis::RunReport& report) {
  Families families;
  Names names;
  families.add({"tidemark_run_interrupted", "gauge", "", "1 where the run was stopped early."}, {},
               report.interrupted ? 1 : 0);
  families.add({"tidemark_scenarios_not_run", "gauge", "", "Scenarios that it never began."}, {},
               static_cast<double>(report.not_run.size()));
  for (const ScenarioReport& scenario : report.scenarios)
    add(scenario, names.unique(scenario.name), families);
  for (const analysis::SweepReport& sweep : report.sweeps)
    if (!sweep.gates.empty()) add_gates(sweep.gates, names.unique(sweep_title(sweep)), families);
  return families.text();
}

}  // namespace tidemark::reporters
