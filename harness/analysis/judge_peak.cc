#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/analysis/judge.h"
#include "harness/analysis/single_iterations.h"

namespace tidemark::analysis {
namespace {

using record::Checkpoint;
using record::PeakSample;
using record::Phase;
using record::ProcessKey;
using record::Reading;
using record::Record;
using record::Signal;

constexpr std::size_t kFewestPeaks = plan::kFewestPeaks;
constexpr std::ptrdiff_t kFewestOfEachFlow = 5;  // where there are several
constexpr std::ptrdiff_t kEnough = 2;  // above the limit: one alone may be something else's doing
// While nothing is asked of it: what a process needs then is worth a word.
constexpr Bytes kIdleWorthTelling = 256_KiB;

const Reading* reading_of(const Checkpoint& checkpoint, const ProcessKey& process) {
  const auto found =
      std::find_if(checkpoint.readings.begin(), checkpoint.readings.end(),
                   [&](const Reading& reading) { return reading.process == process; });
  return found == checkpoint.readings.end() ? nullptr : &*found;
}

std::optional<Bytes> live_bytes(const Reading& reading) {
  const auto live = reading.values.get(Signal::kLiveBytes);
  if (!live) return std::nullopt;
  return Bytes{static_cast<std::int64_t>(*live)};
}

// The most garbage that any checkpoint of the growth phase has found in a process. Between two of
// them the collector may have freed as much of it.
std::map<ProcessKey, Bytes> most_garbage(const Record& record) {
  std::map<ProcessKey, Bytes> most;
  for (const Checkpoint& checkpoint : record.checkpoints) {
    if (checkpoint.phase != Phase::kGrowth) continue;
    for (const Reading& reading : checkpoint.readings) {
      const auto live = live_bytes(reading);
      if (!live || !reading.unsettled) continue;
      Bytes& garbage = most[reading.process];
      garbage = std::max(garbage, *reading.unsettled - *live);
    }
  }
  return most;
}

// What was in use at the batch's peak and neither stayed nor was left as garbage.
std::optional<Bytes> passing_memory(const Reading& before, const Reading& after, Bytes garbage) {
  const auto live_before = live_bytes(before);
  const auto live_after = live_bytes(after);
  if (!after.peak || !after.unsettled || !live_before || !live_after) return std::nullopt;
  return *after.peak + before.reusable - std::max(Bytes{0}, *live_after - *live_before) - garbage;
}

// Calls with each checkpoint of the growth phase and the most that a process held before it and no
// longer at it. One process at a time answers a request.
template <class Each>
void for_each_stretch(const Record& record, Each each) {
  const auto garbage = most_garbage(record);
  for (std::size_t i = 1; i < record.checkpoints.size(); ++i) {
    const Checkpoint& before = record.checkpoints[i - 1];
    const Checkpoint& after = record.checkpoints[i];
    if (after.phase != Phase::kGrowth) continue;
    std::optional<Bytes> most;
    for (const Reading& reading : after.readings) {
      const Reading* earlier = reading_of(before, reading.process);
      const auto found = garbage.find(reading.process);
      if (!earlier || found == garbage.end()) continue;
      if (const auto passing = passing_memory(*earlier, reading, found->second))
        most = std::max(most.value_or(*passing), *passing);
    }
    if (most) each(after, *most);
  }
}

Bytes largest_alone(const Record& record) {
  Bytes largest{0};
  for (const PeakSample& sample : record.peaks)
    if (is_judged_iteration(sample)) largest = std::max(largest, needed_on_top(sample));
  return largest;
}

struct Singles {
  std::vector<double> needed;  // ascending
  double idle = 0;             // needed while nothing was asked of the target
  bool upper_bound = false;
  // Children came and went unseen in them: they are below what was needed.
  std::size_t at_least = 0;
  const PeakSample* largest = nullptr;
  // Of programs: as large as what launched them, so that they may have needed less.
  std::vector<double> at_most = {};
};

Singles singles_of(const Record& record, const std::string& request) {
  Singles singles;
  for (const PeakSample& sample : record.peaks) {
    if (sample.phase != Phase::kPeaks || sample.processes.empty()) continue;
    const auto needed = static_cast<double>(needed_on_top(sample).count);
    if (sample.idle) singles.idle = std::max(singles.idle, needed);
    if (sample.idle || sample.request != request) continue;
    if (singles.needed.empty() ||
        needed > *std::max_element(singles.needed.begin(), singles.needed.end()))
      singles.largest = &sample;
    singles.needed.push_back(needed);
    if (sample.upper_bound) singles.at_most.push_back(needed);
    if (sample.unseen_children) ++singles.at_least;
    singles.upper_bound = singles.upper_bound || is_upper_bound(sample);
  }
  std::sort(singles.needed.begin(), singles.needed.end());
  // Before a blank checkpoint nothing was asked of the target either.
  for_each_stretch(record, [&](const Checkpoint& after, Bytes passing) {
    if (after.batch == 0) singles.idle = std::max(singles.idle, static_cast<double>(passing.count));
  });
  return singles;
}

// A flow, among several, that was not measured often enough to be acquitted with the others.
std::string unmeasured_flow(const Record& record, const std::string& request) {
  for (const record::FlowFacts& flow : record.header.flows) {
    const auto& requests = flow.requests;
    if (!request.empty() && std::find(requests.begin(), requests.end(), request) == requests.end())
      continue;
    const auto measured =
        std::count_if(record.peaks.begin(), record.peaks.end(), [&](const PeakSample& sample) {
          return sample.phase == Phase::kPeaks && !sample.idle && !sample.processes.empty() &&
                 sample.request == request && sample.flow == flow.name;
        });
    if (measured >= kFewestOfEachFlow) continue;
    return fmt::format("the flow '{}' was measured {} times, and {} are needed", flow.name,
                       measured, kFewestOfEachFlow);
  }
  return {};
}

std::string bytes_words(double bytes) {
  return format_quantity({bytes, Unit::kBytes});
}

// What the figures of the peaks are to be read with.
std::string_view bound_words(const PeakSample& largest, bool any_upper_bound) {
  if (largest.upper_bound) return " (at most: what launched it was as large)";
  if (any_upper_bound) return " (upper bounds: freed pages lay around)";
  if (largest.signal == record::PeakSignal::kSampled)
    return " (lower bounds: several processes, looked at from time to time)";
  return "";
}

std::string sizes_words(const Singles& singles) {
  const std::string least = bytes_words(singles.needed.front());
  const std::string most = bytes_words(singles.needed.back());
  std::string words = least == most ? most : fmt::format("between {} and {}", least, most);
  const std::size_t count = singles.needed.size();
  if (least != most && count > 2)
    words +=
        fmt::format(" (half of them at most {})", bytes_words(singles.needed[(count - 1) / 2]));
  words += fmt::format(" over {} iterations", count);
  words += bound_words(*singles.largest, singles.upper_bound);
  if (singles.at_least > 0) words += " (children came and went unseen: theirs is not in it)";
  return words;
}

// What the batches above the limit add to what single iterations have shown.
std::string batches_words(const std::vector<BatchPeak>& above) {
  if (above.empty()) return {};
  const BatchPeak& largest = *std::max_element(
      above.begin(), above.end(),
      [](const BatchPeak& one, const BatchPeak& other) { return one.needed < other.needed; });
  return fmt::format("; in the growth phase one of the iterations {} to {} needed at least {}",
                     format_count(largest.first), format_count(largest.last),
                     format_bytes(largest.needed));
}

std::vector<BatchPeak> batches_above(const Record& record, const plan::Budget& budget) {
  if (!budget.request.empty() || !budget.limit) return {};
  std::vector<BatchPeak> batches = batch_peaks(record);
  std::erase_if(batches, [&](const BatchPeak& peak) {
    return static_cast<double>(peak.needed.count) <= budget.limit->value;
  });
  return batches;
}

}  // namespace

bool is_judged_iteration(const PeakSample& sample) {
  return sample.phase == Phase::kPeaks && sample.request.empty() && !sample.idle;
}

bool is_upper_bound(const PeakSample& sample) {
  return sample.upper_bound ||
         std::any_of(sample.processes.begin(), sample.processes.end(),
                     [](const auto& process) { return process.lazy_free > 0_B; });
}

Bytes needed_on_top(const PeakSample& sample) {
  Bytes needed = sample.copied + sample.children;
  for (const auto& process : sample.processes)
    needed += process.peak - (process.base - process.lazy_free - process.kept);
  return needed;
}

std::vector<BatchPeak> batch_peaks(const Record& record) {
  const Bytes of_others{(record.header.vus - 1) * largest_alone(record).count};
  std::vector<BatchPeak> peaks;
  for_each_stretch(record, [&](const Checkpoint& after, Bytes passing) {
    if (after.batch > 0)
      peaks.push_back({after.iteration - after.batch + 1, after.iteration, passing - of_others});
  });
  return peaks;
}

bool awaits_another_peak(const Record& record) {
  return std::any_of(
      record.header.budgets.begin(), record.header.budgets.end(), [&](const plan::Budget& budget) {
        return budget.gate == plan::Gate::kPeakMemory && !batches_above(record, budget).empty() &&
               judge_peak(record, budget, {}).outcome == Outcome::kInconclusive;
      });
}

GateReport judge_peak(const Record& record, const plan::Budget& budget, const Look&) {
  GateReport gate = undecided(budget);
  const Singles singles = singles_of(record, budget.request);
  gate.signal = record::peak_signal_name(singles.largest ? singles.largest->signal
                                                         : record::PeakSignal::kRss);
  if (singles.needed.size() < kFewestPeaks || !gate.limit) {
    gate.reason = "no peaks of single iterations were measured";
    return gate;
  }
  const auto batches = batches_above(record, budget);
  const auto above_by = [&](double allowance) {
    const double most = gate.limit->value + allowance;
    const auto is_above = [&](const BatchPeak& peak) {
      return static_cast<double>(peak.needed.count) > most;
    };
    return std::count_if(batches.begin(), batches.end(), is_above) +
           (singles.needed.end() -
            std::upper_bound(singles.needed.begin(), singles.needed.end(), most));
  };
  double largest = singles.needed.back();
  for (const BatchPeak& peak : batches)
    largest = std::max(largest, static_cast<double>(peak.needed.count));
  gate.measured = Measured{{largest, Unit::kBytes}, singles.needed.front(), largest};

  const std::string needed =
      fmt::format("{} needed {}{}", budget.request.empty() ? "one iteration" : "this request",
                  sizes_words(singles), batches_words(batches));
  const bool may_be_less =
      above_by(0) > 0 &&
      above_by(0) == std::count_if(singles.at_most.begin(), singles.at_most.end(),
                                   [&](double most) { return most > gate.limit->value; });
  // What a program would have needed beyond its failure nobody knows.
  const bool all_failed =
      record.header.program && single_iterations(record).durations.size() < kFewestPeaks;
  const std::string unmeasured = unmeasured_flow(record, budget.request);
  if (above_by(0) == 0 && all_failed) {
    gate.reason = needed + "; hardly any of them ended as expected";
  } else if (above_by(0) == 0 && !unmeasured.empty()) {
    gate.reason = needed + "; " + unmeasured;
  } else if (above_by(0) == 0 && singles.needed.size() - singles.at_least < kFewestPeaks) {
    gate.reason = needed +
                  "; let what they do last longer, or run where Tidemark may make a cgroup, which "
                  "counts them";
  } else if (above_by(0) == 0) {
    gate.outcome = Outcome::kPass;
    gate.reason = needed;
  } else if (may_be_less) {
    gate.reason = needed + "; so little cannot be told apart";
  } else if (above_by(singles.idle) >= kEnough) {
    gate.outcome = Outcome::kFail;
    gate.reason = fmt::format("{}; {} times more than the limit", needed, above_by(0));
  } else if (above_by(0) >= kEnough) {
    gate.reason = fmt::format(
        "not attributable: {}, but {} were needed while nothing was asked of the target: other "
        "threads are at work",
        needed, bytes_words(singles.idle));
  } else {
    gate.reason = fmt::format(
        "not attributable: once only it was more than the limit: {}; something else may have been "
        "at work",
        needed);
  }
  if (gate.outcome != Outcome::kInconclusive &&
      singles.idle > static_cast<double>(kIdleWorthTelling.count))
    gate.reason += fmt::format("; without any request {} were needed, by other threads",
                               bytes_words(singles.idle));
  return gate;
}

}  // namespace tidemark::analysis
