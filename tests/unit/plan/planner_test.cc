// What a plan is made of; every message stands, with its place, in tests/fixtures/scenarios.

#include "harness/plan/planner.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/plan/load_planner.h"
#include "harness/plan/placeholders.h"
#include "harness/scenario/reader.h"

namespace tidemark::plan {
namespace {

Request request_of(const Scenario& scenario, std::size_t step = 0) {
  return std::get<Request>(scenario.flows.at(0).steps.at(step));
}

using ::testing::ElementsAre;
using ::testing::IsEmpty;

MadePlan made(const std::string& text, const Choices& choices = {},
              const std::string& path = "shop.yaml") {
  const scenario::ReadScenario read = scenario::read_scenario(text, path);
  for (const scenario::Diagnostic& diagnostic : read.diagnostics)
    ADD_FAILURE() << render(diagnostic, read.file.source);
  return make_plan(read.file, choices);
}

Plan plan_of(const std::string& text, const Choices& choices = {},
             const std::string& path = "shop.yaml") {
  MadePlan result = made(text, choices, path);
  for (const scenario::Diagnostic& diagnostic : result.diagnostics)
    ADD_FAILURE() << render(diagnostic, text);
  return std::move(result.plan);
}

std::vector<std::string> messages(const MadePlan& result) {
  std::vector<std::string> all;
  for (const scenario::Diagnostic& diagnostic : scenario::in_order(result.diagnostics))
    all.push_back(fmt::format("{}:{}: {}", diagnostic.position.line, diagnostic.position.column,
                              diagnostic.message));
  return all;
}

std::vector<std::string> texts(const CommandLine& command) {
  std::vector<std::string> all;
  for (const Template& argument : command) all.push_back(argument.text());
  return all;
}

// "growth by default", "duration.p95 2 s"
std::vector<std::string> gates(const Scenario& scenario) {
  std::vector<std::string> all;
  for (const Budget& budget : scenario.budgets)
    all.push_back(budget.id + " " + (budget.limit ? format_quantity(*budget.limit) : "by default"));
  return all;
}

// A file around the scenarios, with what else it needs.
std::string file(const std::string& scenarios, const std::string& more = "") {
  return "version: 1\nname: shop\ntarget: {command: [server, \"{{port}}\"]}\n" + more +
         "\nscenarios:\n" + scenarios;
}

TEST(Planner, WhatIsNotWrittenHasTheDefaultsOfTheFormat) {
  const Plan plan = plan_of(file("  home: {request: {path: /}}\n"));
  EXPECT_EQ(plan.name, "shop");
  ASSERT_EQ(plan.scenarios.size(), 1U);
  const Scenario& home = plan.scenarios[0];
  EXPECT_EQ(home.name, "home");
  EXPECT_EQ(home.description, "");
  EXPECT_EQ(home.folder, "home");
  EXPECT_EQ(home.file, "shop.yaml");
  EXPECT_EQ(home.position, (SourcePosition{"shop.yaml", 6, 3}));
  EXPECT_FALSE(home.requires_command);
  EXPECT_EQ(home.load.vus, 1);
  EXPECT_EQ(home.warmup, std::nullopt);
  EXPECT_EQ(home.min_iterations, 40);
  EXPECT_EQ(home.max_iterations, 2000);
  EXPECT_EQ(home.horizon_iterations, 200);
  EXPECT_EQ(home.max_duration, Seconds(300));
  EXPECT_THAT(gates(home),
              ElementsAre("growth by default", "fds 0/iteration", "threads 0/iteration"));
  EXPECT_EQ(home.expect_outcome, ExpectedOutcome::kPass);

  ASSERT_EQ(home.flows.size(), 1U);
  ASSERT_EQ(home.flows[0].steps.size(), 1U);
  const Request& request = request_of(home);
  EXPECT_EQ(request.name, "GET /");
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path.text(), "/");
  EXPECT_THAT(request.headers, IsEmpty());
  EXPECT_TRUE(std::holds_alternative<std::monostate>(request.body));
  EXPECT_EQ(request.timeout.total, Seconds(30));
  EXPECT_EQ(request.expect.status, std::nullopt);
  EXPECT_EQ(request.expect.content_type, "");
  EXPECT_EQ(request.expect.min_rows, 0);
  EXPECT_EQ(request.expect.contains.text(), "");

