#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "harness/base/json.h"
#include "harness/base/text.h"
#include "reporters/html/chart.h"
#include "reporters/html/findings.h"
#include "reporters/html/gc.h"
#include "reporters/html/load.h"
#include "reporters/html/markup.h"
#include "reporters/reporters.h"
#include "reporters/words.h"

namespace tidemark::embedded {
std::string_view dygraphs_js();
std::string_view dygraphs_css();
std::string_view report_css();
std::string_view report_js();
}  // namespace tidemark::embedded

namespace tidemark::reporters {
namespace {

using analysis::GateReport;
using analysis::Outcome;
using analysis::RunReport;
using analysis::ScenarioReport;
using analysis::TreeChart;

std::string badge(Outcome outcome, std::string_view words) {
  return fmt::format("<span class=\"badge {}\">{}</span>", outcome_name(outcome), html(words));
}

// A bar for the value with a mark at the limit, on a scale that shows both.
std::string meter(const GateReport& gate) {
  if (!gate.measured || !gate.limit || gate.limit->value <= 0) return {};
  const double value = std::max(0.0, gate.measured->value.value);
  const double scale = std::max(value, gate.limit->value) * 1.1;
  return fmt::format(
      "<div class=\"meter\" role=\"img\" aria-label=\"{}\"><i style=\"width:{:.1f}%\"></i>"
      "<b style=\"left:{:.1f}%\"></b></div>",
      html(margin_words(gate)), 100 * value / scale, 100 * gate.limit->value / scale);
}

// A gate that passed and is not what the scenario is about takes one line.
bool is_brief(const GateReport& gate) {
  return gate.outcome == Outcome::kPass &&
         (gate.gate == plan::Gate::kFds || gate.gate == plan::Gate::kThreads ||
          gate.gate == plan::Gate::kErrors);
}

std::string gate_item(const ScenarioReport& scenario, const GateReport& gate) {
  std::string words(outcome_name(gate.outcome));
  if (is_expected(scenario, gate)) words += ", as expected";
  std::string item =
      fmt::format("<li class=\"gate {}{}\"><h3><code>{}</code> {}", outcome_name(gate.outcome),
                  is_brief(gate) ? " brief" : "", html(gate.id), badge(gate.outcome, words));
  if (gate.classification)
    item += fmt::format(" <span class=\"faint\">{}</span>", shape_name(*gate.classification));
  item += fmt::format("</h3><p><span class=\"measured\">{}</span>", html(measured_words(gate)));
  const std::string limit = limit_words(gate);
  if (!limit.empty()) {
    const std::string margin = margin_words(gate);
    item += fmt::format(
        " <span class=\"faint\">limit</span> {}{}", html(limit),
        margin.empty() ? "" : fmt::format(" <span class=\"faint\">({})</span>", html(margin)));
  }
  item += "</p>";
  if (is_brief(gate)) return item + "</li>";
  item += meter(gate);
  if (!gate.reason.empty()) item += "<p>" + html(gate.reason) + "</p>";
  if (const std::string exhaustion = exhaustion_words(scenario, gate); !exhaustion.empty())
    item += "<p class=\"exhaustion\">" + html(exhaustion) + "</p>";
  if (!gate.signal.empty()) {
    item += "<p class=\"faint\">measured by <code>" + html(gate.signal) + "</code>";
    if (!gate.shape_signal.empty() && gate.shape_signal != gate.signal)
      item += ", shape by <code>" + html(gate.shape_signal) + "</code>";
    if (gate.decided_at) item += fmt::format(", decided at iteration {}", *gate.decided_at);
    item += "</p>";
  }
  return item + "</li>";
}

// What the script draws from: inside a script element only "<" can do harm.
std::string chart_data(const TreeChart& chart, const ChartOptions& options) {
  Json data = {{"signal", record::signal_name(chart.series.signal)},
               {"unit", unit_symbol(record::signal_unit(chart.series.signal))},
               {"growth_began", options.growth_began},
               {"fitted_from", chart.fitted_from},
               {"points", Json::array()}};
  for (const analysis::SeriesPoint& point : chart.series.points)
    data["points"].push_back({point.iteration, point.value});
  if (chart.slope)
    data["slope"] = {chart.slope->per_iteration, chart.slope->low, chart.slope->high,
                     chart.slope->middle_iteration, chart.slope->middle_value};
  std::string text = json_text(data);
  for (std::size_t at = text.find('<'); at != std::string::npos; at = text.find('<', at))
    text.replace(at, 1, "\\u003c");
  return text;
}

std::string figure(const TreeChart& chart, const ChartOptions& options, std::string_view legend) {
  return fmt::format(
      "<figure data-chart>{}<figcaption>{}{}</figcaption>"
      "<script type=\"application/json\">{}</script></figure>",
      chart_svg(chart, options), html(chart_title(chart, options)), legend,
      chart_data(chart, options));
}

// The chart of the signal that decided growth first, all others folded away.
std::string charts(const ScenarioReport& scenario) {
  const auto growth =
      std::find_if(scenario.gates.begin(), scenario.gates.end(),
                   [](const GateReport& gate) { return gate.gate == plan::Gate::kGrowth; });
  const bool has_growth = growth != scenario.gates.end() && scenario.growth_began > 0;
  const std::string main_signal = has_growth ? growth->signal : "";
  std::string main;
  std::string others;
  for (const TreeChart& chart : scenario.charts) {
    if (chart.series.points.size() < 2) continue;
    ChartOptions options{scenario.growth_began, std::nullopt};
    if (signal_name(chart.series.signal) != main_signal) {
      others += figure(chart, options, "");
      continue;
    }
    if (growth->limit) options.limit = growth->limit->value;
    main = figure(chart, options,
                  "; shaded: warm-up; dashed: the fit and its band; dotted: the limit");
  }
  if (!others.empty())
    others = "<details><summary>All signals</summary><div class=\"small\">" + others +
             "</div></details>";
  return main + others;
}

std::string peaks(const ScenarioReport& scenario) {
  if (scenario.peaks.empty()) return {};
  const auto gate =
      std::find_if(scenario.gates.begin(), scenario.gates.end(),
                   [](const GateReport& each) { return each.gate == plan::Gate::kPeakMemory; });
  const double limit = gate != scenario.gates.end() && gate->limit ? gate->limit->value : 0;
  double largest = limit;
  for (const auto& peak : scenario.peaks)
    largest = std::max(largest, static_cast<double>(peak.needed.count));
  std::string rows;
  for (const auto& peak : scenario.peaks) {
    const auto needed = static_cast<double>(peak.needed.count);
    rows += fmt::format(
        "<tr><td class=\"number\">{}</td><td class=\"number memory\">{}{}</td><td><span "
        "class=\"bar{}\" "
        "style=\"width:{:.1f}%\"></span></td><td class=\"faint optional\">{}</td></tr>",
        peak.iteration, peak.upper_bound ? "at most " : "", html(format_bytes(peak.needed)),
        limit > 0 && needed > limit ? " above" : "",
        100 * std::max(0.0, needed) / std::max(largest, 1.0),
        peak.first ? "the first one: imports and first caches, not judged" : "");
  }
  return "<details" + std::string(limit > 0 ? " open" : "") +
         "><summary>What one iteration needed on top</summary><table><thead><tr>"
         "<th class=\"number\">iteration</th><th class=\"number\">memory</th><th "
         "style=\"width:45%\">"
         "</th><th class=\"optional\"></th></tr></thead><tbody>" +
         rows + "</tbody></table></details>";
}

std::string unexpected(const ScenarioReport& scenario) {
  if (scenario.unexpected_answers.empty()) return {};
  std::string rows;
  for (const auto& answer : scenario.unexpected_answers)
    rows += fmt::format(
        "<tr><td class=\"number\">{}</td><td>{}</td><td>{}</td><td><code>{}</code></td></tr>",
        answer.iteration, html(answer.request), html(answer.what),
        html(printable_line(answer.body)));
  return "<details open><summary>Unexpected answers</summary><div class=\"wide\"><table><thead><tr>"
         "<th "
         "class=\"number\">iteration</th><th>request</th><th>what</th><th>body</th></tr></"
         "thead><tbody>" +
         rows + "</tbody></table></div></details>";
}

std::string processes(const ScenarioReport& scenario) {
  if (scenario.processes.empty()) return {};
  std::string rows;
  for (const auto& process : scenario.processes) {
    std::string gc;
    for (const auto& row : process.gc)
      gc += fmt::format(
          "{}generation {}: {} collections, {} objects collected, {} uncollectable, "
          "threshold {}",
          gc.empty() ? "" : "<br>", row.generation, row.collections, row.collected,
          row.uncollectable, row.threshold);
    rows += fmt::format(
        "<tr><td class=\"number\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
        process.process.pid, html(process.role),
        html(process.runtime.empty() ? "no agent" : process.runtime),
        html(printable_line(process.command, 160)), gc);
  }
  return "<details><summary>Processes and their garbage collectors</summary><div "
         "class=\"wide\"><table>"
         "<thead><tr><th class=\"number\">PID</th><th>role</th><th>runtime</th><th>command</th>"
         "<th>collector, during the run</th></tr></thead><tbody>" +
         rows + "</tbody></table></div></details>";
}

std::string audit(const ScenarioReport& scenario) {
  if (scenario.audit.empty()) return {};
  std::string items;
  bool all_ok = true;
  for (const auto& check : scenario.audit) {
    items += fmt::format("<li{}>{}: {}</li>", check.ok ? "" : " class=\"problem\"",
                         html(check.check), html(check.detail));
    all_ok = all_ok && check.ok;
  }
  return fmt::format(
      "<details{}><summary>What was audited</summary><ul class=\"audit\">{}</ul></details>",
      all_ok ? "" : " open", items);
}

std::string section(const ScenarioReport& scenario) {
  std::string text = fmt::format(
      "<section class=\"scenario\" id=\"{}\" aria-labelledby=\"{}-title\"><header>"
      "<h2 id=\"{}-title\">{}</h2>{}<span class=\"faint\">{}</span></header>",
      html(scenario.folder), html(scenario.folder), html(scenario.folder), html(scenario.name),
      badge(scenario.outcome, outcome_words(scenario)),
      scenario.outcome == Outcome::kSkipped
          ? ""
          : html(fmt::format("{} iterations in {}", scenario.iterations,
                             format_duration(scenario.duration))));
  if (!scenario.description.empty()) text += "<p>" + html(scenario.description) + "</p>";
  if (!scenario.message.empty()) text += "<pre>" + html(scenario.message) + "</pre>";
  if (!scenario.gates.empty()) {
    text += "<ul class=\"gates\">";
    for (const GateReport& gate : scenario.gates) text += gate_item(scenario, gate);
    text += "</ul>";
  }
  text += findings_section(scenario) + charts(scenario) + peaks(scenario) + load_section(scenario) +
          gc_section(scenario) + unexpected(scenario) + audit(scenario) + processes(scenario);
  if (!scenario.repeat_command.empty())
    text += "<p class=\"faint\">again: <code>" + html(scenario.repeat_command) + "</code></p>";
  return text + "</section>";
}

std::string overview(const RunReport& report) {
  std::string rows;
  for (const ScenarioReport& scenario : report.scenarios) {
    std::string measured;
    for (const GateReport& gate : scenario.gates) {
      if (scenario.gates.size() > 1 && gate.outcome == Outcome::kPass &&
          gate.gate != plan::Gate::kGrowth && gate.gate != plan::Gate::kPeakMemory)
        continue;
      const std::string value =
          gate.measured ? format_quantity(gate.measured->value) : "not measured";
      measured +=
          fmt::format("{}{} {} <span class=\"faint\">of {}</span>", measured.empty() ? "" : "<br>",
                      html(gate.id), html(value), html(limit_words(gate)));
    }
    rows += fmt::format("<tr><td><a href=\"#{}\">{}</a></td><td>{}</td><td>{}</td></tr>",
                        html(scenario.folder), html(scenario.name), measured,
                        badge(scenario.outcome, outcome_words(scenario)));
  }
  return "<table><thead><tr><th>scenario</th><th>measured, of what is "
         "allowed</th><th>outcome</th></tr>"
         "</thead><tbody>" +
         rows + "</tbody></table>";
}

std::string footer(const RunReport& report) {
  std::string facts;
  for (const auto& [name, value] : report.environment)
    facts += fmt::format("<dt>{}</dt><dd>{}</dd>", html(name), html(value));
  return "<footer><h2>Measured on</h2><dl>" + facts +
         "</dl><p>Charts: dygraphs (MIT licence).</p></footer>";
}

}  // namespace

std::string render_html(const RunReport& report) {
  const std::string_view verdict =
      report.interrupted ? "interrupted" : outcome_name(report.outcome);
  std::string page = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">"
      "<title>{}: {} - Tidemark</title><style>{}{}</style></head><body>\n",
      html(verdict), html(report.name), embedded::dygraphs_css(), embedded::report_css());
  page += fmt::format(
      "<header class=\"verdict {}\"><h1><strong>{}</strong> {}</h1><p>{}</p>"
      "<p class=\"faint\">{} · {}</p></header><main>\n",
      outcome_name(report.outcome), html(verdict), html(report.name), html(summary_words(report)),
      html(report.started), html(format_duration(report.duration)));
  page += overview(report) + sweep_section(report) + "\n";
  for (const ScenarioReport& scenario : report.scenarios) page += section(scenario) + "\n";
  page += "</main>" + footer(report);
  page += fmt::format("<script>{}</script>\n<script>{}</script></body></html>\n",
                      embedded::dygraphs_js(), embedded::report_js());
  return page;
}

}  // namespace tidemark::reporters
