#include "reporters/html/gates.h"

#include <fmt/format.h>

#include <algorithm>

#include "reporters/html/markup.h"
#include "reporters/words/words.h"

namespace tidemark::reporters {
namespace {

using analysis::GateReport;
using analysis::Outcome;

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

std::string gate_item(const GateReport& gate, const GateRemarks& remarks) {
  std::string words(outcome_name(gate.outcome));
  if (remarks.is_expected) words += ", as expected";
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
  if (!remarks.exhaustion.empty())
    item += "<p class=\"exhaustion\">" + html(remarks.exhaustion) + "</p>";
  if (!gate.signal.empty()) {
    item += "<p class=\"faint\">measured by <code>" + html(gate.signal) + "</code>";
    if (!gate.shape_signal.empty() && gate.shape_signal != gate.signal)
      item += ", shape by <code>" + html(gate.shape_signal) + "</code>";
    if (gate.decided_at) item += fmt::format(", decided at iteration {}", *gate.decided_at);
    item += "</p>";
  }
  return item + "</li>";
}

}  // namespace

std::string badge(Outcome outcome, std::string_view words) {
  return fmt::format("<span class=\"badge {}\">{}</span>", outcome_name(outcome), html(words));
}

std::string gate_list(const std::vector<GateReport>& gates,
                      const std::function<GateRemarks(const GateReport&)>& remarks_of) {
  if (gates.empty()) return {};
  std::string items;
  for (const GateReport& gate : gates) items += gate_item(gate, remarks_of(gate));
  return "<ul class=\"gates\">" + items + "</ul>";
}

}  // namespace tidemark::reporters