  EXPECT_EQ(home.target.directory, ".");
  EXPECT_THAT(home.target.prepare.commands, IsEmpty());
  EXPECT_THAT(texts(home.target.command), ElementsAre("server", "{{port}}"));
  EXPECT_THAT(home.target.environment, IsEmpty());
  EXPECT_EQ(home.target.port, std::nullopt);
  EXPECT_TRUE(std::holds_alternative<OpensPort>(home.target.readiness.condition));
  EXPECT_EQ(home.target.readiness.timeout, Seconds(30));
  EXPECT_EQ(home.target.runtime, Runtime::kAuto);
  EXPECT_EQ(home.target.memory_limit, std::nullopt);
}

TEST(Planner, WhatIsWrittenHasItsType) {
  const Plan plan = plan_of(R"(
version: 1
name: shop
variables: {users: 10}
target:
  directory: app
  prepare: [[seed, "{{users}}"]]
  command: [server, "--db={{scratch}}/{{users}}"]
  environment: {USERS: "{{users}}", KEY: "{{env:KEY}}"}
  port: 8000
  readiness: {path: "/healthz?{{users}}", timeout: 10s}
  runtime: none
  memory_limit: 1GiB
scenarios:
  Export CSV!:
    description: "{{users}} rows"
    requires: [test, "{{users}}"]
    request:
      method: POST
      path: "/export/{{users}}"
      headers: {Accept: text/csv, Authorization: "{{env:KEY}}"}
      body: "n={{users}}"
      timeout: 1.5s
    expect: {status: 201, content_type: text/csv, min_rows: "{{users}}", contains: "{{users}}"}
    vus: 3
    warmup: 0
    iterations: {min: 20, max: 500, horizon: 300}
    max_duration: 90s
    budgets: {growth: 1KiB/iteration, peak_memory: 64MiB, errors: 0.5%, fds: 0.1/iteration,
              threads: 0/iteration, duration: {p99.9: 2s, max: 100ms}}
    expect_outcome: fail
)",
                            {}, "deep/down/shop.yaml");
  const Scenario& export_csv = plan.scenarios.at(0);
  EXPECT_EQ(export_csv.name, "Export CSV!");
  EXPECT_EQ(export_csv.folder, "export-csv");
  EXPECT_EQ(export_csv.description, "10 rows");
  EXPECT_THAT(texts(*export_csv.requires_command), ElementsAre("test", "10"));
  EXPECT_EQ(export_csv.load.vus, 3);
  EXPECT_EQ(export_csv.warmup, 0);
  EXPECT_EQ(export_csv.min_iterations, 20);
  EXPECT_EQ(export_csv.max_iterations, 500);
  EXPECT_EQ(export_csv.horizon_iterations, 300);
  EXPECT_EQ(export_csv.max_duration, Seconds(90));
  EXPECT_EQ(export_csv.expect_outcome, ExpectedOutcome::kFail);
  EXPECT_THAT(gates(export_csv),
              ElementsAre("growth 1 KiB/iteration", "peak_memory 64 MiB", "duration.p99.9 2 s",
                          "duration.max 100 ms", "errors 0.5 %", "fds 0.1/iteration",
                          "threads 0/iteration"));
  EXPECT_EQ(export_csv.budgets[2].gate, Gate::kDuration);
  EXPECT_EQ(export_csv.budgets[2].quantile, 0.999);
  EXPECT_EQ(export_csv.budgets[3].quantile, 1);

  const Request& request = request_of(export_csv);
  EXPECT_EQ(request.name, "POST /export/10");
  EXPECT_EQ(request.path.text(), "/export/10");
  ASSERT_EQ(request.headers.size(), 2U);
  EXPECT_EQ(request.headers[1].second.text(), "{{env:KEY}}");
  EXPECT_EQ(std::get<TextBody>(request.body).text.text(), "n=10");
  EXPECT_EQ(request.timeout.total, Seconds(1.5));
  EXPECT_EQ(request.expect.status, 201);
  EXPECT_EQ(request.expect.content_type, "text/csv");
  EXPECT_EQ(request.expect.min_rows, 10);
  EXPECT_EQ(request.expect.contains.text(), "10");

