#include "reporters/terminal/live_block.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "harness/base/text.h"
#include "reporters/terminal/gate_lines.h"
#include "reporters/terminal/pen.h"
#include "reporters/words/words.h"

namespace tidemark::reporters {
namespace {

using analysis::GateReport;
using analysis::Outcome;

constexpr std::size_t kLongestName = 60;  // bytes
constexpr std::size_t kSparkline = 32;    // characters

struct Piece {
  std::string words;
  Ink ink = Ink::kPlain;
};

std::string line_of(const std::vector<Piece>& pieces, std::size_t width, const Pen& pen) {
  std::string line;
  for (const Piece& piece : pieces) {
    const std::string_view shown = cut(piece.words, width);
    width -= columns(shown);
    if (!shown.empty()) line += pen(piece.ink, shown);
  }
  return line;
}

std::vector<Piece> progress(const LiveView& view) {
  std::vector<Piece> pieces = {
      {fmt::format("[{}/{}] ", view.number, view.count)},
      {printable_line(view.scenario, kLongestName), Ink::kStrong},
      {fmt::format("  {}  {}/{}", view.phase, view.iteration, view.most_iterations)}};
  if (view.requests_per_second)
    pieces.push_back({fmt::format("  {}", format_rate(*view.requests_per_second))});
  if (view.p95) pieces.push_back({fmt::format("  p95 {}", format_duration(*view.p95))});
  pieces.push_back({fmt::format("  at most {} left", format_duration(view.left)), Ink::kFaint});
  return pieces;
}

std::vector<Piece> memory(const LiveView& view) {
  const Bytes change = view.memory.last() - view.memory.first();
  return {
      {"  memory  ", Ink::kFaint},
      {format_bytes(view.memory.last())},
      {"  " + sparkline(view.memory.stretches(), kSparkline)},
      {fmt::format("  {}{}", change.count < 0 ? "−" : "+", format_bytes({std::abs(change.count)})),
       Ink::kFaint}};
}

// What is not decided yet is open, and says so.
std::vector<Piece> gates_so_far(const LiveView& view) {
  std::vector<Piece> pieces = {{"  so far", Ink::kFaint}};
  for (const GateReport& gate : view.gates) {
    pieces.push_back({fmt::format("  {} ", mark_of(gate.outcome)), ink_of(gate.outcome)});
    pieces.push_back({printable_line(gate.id)});
    if (gate.measured && gate.outcome != Outcome::kPass)
      pieces.push_back({fmt::format(" {} of {}", value_words(gate), limit_words(gate))});
  }
  return pieces;
}

std::vector<Piece> scenarios_done(const LiveView& view) {
  std::vector<Piece> pieces = {{"  done  ", Ink::kFaint}};
  for (const Outcome outcome : {Outcome::kPass, Outcome::kFail, Outcome::kInvalid,
                                Outcome::kInconclusive, Outcome::kSkipped}) {
    const auto count = std::count(view.done.begin(), view.done.end(), outcome);
    if (count > 0)
      pieces.push_back({fmt::format("  {} {} {}", mark_of(outcome), count, outcome_name(outcome)),
                        ink_of(outcome)});
  }
  return pieces;
}

}  // namespace

std::string sparkline(const std::vector<Bytes>& values, std::size_t width) {
  constexpr std::array<std::string_view, 8> kBars = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  if (values.empty()) return {};
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const auto span = static_cast<double>((*most - *least).count);
  const std::size_t characters = std::min(width, values.size());
  std::string line;
  for (std::size_t i = 0; i < characters; ++i) {
    const auto from = values.begin() + static_cast<std::ptrdiff_t>(i * values.size() / characters);
    const auto to =
        values.begin() + static_cast<std::ptrdiff_t>((i + 1) * values.size() / characters);
    const auto above = static_cast<double>((*std::max_element(from, to) - *least).count);
    const double share = span > 0 ? above / span : 0;
    line += kBars[std::min<std::size_t>(static_cast<std::size_t>(share * 8), 7)];
  }
  return line;
}

std::vector<std::string> live_block(const LiveView& view, std::size_t width, bool color) {
  const Pen pen(color);
  std::vector<std::string> lines = {line_of(progress(view), width, pen)};
  if (view.memory.count() > 1) lines.push_back(line_of(memory(view), width, pen));
  if (!view.gates.empty()) lines.push_back(line_of(gates_so_far(view), width, pen));
  if (!view.done.empty()) lines.push_back(line_of(scenarios_done(view), width, pen));
  return lines;
}

}  // namespace tidemark::reporters
