#include "harness/cli/analyze.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <utility>

#include "harness/analysis/growth_verdict.h"
#include "harness/analysis/report.h"
#include "harness/base/text.h"
#include "harness/record/series_csv.h"
#include "harness/run/suite.h"
#include "reporters/reporters.h"

namespace tidemark::cli {
namespace {

using analysis::Outcome;

constexpr int kUsage = 2;

void print(std::FILE* stream, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stream);
  std::fflush(stream);
}

int complain(const std::vector<Error>& mistakes) {
  for (const Error& mistake : mistakes) print(stderr, printable(with_place(mistake)) + "\n");
  return kUsage;
}

// The worst of several: a failure before what could not be tested, that before what stayed open.
class ExitCode {
 public:
  void add(Outcome outcome) {
    if (outcome == Outcome::kFail) worst_ = std::max(worst_, 3);
    if (outcome == Outcome::kInvalid || outcome == Outcome::kSkipped) worst_ = std::max(worst_, 2);
    if (outcome == Outcome::kInconclusive) worst_ = std::max(worst_, 1);
  }
  int code() const { return std::array{0, 4, 3, 1}[static_cast<std::size_t>(worst_)]; }

 private:
  int worst_ = 0;
};

int analyze_csv(const AnalyzeOptions& options) {
  if (options.kind.empty())
    return complain(
        {{"--kind is missing: rss for resident pages, exact for counters that know every "
          "byte; the two have different noise",
          {}}});
  const bool exact = options.kind == "exact";
  analysis::GrowthQuestion question{
      exact ? analysis::kExactBytes : analysis::kPageBytes,
      exact ? analysis::kDefaultExactLimit : analysis::kDefaultPageLimit};
  if (options.budget) question.limit = options.budget->value;
  if (options.horizon) question.horizon = *options.horizon;
  std::vector<std::pair<std::string, analysis::Series>> all;
  std::vector<Error> mistakes;
  for (const std::string& path : options.paths) {
    record::CsvSeries read = record::read_series_csv(path);
    std::move(read.mistakes.begin(), read.mistakes.end(), std::back_inserter(mistakes));
    all.emplace_back(path, analysis::foreign_series(
                               read, exact ? record::Signal::kLiveBytes : record::Signal::kRss));
  }
  if (!mistakes.empty()) return complain(mistakes);
  ExitCode exit;
  for (const auto& [path, series] : all) {
    const analysis::GrowthVerdict verdict = analysis::judge_series(series, question);
    exit.add(verdict.outcome);
    print(stdout, reporters::render_verdict(path, verdict));
  }
  return exit.code();
}

// The verdict itself is asked for: that a leak was expected does not matter.
void ask_again(const AnalyzeOptions& options, record::Header& header) {
  header.expect_outcome = plan::ExpectedOutcome::kPass;
  if (options.horizon) header.horizon_iterations = *options.horizon;
  if (!options.budget) return;
  const auto growth =
      std::find_if(header.budgets.begin(), header.budgets.end(),
                   [](const plan::Budget& budget) { return budget.gate == plan::Gate::kGrowth; });
  if (growth != header.budgets.end())
    growth->limit = options.budget;
  else
    header.budgets.insert(header.budgets.begin(),
                          {plan::Gate::kGrowth, "growth", 0, options.budget, header.position});
}

int analyze_records(const AnalyzeOptions& options) {
  if (!options.kind.empty())
    return complain({{"--kind belongs to --csv: a record knows what its signals are", {}}});
  std::vector<run::StoredRecord> all;
  std::vector<Error> mistakes;
  for (const std::string& path : options.paths) {
    auto records = run::read_records(path);
    if (records)
      std::move(records->begin(), records->end(), std::back_inserter(all));
    else
      mistakes.push_back(records.error());
  }
  if (!mistakes.empty()) return complain(mistakes);
  ExitCode exit;
  if (all.empty()) exit.add(Outcome::kInvalid);  // a run that was stopped before its first scenario
  for (run::StoredRecord& each : all) {
    ask_again(options, each.record.header);
    const analysis::ScenarioReport report = analysis::report_scenario(each.record);
    exit.add(report.outcome);
    if (report.partial)
      exit.add(Outcome::kInconclusive);  // what is missing may have decided otherwise
    print(stdout, reporters::render_verdict(each.file, report));
  }
  return exit.code();
}

}  // namespace

int analyze(const AnalyzeOptions& options) {
  const bool csv =
      options.csv || std::all_of(options.paths.begin(), options.paths.end(),
                                 [](const std::string& path) { return path.ends_with(".csv"); });
  return csv ? analyze_csv(options) : analyze_records(options);
}

}  // namespace tidemark::cli
