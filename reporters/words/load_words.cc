#include "reporters/words/load_words.h"

#include <fmt/format.h>

#include <algorithm>

namespace tidemark::reporters {

using analysis::LoadReport;

bool has_two_times(const LoadReport& load) {
  return load.model == plan::LoadModel::kOpen;
}

std::string times_words(const analysis::TimesReport& times) {
  return fmt::format("p50 {}  p90 {}  p95 {}  p99 {}  max {}", format_duration(times.p50),
                     format_duration(times.p90), format_duration(times.p95),
                     format_duration(times.p99), format_duration(times.max));
}

std::vector<std::pair<std::string, std::int64_t>> failures_by_cause(const LoadReport& load) {
  std::vector<std::pair<std::string, std::int64_t>> causes(load.errors.begin(), load.errors.end());
  if (causes.empty())
    causes = {{"no complete answer", load.counts.errored}, {"timeout", load.counts.timed_out}};
  std::stable_sort(causes.begin(), causes.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  causes.insert(causes.begin(), {"wrong answer", load.counts.failed});
  std::erase_if(causes, [](const auto& cause) { return cause.second == 0; });
  return causes;
}

std::string failure_words(const LoadReport& load) {
  if (load.not_as_expected() == 0) return {};
  std::string causes;
  for (const auto& [name, count] : failures_by_cause(load))
    causes += fmt::format("{}{} x {}", causes.empty() ? ": " : ", ", format_count(count), name);
  return fmt::format("{} of {} requests were not answered as expected{}",
                     format_count(load.not_as_expected()), format_count(load.counts.started),
                     causes);
}

}  // namespace tidemark::reporters
