#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/base/text.h"
#include "reporters/reporters.h"
#include "reporters/terminal/findings_lines.h"
#include "reporters/terminal/gate_lines.h"
#include "reporters/terminal/gate_table.h"
#include "reporters/terminal/load_lines.h"
#include "reporters/terminal/pen.h"
#include "reporters/terminal/sweep_lines.h"
#include "reporters/words/words.h"

namespace tidemark::reporters {
namespace {

using analysis::GateReport;
using analysis::Outcome;
using analysis::RunReport;
using analysis::ScenarioReport;

// Columns of a finding's file: its line shall not be longer than others.
constexpr std::size_t kLongestFile = 40;

bool is_good(const ScenarioReport& scenario) {
  return scenario.outcome == Outcome::kPass || scenario.outcome == Outcome::kSkipped;
}

std::string indented(std::string_view text, std::string_view indentation) {
  std::string lines;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    lines += fmt::format("{}{}\n", indentation, line);
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return lines;
}

std::string title_line(const ScenarioReport& scenario, const Pen& pen) {
  return fmt::format(
      "  {} {}  {}\n", pen(ink_of(scenario.outcome), mark_of(scenario.outcome)),
      pen(Ink::kStrong, printable_line(scenario.name)),
      pen(Ink::kFaint, scenario.outcome == Outcome::kSkipped
                           ? "skipped: " + printable_line(scenario.message)
                           : fmt::format("{}, {} iterations in {}", outcome_words(scenario),
                                         scenario.iterations, format_duration(scenario.duration))));
}

// What is to be said of a gate beside its figures.
std::string gate_details(const ScenarioReport& scenario, const GateReport& gate, const Pen& pen,
                         bool color) {
  const std::string indentation(6, ' ');
  const std::string found = findings_lines(scenario, gate, {indentation, kLongestFile, color});
  std::string reasons;
  if (gate.outcome != Outcome::kPass) reasons = reason_line(gate, indentation, pen);
  if (const std::string words = exhaustion_words(scenario, gate); !words.empty())
    reasons += indentation + words + "\n";
  if (reasons.empty() && found.empty()) return {};
  return "    " + gate_line(gate, columns_of({gate}), pen) + "\n" + reasons + found;
}

std::string warning_lines(const ScenarioReport& scenario, const Pen& pen) {
  std::string lines;
  for (const analysis::AuditCheck& check : scenario.audit)
    if (!check.ok)
      lines += fmt::format("    {} {}: {}\n", pen(Ink::kDoubtful, "!"), printable_line(check.check),
                           printable_line(check.detail, 400));
  return lines;
}

// What went wrong, why, at which line, and how to see it again. Of a scenario that is as it should
// be what its gates accept and what is to be read with care; where it is the only one, also what it
// was there to show.
std::string details(const ScenarioReport& scenario, const ConsoleStyle& style, bool is_only_one) {
  const Pen pen(style.color);
  // When nothing was measured the message says all there is to say.
  const bool has_run = scenario.outcome != Outcome::kInvalid || scenario.iterations > 0;
  std::string text;
  if (has_run) {
    for (const GateReport& gate : scenario.gates)
      if (!is_good(scenario) || is_only_one || gate.outcome == Outcome::kPass)
        text += gate_details(scenario, gate, pen, style.color);
    const bool has_figures = is_only_one && !style.only_problems;
    if (has_figures) text += time_lines(scenario.load, "    ");
    text += failure_line(scenario.load, "    ");
    if (has_figures) text += request_lines(scenario.load, "      ");
    text += warning_lines(scenario, pen);
  }
  if (!is_good(scenario)) {
    if (!scenario.message.empty()) text += indented(printable(scenario.message), "      ");
    text += repeat_line(scenario.repeat_command, std::string(6, ' '), pen);
  }
  return text.empty() ? text : title_line(scenario, pen) + text;
}

using Lines = std::vector<std::string>;  // each ended

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    lines.emplace_back(text.substr(0, text.find('\n') + 1));
    text.remove_prefix(lines.back().size());
  }
  return lines;
}

// Rows of the screen: a longer line wraps. Colors take none.
std::size_t rows_of(std::string_view text, std::size_t width) {
  std::size_t rows = 0;
  for (const std::string& line : lines_of(text)) {
    std::string shown;
    for (std::size_t i = 0; i + 1 < line.size(); ++i) {
      if (line[i] == '\x1b')
        i = line.find('m', i);
      else
        shown += line[i];
    }
    rows += width > 0 ? std::max<std::size_t>(1, (columns(shown) + width - 1) / width) : 1;
  }
  return rows;
}

