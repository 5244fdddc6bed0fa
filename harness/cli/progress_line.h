#pragma once

// Shows a run as it goes on: one line that is drawn over and over on a terminal, plain lines
// elsewhere.

#include <string>

#include "harness/run/progress.h"
#include "reporters/reporters.h"

namespace tidemark::cli {

class ProgressLine : public run::Progress {
 public:
  enum class Mode { kSilent, kPlain, kTerminal };

  ProgressLine(Mode mode, reporters::ConsoleStyle style) : mode_(mode), style_(style) {}

  void begin_scenario(const std::string& name, std::size_t number, std::size_t count) override;
  void update(const run::ProgressUpdate& update) override;
  void note(const std::string& line) override;
  void end_scenario(const analysis::ScenarioReport& report) override;

 private:
  void erase() const;

  Mode mode_;
  reporters::ConsoleStyle style_;
  std::string title_;
  std::string last_phase_;
};

}  // namespace tidemark::cli
