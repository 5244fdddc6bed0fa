#include "reporters/html/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

#include "reporters/html/load_chart.h"
#include "reporters/html/markup.h"
#include "reporters/load_words.h"

namespace tidemark::reporters {
namespace {

using analysis::LoadReport;
using analysis::RequestReport;
using analysis::ScenarioReport;
using analysis::TimesReport;

// One cell of words, then numbers.
std::string row(std::string_view element, std::string_view name,
                const std::vector<std::string>& numbers) {
  std::string cells = fmt::format("<tr><{0}>{1}</{0}>", element, html(name));
  for (const std::string& number : numbers)
    cells += fmt::format("<{0} class=\"number\">{1}</{0}>", element, html(number));
  return cells + "</tr>";
}

std::string table(const std::string& head, const std::string& rows) {
  return "<div class=\"wide\"><table><thead>" + head + "</thead><tbody>" + rows +
         "</tbody></table></div>";
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

std::string chart(const LoadReport& load) {
  const std::string svg = load_chart_svg(load);
  if (svg.empty()) return svg;
  const bool any_failed = std::any_of(load.over_time.begin(), load.over_time.end(),
                                      [](const auto& point) { return point.failed > 0; });
  return "<figure>" + svg +
         "<figcaption>by the time since the launch, in the growth phase; pauses for checkpoints do "
         "not count" +
         (any_failed ? "; dots: not all was answered as expected" : "") + "</figcaption></figure>";
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

std::string load_section(const ScenarioReport& scenario) {
  const LoadReport& load = scenario.load;
  if (load.counts.started == 0) return {};
  return fmt::format(
             "<details class=\"load\"{}><summary>Load <span class=\"faint\">{}</span></summary>",
             is_worth_opening(scenario) ? " open" : "", html(summary(load))) +
         counts_table(load) + times_table(load) + chart(load) + requests_table(load) +
         errors_table(load) + "</details>";
}

}  // namespace tidemark::reporters