  const Target& target = export_csv.target;
  EXPECT_EQ(target.directory, "deep/down/app");
  EXPECT_THAT(texts(target.prepare.commands.at(0)), ElementsAre("seed", "10"));
  EXPECT_THAT(texts(target.command), ElementsAre("server", "--db={{scratch}}/10"));
  EXPECT_EQ(target.environment.at(0).second.text(), "10");
  EXPECT_EQ(target.port, 8000);
  EXPECT_EQ(std::get<AnswersPath>(target.readiness.condition).path.text(), "/healthz?10");
  EXPECT_EQ(target.readiness.timeout, Seconds(10));
  EXPECT_EQ(target.runtime, Runtime::kNone);
  EXPECT_EQ(target.memory_limit, 1024_MiB);
}

TEST(Planner, AVariableOfTheCommandLineBeatsTheProfileTheScenarioAndTheFile) {
  const std::string text =
      file("  home: {request: {path: \"/{{a}}{{b}}{{c}}{{d}}\"}, variables: {b: 2, c: 2, d: 2}}\n",
           "variables: {a: 1, b: 1, c: 1, d: 1}\nprofiles: {ci: {variables: {c: 3, d: 3}}}");
  EXPECT_EQ(request_of(plan_of(text, {"ci", {{"d", "4"}}}).scenarios[0]).path.text(), "/1234");
  EXPECT_EQ(request_of(plan_of(text, {"", {{"d", "4"}}}).scenarios[0]).path.text(), "/1224");
  EXPECT_EQ(request_of(plan_of(text, {"", {{"d", "5"}, {"d", "6"}}}).scenarios[0]).path.text(),
            "/1226");
}

TEST(Planner, AProfileBeatsTheScenarioWhereItSaysSomething) {
  const std::string text = file(
      "  home: {request: {path: /}, vus: 2, warmup: 20, timeout: 2s, max_duration: 2m,\n"
      "         iterations: {min: 20, max: 200, horizon: 50}}\n",
      "profiles: {all: {vus: 3, warmup: auto, timeout: 3s, max_duration: 3m,\n"
      "                 iterations: {min: 30, max: 300, horizon: 60}}, some: {iterations: {max: "
      "250}}}");
  const Scenario all = plan_of(text, {"all", {}}).scenarios[0];
  EXPECT_EQ(all.load.vus, 3);
  EXPECT_EQ(all.warmup, std::nullopt);
  EXPECT_EQ(request_of(all).timeout.total, Seconds(3));
  EXPECT_EQ(all.max_duration, Seconds(180));
  EXPECT_EQ(all.min_iterations, 30);
  EXPECT_EQ(all.max_iterations, 300);
  EXPECT_EQ(all.horizon_iterations, 60);
  const Scenario some = plan_of(text, {"some", {}}).scenarios[0];
  EXPECT_EQ(some.load.vus, 2);
  EXPECT_EQ(some.warmup, 20);
  EXPECT_EQ(request_of(some).timeout.total, Seconds(2));
  EXPECT_EQ(some.max_duration, Seconds(120));
  EXPECT_EQ(some.min_iterations, 20);
  EXPECT_EQ(some.max_iterations, 250);
  EXPECT_EQ(some.horizon_iterations, 50);
}

// One scenario of a file with profiles, planned with one of them.
Scenario with_profile(const std::string& scenario, const std::string& profiles,
                      const std::string& chosen) {
  return plan_of(file("  home: {request: {path: /}, " + scenario + "}\n",
                      "profiles: {" + profiles + "}"),
                 {chosen, {}})
      .scenarios[0];
}

