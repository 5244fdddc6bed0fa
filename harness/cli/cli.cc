#include "harness/cli/cli.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "harness/analysis/report.h"
#include "harness/cli/analyze.h"
#include "harness/cli/load_plan.h"
#include "harness/cli/options.h"
#include "harness/cli/outputs.h"
#include "harness/cli/progress_line.h"
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
  const std::string text = with_place(error);
  print(stderr, text + (text.ends_with('\n') ? "" : "\n"));
  return code;
}

// The outcome in a line, and where to read on.
int conclude(const analysis::RunReport& report, const OutputOptions& options) {
  const Result<void> written = write_outputs(report, options);
  const reporters::ConsoleStyle style{wants_color(options), options.quiet};
  if (!options.quiet || analysis::exit_code(report) != 0)
    print(stdout, reporters::render_console_summary(report, style));
  if (!options.quiet)
    print(stdout, fmt::format("report: {}\n",
                              (std::filesystem::path(options.folder) / "report.html").string()));
  const int code = analysis::exit_code(report);
  if (written) return code;
  refuse(written.error(), kNotTested);
  return code == 1 || code == 130 ? code : kNotTested;  // a failure stays one, printed or not
}

int execute(const RunOptions& options) {
  run::StopSignals signals;
  Result<LoadedPlan> plan = load_plan(options.plan);
  if (!plan) return refuse(plan.error(), kUsage);
  Result<plan::Placeholders> secrets = read_secrets(plan->scenarios);
  if (!secrets) return refuse(secrets.error(), kUsage);
  if (auto ready = prepare_outputs(options.output); !ready) return refuse(ready.error(), kUsage);

  using Mode = ProgressLine::Mode;
  const Mode mode = options.output.quiet           ? Mode::kSilent
                    : ::isatty(STDOUT_FILENO) != 0 ? Mode::kTerminal
                                                   : Mode::kPlain;
  ProgressLine progress(mode, {wants_color(options.output), options.output.quiet});
  const Result<analysis::RunReport> report =
      run::run_suite({plan->name, std::move(plan->scenarios), std::move(plan->repeat_commands),
                      options.output.folder, std::move(*secrets), signals.fd()},
                     progress);
  if (!report) return refuse(report.error(), kNotTested);
  return conclude(*report, options.output);
}

// How much load, and for how long.
std::string load_words(const plan::Scenario& scenario) {
  const std::string load = plan::describe_load(scenario.load);
  const std::string longest = format_duration(scenario.max_duration);
  if (plan::course_length(scenario.load) && scenario.max_iterations == plan::kMostIterations)
    return fmt::format("{}; to its end, in at most {}", load, longest);
  return fmt::format("{}; up to {} iterations in {}", load, scenario.max_iterations, longest);
}

std::string plan_words(const plan::Scenario& scenario) {
  std::string gates;
  for (const plan::Budget& budget : scenario.budgets)
    gates += fmt::format("{}{} {}", gates.empty() ? "" : ", ", budget.id,
                         budget.limit ? format_quantity(*budget.limit) : "by default");
  std::string words = fmt::format(
      "  {}: {}; {}{}\n", scenario.name, gates, load_words(scenario),
      scenario.expect_outcome == plan::ExpectedOutcome::kFail ? "; expected to fail" : "");
  if (const std::string outlook = plan::growth_outlook(scenario); !outlook.empty())
    words += fmt::format("    {}\n", outlook);
  return words;
}

int execute(const CheckOptions& options) {
  const Result<LoadedPlan> plan = load_plan(options.plan);
  if (!plan) return refuse(plan.error(), kUsage);
  print(stdout, fmt::format("{}: {} scenario{}, no mistakes\n", plan->name, plan->scenarios.size(),
                            plan->scenarios.size() == 1 ? "" : "s"));
  for (const plan::Scenario& scenario : plan->scenarios) print(stdout, plan_words(scenario));
  return 0;
}

int execute(const ReportOptions& options) {
  const Result<analysis::RunReport> report = run::read_suite(options.output.folder);
  if (!report) return refuse(report.error(), kUsage);
  if (auto ready = prepare_outputs(options.output); !ready) return refuse(ready.error(), kUsage);
  const reporters::ConsoleStyle style{wants_color(options.output), options.output.quiet};
  for (const analysis::ScenarioReport& scenario : report->scenarios)
    print(stdout, reporters::render_console(scenario, style));
  return conclude(*report, options.output);
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
