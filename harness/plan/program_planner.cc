#include "harness/plan/program_planner.h"

#include "harness/plan/request_planner.h"
#include "harness/plan/target_planner.h"

namespace tidemark::plan {

scenario::RunSettings without_load(const scenario::RunSettings& settings) {
  scenario::RunSettings kept;
  kept.timeout.total = settings.timeout.total;
  kept.warmup = settings.warmup;
  kept.iterations.min = settings.iterations.min;
  kept.iterations.max = settings.iterations.max;
  kept.max_duration = settings.max_duration;
  kept.variables = settings.variables;
  return kept;
}

const std::optional<scenario::Command>& program_of(const scenario::ScenarioFile& file,
                                                   const scenario::Scenario& written) {
  return written.program ? written.program : file.target.program;
}

void plan_program(const scenario::Command& command, const scenario::Scenario& written,
                  const scenario::RunSettings& settings, Values& values, Scenario& scenario) {
  constexpr int kHighestExit = 255;
  Program program;
  program.command = typed_command(command, values);
  program.exit = values.integer(written.program_expect.exit, 0, kHighestExit).value_or(0);
  program.output = typed_expectation(written.program_expect.output, values);
  program.timeout = values.parsed(settings.timeout.total, parse_duration).value_or(program.timeout);
  for (std::size_t i = 0; i < program.command.size(); ++i)
    if (program.command[i].mentions("port"))
      values.report(command.arguments[i].position, "a program that runs to its end has no port",
                    "write the port of the server that it speaks to");
  scenario.program = std::move(program);
  scenario.target.position = command.position;
  scenario.target.command.clear();
  scenario.target.readiness = {};
  scenario.target.runtime = Runtime::kNone;  // what has ended cannot be asked
  scenario.diagnosis = DiagnosisMode::kOff;
  scenario.known.clear();
}

}  // namespace tidemark::plan