TEST(Planner, AProfilesLoadTakesThePlaceOfTheScenarios) {
  const std::string profiles =
      "vus: {vus: 3}, rate: {rate: 5/s}, stages: {stages: [{duration: 1s, target: 2}]}, "
      "soak: {duration: 8h}, seed: {seed: 9}";
  const auto words = [&](const std::string& scenario, const std::string& profile) {
    return describe_load(with_profile(scenario, profiles, profile).load);
  };
  const std::string open = "rate: 20/s, arrivals: poisson, max_vus: 50";
  EXPECT_EQ(words(open, ""), "20/s, Poisson arrivals, at most 50 virtual users at once");
  EXPECT_EQ(words(open, "rate"), "5/s, Poisson arrivals, at most 50 virtual users at once");
  EXPECT_EQ(words(open, "vus"), "3 virtual users") << "what a rate has is not held against it";
  EXPECT_EQ(words(open, "stages"), "from 0 virtual users, to 2 virtual users in 1 s");
  EXPECT_EQ(words(open, "soak"),
            "20/s for 8 h 0 min, Poisson arrivals, at most 50 virtual users at once");
  EXPECT_EQ(words("vus: 2", "rate"), "5/s, at most 100 virtual users at once");
  EXPECT_EQ(words("vus: 2, duration: 1h", "stages"),
            "from 0 virtual users, to 2 virtual users in 1 s");
  EXPECT_EQ(words("vus: 2, stages: [{duration: 1m, target: 9}]", "soak"),
            "2 virtual users for 8 h 0 min");
  EXPECT_EQ(with_profile(open, profiles, "seed").load.seed, 9U);
}

TEST(Planner, WhatAProfileSaysOfARateIsNothingToAScenarioWithoutOne) {
  const std::string text =
      file("  closed: {request: {path: /}, vus: 2}\n  open: {request: {path: /}, rate: 5/s}\n",
           "profiles: {ci: {max_vus: 7}}");
  const Plan plan = plan_of(text, {"ci", {}});
  EXPECT_EQ(describe_load(plan.scenarios[0].load), "2 virtual users");
  EXPECT_EQ(describe_load(plan.scenarios[1].load), "5/s, at most 7 virtual users at once");
  EXPECT_THAT(messages(made(
                  file("  home: {request: {path: /}}\n", "profiles: {ci: {vus: 2, max_vus: 7}}"))),
              ElementsAre("4:34: this belongs to a 'rate', and there is none"));
}

TEST(Planner, ALoadOfAGivenLengthIsDrivenToItsEnd) {
  const Plan plan = plan_of(file(
      "  long: {request: {path: /}, duration: 8h}\n"
      "  staged: {request: {path: /}, stages: [{duration: 1m, target: 2}, {duration: 1m, "
      "target: 0}]}\n"
      "  own: {request: {path: /}, duration: 1m, max_duration: 2m, iterations: {max: 500}}\n"));
  EXPECT_EQ(plan.scenarios[0].max_duration, Seconds(12 * 3600 + 120));
  EXPECT_EQ(plan.scenarios[0].max_iterations, kMostIterations);
  EXPECT_EQ(plan.scenarios[1].max_duration, Seconds(180 + 120));
  EXPECT_EQ(plan.scenarios[2].max_duration, Seconds(120));
  EXPECT_EQ(plan.scenarios[2].max_iterations, 500);
  EXPECT_THAT(
      messages(made(file("  home: {request: {path: /}, duration: 5m, max_duration: 5m}\n"))),
      ElementsAre(
          "6:58: the load alone lasts 5 min 0 s: 'max_duration' of 5 min 0 s leaves nothing "
          "for launch, warm-up and checkpoints"));
}

TEST(Planner, TheLengthOfAProfilesLoadLiftsTheScenariosLimits) {
  const std::string limits = "max_duration: 1m, iterations: {min: 50, max: 500}";
  const std::string profiles =
      "soak: {duration: 8h}, short: {duration: 1m, max_duration: 4m, iterations: {max: 300}}";
  const Scenario soak = with_profile(limits, profiles, "soak");
  EXPECT_EQ(soak.max_duration, Seconds(12 * 3600 + 120));
  EXPECT_EQ(soak.max_iterations, kMostIterations);
  EXPECT_EQ(soak.min_iterations, 50);
  const Scenario limited = with_profile(limits, profiles, "short");
  EXPECT_EQ(limited.max_duration, Seconds(240));
  EXPECT_EQ(limited.max_iterations, 300);
}

