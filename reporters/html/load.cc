#include "reporters/html/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "reporters/html/markup.h"
#include "reporters/html/plot.h"
#include "reporters/words/load_words.h"

namespace tidemark::reporters {
namespace {

using analysis::LoadPoint;
using analysis::LoadReport;
using analysis::RequestReport;
using analysis::ScenarioReport;
using analysis::TimesReport;

constexpr Seconds kShortest{1e-6};  // a logarithmic axis has no zero

// One cell of words, then numbers.
std::string row(std::string_view element, std::string_view name,
                const std::vector<std::string>& numbers) {
  std::string cells = fmt::format("<tr><{0}>{1}</{0}>", element, html(name));
  for (const std::string& number : numbers)
    cells += fmt::format("<{0} class=\"number\">{1}</{0}>", element, html(number));
  return cells + "</tr>";
}

std::vector<std::string> numbers_of(const record::RequestCounts& counts) {
  std::vector<std::string> numbers;
  for (const std::int64_t count :
       {counts.started, counts.succeeded + counts.failed, counts.succeeded, counts.failed,
        counts.errored, counts.timed_out})
    numbers.push_back(format_count(count));
  return numbers;
}

std::string counts_table(const LoadReport& load) {
  std::vector<std::string> names = {"started", "done",    "succeeded",
                                    "failed",  "errored", "timed out"};
  std::vector<std::string> numbers = numbers_of(load.counts);
  if (has_two_times(load)) {
    names.push_back("iterations dropped");
    numbers.push_back(format_count(load.dropped));
  }
  return table(row("th", "", names), row("td", "requests", numbers));
}

std::vector<std::string> numbers_of(const std::optional<TimesReport>& times) {
  if (!times) return std::vector<std::string>(6, "-");
  std::vector<std::string> numbers;
  for (const Seconds time :
       {times->mean, times->p50, times->p90, times->p95, times->p99, times->max})
    numbers.push_back(format_duration(time));
  return numbers;
}

std::string times_table(const LoadReport& load) {
  if (!load.response_time) return {};
  std::string rows = row("td", has_two_times(load) ? "response time (from due)" : "response time",
                         numbers_of(load.response_time));
  if (has_two_times(load)) {
    rows += row("td", "service time (from sent)", numbers_of(load.service_time));
    rows += row("td", "lateness (from due to begun)", numbers_of(load.lateness));
  }
  return table(row("th", "", {"mean", "p50", "p90", "p95", "p99", "longest"}), rows);
}

// In the open model each request has two rows of times.
std::string requests_table(const LoadReport& load) {
  if (load.by_request.size() < 2) return {};
  std::string rows;
  for (const RequestReport& request : load.by_request) {
    const auto add = [&](std::string_view name, const std::optional<TimesReport>& times,
                         std::vector<std::string> numbers) {
      for (std::string& number : numbers_of(times)) numbers.push_back(std::move(number));
      rows += row("td", name, numbers);
    };
    const std::int64_t unexpected = request.counts.started - request.counts.succeeded;
    add(request.name, request.response_time,
        {format_count(request.counts.started), format_count(unexpected)});
    if (has_two_times(load)) add("… from sent", request.service_time, {"", ""});
  }
  return "<h3>By request</h3>" +
         table(row("th", "request",
                   {"started", "not as expected", "mean", "p50", "p90", "p95", "p99", "longest"}),
               rows);
}

std::string errors_table(const LoadReport& load) {
  if (load.not_as_expected() == 0) return {};
  std::string rows;
  for (const auto& [name, count] : failures_by_cause(load))
    rows += row("td", name, {format_count(count)});
  return "<h3>Not answered as expected</h3>" + table(row("th", "why", {"requests"}), rows);
}

Plot over_time(std::string title) {
  Plot plot;
  plot.title = std::move(title);
  plot.x_label = "seconds since the launch";
  plot.x_unit = Unit::kSeconds;
  plot.height = 150;
  return plot;
}

Plot throughput_plot(const std::vector<LoadPoint>& points) {
  PlotLine rate{"requests a second", PlotStyle::kMain, {}};
  PlotLine failed{"not all as expected", PlotStyle::kBadDots, {}};
  double least = INFINITY;
  double most = 0;
  for (const LoadPoint& point : points) {
    const double per_second = point.throughput_per_second();
    least = std::min(least, per_second);
    most = std::max(most, per_second);
    rate.points.push_back({point.elapsed.count(), per_second});
    if (point.failed > 0) failed.points.push_back({point.elapsed.count(), per_second});
  }
  Plot plot =
      over_time(fmt::format("requests a second, between {} and {} in the growth phase; pauses for "
                            "checkpoints do not count",
                            format_rate(least), format_rate(most)));
  plot.unit = Unit::kCount;
  plot.lines = {std::move(rate)};
  if (!failed.points.empty()) plot.lines.push_back(std::move(failed));
  plot.view = {0, std::max(most, 1e-9) * 1.05};
  return plot;
}

Plot times_plot(const std::vector<LoadPoint>& points) {
  PlotLine p50{"p50", PlotStyle::kThird, {}};
  PlotLine p95{"p95", PlotStyle::kMain, {}};
  PlotLine longest{"longest", PlotStyle::kSecondary, {}};
  Seconds most_p95{0};
  Seconds most{0};
  for (const LoadPoint& point : points) {
    const auto add = [&](PlotLine& line, Seconds LoadPoint::Times::*which) {
      const double time = point.times ? ((*point.times).*which).count() : kPlotGap;
      line.points.push_back({point.elapsed.count(), std::max(time, kShortest.count())});
      if (!point.times) line.points.back().y = kPlotGap;
    };
    add(p50, &LoadPoint::Times::p50);
    add(p95, &LoadPoint::Times::p95);
    add(longest, &LoadPoint::Times::max);
    if (!point.times) continue;
    most_p95 = std::max(most_p95, point.times->p95);
    most = std::max(most, point.times->max);
  }
  Plot plot = over_time(
      fmt::format("response time, logarithmic; the p95 is at most {}, the longest took {}",
                  format_duration(most_p95), format_duration(most)));
  plot.unit = Unit::kSeconds;
  plot.logarithmic = true;
  if (most > Seconds(0)) plot.lines = {std::move(p95), std::move(longest), std::move(p50)};
  return plot;
}

std::string charts(const LoadReport& load, std::size_t most_points) {
  if (load.over_time.size() < 2) return {};
  std::string figures;
  for (const auto& [name, plot] : {std::pair("throughput", throughput_plot(load.over_time)),
                                   std::pair("response time", times_plot(load.over_time))})
    if (const std::string figure = plot_figure(plot, name, html(plot.title), most_points);
        !figure.empty())
      figures += figure + plot_values(plot);
  return figures;
}

// Where the load is what the scenario is about, or not all went well; else one line is enough.
bool is_worth_opening(const ScenarioReport& scenario) {
  const LoadReport& load = scenario.load;
  return load.model == plan::LoadModel::kOpen || load.vus > 1 || load.by_request.size() > 1 ||
         load.not_as_expected() > 0 ||
         std::any_of(
             scenario.gates.begin(), scenario.gates.end(),
             [](const analysis::GateReport& gate) { return gate.gate == plan::Gate::kDuration; });
}

std::string summary(const LoadReport& load) {
  std::string words;
  const auto add = [&](const std::string& more) { words += (words.empty() ? "" : "; ") + more; };
  if (!load.words.empty()) add(load.words);
  if (load.response_time)
    add(fmt::format("{} answered, p95 {}", format_rate(load.throughput_per_second),
                    format_duration(load.response_time->p95)));
  if (load.body_bytes > 0_B) add(format_bytes(load.body_bytes) + " received");
  return words;
}

}  // namespace

std::string load_section(const ScenarioReport& scenario, std::size_t most_points) {
  const LoadReport& load = scenario.load;
  if (load.counts.started == 0) return {};
  return fmt::format(
             "<details class=\"load\"{}><summary>Load <span class=\"faint\">{}</span></summary>",
             is_worth_opening(scenario) ? " open" : "", html(summary(load))) +
         counts_table(load) + times_table(load) + charts(load, most_points) + requests_table(load) +
         errors_table(load) + "</details>";
}

}  // namespace tidemark::reporters
