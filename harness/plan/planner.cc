#include "harness/plan/planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "harness/base/text.h"
#include "harness/plan/budgets.h"
#include "harness/plan/known.h"
#include "harness/plan/load_planner.h"
#include "harness/plan/outlook.h"
#include "harness/plan/outputs.h"
#include "harness/plan/program_planner.h"
#include "harness/plan/request_planner.h"
#include "harness/plan/sweep.h"
#include "harness/plan/target_planner.h"
#include "harness/plan/values.h"

namespace tidemark::plan {
namespace {

using scenario::Scalar;

// What a load of a given length may take in all: checkpoints take a fifth at the most.
constexpr double kCourseAllowance = 1.5;
constexpr Seconds kCourseExtra{120};

void prefer(std::optional<Scalar>& weak, const std::optional<Scalar>& strong) {
  if (strong) weak = strong;
}

scenario::Production merged(scenario::Production weak, const scenario::Production& strong) {
  prefer(weak.rate, strong.rate);
  prefer(weak.memory, strong.memory);
  return weak;
}

// Settings of a profile where it has them, of the scenario where it has not.
scenario::RunSettings merged(const scenario::RunSettings& scenario,
                             const scenario::RunSettings* profile) {
  scenario::RunSettings merged = scenario;
  if (!profile) return merged;
  // Of the ways to say how much load there is, the profile's takes the place of the scenario's.
  if (says_how_much(*profile)) {
    merged.vus = profile->vus;
    merged.rate = profile->rate;
    merged.stages = profile->stages;
  }
  // A profile that says how long turns a quick check into a soak: the check's own ends are no
  // longer meant.
  if (profile->duration || !profile->stages.empty()) {
    merged.duration.reset();
    merged.stages = profile->stages;
    merged.iterations.max.reset();
    merged.max_duration.reset();
  }
  prefer(merged.arrivals, profile->arrivals);
  prefer(merged.max_vus, profile->max_vus);
  prefer(merged.duration, profile->duration);
  prefer(merged.seed, profile->seed);
  prefer(merged.cookies, profile->cookies);
  prefer(merged.timeout.total, profile->timeout.total);
  prefer(merged.timeout.connect, profile->timeout.connect);
  prefer(merged.timeout.first_byte, profile->timeout.first_byte);
  prefer(merged.warmup, profile->warmup);
  prefer(merged.iterations.min, profile->iterations.min);
  prefer(merged.iterations.max, profile->iterations.max);
  prefer(merged.iterations.horizon, profile->iterations.horizon);
  prefer(merged.max_duration, profile->max_duration);
  prefer(merged.diagnosis, profile->diagnosis);
  merged.production = plan::merged(merged.production, profile->production);
  return merged;
}

Production typed_production(const scenario::Production& written, Values& values) {
  return {values.parsed(written.rate, parse_rate), values.parsed(written.memory, memory_size)};
}

SourcePosition place_of(Setting setting, const scenario::RunSettings& settings,
                        const Scenario& scenario) {
  const std::optional<Scalar>& written = setting == Setting::kIterations ? settings.iterations.max
                                         : setting == Setting::kWarmup   ? settings.warmup
                                                                         : settings.max_duration;
  return written ? written->position : scenario.position;
}

void check_times(const scenario::Target& target, const scenario::RunSettings& settings,
                 const Scenario& scenario, Values& values) {
  const bool has_own_timeout = target.readiness && target.readiness->timeout;
  if (has_own_timeout && !scenario.program &&
      scenario.target.readiness.timeout >= scenario.max_duration)
    values.report(target.readiness->timeout->position,
                  fmt::format("readiness may take {}, the whole of '{}' only {}",
                              format_duration(scenario.target.readiness.timeout), scenario.name,
                              format_duration(scenario.max_duration)));
  if (scenario.min_iterations > scenario.max_iterations) {
    const auto& place = settings.iterations.min ? settings.iterations.min : settings.iterations.max;
    values.report(place->position,
                  fmt::format("iterations.min ({}) is larger than iterations.max ({})",
                              scenario.min_iterations, scenario.max_iterations));
  }
  if (settings.iterations.horizon && scenario.horizon_iterations > scenario.max_iterations)
    values.report(settings.iterations.horizon->position,
                  fmt::format("iterations.horizon ({}) is larger than iterations.max ({})",
                              scenario.horizon_iterations, scenario.max_iterations));
  if (scenario.warmup && *scenario.warmup >= scenario.max_iterations)
    values.report(settings.warmup->position,
                  fmt::format("a warm-up of {} leaves nothing of {} iterations", *scenario.warmup,
                              scenario.max_iterations));
  else if (const auto obstacle =
               scenario.program ? runs_obstacle(scenario) : growth_obstacle(scenario))
    values.report(place_of(obstacle->setting, settings, scenario), obstacle->message);
}

// A proxy would follow a redirect to wherever it leads.
void check_redirects(const Scenario& scenario, Values& values) {
  if (!scenario.connection.proxy) return;
  for (const Flow& flow : scenario.flows)
    for (const Step& step : flow.steps)
      if (const auto* request = std::get_if<Request>(&step);
          request && request->follow_redirects > 0)
        values.report(scenario.position,
                      fmt::format("'{}' follows redirects, and through a proxy they could lead off "
                                  "this machine",
                                  request->name),
                      "leave 'follow_redirects' or the 'proxy' out");
}

Scenario typed_scenario(const scenario::ScenarioFile& file, const scenario::Scenario& written,
                        const scenario::RunSettings& settings, Values& values) {
  Scenario scenario;
  scenario.name = written.name.text;
  scenario.description = values.literal(written.description).value_or("");
  scenario.file = file.path;
  scenario.position = written.name.position;
  if (written.requires_command)
    scenario.requires_command = typed_command(*written.requires_command, values);
  scenario.load = typed_load(settings, values);
  scenario.connection = typed_connection(file.target.connection, written.connection, values);
  const auto& program = program_of(file, written);
  if (program) {
    scenario.min_iterations = kFewestRuns;
    scenario.max_iterations = kMostRuns;
  }
  scenario.flows = typed_flows(written, settings.timeout, file.path, values);
  check_redirects(scenario, values);
  if (written.data) scenario.data = typed_data(*written.data, values);
  const auto warmup = [](std::string_view text) -> Result<std::optional<int>> {
    if (text == "auto") return std::nullopt;
    return parse_integer(text, 0, kMostIterations)
        .map([](std::int64_t count) { return std::optional<int>(static_cast<int>(count)); })
        .map_error([](Error error) {
          error.message += "; write auto or a number of iterations";
          return error;
        });
  };
  scenario.warmup = values.parsed(settings.warmup, warmup).value_or(std::nullopt);
  if (auto least = values.integer(settings.iterations.min, 1, kMostIterations)) {
    scenario.min_iterations = *least;
    scenario.min_is_given = true;
  }
  if (auto most = values.integer(settings.iterations.max, 1, kMostIterations)) {
    scenario.max_iterations = *most;
    if (!settings.iterations.min)
      scenario.min_iterations = std::min(scenario.min_iterations, *most);
  } else if (settings.iterations.min) {
    scenario.max_iterations = std::max(scenario.max_iterations, scenario.min_iterations);
  }
  if (auto horizon = values.integer(settings.iterations.horizon, 1, kMostIterations))
    scenario.horizon_iterations = *horizon;
  if (auto longest = values.parsed(settings.max_duration, parse_duration))
    scenario.max_duration = *longest;
  if (const auto length = course_length(scenario.load)) {
    if (!settings.max_duration)
      scenario.max_duration = kCourseAllowance * *length + kCourseExtra;
    else if (scenario.max_duration <= *length)
      values.report(settings.max_duration->position,
                    fmt::format("the load alone lasts {}: 'max_duration' of {} leaves nothing for "
                                "launch, warm-up and checkpoints",
                                format_duration(*length), format_duration(scenario.max_duration)),
                    "leave it out for half as much again and two minutes");
    if (!settings.iterations.max) scenario.max_iterations = kMostIterations;
  }
  scenario.production = typed_production(merged(file.production, settings.production), values);
  scenario.budgets = written.budgets ? typed_budgets(*written.budgets, scenario.flows, values)
                                     : default_budgets(written.name.position);
  if (written.scaling) scenario.scaling = typed_scaling(*written.scaling, written.sweep, values);
  scenario.known = typed_known(file.known, written.known, values);
  constexpr DiagnosisMode kModes[] = {DiagnosisMode::kAuto, DiagnosisMode::kAlways,
                                      DiagnosisMode::kOff};
  if (const auto mode = values.choice(settings.diagnosis, {"auto", "always", "off"}))
    scenario.diagnosis = kModes[*mode];
  if (const auto expected = values.choice(written.expect_outcome, {"pass", "fail"}))
    scenario.expect_outcome = *expected == 0 ? ExpectedOutcome::kPass : ExpectedOutcome::kFail;
  scenario.target =
      typed_target(file.target, file.path, !scenario.connection.unix_socket && !program, values);
  if (program) plan_program(*program, written, settings, values, scenario);
  if (!file.target.readiness || !file.target.readiness->timeout)
    scenario.target.readiness.timeout =
        std::min(scenario.target.readiness.timeout, scenario.max_duration);
  check_times(file.target, settings, scenario, values);
  return scenario;
}

const scenario::Profile* find_profile(const scenario::ScenarioFile& file, const std::string& name,
                                      scenario::Diagnostics& diagnostics) {
  if (name.empty()) return nullptr;
  std::vector<std::string_view> names;
  for (const scenario::Profile& profile : file.profiles) {
    if (profile.name.text == name) return &profile;
    names.push_back(profile.name.text);
  }
  const std::string known =
      names.empty() ? "it has none" : fmt::format("it has {}", fmt::join(names, ", "));
  diagnostics.push_back({{file.path, 0, 0},
                         fmt::format("the file has no profile '{}'; {}", name, known),
                         scenario::did_you_mean(name, names)});
  return nullptr;
}

void check_choices(const scenario::ScenarioFile& file, const scenario::Profile* profile,
                   const Choices& choices, scenario::Diagnostics& diagnostics) {
  Variables all;
  all.set_all(file.variables);
  for (const scenario::Scenario& scenario : file.scenarios)
    all.set_all(scenario.settings.variables);
  if (profile) all.set_all(profile->settings.variables);
  for (const auto& [name, value] : choices.variables)
    if (!all.defined(name))
      diagnostics.push_back({{file.path, 0, 0},
                             fmt::format("--set {}: the file has no such variable", name),
                             scenario::did_you_mean(name, all.names())});
}

// The target's, and those that the profile brings along.
std::vector<scenario::Service> services_of(const scenario::ScenarioFile& file,
                                           const scenario::Profile* profile) {
  std::vector<scenario::Service> services = file.target.services;
  if (profile) services.insert(services.end(), profile->services.begin(), profile->services.end());
  return services;
}

// Their ports are defined, and a word is said about those of services in other profiles.
void add_services(const scenario::ScenarioFile& file, const scenario::Profile* profile,
                  Variables& variables) {
  for (const scenario::Profile& other : file.profiles)
    for (const scenario::Service& service : other.services)
      variables.explain(
          "port:" + service.name.text,
          fmt::format("that service is started in the profile '{}' only", other.name.text));
  for (const scenario::Service& service : services_of(file, profile))
    variables.add_service(service.name.text);
}

// Names that the launch fills in, and mistakes in values that nothing uses.
void check_variables(const scenario::ScenarioFile& file, scenario::Diagnostics& diagnostics) {
  const auto check = [&](const scenario::NamedValues& variables,
                         const scenario::Profile* profile = nullptr) {
    Variables visible;
    visible.set_all(file.variables);
    visible.set_all(variables);
    add_services(file, profile, visible);
    Values values(visible, diagnostics);
    for (const auto& [name, value] : variables) {
      if (known_at_launch(name.text))
        values.report(name.position, fmt::format("'{}' is filled in at launch: give the variable "
                                                 "another name",
                                                 name.text));
      values.text(value);
    }
  };
  check(file.variables);
  for (const scenario::Scenario& scenario : file.scenarios) check(scenario.settings.variables);
  for (const scenario::Profile& profile : file.profiles)
    check(profile.settings.variables, &profile);
}

Variables variables_of(const scenario::ScenarioFile& file, const scenario::Scenario& written,
                       const scenario::Profile* profile, const Choices& choices) {
  Variables variables;
  variables.set_all(file.variables);
  variables.set_all(written.settings.variables);
  if (profile) variables.set_all(profile->settings.variables);
  for (const auto& [name, value] : choices.variables) variables.set(name, value);
  return variables;
}

// Those of a profile, whose variables they may name; scenarios have no say in them.
Outputs outputs_of(const scenario::ScenarioFile& file, const scenario::Profile& profile,
                   const Choices& choices, scenario::Diagnostics& diagnostics) {
  const Variables variables = variables_of(file, {}, &profile, choices);
  Values values(variables, diagnostics);
  return typed_outputs(profile.outputs, values);
}

Scenario plan_scenario(const scenario::ScenarioFile& file, const scenario::Scenario& written,
                       const scenario::Profile* profile, const Choices& choices,
                       const std::optional<SweepPoint>& point, scenario::Diagnostics& diagnostics) {
  Variables variables = variables_of(file, written, profile, choices);
  if (point && point->variable != kGcThreshold) variables.set(point->variable, point->value);
  if (profile && profile->settings.duration && !says_how_much(profile->settings) &&
      !written.settings.stages.empty() && !written.settings.vus && !written.settings.rate)
    diagnostics.push_back(
        {profile->settings.duration->position,
         fmt::format("the load of '{}' is in its stages, which this takes away", written.name.text),
         "say 'vus' or 'rate' here"});
  for (const std::string& name : late_names(written))
    variables.explain(name, "it comes from the data or from an answer, and only requests know it");
  add_services(file, profile, variables);
  Values values(variables, diagnostics);
  const bool is_program = program_of(file, written).has_value();
  std::optional<scenario::RunSettings> of_profile;
  if (profile) of_profile = is_program ? without_load(profile->settings) : profile->settings;
  const scenario::RunSettings* strong = of_profile ? &*of_profile : nullptr;
  Scenario scenario = typed_scenario(file, written, merged(written.settings, strong), values);
  scenario.target.services = typed_services(services_of(file, profile), values);
  check_open_only(strong && says_how_much(*strong) ? *strong : written.settings, scenario.load,
                  values);
  if (!is_program)
    scenario.gc_threshold = typed_gc_threshold(written, point, scenario.target, values);
  else if (point && point->variable == kGcThreshold)
    values.report(written.sweep->variable.position,
                  "'gc_threshold' is set by the agent, and programs are run without it",
                  "sweep over a variable");
  scenario.sweep = point;
  if (point) scenario.name = swept_name(*point);
  return scenario;
}

std::string unique_folder(const std::string& name, std::set<std::string>& taken) {
  const std::string base = slug(name);
  std::string folder = base;
  for (int number = 2; !taken.insert(folder).second; ++number)
    folder = fmt::format("{}-{}", base, number);
  return folder;
}

}  // namespace

MadePlan make_plan(const scenario::ScenarioFile& file, const Choices& choices) {
  MadePlan made;
  made.plan.name = file.name.text;
  const scenario::Profile* chosen = find_profile(file, choices.profile, made.diagnostics);
  check_choices(file, chosen, choices, made.diagnostics);
  check_variables(file, made.diagnostics);
  for (const scenario::Profile& profile : file.profiles) {
    Outputs outputs = outputs_of(file, profile, choices, made.diagnostics);
    if (&profile == chosen) made.plan.outputs = std::move(outputs);
  }
  std::set<std::string> folders;
  for (const scenario::Scenario& written : file.scenarios) {
    const Variables variables = variables_of(file, written, chosen, choices);
    Values values(variables, made.diagnostics);
    for (const std::optional<SweepPoint>& point : sweep_points(written, values)) {
      // A profile that is not chosen is planned too, for the mistakes in it.
      for (const scenario::Profile& profile : file.profiles)
        if (&profile != chosen)
          plan_scenario(file, written, &profile, choices, point, made.diagnostics);
      Scenario scenario = plan_scenario(file, written, chosen, choices, point, made.diagnostics);
      scenario.folder = unique_folder(scenario.name, folders);
      if (scenario.data) scenario.data->rows = written.data->table->rows;
      made.plan.scenarios.push_back(std::move(scenario));
    }
  }
  return made;
}

}  // namespace tidemark::plan
