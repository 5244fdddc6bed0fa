#pragma once

// Shows a run as it goes on: a block of lines that is drawn over and over on a terminal, plain
// lines elsewhere. Main thread.

#include <cstddef>
#include <string>

#include "harness/run/progress.h"
#include "reporters/reporters.h"
#include "reporters/terminal/live_block.h"

namespace tidemark::cli {

class LiveProgress : public run::Progress {
 public:
  enum class Mode { kSilent, kPlain, kTerminal };

  LiveProgress(Mode mode, reporters::ConsoleStyle style) : mode_(mode), style_(style) {}
  LiveProgress(const LiveProgress&) = delete;
  LiveProgress& operator=(const LiveProgress&) = delete;
  ~LiveProgress() override { erase(); }

  void begin_scenario(const std::string& name, std::size_t number, std::size_t count) override;
  void update(const run::ProgressUpdate& update) override;
  void judge(const std::vector<analysis::GateReport>& gates) override { view_.gates = gates; }
  void note(const std::string& line) override;
  void end_scenario(const analysis::ScenarioReport& report) override;

 private:
  void draw();
  void erase();
  std::string title() const;

  Mode mode_;
  reporters::ConsoleStyle style_;
  reporters::LiveView view_;
  std::size_t drawn_ = 0;  // lines, the cursor at the end of the last one
};

}  // namespace tidemark::cli
