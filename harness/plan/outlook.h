#pragma once

// What can be said of a scenario's growth phase, or of its runs, before anything is launched. Pure.

#include <optional>
#include <string>

#include "harness/plan/plan.h"

namespace tidemark::plan {

// Why a gate can never be decided, however fast the target is, and by which of the settings.
enum class Setting { kIterations, kWarmup, kMaxDuration };
struct Obstacle {
  Setting setting;
  std::string message;
};

// Of growth. Nothing: there is none, or no gate asks for growth.
std::optional<Obstacle> growth_obstacle(const Scenario& scenario);

// The same of what single runs of a program are judged by.
std::optional<Obstacle> runs_obstacle(const Scenario& scenario);

// How slow the target may be: "an iteration may take up to 4.1 s for 40 checkpoints, 19.8 s for
// 12"; empty where no gate asks for growth.
std::string growth_outlook(const Scenario& scenario);

}  // namespace tidemark::plan
