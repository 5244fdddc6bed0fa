#include "harness/cli/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <sstream>

#include "harness/base/parse.h"
#include "harness/base/version.h"
#include "harness/cli/outputs.h"
#include "harness/scenario/schema.h"

namespace tidemark::cli {
namespace {

void add_plan_options(CLI::App& command, PlanOptions& plan) {
  command.add_option("FILE", plan.files, "scenario files")->required();
  command.add_option("--profile", plan.profile, "a profile of the scenario file");
  command
      .add_option("--only", plan.only, "only scenarios whose name matches this regular expression")
      ->type_name("REGEX");
  command
      .add_option_function<std::vector<std::string>>(
          "--set",
          [&plan](const std::vector<std::string>& settings) {
            for (const std::string& setting : settings) {
              const std::size_t equals = setting.find('=');
              if (equals == std::string::npos || equals == 0)
                throw CLI::ValidationError("--set", "'" + setting + "' is not NAME=VALUE");
              plan.variables.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
            }
          },
          "give a variable another value")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
}

void add_console_options(CLI::App& command, OutputOptions& output) {
  command.add_flag("--quiet", output.quiet, "say only what is not as it should be");
  command.add_flag("--no-color", output.no_color, "no colors; as NO_COLOR in the environment");
}

void add_output_options(CLI::App& command, OutputOptions& output) {
  for (const OutputFile& file : output_files())
    command
        .add_option_function<std::string>(
            file.flag,
            [&output, &file](const std::string& path) { output.more.files[file.format] = path; },
            fmt::format("also write {} there", file.name))
        ->type_name("FILE");
  command
      .add_option_function<std::string>(
          "--annotations",
          [&output](const std::string& mode) {
            using plan::AnnotationMode;
            output.more.annotations = mode == "auto"     ? AnnotationMode::kAuto
                                      : mode == "github" ? AnnotationMode::kGithub
                                                         : AnnotationMode::kOff;
          },
          "print problems as workflow commands; auto: where GitHub Actions runs this")
      ->check(CLI::IsMember({"auto", "github", "off"}));
  add_console_options(command, output);
}

// As a growth budget in a scenario file, where "/iteration" may be left out; a bare number is
// of bytes.
Quantity growth_budget(const std::string& text) {
  if (const auto budget = parse_bytes_per_iteration(text)) return *budget;
  const bool is_bare = text.find_first_not_of("0123456789") == std::string::npos;
  if (const auto size = parse_size(is_bare ? text + "B" : text))
    return {static_cast<double>(size->count), Unit::kBytesPerIteration};
  throw CLI::ValidationError("--budget", "'" + text + "' is no growth budget: 1KiB, 64B/iteration");
}

void add_analyze_options(CLI::App& command, AnalyzeOptions& analyze) {
  command
      .add_option(
          "PATH", analyze.paths,
          "a run's output folder, a scenario's folder in it, a record, or (with --csv) series")
      ->required();
  command.add_flag(
      "--csv", analyze.csv,
      "the files are series: a line with names, then rows with the iterations so far and "
      "the bytes of each process");
  command
      .add_option("--kind", analyze.kind, "what the series are: resident pages, or exact counters")
      ->check(CLI::IsMember({"rss", "exact"}));
  command
      .add_option_function<std::string>(
          "--budget", [&](const std::string& text) { analyze.budget = growth_budget(text); },
          "what may stay behind per iteration; without it the record's own, or 4KiB (rss), 64B "
          "(exact)")
      ->type_name("SIZE");
  command
      .add_option("--horizon", analyze.horizon,
                  "iterations before which nothing is called a leak, unless the data end earlier")
      ->check(CLI::Range(1, INT32_MAX));
}

}  // namespace

Options parse_options(int argc, const char* const* argv) {
  CLI::App app(
      "Starts a server, drives it with the same requests again and again, and says with known "
      "error rates\nwhether it leaks memory and whether one request needs more than it may. Runs "
      "batch jobs, too, and\nsays whether one run needs more than it may.",
      "tidemark");
  app.set_version_flag("--version", "tidemark " + version());
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);

  RunOptions run;
  CLI::App* run_command =
      app.add_subcommand("run", "run scenarios, write the outputs, exit with the verdict");
  add_plan_options(*run_command, run.plan);
  run_command->add_option("--output", run.output.folder, "where records and outputs go")
      ->type_name("DIR")
      ->capture_default_str();
  add_output_options(*run_command, run.output);

  CheckOptions check;
  CLI::App* check_command =
      app.add_subcommand("check", "validate scenario files; nothing is launched");
  add_plan_options(*check_command, check.plan);
  // Answered like --version: before anybody asks for a FILE. The library adds the last newline.
  std::string_view schema = scenario::schema();
  schema.remove_suffix(schema.ends_with('\n') ? 1 : 0);
  check_command->set_version_flag("--print-schema", std::string(schema),
                                  "print the JSON Schema of scenario files, for editors");

  ReportOptions report;
  CLI::App* report_command =
      app.add_subcommand("report", "render the outputs again from the records of runs");
  report_command
      ->add_option("DIR", report.folders, "the run's output folder; several make one report")
      ->required();
  report.output.folder.clear();
  report_command
      ->add_option(
          "--output", report.output.folder,
          "where the outputs go; without it into DIR, of several DIRs only where the flags "
          "below say")
      ->type_name("OUT");
  add_output_options(*report_command, report.output);

  AnalyzeOptions analyze;
  CLI::App* analyze_command = app.add_subcommand(
      "analyze", "judge records again, or foreign series; one JSON object a line");
  add_analyze_options(*analyze_command, analyze);

  DoctorOptions doctor;
  CLI::App* doctor_command = app.add_subcommand(
      "doctor", "what can be measured on this machine, and what to do about what cannot");
  doctor_command->add_flag("--json", doctor.json, "print all of it as one JSON object");
  add_console_options(*doctor_command, doctor.output);

  app.footer(
      "exit codes: 0 every gate passed, 1 a gate failed, 2 wrong command line or scenario file,\n"
      "3 the target could not be tested, 4 inconclusive, 130 interrupted");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    const int code = app.exit(error, out, out);
    return Answer{out.str(), code == 0 ? 0 : 2};
  }
  if (run_command->parsed()) return run;
  if (check_command->parsed()) return check;
  if (analyze_command->parsed()) return analyze;
  if (doctor_command->parsed()) return doctor;
  return report;
}

}  // namespace tidemark::cli
