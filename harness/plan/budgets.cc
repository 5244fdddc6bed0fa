#include "harness/plan/budgets.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace tidemark::plan {
namespace {

constexpr std::array<std::pair<std::string_view, double>, 6> kQuantiles = {{
    {"p50", .5},
    {"p90", .9},
    {"p95", .95},
    {"p99", .99},
    {"p99.9", .999},
    {"max", 1},
}};

constexpr std::string_view kDurationPrefix = "duration.";

std::optional<double> quantile_of(std::string_view id) {
  for (const auto& [name, quantile] : kQuantiles)
    if (id.substr(kDurationPrefix.size()) == name) return quantile;
  return std::nullopt;
}

Result<Quantity> percent_limit(std::string_view text) {
  return parse_percent(text).map([](double share) { return Quantity{share, Unit::kPercent}; });
}

Result<Quantity> count_limit(std::string_view text) {
  return parse_integer(text, 0).map([](std::int64_t count) {
    return Quantity{static_cast<double>(count), Unit::kCount};
  });
}

void check_request(const scenario::Scalar& request, const std::vector<Flow>& flows,
                   Values& values) {
  std::vector<std::string_view> names;
  for (const Flow& flow : flows)
    for (const Step& step : flow.steps)
      if (const auto* each = std::get_if<Request>(&step)) names.push_back(each->name);
  if (names.empty()) return;  // there is no request at all, which is reported elsewhere
  if (std::find(names.begin(), names.end(), request.text) != names.end()) return;
  const std::string near = scenario::did_you_mean(request.text, names);
  values.report(request.position, fmt::format("the flow has no request named '{}'", request.text),
                near.empty() ? fmt::format("its requests are {}", fmt::join(names, ", ")) : near);
}

Budget typed_budget(const scenario::Budget& written, Values& values) {
  Budget budget;
  budget.id = written.name.text;
  budget.position = written.limit.position;
  const auto limit = [&](Gate gate, Result<Quantity> (*parse)(std::string_view)) {
    budget.gate = gate;
    budget.limit = values.parsed(written.limit, parse);
  };
  if (budget.id == "growth") limit(Gate::kGrowth, parse_bytes_per_iteration);
  if (budget.id == "peak_memory" || written.request) limit(Gate::kPeakMemory, size_limit);
  if (written.request) budget.request = written.request->text;
  if (budget.id == "errors") limit(Gate::kErrors, percent_limit);
  if (budget.id == "fds") limit(Gate::kFds, parse_count_per_iteration);
  if (budget.id == "threads") limit(Gate::kThreads, parse_count_per_iteration);
  if (budget.id == "gc.collections") limit(Gate::kGcCollections, parse_count_per_iteration);
  if (budget.id == "gc.uncollectable") limit(Gate::kGcUncollectable, count_limit);
  if (budget.id == "gc.pause") limit(Gate::kGcPause, time_limit);
  if (budget.id.starts_with(kDurationPrefix)) {
    limit(Gate::kDuration, time_limit);
    if (const auto quantile = quantile_of(budget.id)) {
      budget.quantile = *quantile;
    } else {
      std::vector<std::string_view> names;
      for (const auto& [name, value] : kQuantiles) names.push_back(name);
      values.report(written.name.position,
                    fmt::format("'{}' is no quantile of 'duration': write one of {}",
                                budget.id.substr(kDurationPrefix.size()), fmt::join(names, ", ")));
    }
  }
  return budget;
}

}  // namespace

std::vector<Budget> default_budgets(const SourcePosition& position) {
  const Quantity none{0, Unit::kCountPerIteration};
  return {{Gate::kGrowth, "growth", 0, std::nullopt, position},
          {Gate::kFds, "fds", 0, none, position},
          {Gate::kThreads, "threads", 0, none, position}};
}

std::vector<Budget> typed_budgets(const std::vector<scenario::Budget>& budgets,
                                  const std::vector<Flow>& flows, Values& values) {
  std::vector<Budget> typed;
  for (const scenario::Budget& budget : budgets) {
    if (budget.request) check_request(*budget.request, flows, values);
    typed.push_back(typed_budget(budget, values));
  }
  return typed;
}

}  // namespace tidemark::plan