TEST(Planner, ATargetKnowsNothingOfDataAndAnswers) {
  EXPECT_THAT(
      messages(made("version: 1\nname: a\ntarget: {command: [a, \"{{csrf}}\"], port: 1}\n"
                    "scenarios: {a: {request: {path: /}, capture: {csrf: {css: a}}}}\n")),
      ElementsAre("3:23: 'csrf' has no value here: it comes from the data or from an answer, "
                  "and only requests know it"));
}

TEST(Planner, AUnixSocketNeedsNoPort) {
  const Plan plan = plan_of(
      "version: 1\nname: a\ntarget: {command: [a], connection: {unix_socket: \"{{scratch}}/s\"}}\n"
      "scenarios: {a: {request: {path: /}}}\n");
  EXPECT_EQ(plan.scenarios[0].connection.unix_socket->text(), "{{scratch}}/s");
}

TEST(Planner, ProductionIsTakenKeyByKeyFromTheProfileTheScenarioAndTheFile) {
  const std::string text = file(
      "  bare: {request: {path: /}}\n"
      "  busy: {request: {path: /}, production: {rate: \"{{n}}/m\"}}\n",
      "variables: {n: 120}\nproduction: {rate: 20/s, memory: 2GiB}\n"
      "profiles: {small: {production: {memory: 512MiB}}}");
  const Plan usual = plan_of(text);
  EXPECT_EQ(usual.scenarios[0].production.rate_per_second, 20);
  EXPECT_EQ(usual.scenarios[0].production.memory, 2048_MiB);
  EXPECT_EQ(usual.scenarios[1].production.rate_per_second, 2);
  EXPECT_EQ(usual.scenarios[1].production.memory, 2048_MiB);
  const Plan small = plan_of(text, {"small", {}});
  EXPECT_EQ(small.scenarios[1].production.rate_per_second, 2);
  EXPECT_EQ(small.scenarios[1].production.memory, 512_MiB);
  const Plan none = plan_of(file("  home: {request: {path: /}}\n"));
  EXPECT_EQ(none.scenarios[0].production.rate_per_second, std::nullopt);
  EXPECT_EQ(none.scenarios[0].production.memory, std::nullopt);
}

TEST(Planner, ARequestsOwnTimeoutBeatsEveryOther) {
  const std::string text = file(
      "  home:\n    timeout: 2s\n    flow:\n      - request: {path: /}\n"
      "      - request: {path: /, timeout: 7s}\n",
      "profiles: {ci: {timeout: 3s}}");
  const Plan plan = plan_of(text, {"ci", {}});
  EXPECT_EQ(request_of(plan.scenarios[0], 0).timeout.total, Seconds(3));
  EXPECT_EQ(request_of(plan.scenarios[0], 1).timeout.total, Seconds(7));
}

TEST(Planner, OneEndOfTheIterationsMovesTheOther) {
  const Plan plan =
      plan_of(file("  few: {request: {path: /}, iterations: {max: 20}}\n"
                   "  many: {request: {path: /}, iterations: {min: 5000}}\n"));
  EXPECT_EQ(plan.scenarios[0].min_iterations, 20);
  EXPECT_EQ(plan.scenarios[0].max_iterations, 20);
  EXPECT_EQ(plan.scenarios[1].min_iterations, 5000);
  EXPECT_EQ(plan.scenarios[1].max_iterations, 5000);
}

TEST(Planner, ADefaultReadinessFitsIntoAShortScenario) {
  const Plan plan = plan_of(file("  home: {request: {path: /}, max_duration: 10s}\n"));
  EXPECT_EQ(plan.scenarios[0].target.readiness.timeout, Seconds(10));
}

TEST(Planner, ReadinessIsALineOfTheLogOrAnOpenPort) {
  const auto condition = [](const std::string& readiness) {
    return plan_of("version: 1\nname: a\ntarget: {command: [a, \"{{port}}\"], readiness: " +
                   readiness + "}\nscenarios: {a: {request: {path: /}}}\n")
        .scenarios[0]
        .target.readiness.condition;
  };
  EXPECT_EQ(std::get<WritesLog>(condition("{log: Listening at}")).text, "Listening at");
  EXPECT_TRUE(std::holds_alternative<OpensPort>(condition("{port: true}")));
}

