#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "harness/analysis/growth_verdict.h"
#include "harness/base/json.h"
#include "harness/base/text.h"
#include "reporters/reporters.h"
#include "reporters/terminal/pen.h"

namespace tidemark::reporters {
namespace {

using analysis::DoctorReport;
using analysis::IdleReading;
using analysis::Level;
using analysis::MachineCheck;
using analysis::SignalNoise;
using record::Signal;

constexpr std::size_t kWidth = 100;  // of the text
// Signals that decide growth: with an agent, and without one.
constexpr Signal kDeciding[] = {Signal::kLiveBytes, Signal::kUss};

Ink ink_of(Level level) {
  return level == Level::kOk ? Ink::kGood : level == Level::kLimited ? Ink::kDoubtful : Ink::kBad;
}

std::string_view mark_of(Level level) {
  return level == Level::kOk ? "✓" : level == Level::kLimited ? "!" : "✗";
}

// Behind what already stands on the first line: its indentation is taken off.
std::string hanging(const std::string& text, const std::string& indentation) {
  const std::string lines = wrapped(printable_line(text, 1000), indentation, kWidth);
  return lines.empty() ? "\n" : lines.substr(indentation.size());
}

std::string check_lines(const DoctorReport& report, const ConsoleStyle& style) {
  const Pen pen(style.color);
  std::size_t width = 0;
  for (const MachineCheck& check : report.checks) width = std::max(width, columns(check.name));
  const std::string indentation(2 + 2 + width + 2, ' ');
  std::string lines;
  for (const MachineCheck& check : report.checks) {
    if (style.only_problems && check.level == Level::kOk) continue;
    lines += fmt::format("  {} {}  {}", pen(ink_of(check.level), mark_of(check.level)),
                         padded(check.name, width), hanging(check.detail, indentation));
    if (!check.remedy.empty())
      lines += fmt::format("{}{} {}", indentation, pen(Ink::kStrong, "→"),
                           hanging(check.remedy, indentation + "  "));
  }
  return lines;
}

std::string target_words(const IdleReading& idle) {
  const std::string runtime = printable_line(idle.runtime, 60);
  return fmt::format("{} process{} of {}", idle.processes, idle.processes == 1 ? "" : "es",
                     runtime.empty() ? "a shell" : runtime);
}

std::string quantity(const SignalNoise& noise, double value) {
  return format_quantity({value, record::signal_unit(noise.signal)});
}

std::string noise_table(const IdleReading& idle, const Pen& pen) {
  constexpr std::size_t kName = 11;
  constexpr std::size_t kNumber = 11;
  std::string lines =
      pen(Ink::kFaint,
          fmt::format("    {}{}{}{}", padded("signal", kName), right_aligned("drift", kNumber),
                      right_aligned("range", kNumber), right_aligned("noise", kNumber))) +
      "\n";
  for (const SignalNoise& row : idle.signals)
    lines += fmt::format("    {}{}{}{}\n", padded(record::signal_name(row.signal), kName),
                         right_aligned(quantity(row, row.noise.drift), kNumber),
                         right_aligned(quantity(row, row.range), kNumber),
                         right_aligned(quantity(row, row.noise.deviation), kNumber));
  return lines;
}

// What the noise leaves in sight; only what follows from the rules of judgement.
std::string visible_words(const IdleReading& idle) {
  std::string words;
  for (const Signal signal : kDeciding) {
    const SignalNoise* noise = analysis::find_noise(idle, signal);
    if (!noise || analysis::has_jumped(*noise)) continue;
    words += fmt::format(
        "{}{} by {}", words.empty() ? "" : ", ",
        format_quantity({analysis::least_visible_growth(*noise), Unit::kBytesPerIteration}),
        signal == Signal::kLiveBytes ? "live_bytes (with an agent)" : "uss (without one)");
  }
  return words;
}

std::string noise_lines(const IdleReading& idle, const ConsoleStyle& style) {
  const Pen pen(style.color);
  std::string text = pen(Ink::kStrong, "The machine's own noise") +
                     fmt::format("  {} checkpoints of {}, idle; each took {}\n\n", idle.checkpoints,
                                 target_words(idle), format_duration(idle.checkpoint)) +
                     noise_table(idle, pen) + "\n";
  if (idle.checkpoints < analysis::kFewestIdleCheckpoints) return text;
  const std::string visible = visible_words(idle);
  if (visible.empty()) return text;
  return text +
         wrapped(fmt::format("With this noise the smallest leak that {} iterations can tell is {}. "
                             "An application adds noise of its own.",
                             analysis::kHorizonIterations, visible),
                 "  ", kWidth);
}

std::string conclusion(const DoctorReport& report, const Pen& pen) {
  if (!analysis::can_measure_growth(report))
    return pen(Ink::kBad, "Growth of a target cannot be measured on this machine.") + "\n";
  const auto not_ok =
      std::count_if(report.checks.begin(), report.checks.end(),
                    [](const MachineCheck& check) { return check.level != Level::kOk; });
  std::string text = pen(Ink::kGood, "Growth of a target can be measured on this machine");
  if (not_ok > 0)
    text += fmt::format(", with {} restriction{} (see →)", not_ok, not_ok == 1 ? "" : "s");
  return text + ".\n";
}

// A whole number is written as one: 12, not 12.0.
Json tidy(double value) {
  if (!std::isfinite(value)) return nullptr;
  if (value == std::floor(value) && std::abs(value) < 9e15) return static_cast<std::int64_t>(value);
  return value;
}

Json to_json(const SignalNoise& row) {
  const bool decides =
      std::find(std::begin(kDeciding), std::end(kDeciding), row.signal) != std::end(kDeciding);
  return {{"signal", record::signal_name(row.signal)},
          {"unit", unit_symbol(record::signal_unit(row.signal))},
          {"readings", row.noise.readings},
          {"drift", tidy(row.noise.drift)},
          {"range", tidy(row.range)},
          {"deviation", tidy(row.noise.deviation)},
          {"least_visible_growth", decides && !analysis::has_jumped(row)
                                       ? tidy(analysis::least_visible_growth(row))
                                       : Json(nullptr)}};
}

Json to_json(const IdleReading& idle) {
  if (idle.checkpoints == 0) return nullptr;
  Json signals = Json::array();
  for (const SignalNoise& row : idle.signals) signals.push_back(to_json(row));
  return {{"runtime", idle.runtime},
          {"processes", idle.processes},
          {"checkpoints", idle.checkpoints},
          {"checkpoint_seconds", idle.checkpoint.count()},
          {"iterations", analysis::kHorizonIterations},
          {"signals", std::move(signals)}};
}

}  // namespace

std::string render_doctor(const DoctorReport& report, const ConsoleStyle& style) {
  const Pen pen(style.color);
  const std::string checks = check_lines(report, style);
  const bool can_measure = analysis::can_measure_growth(report);
  if (style.only_problems) return checks + (can_measure ? "" : conclusion(report, pen));
  std::string text =
      pen(Ink::kStrong, "tidemark " + report.version) + "  on this machine\n\n" + checks + "\n";
  if (report.idle.checkpoints > 0) text += noise_lines(report.idle, style) + "\n";
  return text + conclusion(report, pen);
}

std::string render_doctor_json(const DoctorReport& report) {
  Json json = {{"schema", "tidemark-doctor/1"},
               {"version", report.version},
               {"can_measure_growth", analysis::can_measure_growth(report)},
               {"checks", Json::array()},
               {"noise", to_json(report.idle)}};
  for (const MachineCheck& check : report.checks)
    json["checks"].push_back({{"check", check.name},
                              {"level", analysis::level_name(check.level)},
                              {"detail", check.detail},
                              {"remedy", check.remedy}});
  return json_text(json, 2) + "\n";
}

}  // namespace tidemark::reporters
