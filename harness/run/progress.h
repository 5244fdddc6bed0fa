#pragma once

// What a run tells whoever watches it. Called on the thread that runs.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/analysis/report.h"
#include "harness/base/units.h"
#include "harness/record/record.h"

namespace tidemark::run {

struct ProgressUpdate {
  std::string phase;  // "launch", "warm-up", "peaks", "growth", "diagnosis"
  std::int64_t iteration = 0;
  std::int64_t most_iterations = 0;
  Bytes memory{0};  // private memory of the whole target at the last checkpoint
  Seconds left{0};  // at most
  // Of the last batch: requests under load, and their response times.
  std::optional<double> requests_per_second = {};
  std::optional<Seconds> p95 = {};
};

class Progress {
 public:
  virtual ~Progress() = default;
  virtual void begin_scenario(const std::string& name, std::size_t number, std::size_t count) = 0;
  virtual void update(const ProgressUpdate& update) = 0;
  // The gates as they stand, whenever they were looked at.
  virtual void judge(const std::vector<analysis::GateReport>& gates) = 0;
  // One line that stays: the plan, a warning.
  virtual void note(const std::string& line) = 0;
  virtual void end_scenario(const analysis::ScenarioReport& report) = 0;
};

}  // namespace tidemark::run
