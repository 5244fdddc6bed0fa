#include "harness/cli/cli.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "harness/analysis/combined_report.h"
#include "harness/analysis/report.h"
#include "harness/base/text.h"
#include "harness/cli/analyze.h"
#include "harness/cli/live_progress.h"
#include "harness/cli/load_plan.h"
#include "harness/cli/options.h"
#include "harness/cli/outputs.h"
#include "harness/cli/terminal.h"
#include "harness/cli/workflow_log.h"
#include "harness/plan/load_planner.h"
#include "harness/plan/outlook.h"
#include "harness/run/doctor.h"
#include "harness/run/stop_signals.h"
#include "harness/run/suite.h"
#include "reporters/reporters.h"

namespace tidemark::cli {
namespace {

constexpr int kUsage = 2;
constexpr int kNotTested = 3;
constexpr int kInterrupted = 130;

void print(std::FILE* stream, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stream);
  std::fflush(stream);
}

int refuse(const Error& error, int code) {
  const std::string text = printable(with_place(error));  // it may quote a broken file
  print(stderr, text + (text.ends_with('\n') ? "" : "\n"));
  return code;
}

// On a terminal that is watched a run without problems takes one screen, with the line that says
// where the page is and the shell's prompt.
reporters::ConsoleStyle console_style(const OutputOptions& options) {
  constexpr std::size_t kOtherLines = 2;
  reporters::ConsoleStyle style{wants_color(options), options.quiet};
  if (is_watched()) {
    const TerminalSize size = terminal_size();
    style.most_rows = std::max(size.rows, kOtherLines + 1) - kOtherLines;
    style.width = size.columns;
  }
  return style;
}

// A signal must not end what is short while the log is ours.
std::unique_ptr<run::StopSignals> signals_in_github() {
  return runs_in_github() ? std::make_unique<run::StopSignals>() : nullptr;
}

// What came of it, and where to read on.
int conclude(const analysis::RunReport& report, const OutputOptions& options, WorkflowLog& log) {
  const Result<void> written = write_outputs(report, options);
  if (!options.quiet || analysis::exit_code(report) != 0)
    print(stdout, reporters::render_console(report, console_style(options)));
  if (const std::string page = html_file(options); !options.quiet && !page.empty())
    print(stdout, fmt::format("report: {}\n", page));
  int code = analysis::exit_code(report);
  if (!written) {
    refuse(written.error(), kNotTested);
    if (code != 1 && code != 130) code = kNotTested;  // a failure stays one, printed or not
  }
  log.resume();
  print(stdout, annotations(report, options));
  return code;
}

int execute(RunOptions options) {
  run::StopSignals signals;
  WorkflowLog log;
  Result<LoadedPlan> plan = load_plan(options.plan);
  if (!plan) return refuse(plan.error(), kUsage);
  Result<plan::Placeholders> secrets = read_secrets(plan->scenarios);
  if (!secrets) return refuse(secrets.error(), kUsage);
  if (auto added = add_outputs(plan->outputs, options.output); !added)
    return refuse(added.error(), kUsage);
  if (auto ready = prepare_outputs(options.output); !ready) return refuse(ready.error(), kUsage);

  using Mode = LiveProgress::Mode;
  const Mode mode = options.output.quiet ? Mode::kSilent
                    : is_watched()       ? Mode::kTerminal
                                         : Mode::kPlain;
  LiveProgress progress(mode, console_style(options.output));
  const Result<analysis::RunReport> report =
      run::run_suite({plan->name, std::move(plan->scenarios), std::move(plan->repeat_commands),
                      options.output.folder, std::move(*secrets), signals.fd()},
                     progress);
  if (!report) return refuse(report.error(), kNotTested);
  return conclude(*report, options.output, log);
}

// How much load, and for how long.
std::string load_words(const plan::Scenario& scenario) {
  const std::string load = plan::describe_load(scenario);
  const std::string longest = format_duration(scenario.max_duration);
  if (plan::course_length(scenario.load) && scenario.max_iterations == plan::kMostIterations)
    return fmt::format("{}; to its end, in at most {}", load, longest);
  return fmt::format("{}; up to {} iterations in {}", load, scenario.max_iterations, longest);
}

std::string plan_words(const plan::Scenario& scenario) {
  std::vector<std::string> gates;
  for (const plan::Budget& budget : scenario.budgets)
    gates.push_back(fmt::format("{} {}", printable_line(budget.id),
                                budget.limit ? format_quantity(*budget.limit) : "by default"));
  for (const plan::ScalingBudget& budget : scenario.scaling)
    gates.push_back(fmt::format(
        "{} {} of the sweep", printable_line(budget.id),
        budget.worst ? std::string(complexity_name(*budget.worst)) : format_quantity(*budget.max)));
  std::string words = fmt::format(
      "  {}: {}; {}{}\n", printable_line(scenario.name), join(gates, ", "),
      printable_line(load_words(scenario)),
      scenario.expect_outcome == plan::ExpectedOutcome::kFail ? "; expected to fail" : "");
  if (const std::string outlook = plan::growth_outlook(scenario); !outlook.empty())
    words += fmt::format("    {}\n", outlook);
  return words;
}

int execute(const CheckOptions& options) {
  const auto signals = signals_in_github();
  const WorkflowLog log;
  const Result<LoadedPlan> plan = load_plan(options.plan);
  if (!plan) return refuse(plan.error(), kUsage);
  print(stdout, fmt::format("{}: {} scenario{}, no mistakes\n", printable_line(plan->name),
                            plan->scenarios.size(), plan->scenarios.size() == 1 ? "" : "s"));
  for (const plan::Scenario& scenario : plan->scenarios) print(stdout, plan_words(scenario));
  return 0;
}

// The folders' reports as one; each is known by its path.
Result<analysis::RunReport> read_reports(const std::vector<std::string>& folders) {
  std::vector<analysis::LabelledRun> runs;
  for (const std::string& folder : folders) {
    // "out/" and "out" are the same run.
    std::string label = std::filesystem::path(folder).lexically_normal().string();
    if (label.size() > 1 && label.ends_with('/')) label.pop_back();
    for (const analysis::LabelledRun& other : runs)
      if (other.label == label) return failure(fmt::format("{} is named twice", label));
    Result<analysis::RunReport> report = run::read_suite(folder);
    if (!report) return report;
    runs.push_back({std::move(label), std::move(*report)});
  }
  return analysis::combine(std::move(runs));
}

int execute(ReportOptions options) {
  const auto signals = signals_in_github();
  WorkflowLog log;
  OutputOptions& output = options.output;
  if (output.folder.empty() && options.folders.size() == 1) output.folder = options.folders.front();
  if (output.folder.empty() && output.more.files.empty())
    return refuse(
        {"several runs make one report: say where it goes, with --output OUT or --html FILE"},
        kUsage);
  const Result<analysis::RunReport> report = read_reports(options.folders);
  if (!report) return refuse(report.error(), kUsage);
  if (auto ready = prepare_outputs(output); !ready) return refuse(ready.error(), kUsage);
  return conclude(*report, output, log);
}

int execute(const DoctorOptions& options) {
  const run::StopSignals signals;
  const auto report = run::diagnose(signals.fd());
  if (!report) {
    print(stderr, "interrupted\n");
    return kInterrupted;
  }
  const reporters::ConsoleStyle style{wants_color(options.output), options.output.quiet};
  print(stdout, options.json ? reporters::render_doctor_json(*report)
                             : reporters::render_doctor(*report, style));
  return analysis::can_measure_growth(*report) ? 0 : kNotTested;
}

int execute(const AnalyzeOptions& options) {
  return analyze(options);
}

int execute(const Answer& answer) {
  print(answer.exit_code == 0 ? stdout : stderr, answer.text);
  return answer.exit_code;
}

}  // namespace

int run(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);  // a reader that goes away, as `head` does, is no reason to stop
  return std::visit([](const auto& options) { return execute(options); },
                    parse_options(argc, argv));
}

}  // namespace tidemark::cli