TEST(Planner, FoldersAreRelativeToTheFile) {
  const auto directory = [](const std::string& written, const std::string& path) {
    return plan_of("version: 1\nname: a\ntarget: {command: [a], port: 1" + written +
                       "}\nscenarios: {a: {request: {path: /}}}\n",
                   {}, path)
        .scenarios[0]
        .target.directory;
  };
  EXPECT_EQ(directory("", "shop.yaml"), ".");
  EXPECT_EQ(directory("", "deep/shop.yaml"), "deep/.");
  EXPECT_EQ(directory(", directory: app", "shop.yaml"), "app");
  EXPECT_EQ(directory(", directory: ../app", "deep/shop.yaml"), "deep/../app");
  EXPECT_EQ(directory(", directory: /srv/app", "deep/shop.yaml"), "/srv/app");
}

TEST(Planner, EveryScenarioHasAFolderOfItsOwn) {
  const Plan plan =
      plan_of(file("  \"a b\": {request: {path: /}}\n  a-b: {request: {path: /}}\n"
                   "  A!B: {request: {path: /}}\n  日本: {request: {path: /}}\n"));
  std::vector<std::string> folders;
  for (const Scenario& scenario : plan.scenarios) folders.push_back(scenario.folder);
  EXPECT_THAT(folders, ElementsAre("a-b", "a-b-2", "a-b-3", "scenario"));
}

TEST(Planner, NamedBudgetsReplaceTheDefaultOnes) {
  const Plan plan = plan_of(file("  home: {request: {path: /}, budgets: {peak_memory: 1MiB}}\n"));
  EXPECT_THAT(gates(plan.scenarios[0]), ElementsAre("peak_memory 1 MiB"));
  EXPECT_EQ(plan.scenarios[0].budgets[0].position, (SourcePosition{"shop.yaml", 6, 53}));
}

TEST(Planner, ASecretIsNotInThePlan) {
  const Plan plan = plan_of(
      file("  home: {request: {path: \"/?key={{key}}\"}}\n", "variables: {key: \"{{env:KEY}}\"}"));
  EXPECT_EQ(request_of(plan.scenarios[0]).path.text(), "/?key={{env:KEY}}");
  EXPECT_EQ(request_of(plan.scenarios[0]).name, "GET /?key={{env:KEY}}");
}

TEST(Planner, APortInTheEnvironmentOrAFixedOneIsEnough) {
  const auto problems = [](const std::string& target) {
    return messages(made("version: 1\nname: a\ntarget: {" + target +
                         "}\nscenarios: {a: {request: {path: /}}}\n"));
  };
  EXPECT_THAT(problems("command: [a, \"--port={{port}}\"]"), IsEmpty());
  EXPECT_THAT(problems("command: [a], environment: {PORT: \"{{port}}\"}"), IsEmpty());
  EXPECT_THAT(problems("command: [a], port: 80"), IsEmpty());
  EXPECT_THAT(problems("command: [a]"),
              ElementsAre("3:19: nothing tells the target which port to use"));
}

TEST(Planner, WhatTheCommandLineNamesMustBeInTheFile) {
  const std::string text =
      file("  home: {request: {path: /}}\n", "variables: {users: 1}\nprofiles: {ci: {vus: 2}}");
  EXPECT_THAT(messages(made(text, {"ic", {}})),
              ElementsAre("0:0: the file has no profile 'ic'; it has ci"));
  EXPECT_THAT(messages(made(text, {"", {{"user", "2"}}})),
              ElementsAre("0:0: --set user: the file has no such variable"));
}

TEST(Planner, AVariableOfOneScenarioMayBeSetOnTheCommandLine) {
  const std::string text = file("  home: {request: {path: \"/{{page}}\"}, variables: {page: 1}}\n");
  EXPECT_EQ(request_of(plan_of(text, {"", {{"page", "9"}}}).scenarios[0]).path.text(), "/9");
}

TEST(Planner, AMistakeOfTheFileIsSaidOnceForAllScenarios) {
  EXPECT_THAT(messages(made("version: 1\nname: a\ntarget: {command: [a, \"{{prot}}\"], port: 0,\n"
                            "  readiness: {path: health check}}\n"
                            "scenarios: {a: {request: {path: /}}, b: {request: {path: /}}}\n")),
              ElementsAre("3:23: undefined variable 'prot'; did you mean 'port'?",
                          "3:42: 0 is too small: at least 1",
                          "4:21: a path starts with '/', not 'health check'",
                          "4:21: a path has no white space: write %20"));
}