std::string run_lines(const RunReport& report) {
  auto rows = run_rows(report);
  for (auto& row : rows)
    for (std::string& cell : row) cell = printable_line(cell, kLongestFile);
  return aligned(rows, "  ");
}

std::string verdict_lines(const RunReport& report, const Pen& pen) {
  std::string lines;
  if (const std::string words = not_run_words(report); !words.empty())
    lines += fmt::format("  {}\n", words);
  return lines + fmt::format("{}  {} in {}\n", pen(ink_of(report.outcome), verdict_word(report)),
                             summary_words(report), format_duration(report.duration));
}

// The text in its parts, so that what nobody needs to look at can be made shorter.
class Screen {
 public:
  Screen(const RunReport& report, const ConsoleStyle& style)
      : report_(report), style_(style), pen_(style.color) {
    for (const ScenarioReport& scenario : report.scenarios) {
      if (is_good(scenario) && style.only_problems) continue;
      std::string text = details(scenario, style, report.scenarios.size() == 1);
      const auto warnings = std::count_if(scenario.audit.begin(), scenario.audit.end(),
                                          [](const auto& check) { return !check.ok; });
      if (!text.empty())
        blocks_.push_back({std::move(text), is_good(scenario), static_cast<std::size_t>(warnings)});
    }
  }

  std::string text() {
    if (fits()) return joined();
    folds_ = SweepFolds::kGood;
    if (fits()) return joined();
    // Rows of the table go before remarks, but some stay.
    most_table_rows_ = least_table_rows();
    if (fits()) return with_larger_table();
    shorten_remarks();
    return joined();
  }

 private:
  struct Block {
    std::string text;
    bool is_good;
    std::size_t warnings;  // its last lines, where it is good
  };

  std::size_t rows() const { return rows_of(joined(), style_.width); }
  bool fits() const { return style_.most_rows == 0 || rows() <= style_.most_rows; }

  static constexpr std::size_t kLeastTableRows = 5;
  std::size_t least_table_rows() const {
    return std::min(kLeastTableRows, style_.most_rows / 3 + 1);
  }

  std::string with_larger_table() {
    most_table_rows_ += style_.most_rows - rows();
    return joined();
  }

  // Takes lines of what is as it should be, the last first, until the text fits; what was a warning
  // among them is counted.
  void shorten_remarks() {
    std::size_t over = rows() - style_.most_rows + 2;  // the line that counts, an empty one before
    for (auto block = blocks_.rbegin(); block != blocks_.rend() && over > 0; ++block) {
      if (!block->is_good) continue;
      Lines lines = lines_of(block->text);
      while (lines.size() > 1 && over > 0) {
        over -= std::min(over, rows_of(lines.back(), style_.width));
        lines.pop_back();
        if (block->warnings == 0) continue;
        --block->warnings;
        ++left_out_;
      }
      if (lines.size() == 1) {  // its title, with an empty line before
        lines.clear();
        over -= std::min<std::size_t>(over, 2);
      }
      block->text = join(lines, "");
    }
  }

  std::string joined() const {
    std::string text;
    const auto add = [&](const std::string& part) {
      if (!part.empty() && !text.empty() && !style_.only_problems) text += "\n";
      text += part;
    };
    if (!style_.only_problems) {
      add(run_lines(report_));
      add(gate_table(report_, style_, most_table_rows_));
    }
    for (const Block& block : blocks_) add(block.text);
    add(sweep_lines(report_, style_, folds_));
    if (left_out_ > 0)
      add(pen_(Ink::kFaint, fmt::format("  … and {} more warning{}, in report.html", left_out_,
                                        left_out_ == 1 ? "" : "s")) +
          "\n");
    add(verdict_lines(report_, pen_));
    return text;
  }

  const RunReport& report_;
  ConsoleStyle style_;
  Pen pen_;
  std::vector<Block> blocks_;
  SweepFolds folds_ = SweepFolds::kNone;
  std::size_t most_table_rows_ = SIZE_MAX;
  std::size_t left_out_ = 0;  // warnings
};

}  // namespace

std::string render_console_line(const ScenarioReport& scenario, const ConsoleStyle& style) {
  return title_line(scenario, Pen(style.color));
}

std::string render_console(const RunReport& report, const ConsoleStyle& style) {
  return Screen(report, style).text();
}

}  // namespace tidemark::reporters
