#include "reporters/html/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "harness/base/text.h"
#include "reporters/html/markup.h"
#include "reporters/words/finding_words.h"

namespace tidemark::reporters {
namespace {

using analysis::Finding;
using analysis::FindingSite;
using analysis::GrowthDiagnosis;
using analysis::PeakFindings;
using analysis::ScenarioReport;

constexpr std::size_t kMostUnfolded = 5;
constexpr std::size_t kLongestFile = 300;

bool is_growth(const Finding& finding) {
  return finding.kind == Finding::Kind::kGrowth;
}

std::string place(const std::string& file, int line, const std::string& function) {
  return "<code>" + html(place_words(file, line, function, kLongestFile)) + "</code>";
}

std::string path(const std::vector<std::string>& steps) {
  std::string text;
  for (const std::string& step : steps)
    text += (text.empty() ? "" : " → ") + fmt::format("<code>{}</code>", html(step));
  return text;
}

std::string badge(std::string_view words) {
  return fmt::format(" <span class=\"badge\">{}</span>", html(words));
}

std::string headline(const Finding& finding) {
  std::string text = "<h4>" + place(finding.file, finding.line, finding.function);
  text += badge(finding_label(finding));
  if (finding.known && finding.known->expired) text += badge("expired");
  return text + "</h4>";
}

// How much it is, also of all there is: as a bar, and in words.
std::string amount(const Finding& finding, double whole, std::string_view of_what) {
  std::string text =
      fmt::format("<p><span class=\"measured\">{}</span>", html(amount_words(finding)));
  if (!finding.type.empty()) text += ", <code>" + html(finding.type) + "</code>";
  if (whole <= 0) return text + "</p>";
  const double share =
      percent((is_growth(finding) ? finding.bytes_per_iteration : finding.bytes) / whole);
  const std::string words = fmt::format("{:.0f} % {}", share, of_what);
  return text + fmt::format(
                    " <span class=\"faint\">· {0}</span></p><div class=\"meter\" role=\"img\" "
                    "aria-label=\"{0}\"><i style=\"width:{1:.0f}%\"></i></div>",
                    words, share);
}

std::string site_row(const FindingSite& site) {
  return fmt::format(
      "<tr><td class=\"words\">{}{}</td><td class=\"optional\">{}</td><td class=\"number "
      "memory\">{}</td><td class=\"number\">{}</td></tr>",
      place(site.frame.file, site.frame.line, site.frame.function),
      site.frame.source.empty() ? "" : "<div><code>" + html(site.frame.source) + "</code></div>",
      site.type.empty() ? "" : "<code>" + html(site.type) + "</code>",
      html(format_quantity({site.bytes, Unit::kBytes})), html(things_words(site.blocks)));
}

std::string sites(const Finding& finding) {
  if (finding.sites.empty()) return {};
  std::string rows;
  for (const FindingSite& site : finding.sites) rows += site_row(site);
  return fmt::format(
      "<h5>Allocated at{}</h5><div class=\"wide\"><table><thead><tr><th>line</th><th "
      "class=\"optional\">type</th><th class=\"number\">memory</th><th "
      "class=\"number\">objects</th></tr></thead><tbody>{}</tbody></table></div>",
      is_growth(finding) ? ", in each iteration" : "", rows);
}

// Calls within libraries are folded where they follow each other.
std::string stack(const Finding& finding) {
  std::string frames;
  for (auto frame = finding.frames.begin(); frame != finding.frames.end();) {
    const auto end = std::find_if(
        frame, finding.frames.end(),
        [&](const analysis::StackLine& each) { return each.application != frame->application; });
    const auto count = static_cast<std::size_t>(end - frame);
    std::string items;
    for (; frame != end; ++frame) items += "<li><code>" + html(frame->words) + "</code></li>";
    const bool is_folded =
        !std::prev(end)->application && count > 1 && count < finding.frames.size();
    frames += is_folded ? fmt::format(
                              "<li class=\"library\"><details><summary>{} calls within "
                              "libraries</summary><ol class=\"stack\">{}</ol></details></li>",
                              count, items)
                        : items;
  }
  if (frames.empty()) return frames;
  return "<h5>Stack, innermost call first</h5><ol class=\"stack\">" + frames + "</ol>";
}

// The line with what stands around it, where that is known.
std::string code(const Finding& finding) {
  if (finding.context.empty())
    return finding.source.empty() ? "" : "<pre>" + html(finding.source) + "</pre>";
  std::string lines;
  for (std::size_t i = 0; i < finding.context.size(); ++i) {
    const int number = finding.first_of_context + static_cast<int>(i);
    const std::string text =
        fmt::format("<span class=\"faint\">{:>4}</span>  {}", number, html(finding.context[i]));
    lines += number == finding.line ? "<mark>" + text + "</mark>\n" : text + "\n";
  }
  return "<pre class=\"code\">" + lines + "</pre>";
}

std::string how_it_came(const Finding& finding) {
  const std::string all = stack(finding) + sites(finding);
  return all.empty() ? all
                     : "<details><summary>Stack and allocations</summary>" + all + "</details>";
}

std::string item(const Finding& finding, double whole, std::string_view of_what) {
  std::string text = fmt::format("<li class=\"finding {}\">", finding_label(finding));
  text += headline(finding);
  text += code(finding) + amount(finding, whole, of_what);
  for (const std::string& remark : remark_words(finding))
    text += "<p class=\"remark\">" + html(remark) + "</p>";
  if (!finding.retained_by.empty()) text += "<p>kept by " + path(finding.retained_by) + "</p>";
  return text + how_it_came(finding) +
         "<p class=\"faint\">fingerprint <code class=\"fingerprint\">" + html(finding.fingerprint) +
         "</code></p></li>";
}

// The largest for all to see, the others folded.
std::string items(const std::vector<Finding>& findings, double whole, std::string_view of_what) {
  std::string first;
  std::string others;
  for (std::size_t i = 0; i < findings.size(); ++i)
    (i < kMostUnfolded ? first : others) += item(findings[i], whole, of_what);
  const auto list = [](const std::string& all) {
    return all.empty() ? all : "<ol class=\"findings\">" + all + "</ol>";
  };
  if (others.empty()) return list(first);
  return list(first) + fmt::format("<details><summary>{} more</summary>{}</details>",
                                   findings.size() - kMostUnfolded, list(others));
}

std::string types(const GrowthDiagnosis& diagnosis) {
  if (diagnosis.types.empty()) return {};
  std::string rows;
  for (const auto& type : diagnosis.types)
    rows += fmt::format(
        "<tr><td class=\"words\"><code>{}</code></td><td class=\"number\">{}</td><td "
        "class=\"number\">{}</td><td class=\"words\">{}</td></tr>",
        html(type.type), html(things_words(type.per_iteration)), format_count(type.more),
        path(type.retained_by));
  return fmt::format(
      "<details><summary>Types with more and more objects</summary><div "
      "class=\"wide\"><table><thead><tr><th>type</th><th class=\"number\">per iteration</th><th "
      "class=\"number\">in {}</th><th>one of them is kept "
      "by</th></tr></thead><tbody>{}</tbody></table></div></details>",
      format_count(diagnosis.iterations), rows);
}

std::string sentence(const std::string& words) {
  return words.empty() ? words : "<p class=\"sentence\">" + html(words) + ".</p>";
}

std::string growth(const ScenarioReport& scenario) {
  const std::vector<Finding> findings = findings_of(scenario, Finding::Kind::kGrowth);
  if (findings.empty() && !scenario.growth_diagnosis) return {};
  const GrowthDiagnosis diagnosis = scenario.growth_diagnosis.value_or(GrowthDiagnosis());
  return "<h3>What stays in memory</h3>" + sentence(explained_words(diagnosis, findings.size())) +
         items(findings, diagnosis.measured, "of the growth") + types(diagnosis);
}

std::string peak_sentence(const PeakFindings& peak) {
  if (!peak.gap.empty()) return peak_words(peak);
  return fmt::format(
      "{}iteration {} was repeated with tracing and needed {} of Python's memory; when {} of it "
      "were "
      "in use, these lines held the most",
      peak.request.empty() ? ""
                           : fmt::format("the request '{}' of ", printable_line(peak.request, 100)),
      format_count(peak.iteration), format_bytes(peak.traced_peak), format_bytes(peak.taken_at));
}

std::string peak(const ScenarioReport& scenario) {
  const std::vector<Finding> findings = findings_of(scenario, Finding::Kind::kPeak);
  if (findings.empty() && !scenario.peak_findings) return {};
  const PeakFindings peak = scenario.peak_findings.value_or(PeakFindings());
  return "<h3>What was held at the peak</h3>" + sentence(peak_sentence(peak)) +
         items(findings, static_cast<double>(peak.taken_at.count), "of what was held");
}

}  // namespace

std::string findings_section(const ScenarioReport& scenario) {
  const std::string text = growth(scenario) + peak(scenario);
  return text.empty() ? text : "<div class=\"found\">" + text + "</div>";
}

}  // namespace tidemark::reporters
