#include "harness/cli/live_progress.h"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "harness/base/text.h"
#include "harness/cli/terminal.h"

namespace tidemark::cli {
namespace {

using analysis::Outcome;

void say(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace

std::string LiveProgress::title() const {
  return fmt::format("[{}/{}] {}", view_.number, view_.count, printable_line(view_.scenario, 60));
}

void LiveProgress::erase() {
  if (drawn_ == 0) return;
  std::string text = "\r\x1b[K";
  for (; drawn_ > 1; --drawn_) text += "\x1b[1A\x1b[K";
  drawn_ = 0;
  say(text);
}

// In one go, so that nobody sees half of it. One column stays free: a full line would wrap.
void LiveProgress::draw() {
  const auto lines = reporters::live_block(view_, terminal_size().columns - 1, style_.color);
  erase();
  say(join(lines, "\n"));
  drawn_ = lines.size();
}

void LiveProgress::begin_scenario(const std::string& name, std::size_t number, std::size_t count) {
  reporters::LiveView next{name, number, count};
  next.done = std::move(view_.done);
  view_ = std::move(next);
}

void LiveProgress::update(const run::ProgressUpdate& update) {
  const bool is_new_phase = update.phase != view_.phase;
  view_.phase = update.phase;
  view_.iteration = update.iteration;
  view_.most_iterations = update.most_iterations;
  view_.left = update.left;
  view_.requests_per_second = update.requests_per_second;
  view_.p95 = update.p95;
  if (update.memory.count > 0) view_.memory.add(update.memory);
  if (mode_ == Mode::kTerminal)
    draw();
  else if (mode_ == Mode::kPlain && is_new_phase)
    say(fmt::format("{}: {}\n", title(), view_.phase));
}

// On a terminal only what went wrong stays: the table at the end has the rest.
void LiveProgress::note(const std::string& line) {
  if (mode_ == Mode::kPlain) say(fmt::format("{}: {}\n", title(), line));
}

void LiveProgress::end_scenario(const analysis::ScenarioReport& report) {
  erase();
  view_.done.push_back(report.outcome);
  const bool is_good = report.outcome == Outcome::kPass || report.outcome == Outcome::kSkipped;
  const bool stays = mode_ == Mode::kPlain || (mode_ == Mode::kTerminal && !is_good);
  if (stays && view_.count > 1) say(reporters::render_console_line(report, style_));
}

}  // namespace tidemark::cli