TEST(Gates, AreNamedAsInAFile) {
  for (const Gate gate : {Gate::kGrowth, Gate::kPeakMemory, Gate::kDuration, Gate::kErrors,
                          Gate::kFds, Gate::kThreads})
    EXPECT_EQ(parse_gate(gate_name(gate)), gate);
  EXPECT_EQ(gate_name(Gate::kPeakMemory), "peak_memory");
  EXPECT_EQ(parse_gate("memory"), std::nullopt);
}

constexpr char kJobs[] =
    "version: 1\nname: jobs\nvariables: {users: 10}\n"
    "profiles: {soak: {duration: 8h, vus: 9, warmup: 3, timeout: {total: 1h, connect: 1s}}}\n"
    "target: {program: [export, \"{{users}}\"], prepare: [[seed]], memory_limit: 1GiB}\n"
    "scenarios:\n"
    "  export: {budgets: {peak_memory: 1MiB}, expect: {exit: 3, min_rows: \"{{users}}\"}}\n"
    "  import: {program: [import], timeout: 10s, iterations: {max: 7}, budgets: {errors: 0%}}\n";

TEST(Planner, AProgramStandsInPlaceOfRequests) {
  const Plan plan = plan_of(kJobs);
  const Scenario& exported = plan.scenarios.at(0);
  ASSERT_TRUE(exported.program);
  EXPECT_THAT(texts(exported.program->command), ElementsAre("export", "10"));
  EXPECT_EQ(exported.program->exit, 3);
  EXPECT_EQ(exported.program->output.min_rows, 10);
  EXPECT_EQ(exported.program->timeout, Seconds(30));
  EXPECT_EQ(exported.min_iterations, 10);
  EXPECT_EQ(exported.max_iterations, 100);
  EXPECT_EQ(exported.target.prepare.commands.size(), 1U);
  EXPECT_EQ(exported.target.memory_limit, Bytes{1 << 30});
  EXPECT_EQ(exported.target.runtime, Runtime::kNone);
  EXPECT_EQ(exported.diagnosis, DiagnosisMode::kOff);
  EXPECT_THAT(exported.flows, IsEmpty());
  EXPECT_EQ(describe_load(exported), "runs of a program, one after the other");

  const Scenario& imported = plan.scenarios.at(1);
  EXPECT_THAT(texts(imported.program->command), ElementsAre("import"));
  EXPECT_EQ(imported.program->timeout, Seconds(10));
  EXPECT_EQ(imported.min_iterations, 7);
  EXPECT_EQ(imported.max_iterations, 7);
}

TEST(Planner, AProfilesLoadIsNothingToAProgram) {
  const Plan plan = plan_of(kJobs, {"soak", {}});
  EXPECT_EQ(plan.scenarios.at(0).warmup, 3);
  EXPECT_EQ(plan.scenarios.at(0).program->timeout, Seconds(3600));
  EXPECT_EQ(plan.scenarios.at(1).max_iterations, 7);
  EXPECT_EQ(plan.scenarios.at(1).load.duration, std::nullopt);
}

TEST(Planner, AProgramBesideAServerLeavesTheServerAlone) {
  const Plan plan = plan_of(
      "version: 1\nname: both\ntarget: {command: [server, \"{{port}}\", \"{{env:KEY}}\"]}\n"
      "scenarios:\n  home: {request: {path: /}}\n"
      "  job: {program: [job, \"{{env:TOKEN}}\"], budgets: {errors: 0%}}\n");
  EXPECT_FALSE(plan.scenarios.at(0).program);
  EXPECT_THAT(secret_names(plan.scenarios.at(0)), ElementsAre("KEY"));
  EXPECT_TRUE(plan.scenarios.at(1).target.command.empty());
  EXPECT_THAT(secret_names(plan.scenarios.at(1)), ElementsAre("TOKEN"));
}

}  // namespace
}  // namespace tidemark::plan
