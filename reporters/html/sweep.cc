#include "reporters/html/sweep.h"

#include <fmt/format.h>

#include <algorithm>

#include "reporters/html/gates.h"
#include "reporters/html/markup.h"
#include "reporters/html/scaling_chart.h"
#include "reporters/words/sweep_words.h"
#include "reporters/words/words.h"

namespace tidemark::reporters {
namespace {

using analysis::GateReport;
using analysis::Outcome;
using analysis::ScalingReport;
using analysis::SweepReport;

constexpr std::size_t kMostPoints = 1'000;  // of a line

std::string points_table(const SweepReport& sweep) {
  const SweepTable cells = sweep_table(sweep);
  std::string head = "<tr>";
  for (std::size_t i = 0; i < cells.head.size(); ++i)
    head += cell("th", cells.head[i], i > 0 && i + 1 < cells.head.size());
  std::string rows;
  for (std::size_t i = 0; i < cells.rows.size(); ++i) {
    const auto& row = cells.rows[i];
    rows += fmt::format("<tr><td><a href=\"#{}\">{}</a></td>",
                        html(scenario_id(sweep.rows[i].folder)), html(row.front()));
    for (std::size_t j = 1; j + 1 < row.size(); ++j) rows += cell("td", row[j], true);
    rows += "<td>" + badge(sweep.rows[i].outcome, row.back()) + "</td></tr>";
  }
  return table(head + "</tr>", rows);
}

// What is predicted must not be more.
std::optional<double> limit_of(const SweepReport& sweep, const ScalingReport& scaling) {
  for (const GateReport& gate : sweep.gates)
    if (gate.limit && gate.limit->unit == scaling.unit) return gate.limit->value;
  return std::nullopt;
}

std::string choice(const std::string& name, std::string_view kind, bool is_chosen) {
  return fmt::format(
      "<input type=\"radio\" class=\"{0}-axes\" name=\"{1}\" id=\"{1}.{0}\"{2}>"
      "<label for=\"{1}.{0}\">{0} axes</label>",
      kind, name, is_chosen ? " checked" : "");
}

std::string legend(const ScalingReport& scaling, bool has_limit) {
  std::string words = "dots: single iterations";
  if (!scaling.band.empty()) words += "; dashed: the fit, shaded: its 95 % band";
  if (has_limit) words += "; dotted: the limit";
  if (scaling.prediction) words += "; production: what is predicted, with its interval";
  return words;
}

// With both kinds of axes; the choice needs no script.
std::string picture(const SweepReport& sweep, const ScalingReport& scaling,
                    const std::string& name) {
  const ScalingMarks marks = {sweep.variable, limit_of(sweep, scaling)};
  const std::string logarithmic = scaling_chart_svg(scaling, marks, Axes::kLogarithmic);
  const std::string sentence = html(scaling_words(sweep, scaling));
  if (logarithmic.empty())
    return sentence.empty() ? sentence : "<p class=\"sentence\">" + sentence + "</p>";
  return fmt::format("<figure class=\"scaling\" data-plot=\"{}\">",
                     html(quantity_words(scaling.quantity))) +
         choice(name, "logarithmic", true) + choice(name, "linear", false) + logarithmic +
         scaling_chart_svg(scaling, marks, Axes::kLinear) + "<figcaption><p class=\"sentence\">" +
         sentence + "</p>" + legend(scaling, marks.limit.has_value()) + "</figcaption>" +
         plot_data(scaling_plot(scaling, marks), kMostPoints) + "</figure>";
}

std::string fits_table(const ScalingReport& scaling) {
  std::string rows;
  for (const analysis::ComplexityFit& fit : scaling.fits) {
    const bool is_left = fit.complexity >= scaling.best && fit.complexity <= scaling.worst;
    rows += "<tr>" + cell("td", std::string(complexity_name(fit.complexity)), false) +
            cell("td", format_quantity({fit.fixed, scaling.unit}), true) +
            cell("td",
                 fit.complexity == plan::Complexity::kConstant
                     ? "-"
                     : interval_words({{fit.slope, scaling.unit}, fit.slope_low, fit.slope_high}),
                 true) +
            cell("td", fmt::format("{:.3f}", fit.r_squared), true) +
            cell("td", format_quantity({100 * fit.weight, Unit::kPercent}), true) +
            cell("td", is_left ? "possible" : "contradicted", false) + "</tr>";
  }
  const std::string title = quantity_words(scaling.quantity);
  return "<h4>" + html(title) + "</h4>" +
         table(
             "<tr><th>class</th><th class=\"number\">fixed</th><th class=\"number\">for each "
             "f(n)</th><th class=\"number\">R²</th><th class=\"number\">weight</th><th></th></tr>",
             rows);
}

std::string comparison(const SweepReport& sweep) {
  std::string tables;
  for (const ScalingReport& scaling : sweep.scaling)
    if (!scaling.fits.empty()) tables += fits_table(scaling);
  if (tables.empty()) return tables;
  return "<details><summary>How the classes compare</summary>" + tables + "</details>";
}

std::string description(const SweepReport& sweep, const analysis::RunReport& report) {
  for (const analysis::ScenarioReport& scenario : report.scenarios)
    if (scenario.folder == sweep.rows.front().folder && !scenario.description.empty())
      return "<p>" + html(scenario.description) + "</p>";
  return {};
}

std::string section(const SweepReport& sweep, const std::string& id,
                    const analysis::RunReport& report) {
  const std::string command = repeat_command(sweep, report);
  const bool is_judged = !sweep.gates.empty();
  std::string text = fmt::format(
      "<section class=\"scenario sweep\" id=\"{0}\" aria-labelledby=\"title.{0}\"><header><h2 "
      "id=\"title.{0}\">{1}</h2>{2}</header>",
      id, html(sweep_title(sweep)), is_judged ? badge(sweep.outcome, outcome_words(sweep)) : "");
  text += description(sweep, report);
  text += gate_list(sweep.gates,
                    [&](const GateReport& gate) { return GateRemarks{is_expected(sweep, gate)}; });
  std::string pictures;
  for (const ScalingReport& scaling : sweep.scaling)
    pictures +=
        picture(sweep, scaling, fmt::format("{}.{}", id, scaled_quantity_name(scaling.quantity)));
  if (!pictures.empty()) text += "<div class=\"pictures\">" + pictures + "</div>";
  text += points_table(sweep) + comparison(sweep);
  if (is_judged && !command.empty())
    text += "<p class=\"faint\">again: <code>" + html(command) + "</code></p>";
  return text + "</section>";
}

}  // namespace

std::string sweep_id(std::size_t index) {
  return fmt::format("sweep.{}", index + 1);
}

std::string sweep_sections(const analysis::RunReport& report) {
  std::string text;
  for (std::size_t i = 0; i < report.sweeps.size(); ++i)
    text += section(report.sweeps[i], sweep_id(i), report);
  return text;
}

}  // namespace tidemark::reporters
