#include "reporters/html/peaks.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "harness/base/text.h"
#include "reporters/html/markup.h"
#include "reporters/html/plot.h"

namespace tidemark::reporters {
namespace {

using analysis::GateReport;
using analysis::PeakReport;
using analysis::ScenarioReport;

constexpr std::size_t kLeastForPicture = 3;
constexpr std::size_t kMostRows = 60;
constexpr std::size_t kLongestName = 60;

double limit_of(const ScenarioReport& scenario, const std::string& request) {
  const std::string id = request.empty() ? "peak_memory" : "peak_memory." + request;
  for (const GateReport& gate : scenario.gates)
    if (gate.id == id && gate.limit) return gate.limit->value;
  return 0;
}

bool is_above(const ScenarioReport& scenario, const PeakReport& peak) {
  const double limit = limit_of(scenario, peak.request);
  return !peak.first && limit > 0 && static_cast<double>(peak.needed.count) > limit;
}

// The picture of one kind of peaks, of whole iterations or of one request.
std::string picture(const ScenarioReport& scenario, const std::string& request,
                    const std::vector<PeakReport>& peaks, std::size_t most_points) {
  Plot plot;
  plot.x_label = "iteration";
  plot.height = 160;
  PlotLine within{"within the limit", PlotStyle::kDots, {}};
  PlotLine above{"above the limit", PlotStyle::kBadDots, {}};
  PlotLine first{"the first, not judged", PlotStyle::kOtherDots, {}};
  double largest = 0;  // of those that are judged
  double highest = 1;
  for (const PeakReport& peak : peaks) {
    const PlotPoint point{static_cast<double>(peak.iteration),
                          static_cast<double>(peak.needed.count)};
    highest = std::max(highest, point.y);
    if (!peak.first) largest = std::max(largest, point.y);
    (peak.first ? first : is_above(scenario, peak) ? above : within).points.push_back(point);
  }
  const double limit = limit_of(scenario, request);
  if (limit <= 0) within.name = "needed";
  for (PlotLine* line : {&within, &above, &first})
    if (!line->points.empty()) plot.lines.push_back(std::move(*line));
  const std::string whose = request.empty() ? (scenario.program ? "a run" : "an iteration")
                                            : printable_line(request, kLongestName);
  plot.title = fmt::format("memory that {} needed: at most {}", whose,
                           format_bytes({static_cast<std::int64_t>(largest)}));
  plot.view = {0, std::max(highest, limit) * 1.1};
  if (limit > 0)
    plot.limit = {{static_cast<double>(peaks.front().iteration), limit},
                  {static_cast<double>(peaks.back().iteration), limit}};
  return plot_figure(plot, "peaks", html(plot.title) + (limit > 0 ? "; dotted: the limit" : ""),
                     most_points);
}

std::string pictures(const ScenarioReport& scenario, std::size_t most_points) {
  std::map<std::string, std::vector<PeakReport>> by_request;
  for (const PeakReport& peak : scenario.peaks) by_request[peak.request].push_back(peak);
  std::string all;
  for (const auto& [request, peaks] : by_request)
    if (peaks.size() >= kLeastForPicture) all += picture(scenario, request, peaks, most_points);
  return all;
}

std::string row(const ScenarioReport& scenario, const PeakReport& peak, double largest) {
  const auto needed = static_cast<double>(peak.needed.count);
  return fmt::format(
      "<tr><td class=\"number\">{}</td><td class=\"number memory\">{}{}</td><td><span "
      "class=\"bar{}\" style=\"width:{:.1f}%\"></span></td><td class=\"faint "
      "optional\">{}</td></tr>",
      peak.iteration, peak.upper_bound ? "at most " : "", html(format_bytes(peak.needed)),
      is_above(scenario, peak) ? " above" : "", 100 * std::max(0.0, needed) / largest,
      !peak.first        ? html(printable_line(peak.request, kLongestName))
      : scenario.program ? "the first one: cold caches, not judged"
                         : "the first one: imports and first caches, not judged");
}

// The largest, in the order of their iterations.
std::vector<PeakReport> shown(std::vector<PeakReport> peaks) {
  if (peaks.size() <= kMostRows) return peaks;
  std::stable_sort(peaks.begin(), peaks.end(),
                   [](const PeakReport& a, const PeakReport& b) { return a.needed > b.needed; });
  peaks.resize(kMostRows);
  std::stable_sort(peaks.begin(), peaks.end(), [](const PeakReport& a, const PeakReport& b) {
    return a.iteration < b.iteration;
  });
  return peaks;
}

}  // namespace

std::string peaks_section(const ScenarioReport& scenario, std::size_t most_points) {
  if (scenario.peaks.empty()) return {};
  double largest = 1;
  bool has_limit = false;
  for (const PeakReport& peak : scenario.peaks) {
    const double limit = limit_of(scenario, peak.request);
    has_limit = has_limit || limit > 0;
    largest = std::max({largest, limit, static_cast<double>(peak.needed.count)});
  }
  std::string rows;
  for (const PeakReport& peak : shown(scenario.peaks)) rows += row(scenario, peak, largest);
  const std::size_t left_out = scenario.peaks.size() - std::min(scenario.peaks.size(), kMostRows);
  return fmt::format(
             "<details{}><summary>{}</summary>", has_limit ? " open" : "",
             scenario.program ? "What one run needed" : "What one iteration needed on top") +
         pictures(scenario, most_points) +
         "<table><thead><tr><th class=\"number\">iteration</th><th class=\"number\">memory</th><th "
         "style=\"width:45%\"></th><th class=\"optional\"></th></tr></thead><tbody>" +
         rows + "</tbody></table>" +
         (left_out > 0 ? fmt::format("<p class=\"faint\">and {} smaller ones</p>",
                                     format_count(static_cast<std::int64_t>(left_out)))
                       : "") +
         "</details>";
}

}  // namespace tidemark::reporters
