#include "reporters/json/json_values.h"

namespace tidemark::reporters {
namespace {

Json pause_json(const std::optional<analysis::LongestPause>& pause) {
  if (!pause) return nullptr;
  return {{"at_least", number(pause->at_least.count())},
          {"at_most", number(pause->at_most.count())}};
}

Json to_json(const analysis::GcGenerationReport& generation) {
  return {{"generation", generation.generation},
          {"collections", generation.collections},
          {"collected", generation.collected},
          {"uncollectable", generation.uncollectable},
          {"thresholds", generation.thresholds},
          {"collections_per_iteration", optional_number(generation.collections_per_iteration)},
          {"paused_seconds", seconds_json(generation.paused)},
          {"mean_pause_seconds", seconds_json(generation.mean_pause())},
          {"longest_pause_seconds", pause_json(generation.longest_pause)}};
}

}  // namespace

Json gc_json(const std::optional<analysis::GcReport>& gc) {
  if (!gc) return nullptr;
  Json json = {{"iterations", gc->iterations},
               {"processes", gc->processes},
               {"processes_off", gc->processes_off},
               {"threshold_set", gc->threshold_set ? Json(*gc->threshold_set) : Json(nullptr)},
               {"collections_per_iteration", optional_number(gc->collections_per_iteration())},
               {"paused_seconds", seconds_json(gc->paused())},
               {"paused_share", optional_number(gc->paused_share)},
               {"longest_pause_seconds", pause_json(gc->longest_pause())},
               {"generations", Json::array()},
               {"over_time", Json::array()},
               {"advice", gc->advice}};
  for (const auto& generation : gc->generations) json["generations"].push_back(to_json(generation));
  for (const auto& point : gc->over_time)
    json["over_time"].push_back(
        {{"iteration", point.iteration}, {"collections", point.collections}});
  return json;
}

}  // namespace tidemark::reporters
