#include "harness/scenario/budget_reader.h"

#include <fmt/format.h>

#include <utility>

#include "harness/scenario/map_reader.h"

namespace tidemark::scenario {
namespace {

// 64MiB, or {iteration: 64MiB, requests: {report: 32MiB}}
void read_peak_budgets(const YamlNode& node, std::vector<Budget>& budgets,
                       Diagnostics& diagnostics) {
  if (node.kind != YamlNode::Kind::kMap) {
    if (auto limit = as_scalar(node, "peak_memory", diagnostics))
      budgets.push_back({{"peak_memory", limit->position}, std::move(*limit)});
    return;
  }
  MapReader map(node, "'peak_memory'", diagnostics);
  if (auto limit = map.scalar("iteration"))
    budgets.push_back({{"peak_memory", limit->position}, std::move(*limit)});
  if (const YamlNode* requests = map.find("requests")) {
    for (auto& [request, limit] : as_named_values(*requests, "requests", diagnostics))
      budgets.push_back({{"peak_memory." + request.text, request.position},
                         std::move(limit),
                         std::move(request)});
    if (requests->kind == YamlNode::Kind::kMap && requests->entries.empty())
      map.report(requests->position, "'requests' is empty", "write {report: 32MiB}");
  }
  map.finish();
  if (node.entries.empty())
    map.report(node.position, "'peak_memory' is empty",
               "write {iteration: 64MiB, requests: {report: 32MiB}}");
}

Scaling read_scaling(const YamlNode& node, Diagnostics& diagnostics) {
  MapReader map(node, "'scaling'", diagnostics);
  Scaling scaling;
  scaling.position = node.position;
  scaling.peak_memory = map.scalar("peak_memory");
  scaling.duration = map.scalar("duration");
  scaling.at = map.named_values("at");
  if (const YamlNode* max = map.find("max")) {
    if (max->kind == YamlNode::Kind::kMap) {
      MapReader limits(*max, "'max'", diagnostics);
      scaling.max_peak_memory = limits.scalar("peak_memory");
      scaling.max_duration = limits.scalar("duration");
      limits.finish();
      if (max->entries.empty())
        map.report(max->position, "'max' is empty", "write {peak_memory: 256MiB}");
    } else {
      scaling.max = as_scalar(*max, "max", diagnostics);
    }
  }
  map.finish();
  if (map.is_map() && !scaling.peak_memory && !scaling.duration && !map.has("max"))
    map.report(node.position, "'scaling' limits nothing",
               "write a class, {peak_memory: O(1)}, or {at: {users: 500000}, max: 256MiB}");
  return scaling;
}

}  // namespace

void read_budgets(const YamlNode& node, Scenario& scenario, Diagnostics& diagnostics) {
  MapReader map(node, "'budgets'", diagnostics);
  std::vector<Budget> budgets;
  const auto add = [&](std::string_view key) {
    if (auto limit = map.scalar(key))
      budgets.push_back({{std::string(key), limit->position}, std::move(*limit)});
  };
  add("growth");
  if (const YamlNode* peaks = map.find("peak_memory"))
    read_peak_budgets(*peaks, budgets, diagnostics);
  const YamlNode* duration = map.find("duration");
  if (duration)
    for (auto& [quantile, limit] : as_named_values(*duration, "duration", diagnostics))
      budgets.push_back({{"duration." + quantile.text, quantile.position}, std::move(limit)});
  add("errors");
  add("fds");
  add("threads");
  const YamlNode* gc = map.find("gc");
  if (gc) {
    MapReader collector(*gc, "'gc'", diagnostics);
    for (const char* key : {"collections", "uncollectable", "pause"})
      if (auto limit = collector.scalar(key))
        budgets.push_back({{fmt::format("gc.{}", key), limit->position}, std::move(*limit)});
    collector.finish();
    if (collector.is_map() && gc->entries.empty())
      map.report(gc->position, "'gc' is empty", "write {collections: 5/iteration}");
  }
  if (const YamlNode* scaling = map.find("scaling"))
    scenario.scaling = read_scaling(*scaling, diagnostics);
  map.finish();
  if (map.is_map() && node.entries.empty())
    map.report(node.position, "'budgets' is empty", "leave it out for the default gates");
  if (duration && duration->kind == YamlNode::Kind::kMap && duration->entries.empty())
    map.report(duration->position, "'duration' is empty", "write a quantile, such as {p95: 2s}");
  scenario.budgets = std::move(budgets);
}

}  // namespace tidemark::scenario
