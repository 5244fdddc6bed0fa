// What was found, in each of the outputs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "harness/base/text.h"
#include "reporters/html/findings.h"
#include "reporters/reporters.h"
#include "reporters/terminal/findings_lines.h"
#include "reporters/words/finding_words.h"
#include "tests/unit/reporters/example.h"

namespace tidemark::reporters {
namespace {

using analysis::Finding;
using analysis::GrowthDiagnosis;
using analysis::Outcome;
using analysis::ScenarioReport;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

analysis::GateReport peak_gate() {
  analysis::GateReport gate = leaking_gate();
  gate.id = "peak_memory";
  gate.gate = plan::Gate::kPeakMemory;
  gate.classification.reset();
  gate.limit = Quantity{20.0 * 1024 * 1024, Unit::kBytes};
  gate.measured = analysis::Measured{{33.0 * 1024 * 1024, Unit::kBytes}, {}, {}};
  gate.reason = "33 MiB were needed";
  return gate;
}

ScenarioReport peaking_scenario() {
  ScenarioReport scenario = leaking_scenario();
  scenario.gates = {peak_gate()};
  return scenario;
}

// --- words ---------------------------------------------------------------------------------------

TEST(FindingWords, ALongPathLosesItsFirstFolders) {
  const std::string file = "/srv/releases/7/shop/views/leaks.py";
  EXPECT_EQ(place_words(file, 5, "keep", 40), file + ":5 in keep");
  EXPECT_EQ(place_words(file, 5, "keep", 20), "…/views/leaks.py:5 in keep");
  EXPECT_EQ(place_words(file, 5, "keep", 15), "…/leaks.py:5 in keep");
  EXPECT_EQ(place_words("größenwahn.py", 5, "keep", 8), "…wahn.py:5 in keep");
}

TEST(FindingWords, SayHowManyObjects) {
  Finding leak = example_leak();
  EXPECT_EQ(amount_words(leak), "900 B/iteration, 1 object each");
  leak.objects_per_iteration = 2.98;
  EXPECT_EQ(amount_words(leak), "900 B/iteration, 3 objects each");
  leak.once_per_iteration = false;
  EXPECT_EQ(amount_words(leak), "900 B/iteration, 2.98 objects/iteration");
  EXPECT_EQ(amount_words(example_peak()), "24.1 MiB, 20,001 objects");
}

TEST(FindingWords, SayWhatIsAcceptedAndWhatNoLonger) {
  EXPECT_THAT(remark_words(example_filling()), ElementsAre("filling, 37 of 200: no leak"));
  Finding known = example_known();
  EXPECT_EQ(finding_label(known), "known");
  EXPECT_THAT(remark_words(known),
              ElementsAre("known until 2026-12-31: the next release mends it"));
  known.known->expired = true;
  EXPECT_EQ(finding_label(known), "leak");
  EXPECT_THAT(remark_words(known),
              ElementsAre("known, but expired on 2026-12-31: the next release mends it"));
  known.known = analysis::KnownFinding{"a library's", "", false};
  EXPECT_THAT(remark_words(known), ElementsAre("known: a library's"));
}

TEST(FindingWords, SayHowMuchOfTheGrowthIsExplained) {
  GrowthDiagnosis diagnosis = example_diagnosis();
  EXPECT_EQ(
      explained_words(diagnosis, 3),
      "these lines explain 98 % of the growth; 20 B/iteration lie outside Python's allocators");
  diagnosis.explained = 1020;
  diagnosis.outside = 0;
  EXPECT_EQ(explained_words(diagnosis, 1), "this line explains all of the growth");
  EXPECT_EQ(explained_words(diagnosis, 0),
            "100 % of the growth is in Python's allocators, but no line keeps much");
  diagnosis.measured = 0;
  EXPECT_EQ(explained_words(diagnosis, 0), "");
  diagnosis.gap = "the process ended";
  EXPECT_EQ(explained_words(diagnosis, 0), "no line can be named: the process ended");
}

TEST(FindingWords, ANativeLeakLiesOutsidePython) {
  GrowthDiagnosis diagnosis;
  diagnosis.measured = diagnosis.outside = 4.02 * 1024;
  EXPECT_EQ(explained_words(diagnosis, 0),
            "none of the growth is in Python's allocators: 4.02 KiB/iteration lie outside, in a C "
            "library or an extension module");
}

// --- console -------------------------------------------------------------------------------------

TEST(ConsoleFindings, StandUnderTheGateThatFailed) {
  EXPECT_THAT(
      render_console(run_of({leaking_scenario()}), {}),
      HasSubstr(
          "      at 20/s it reaches 2 GiB after 14.5 h (13.9 h to 15.2 h)\n"
          "      leak     shop/views/leaks.py:53 in keep_in_list                   900 "
          "B/iteration, 1 "
          "object each  bytes\n"
          "               kept.append(payload(size_parameter(request, default=1000)))\n"
          "               kept by shop.views.leaks.kept (list) → bytes\n"
          "               fingerprint 3f2a9c01b7de\n"
          "      filling  …/application/recommendations/cache.py:21 in Cache.put   60 B/iteration, "
          "0.25 "
          "objects/iteration  shop.cache.Entry\n"
          "               self._entries[key] = value\n"
          "               kept by shop.cache.CACHE (shop.cache.Cache) → dict → shop.cache.Entry\n"
          "               filling, 37 of 200: no leak\n"
          "               fingerprint 00112233aabb\n"
          "      known    shop/views/leaks.py:88 in record_sale                    36 B/iteration, "
          "1 "
          "object each  bytes\n"
          "               known until 2026-12-31: the next release mends it\n"
          "               fingerprint ffffeeee0000\n"
          "      these lines explain 98 % of the growth; 20 B/iteration lie outside Python's "
          "allocators\n"
          "    1200/s"));
}

TEST(ConsoleFindings, AtAPeakStandUnderItsGate) {
  EXPECT_THAT(render_console(run_of({peaking_scenario()}), {}),
              HasSubstr("      33 MiB were needed\n"
                        "      at the peak (31 MiB of it):\n"
                        "        shop/views/exports.py:21 in users_all   24.1 MiB, 20,001 "
                        "objects  shop.models.User\n"));
}

TEST(ConsoleFindings, MoreThanFiveAreFolded) {
  ScenarioReport scenario = leaking_scenario();
  scenario.findings.assign(8, example_leak());
  const std::string text = render_console(run_of({scenario}), {});
  EXPECT_THAT(text, HasSubstr("      and 3 more, see report.html\n"));
  std::size_t shown = 0;
  for (auto at = text.find("fingerprint"); at != std::string::npos; ++shown)
    at = text.find("fingerprint", at + 1);
  EXPECT_EQ(shown, 5U);
}

TEST(ConsoleFindings, UnderAGateThatPassedOnlyWhatItAcceptsIsShown) {
  ScenarioReport scenario = leaking_scenario();
  scenario.gates[0].outcome = Outcome::kPass;
  EXPECT_THAT(render_console(run_of({scenario}), {}),
              AllOf(HasSubstr("filling, 37 of 200: no leak\n      known "),
                    HasSubstr("known until 2026-12-31"), Not(HasSubstr("keep_in_list")),
                    Not(HasSubstr("kept by")), Not(HasSubstr("explain"))));
}

TEST(ConsoleFindings, WithoutOneTheReasonStands) {
  ScenarioReport scenario = leaking_scenario();
  scenario.findings.clear();
  scenario.growth_diagnosis = GrowthDiagnosis();
  scenario.growth_diagnosis->gap = "no agent in the process";
  EXPECT_THAT(render_console(run_of({scenario}), {}),
              HasSubstr("      no line can be named: no agent in the process\n"));
  scenario = peaking_scenario();
  scenario.findings.clear();
  scenario.peak_findings->gap = "the answer was too fast";
  EXPECT_THAT(render_console(run_of({scenario}), {}),
              HasSubstr("      no line can be named: the answer was too fast\n"));
}

// --- JSON ----------------------------------------------------------------------------------------

TEST(JsonFindings, HaveEveryField) {
  const auto json = nlohmann::json::parse(render_json(run_of({leaking_scenario()})));
  const auto& findings = json["scenarios"][0]["findings"];
  const auto& leak = findings[0];
  EXPECT_EQ(leak["fingerprint"], "3f2a9c01b7de");
  EXPECT_EQ(leak["kind"], "growth");
  EXPECT_EQ(leak["file"], "shop/views/leaks.py");
  EXPECT_EQ(leak["line"], 53);
  EXPECT_EQ(leak["source"], example_leak().source);
  EXPECT_EQ(leak["bytes_per_iteration"], 900);
  EXPECT_EQ(leak["once_per_iteration"], true);
  EXPECT_EQ(leak["frames"].size(), 3U);
  EXPECT_EQ(leak["retained_by"], (nlohmann::json{"shop.views.leaks.kept (list)", "bytes"}));
  EXPECT_EQ(leak["sites"][0], (nlohmann::json{{"file", "shop/payload.py"},
                                              {"line", 9},
                                              {"function", "payload"},
                                              {"source", "return b'x' * size"},
                                              {"application", true},
                                              {"type", "bytes"},
                                              {"bytes", 892.0},
                                              {"objects", 1.0}}));
  EXPECT_TRUE(leak["filling"].is_null() && leak["known"].is_null());
  EXPECT_EQ(findings[1]["filling"], (nlohmann::json{{"length", 37}, {"bound", 200}}));
  EXPECT_EQ(findings[2]["known"], (nlohmann::json{{"reason", "the next release mends it"},
                                                  {"until", "2026-12-31"},
                                                  {"expired", false}}));
  EXPECT_EQ(findings[3]["kind"], "peak");
  EXPECT_EQ(findings[3]["objects"], 20001);
}

TEST(JsonFindings, AreExplained) {
  const auto json = nlohmann::json::parse(render_json(run_of({leaking_scenario(), {}})));
  const auto& scenario = json["scenarios"][0];
  EXPECT_EQ(scenario["diagnosis"]["explained_share"], 996.0 / 1016);
  EXPECT_EQ(scenario["diagnosis"]["outside_bytes_per_iteration"], 20);
  EXPECT_EQ(scenario["diagnosis"]["types"][0],
            (nlohmann::json{{"type", "shop.models.Order"},
                            {"per_iteration", 1.0},
                            {"more", 60},
                            {"retained_by", {"shop.registry.ORDERS (dict)", "list"}}}));
  EXPECT_EQ(scenario["peak_diagnosis"], (nlohmann::json{{"iteration", 408},
                                                        {"measured_bytes", 33 << 20},
                                                        {"traced_peak_bytes", 32 << 20},
                                                        {"taken_at_bytes", 31 << 20},
                                                        {"gap", ""}}));
  EXPECT_TRUE(json["scenarios"][1]["diagnosis"].is_null());
  EXPECT_TRUE(json["scenarios"][1]["peak_diagnosis"].is_null());
}

// --- JUnit ---------------------------------------------------------------------------------------

TEST(JUnitFindings, StandInTheTextAndNotInTheMessage) {
  pugi::xml_document document;
  ASSERT_TRUE(
      document.load_string(render_junit(run_of({leaking_scenario(), peaking_scenario()})).c_str()));
  const pugi::xml_node growth = document.select_node("//testcase[@name='growth']/failure").node();
  EXPECT_THAT(growth.attribute("message").value(), Not(HasSubstr("leaks.py")));
  EXPECT_THAT(growth.text().get(),
              AllOf(HasSubstr("\nleak     shop/views/leaks.py:53 in keep_in_list "),
                    HasSubstr("/srv/releases/2026-01-31/shop/application/"),
                    HasSubstr("\nthese lines explain 98 % of the growth"),
                    HasSubstr("allocators\nagain: ")));
  const auto peak = document.select_node("//testcase[@name='peak_memory']/failure").node();
  EXPECT_THAT(peak.text().get(), HasSubstr("\nat the peak (31 MiB of it):\n  shop/views/"));
}

// --- HTML ----------------------------------------------------------------------------------------

// Well-formed, so that the page's structure can be asked for.
pugi::xml_document parsed(const std::string& markup) {
  pugi::xml_document document;
  const std::string text = "<root>" + markup + "</root>";
  EXPECT_TRUE(document.load_string(text.c_str())) << text.substr(0, 2000);
  return document;
}

std::string text_of(const pugi::xml_document& page, const char* path) {
  return page.select_node(path).node().text().get();
}

TEST(HtmlFindings, HaveTheirPlaceCodeAmountAndStack) {
  const auto page = parsed(findings_section(leaking_scenario()));
  EXPECT_EQ(page.select_nodes("//li[starts-with(@class, 'finding ')]").size(), 4U);
  EXPECT_EQ(text_of(page, "//li[@class='finding leak']/h4/code"),
            "shop/views/leaks.py:53 in keep_in_list");
  EXPECT_EQ(text_of(page, "//li[@class='finding leak']/pre"), example_leak().source);
  EXPECT_STREQ(page.select_node("//li[@class='finding leak']//div[@class='meter']")
                   .node()
                   .attribute("aria-label")
                   .value(),
               "89 % of the growth");
  EXPECT_EQ(page.select_nodes("//li[@class='finding leak']//ol[@class='stack']/li").size(), 3U);
  EXPECT_EQ(text_of(page, "//li[@class='finding leak']//tbody/tr[1]/td[3]"), "892 B");
  EXPECT_EQ(text_of(page, "//li[@class='finding filling']/p[@class='remark']"),
            "filling, 37 of 200: no leak");
  EXPECT_EQ(text_of(page, "//li[@class='finding known']//span[@class='badge']"), "known");
  EXPECT_EQ(text_of(page, "//p[@class='sentence']"),
            "these lines explain 98 % of the growth; 20 B/iteration lie outside Python's "
            "allocators.");
  EXPECT_EQ(text_of(page, "//table[thead//th='one of them is kept by']//td/code"),
            "shop.models.Order");
  EXPECT_EQ(text_of(page, "//li[@class='finding held']//span[@class='measured']"),
            "24.1 MiB, 20,001 objects");
}

TEST(HtmlFindings, ShowTheCodeAroundTheLineWhereItIsKnown) {
  ScenarioReport scenario = leaking_scenario();
  scenario.findings = {example_leak()};
  scenario.findings[0].first_of_context = 52;
  scenario.findings[0].context = {"def keep_in_list(request):", "    kept.append(1 < 2)", ""};
  EXPECT_THAT(
      findings_section(scenario),
      HasSubstr("<span class=\"faint\">  52</span>  def keep_in_list(request):\n"
                "<mark><span class=\"faint\">  53</span>      kept.append(1 &lt; 2)</mark>\n"
                "<span class=\"faint\">  54</span>  \n</pre>"));
  const nlohmann::json json = nlohmann::json::parse(render_json(run_of({scenario})));
  EXPECT_EQ(json["scenarios"][0]["findings"][0]["context"][1],
            nlohmann::json({{"line", 53}, {"source", "    kept.append(1 < 2)"}}));
}

TEST(HtmlFindings, FoldCallsWithinLibraries) {
  ScenarioReport scenario = leaking_scenario();
  scenario.findings = {example_leak()};
  scenario.findings[0].frames.push_back({"gunicorn/workers/sync.py:30 in run", false});
  const auto page = parsed(findings_section(scenario));
  EXPECT_EQ(text_of(page, "//li[@class='library']/details/summary"), "2 calls within libraries");
  EXPECT_EQ(page.select_nodes("//li[@class='library']//ol/li").size(), 2U);
  EXPECT_EQ(page.select_nodes("//ol[@class='stack']/li[not(@class)]/code").size(), 4U);
}

TEST(HtmlFindings, AreNotThereWhereNothingWasLookedFor) {
  EXPECT_EQ(findings_section(ScenarioReport()), "");
}

TEST(HtmlFindings, SayWhyThereAreNone) {
  ScenarioReport scenario = leaking_scenario();
  scenario.findings.clear();
  scenario.growth_diagnosis = GrowthDiagnosis();
  scenario.growth_diagnosis->gap = "no agent";
  scenario.peak_findings->gap = "too fast";
  EXPECT_THAT(findings_section(scenario),
              AllOf(HasSubstr("<p class=\"sentence\">no line can be named: no agent.</p>"),
                    HasSubstr("<p class=\"sentence\">no line can be named: too fast.</p>")));
}

TEST(HtmlFindings, OnesThatExpiredAreMarkedAndManyAreFolded) {
  ScenarioReport scenario = leaking_scenario();
  scenario.findings.assign(7, example_known());
  scenario.findings[0].known->expired = true;
  const auto page = parsed(findings_section(scenario));
  EXPECT_EQ(text_of(page, "//li[@class='finding leak']//span[@class='badge'][2]"), "expired");
  EXPECT_EQ(text_of(page, "//div[@class='found']/details/summary"), "2 more");
}

// --- Markdown ------------------------------------------------------------------------------------

TEST(MarkdownFindings, AreItemsUnderTheirGate) {
  EXPECT_THAT(
      render_markdown(run_of({leaking_scenario()})),
      HasSubstr("15.2 h)\n"
                "  - leak shop/views/leaks.py:53 in keep\\_in\\_list: 900 B/iteration, 1 object "
                "each, bytes\\\n"
                "    `kept.append(payload(size_parameter(request, default=1000)))`\\\n"
                "    kept by shop.views.leaks.kept (list) → bytes\\\n"
                "    fingerprint 3f2a9c01b7de\n"
                "  - these lines explain 98 % of the growth; 20 B/iteration lie outside "
                "Python's allocators\n- again: "));
}

TEST(MarkdownFindings, TheOthersAreFolded) {
  EXPECT_THAT(render_markdown(run_of({leaking_scenario()})),
              HasSubstr("\n\n<details><summary>2 more that keep memory</summary>\n\n"
                        "  - filling "));
}

TEST(MarkdownFindings, AtAPeakComeAfterWhatTheyArePartOf) {
  EXPECT_THAT(render_markdown(run_of({peaking_scenario()})),
              HasSubstr("33 MiB were needed\n"
                        "  - at the peak (31 MiB of it)\n"
                        "  - held shop/views/exports.py:21 in users\\_all: 24.1 MiB, 20,001 "
                        "objects, shop.models.User\\\n"));
}

TEST(MarkdownFindings, ElevenAreEnough) {
  ScenarioReport scenario = leaking_scenario();
  scenario.findings.assign(16, example_leak());
  EXPECT_THAT(render_markdown(run_of({scenario})),
              AllOf(HasSubstr("<summary>15 more that keep memory</summary>"),
                    HasSubstr("\n  - and 5 more, see report.html\n\n</details>\n")));
}

// --- hostile text --------------------------------------------------------------------------------

TEST(HostileFindings, AreInertInEveryFormat) {
  ScenarioReport scenario = hostile_scenario();
  scenario.gates.push_back(peak_gate());
  for (const char* gap : {"", "a gap"}) {
    scenario.peak_findings->gap = *gap == '\0' ? "" : gap + kHostile;
    scenario.growth_diagnosis->gap = scenario.peak_findings->gap;
    const std::string console = render_console(run_of({scenario}), {});
    const std::string section = findings_section(scenario);
    const std::string markdown = render_markdown(run_of({scenario}));
    for (const std::string& text : {console, section, markdown}) {
      EXPECT_EQ(text, printable(text)) << "control characters or broken UTF-8 are left";
    }
    EXPECT_THAT(section, Not(HasSubstr("<script")));
    parsed(section);
    pugi::xml_document junit;
    EXPECT_TRUE(junit.load_string(render_junit(run_of({scenario})).c_str()));
    EXPECT_TRUE(nlohmann::json::accept(render_json(run_of({scenario}))));
  }
}

TEST(HostileFindings, CannotLeaveTheirCodeSpanInMarkdown) {
  ScenarioReport scenario = leaking_scenario();
  scenario.findings = {example_leak()};
  scenario.findings[0].source = "x = `<script>`\n# heading";
  EXPECT_THAT(render_markdown(run_of({scenario})),
              HasSubstr("\n    `x = '<script>' # heading`\\\n"));
}

}  // namespace
}  // namespace tidemark::reporters
