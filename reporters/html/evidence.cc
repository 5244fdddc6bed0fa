#include "reporters/html/evidence.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/base/text.h"
#include "reporters/html/markup.h"

namespace tidemark::reporters {
namespace {

using analysis::ScenarioReport;

std::string unexpected_answers(const ScenarioReport& scenario) {
  if (scenario.unexpected_answers.empty()) return {};
  std::string rows;
  for (const auto& answer : scenario.unexpected_answers)
    rows += fmt::format(
        "<tr><td class=\"number\">{}</td><td>{}</td><td>{}</td><td><code>{}</code></td></tr>",
        answer.iteration, html(answer.request), html(answer.what),
        html(printable_line(answer.body)));
  return fmt::format(
      "<details open><summary>{}</summary><div class=\"wide\"><table><thead><tr><th "
      "class=\"number\">iteration</th><th>{}</th><th>what</th><th>{}</th></tr></thead><tbody>{}"
      "</tbody></table></div></details>",
      scenario.program ? "Unexpected ends" : "Unexpected answers",
      scenario.program ? "program" : "request", scenario.program ? "end of its output" : "body",
      rows);
}

std::string processes(const ScenarioReport& scenario) {
  // Of a program each run has processes of its own, and nothing of them is asked.
  if (scenario.processes.empty() || scenario.program) return {};
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

}  // namespace

std::string evidence_sections(const ScenarioReport& scenario) {
  return unexpected_answers(scenario) + audit(scenario) + processes(scenario);
}

}  // namespace tidemark::reporters
