// From what tracing saw to lines, and what lines change of the gates.

#include "harness/analysis/findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/analysis/fingerprint.h"
#include "harness/analysis/site_growth.h"

namespace tidemark::analysis {
namespace {

using record::Holder;
using record::ProcessDiagnosis;
using record::TraceFrame;
using record::TraceSite;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using Numbers = std::vector<std::int64_t>;

const TraceFrame kPayload = {"shop/payload.py", 9, "payload", "return b'x' * size", true};
const TraceFrame kKeep = {"shop/views.py", 52, "keep", "kept.append(payload(1000))", true};
const TraceFrame kDjango = {"django/handlers.py", 197, "get_response", "response = view()", false};

Numbers steady(std::int64_t each, std::int64_t start = 0) {
  Numbers numbers;
  for (std::int64_t i = 0; i <= 5; ++i) numbers.push_back(start + i * each);
  return numbers;
}

TraceSite site(std::vector<TraceFrame> frames, Numbers bytes, Numbers blocks) {
  TraceSite made;
  made.frames = std::move(frames);
  made.bytes = std::move(bytes);
  made.blocks = std::move(blocks);
  return made;
}

// 20 iterations a batch, each of which keeps 1,000 bytes in a list.
TraceSite kept_site() {
  TraceSite kept = site({kPayload, kKeep, kDjango}, steady(20'000), steady(20));
  kept.type = "bytes";
  kept.headline = kKeep;
  kept.holder = 0;
  return kept;
}

Holder kept_list(std::int64_t last = 500) {
  return {"shop.views.kept", "list", {"shop.views.kept (list)", "bytes"}, last - 100, last, 0, {}};
}

record::Record diagnosed(std::vector<ProcessDiagnosis> processes, int batch = 20) {
  record::Record record;
  record.header.started = "2026-06-15T12:00:00Z";
  record.diagnosis = record::Diagnosis{400, Numbers(5, batch), std::move(processes), {}};
  return record;
}

ProcessDiagnosis process(std::vector<TraceSite> sites, std::vector<Holder> holders = {}) {
  ProcessDiagnosis made;
  made.sites = std::move(sites);
  made.holders = std::move(holders);
  made.traced_bytes = steady(0);
  return made;
}

GateReport failed_gate(double measured, double limit = 64) {
  GateReport gate;
  gate.id = "growth";
  gate.outcome = Outcome::kFail;
  gate.classification = Shape::kLeak;
  gate.limit = Quantity{limit, Unit::kBytesPerIteration};
  gate.measured = Measured{{measured, Unit::kBytesPerIteration}, measured - 1, measured + 1};
  gate.reason = "it goes on";
  return gate;
}

TEST(SiteGrowth, IsWhatCameBetweenTheMarks) {
  const SiteGrowth growth = growth_of(kept_site());
  EXPECT_DOUBLE_EQ(growth.bytes, 100'000);
  EXPECT_DOUBLE_EQ(growth.blocks, 100);
  EXPECT_TRUE(goes_on(growth));
  EXPECT_TRUE(is_once_per_iteration(growth, Numbers(5, 20)));
}

TEST(SiteGrowth, AResizedTableIsNotNewAsAWhole) {
  // 20 objects of 100 bytes a batch, and once the table that they are kept in: 36 KiB.
  TraceSite resized = site({kKeep}, {0, 2'000, 40'864, 42'864, 44'864, 46'864}, steady(20));
  resized.blocks = {0, 20, 41, 61, 81, 101};
  const SiteGrowth growth = growth_of(resized);
  EXPECT_NEAR(growth.bytes, 10'100, 1);
}

TEST(SiteGrowth, StorageGrowsByWhatItsNewEntriesTake) {
  const TraceSite storage = site({kKeep}, {0, 0, 4'000, 4'000, 4'000, 4'000}, {0, 0, 1, 1, 1, 1});
  EXPECT_DOUBLE_EQ(growth_of(storage).bytes, 0);
  Holder holder = kept_list();  // 100 of its 500 entries are new
  holder.storage = 4'000;
  EXPECT_DOUBLE_EQ(growth_of_storage(holder), 800);
}

TEST(SiteGrowth, WhatCameOnceDoesNotGoOn) {
  const auto once = site({kKeep}, {0, 9'000, 9'000, 9'000, 9'000, 9'000}, {0, 9, 9, 9, 9, 9});
  EXPECT_FALSE(goes_on(growth_of(once)));
  const auto gone = site({kKeep}, {0, 900, 1'800, 900, 0, 0}, {0, 9, 18, 9, 0, 0});
  EXPECT_FALSE(goes_on(growth_of(gone)));
}

TEST(SiteGrowth, EverySeventhIterationIsNotOncePerIteration) {
  const auto seventh =
      site({kKeep}, {0, 3'000, 6'000, 9'000, 12'000, 14'000}, {0, 3, 6, 9, 12, 14});
  const SiteGrowth growth = growth_of(seventh);
  EXPECT_TRUE(goes_on(growth));
  EXPECT_FALSE(is_once_per_iteration(growth, Numbers(5, 20)));
}

TEST(Fingerprint, IsOfTheFunctionAndTheLineWithoutBlanks) {
  const std::string one = fingerprint("keep", "kept.append(payload(1000))");
  EXPECT_THAT(one, SizeIs(12));
  EXPECT_EQ(one, fingerprint("keep", "\tkept.append( payload(1000) )"));
  EXPECT_NE(one, fingerprint("keep_more", "kept.append(payload(1000))"));
  EXPECT_NE(one, fingerprint("keep", "kept.append(payload(2000))"));
  // A comment comes and goes; in a string it is text, and so are blanks.
  EXPECT_EQ(one, fingerprint("keep", "kept.append(payload(1000))  # noqa: it's 'fine'"));
  EXPECT_EQ(fingerprint("f", "log('# of \\' it')"), fingerprint("f", "log( '# of \\' it' ) # x"));
  EXPECT_NE(fingerprint("f", "log('# of')"), fingerprint("f", "log('# on')"));
  EXPECT_NE(fingerprint("f", "log('a b')"), fingerprint("f", "log('ab')"));
  // What is written into scenario files must stay what it is.
  EXPECT_EQ(fingerprint("f", "x"), "1b1690cde5ac");
}

TEST(Fingerprint, OfGeneratedCodeIsOfItsName) {
  EXPECT_NE(fingerprint("<module>", "", "<attrs generated init shop.Order>"),
            fingerprint("<module>", "", "<attrs generated init shop.Item>"));
  EXPECT_EQ(fingerprint("f", "x", "shop/a.py"), fingerprint("f", "x"));
  EXPECT_EQ(fingerprint("f", "", "shop/a.pyc"), fingerprint("f", "", "moved/a.pyc"));
}

TEST(Findings, NameTheGuiltyLineFirst) {
  const auto found = growth_findings(diagnosed({process({kept_site()}, {kept_list()})}), 1020);
  ASSERT_THAT(found.findings, SizeIs(1));
  const Finding& finding = found.findings[0];
  EXPECT_EQ(finding.file, "shop/views.py");
  EXPECT_EQ(finding.line, 52);
  EXPECT_EQ(finding.function, "keep");
  EXPECT_EQ(finding.type, "bytes");
  EXPECT_DOUBLE_EQ(finding.bytes_per_iteration, 1000);
  EXPECT_DOUBLE_EQ(finding.objects_per_iteration, 1);
  EXPECT_TRUE(finding.once_per_iteration);
  EXPECT_THAT(finding.retained_by, ElementsAre("shop.views.kept (list)", "bytes"));
  EXPECT_THAT(finding.frames, SizeIs(3));
  EXPECT_EQ(finding.frames[1].words, "shop/views.py:52 in keep: kept.append(payload(1000))");
  EXPECT_NEAR(found.growth->explained_share(), 0.98, 0.01);
  EXPECT_NEAR(found.growth->outside, 20, 1e-9);
}

TEST(Findings, AreOverAllProcesses) {
  const auto worker = process({kept_site()}, {kept_list()});
  const auto found = growth_findings(diagnosed({worker, worker}, 40), 1020);
  ASSERT_THAT(found.findings, SizeIs(1));
  EXPECT_DOUBLE_EQ(found.findings[0].bytes_per_iteration, 1000);
  EXPECT_TRUE(found.findings[0].once_per_iteration);
}

TEST(Findings, PutTogetherWhatOneLineOrOneHolderKeeps) {
  TraceSite instance = kept_site();  // another way to the same line
  instance.frames[0].line = 12;
  TraceSite library = site({kDjango}, steady(400), steady(20));  // no line of the application's
  library.holder = 0;
  TraceSite unknown =
      site({kPayload, kKeep}, steady(800), steady(20));  // nobody knows who holds it
  unknown.headline = kPayload;
  const auto found = growth_findings(
      diagnosed({process({kept_site(), instance, library, unknown}, {kept_list()})}), 2060);
  ASSERT_THAT(found.findings, SizeIs(1));
  EXPECT_EQ(found.findings[0].line, 52);
  EXPECT_DOUBLE_EQ(found.findings[0].bytes_per_iteration, 2060);
  EXPECT_THAT(found.findings[0].sites, SizeIs(4));
  EXPECT_EQ(found.findings[0].sites[0].frame.line, 52);
}

TEST(Findings, WithoutTheApplicationsLinesNameTheLibrarys) {
  const auto found =
      growth_findings(diagnosed({process({site({kDjango}, steady(2'000), steady(20))})}), 100);
  ASSERT_THAT(found.findings, SizeIs(1));
  EXPECT_EQ(found.findings[0].file, "django/handlers.py");
}

TEST(Findings, OfGeneratedCodeAreHeadedByTheFirstLineThatCanBeRead) {
  const TraceFrame generated = {"<string>", 3, "<module>", "", false};
  const auto found = growth_findings(
      diagnosed({process({site({generated, kDjango}, steady(2'000), steady(20))})}), 100);
  ASSERT_THAT(found.findings, SizeIs(1));
  EXPECT_EQ(found.findings[0].file, "django/handlers.py");
  EXPECT_EQ(found.findings[0].frames.size(), 2U);
  const auto alone =
      growth_findings(diagnosed({process({site({generated}, steady(2'000), steady(20))})}), 100);
  EXPECT_EQ(alone.findings.at(0).file, "<string>");
}

TEST(Findings, OfNumbersThatAnAgentMadeUpAreFinite) {
  constexpr std::int64_t kMost = std::int64_t{1} << 53;
  TraceSite huge = kept_site();
  huge.bytes = huge.blocks = {0, kMost, 0, kMost, 0, kMost};
  Holder endless = kept_list();
  endless.first_length = 0;
  endless.last_length = endless.storage = kMost;
  endless.bound = kMost;
  ProcessDiagnosis hostile = process(std::vector<TraceSite>(3'000, huge), {endless});
  hostile.types.assign(3'000, {"shop.Order", 0, kMost, {}});
  const auto found = growth_findings(diagnosed({hostile, hostile}), 1020);
  EXPECT_GT(found.growth->types.at(0).more, 0);
  record::Record record;
  record.peak_diagnosis = record::PeakDiagnosis{
      412, {1, 1}, 31_MiB, 30_MiB, std::vector<TraceSite>(3'000, site({kKeep}, {kMost}, {kMost})),
      {}};
  EXPECT_GT(peak_findings(record).peak->taken_at, Bytes{0});
}

TEST(Findings, LeaveOutWhatIsSmallOrCameOnce) {
  const auto once = site({kKeep}, {0, 90'000, 90'000, 90'000, 90'000, 90'000}, {0, 9, 9, 9, 9, 9});
  const auto small = site({kPayload}, steady(100), steady(5));  // 5 bytes an iteration
  const auto found = growth_findings(diagnosed({process({once, small})}), 4'100);
  EXPECT_THAT(found.findings, IsEmpty());
  EXPECT_NEAR(found.growth->outside, 4'095, 1e-9);
}

TEST(Findings, SayWhyThereAreNone) {
  ProcessDiagnosis gone;
  gone.gap = "its agent cannot be reached";
  EXPECT_EQ(growth_findings(diagnosed({gone}), 100).growth->gap, "its agent cannot be reached");
  auto untraced = diagnosed({});
  untraced.diagnosis->gap = "no process has an agent";
  EXPECT_EQ(growth_findings(untraced, 100).growth->gap, "no process has an agent");
  EXPECT_FALSE(growth_findings(record::Record(), 100).growth);
}

TEST(Findings, TypesAreAddedUpOverProcesses) {
  ProcessDiagnosis worker = process({});
  worker.types = {{"shop.Order", 10, 60, {"shop.registry (dict)", "shop.Order"}},
                  {"dict", 5, 25, {}}};
  const auto found = growth_findings(diagnosed({worker, worker}), 100);
  ASSERT_THAT(found.growth->types, SizeIs(2));
  EXPECT_EQ(found.growth->types[0].more, 100);
  EXPECT_DOUBLE_EQ(found.growth->types[0].per_iteration, 1);
  EXPECT_THAT(found.growth->types[0].retained_by, SizeIs(2));
}

std::vector<Finding> findings_of(const record::Record& record, double measured = 1020) {
  auto findings = growth_findings(record, measured).findings;
  mark_known(record.header, findings);
  return findings;
}

GateReport judged(const std::vector<Finding>& findings, double measured = 1020) {
  std::vector<GateReport> gates = {failed_gate(measured)};
  apply_findings(findings, gates);
  return gates[0];
}

record::Record accepted(const std::string& until) {
  auto record = diagnosed({process({kept_site()}, {kept_list()})});
  record.header.known = {
      {fingerprint(kKeep.function, kKeep.source), "waits for shop 2.1", until, {}}};
  return record;
}

TEST(Known, DoesNotFailTheGate) {
  const auto record = accepted("2026-12-31");
  const auto findings = findings_of(record);
  ASSERT_TRUE(findings[0].known);
  EXPECT_FALSE(findings[0].known->expired);
  const GateReport gate = judged(findings);
  EXPECT_EQ(gate.outcome, Outcome::kPass);
  EXPECT_THAT(gate.reason, AllOf(HasSubstr("waits for shop 2.1"), HasSubstr("until 2026-12-31")));
}

TEST(Known, HoldsOnItsLastDayAndFailsAfterwards) {
  EXPECT_EQ(judged(findings_of(accepted("2026-06-15"))).outcome, Outcome::kPass);
  const GateReport gate = judged(findings_of(accepted("2026-06-14")));
  EXPECT_EQ(gate.outcome, Outcome::kFail);
  EXPECT_THAT(gate.reason, HasSubstr("which is over"));
}

TEST(Known, DoesNotExcuseWhatElseGrows) {
  const auto record = accepted("");
  const GateReport gate = judged(findings_of(record, 2000), 2000);
  EXPECT_EQ(gate.outcome, Outcome::kFail);
}

// 100,000 bytes an iteration that are known, and beside them some that are not.
std::vector<Finding> beside_a_large_known_one(std::int64_t others) {
  TraceSite large = kept_site();
  large.bytes = steady(2'000'000);
  TraceSite other = site({kPayload}, steady(20 * others), steady(20));
  auto record = diagnosed({process({large, other}, {kept_list()})});
  record.header.known = {{fingerprint(kKeep.function, kKeep.source), "known", "", {}}};
  return findings_of(record, 100'000 + static_cast<double>(others));
}

TEST(Known, HoweverLargeHidesNothingThatIsNotKnown) {
  const auto findings = beside_a_large_known_one(1'000);  // 1 % of it
  EXPECT_THAT(findings, SizeIs(2));
  EXPECT_EQ(judged(findings, 101'000).outcome, Outcome::kFail);
  EXPECT_EQ(judged(beside_a_large_known_one(50), 100'050).outcome, Outcome::kPass);
  EXPECT_EQ(judged(beside_a_large_known_one(50), 103'000).outcome, Outcome::kPass)
      << "so much may be lost between two measurements";
}

TEST(Known, IsMetHoweverLittleOfTheGrowthItIs) {
  TraceSite large = site({kPayload}, steady(2'000'000), steady(20));
  auto record = diagnosed({process({large, kept_site()}, {kept_list()})});
  record.header.known = {{fingerprint(kKeep.function, kKeep.source), "known", "", {}}};
  ScenarioReport report;
  report.findings = findings_of(record, 101'000);
  EXPECT_TRUE(known_uses(record.header, report).at(0).met);
}

TEST(Known, BelowTheLimitIsNotToldToGoBecauseNobodyLookedForIt) {
  record::Header header;
  header.known = {{"0123456789ab", "small", "", {"shop.yaml", 7, 5}}};
  ScenarioReport report;
  GateReport gate = failed_gate(40);
  gate.gate = plan::Gate::kGrowth;
  gate.outcome = Outcome::kPass;
  report.gates = {gate};
  EXPECT_THAT(unmet(known_uses(header, report)), IsEmpty());
  report.gates[0].measured = Measured{{0.5, Unit::kBytesPerIteration}, -2, 3};
  EXPECT_THAT(unmet(known_uses(header, report)), SizeIs(1));
  report.gates[0].outcome = Outcome::kInconclusive;
  EXPECT_THAT(unmet(known_uses(header, report)), IsEmpty());
}

TEST(Known, IsToldToGoWhenItIsNotMet) {
  auto record = diagnosed({process({})});
  record.header.known = {{"0123456789ab", "mended by now", "", {"shop.yaml", 7, 5}}};
  ScenarioReport report;
  report.growth_diagnosis.emplace();
  EXPECT_THAT(unmet(known_uses(record.header, report)),
              ElementsAre(testing::Field(&AuditCheck::detail, HasSubstr("shop.yaml:7"))));
  // Nobody looked, so nobody knows.
  report.growth_diagnosis->gap = "it ended";
  EXPECT_THAT(unmet(known_uses(record.header, report)), IsEmpty());
}

TEST(Known, OfAFileIsToldToGoWhenNoScenarioMeetsIt) {
  ScenarioReport scenario;
  scenario.known = {{{"0123456789ab", "", "", {"shop.yaml", 7, 5}, true}, false, true}};
  const RunReport none = report_run({scenario, scenario}, "", "", Seconds(1), {});
  EXPECT_THAT(none.scenarios[0].audit, IsEmpty());
  EXPECT_THAT(none.scenarios[1].audit, SizeIs(1));
  ScenarioReport other = scenario;
  other.known[0].met = true;
  const RunReport one = report_run({other, scenario}, "", "", Seconds(1), {});
  EXPECT_THAT(one.scenarios[1].audit, IsEmpty());
}

record::Record filling(std::int64_t bound) {
  Holder holder = kept_list(137);
  holder.bound = bound;
  auto record = diagnosed({process({kept_site()}, {holder})});
  record.header.memory_limit = 64_MiB;
  return record;
}

TEST(Filling, IsNoLeak) {
  const auto findings = findings_of(filling(200));
  ASSERT_TRUE(findings[0].filling);
  EXPECT_EQ(findings[0].filling->length, 137);
  const GateReport gate = judged(findings);
  EXPECT_EQ(gate.outcome, Outcome::kPass);
  EXPECT_EQ(gate.classification, Shape::kSaturating);
  EXPECT_THAT(gate.reason, HasSubstr("137 of 200"));
}

TEST(Filling, MoreThanTheMemoryCanHoldIsALeak) {
  const auto record = filling(1'000'000);  // 1 GB when it is full
  EXPECT_EQ(judged(findings_of(record)).outcome, Outcome::kFail);
}

TEST(PeakFindings, AreTheLinesThatHoldMost) {
  record::Record record;
  TraceSite rows = site({kDjango, kKeep}, {24'000'000}, {20'000});
  rows.headline = kKeep;
  TraceSite dicts = site({kPayload, kKeep}, {6'000'000}, {20'000});
  dicts.headline = kKeep;
  const TraceSite rest = site({kPayload}, {1'000}, {10});
  record.peak_diagnosis =
      record::PeakDiagnosis{412, {1, 1}, 31_MiB, 30_MiB, {rows, dicts, rest}, {}};
  const auto found = peak_findings(record);
  ASSERT_THAT(found.findings, SizeIs(1));
  EXPECT_EQ(found.findings[0].kind, Finding::Kind::kPeak);
  EXPECT_EQ(found.findings[0].line, 52);
  EXPECT_DOUBLE_EQ(found.findings[0].bytes, 30'000'000);
  EXPECT_THAT(found.findings[0].sites, SizeIs(2));
  record.peak_diagnosis->sites.clear();
  EXPECT_THAT(peak_findings(record).peak->gap, HasSubstr("no snapshot"));
}

}  // namespace
}  // namespace tidemark::analysis
