// Structure only; every message stands, with its place, in tests/fixtures/scenarios.

#include "harness/scenario/reader.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/file.h"
#include "harness/scenario/schema.h"

namespace tidemark::scenario {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ReadScenario read(std::string text) {
  return read_scenario(std::move(text), "shop.yaml");
}

ScenarioFile read_well(std::string text) {
  ReadScenario result = read(std::move(text));
  for (const Diagnostic& diagnostic : result.diagnostics)
    ADD_FAILURE() << render(diagnostic, result.file.source);
  return std::move(result.file);
}

std::string text_of(const std::optional<Scalar>& scalar) {
  return scalar ? scalar->text : "-";
}

std::vector<std::string> texts(const NamedValues& values) {
  std::vector<std::string> all;
  for (const auto& [name, value] : values) all.push_back(name.text + "=" + value.text);
  return all;
}

std::vector<std::string> texts(const Command& command) {
  std::vector<std::string> all;
  for (const Scalar& argument : command.arguments) all.push_back(argument.text);
  return all;
}

std::vector<std::string> messages(const ReadScenario& result) {
  std::vector<std::string> all;
  for (const Diagnostic& diagnostic : in_order(result.diagnostics))
    all.push_back(fmt::format("{}:{}: {}", diagnostic.position.line, diagnostic.position.column,
                              diagnostic.message));
  return all;
}

const Request& request_of(const Scenario& scenario, std::size_t step = 0) {
  return std::get<Request>(scenario.flows.at(0).steps.at(step));
}

constexpr const char* kHead = R"(version: 1
name: shop
target: {command: [server, "{{port}}"]}
)";

TEST(Reader, TakesTheTargetAsItIsWritten) {
  const ScenarioFile file = read_well(R"(
version: 1
name: shop
variables: {users: 10, limit: 64MiB}
target:
  directory: app
  prepare: [[migrate], [seed, --users, "{{users}}"]]
  command: [server, --port, 0800]
  environment: {DEBUG: no, EMPTY: ""}
  port: 8000
  readiness: {log: Listening, timeout: 10s}
  runtime: python
  memory_limit: "{{limit}}"
scenarios: {home: {request: {path: /}}}
)");
  EXPECT_EQ(file.name.text, "shop");
  EXPECT_THAT(texts(file.variables), ElementsAre("users=10", "limit=64MiB"));
  EXPECT_EQ(text_of(file.target.directory), "app");
  ASSERT_EQ(file.target.prepare.commands.size(), 2U);
  EXPECT_THAT(texts(file.target.prepare.commands[0]), ElementsAre("migrate"));
  EXPECT_THAT(texts(file.target.prepare.commands[1]), ElementsAre("seed", "--users", "{{users}}"));
  EXPECT_THAT(texts(file.target.command), ElementsAre("server", "--port", "0800"));
  EXPECT_THAT(texts(file.target.environment), ElementsAre("DEBUG=no", "EMPTY="));
  EXPECT_EQ(text_of(file.target.port), "8000");
  EXPECT_EQ(text_of(file.target.readiness->log), "Listening");
  EXPECT_EQ(text_of(file.target.readiness->path), "-");
  EXPECT_EQ(text_of(file.target.readiness->timeout), "10s");
  EXPECT_EQ(text_of(file.target.runtime), "python");
  EXPECT_EQ(text_of(file.target.memory_limit), "{{limit}}");
  EXPECT_EQ(file.target.command.position, (SourcePosition{"shop.yaml", 8, 12}));
}

TEST(Reader, TakesAScenarioOfOneRequest) {
  const ScenarioFile file = read_well(std::string(kHead) + R"(
scenarios:
  export:
    description: every row
    requires: [python3, --version]
    request: {method: POST, path: /x, name: x, headers: {A: b}, body: text, timeout: 3s}
    expect: {status: 201, content_type: text/csv, min_rows: 5, contains: id}
    vus: 2
    timeout: 9s
    warmup: 10
    iterations: {min: 20, max: 200}
    max_duration: 1m
    variables: {rows: 3}
    budgets: {errors: 1%, duration: {p95: 1s, max: 2s}, growth: 1KiB/iteration}
    expect_outcome: fail
)");
  ASSERT_EQ(file.scenarios.size(), 1U);
  const Scenario& scenario = file.scenarios[0];
  EXPECT_EQ(scenario.name.text, "export");
  EXPECT_EQ(scenario.name.position, (SourcePosition{"shop.yaml", 6, 3}));
  EXPECT_EQ(text_of(scenario.description), "every row");
  EXPECT_THAT(texts(*scenario.requires_command), ElementsAre("python3", "--version"));
  ASSERT_EQ(scenario.flows.size(), 1U);
  ASSERT_EQ(scenario.flows[0].steps.size(), 1U);
  EXPECT_FALSE(scenario.flows[0].name);
  const Request& request = request_of(scenario);
  EXPECT_EQ(text_of(request.method), "POST");
  EXPECT_EQ(request.path.text, "/x");
  EXPECT_EQ(text_of(request.name), "x");
  EXPECT_THAT(texts(request.headers), ElementsAre("A=b"));
  EXPECT_EQ(text_of(request.body.text), "text");
  EXPECT_EQ(text_of(request.timeout.total), "3s");
  EXPECT_EQ(text_of(request.expect.status), "201");
  EXPECT_EQ(text_of(request.expect.content_type), "text/csv");
  EXPECT_EQ(text_of(request.expect.min_rows), "5");
  EXPECT_EQ(text_of(request.expect.contains), "id");
  EXPECT_EQ(text_of(scenario.settings.vus), "2");
  EXPECT_EQ(text_of(scenario.settings.timeout.total), "9s");
  EXPECT_EQ(text_of(scenario.settings.warmup), "10");
  EXPECT_EQ(text_of(scenario.settings.iterations.min), "20");
  EXPECT_EQ(text_of(scenario.settings.iterations.max), "200");
  EXPECT_EQ(text_of(scenario.settings.max_duration), "1m");
  EXPECT_THAT(texts(scenario.settings.variables), ElementsAre("rows=3"));
  EXPECT_EQ(text_of(scenario.expect_outcome), "fail");
  std::vector<std::string> budgets;
  for (const Budget& budget : scenario.budgets.value())
    budgets.push_back(budget.name.text + " " + budget.limit.text);
  EXPECT_THAT(budgets, ElementsAre("growth 1KiB/iteration", "duration.p95 1s", "duration.max 2s",
                                   "errors 1%"));
}

TEST(Reader, TakesAFlowInItsOrder) {
  const ScenarioFile file = read_well(std::string(kHead) + R"(
scenarios:
  report:
    flow:
      - request: {path: /login}
      - request: {path: /report}
        expect: {status: 200}
)");
  ASSERT_EQ(file.scenarios[0].flows.size(), 1U);
  ASSERT_EQ(file.scenarios[0].flows[0].steps.size(), 2U);
  EXPECT_EQ(request_of(file.scenarios[0], 0).path.text, "/login");
  EXPECT_EQ(text_of(request_of(file.scenarios[0], 0).expect.status), "-");
  EXPECT_EQ(request_of(file.scenarios[0], 1).path.text, "/report");
  EXPECT_EQ(text_of(request_of(file.scenarios[0], 1).expect.status), "200");
}

TEST(Reader, TakesFlowsWithTheirWeights) {
  const ScenarioFile file = read_well(std::string(kHead) + R"(
scenarios:
  shop:
    flows:
      browse: {weight: 3, flow: [{request: {path: /}}]}
      buy: {flow: [{request: {path: /cart}}, {request: {path: /buy}, think: {min: 1s, max: 2s}}]}
)");
  const std::vector<Flow>& flows = file.scenarios[0].flows;
  ASSERT_EQ(flows.size(), 2U);
  EXPECT_EQ(text_of(flows[0].name), "browse");
  EXPECT_EQ(text_of(flows[0].weight), "3");
  EXPECT_EQ(text_of(flows[1].name), "buy");
  EXPECT_EQ(text_of(flows[1].weight), "-");
  ASSERT_EQ(flows[1].steps.size(), 3U) << "the pause of a step comes after its request";
  EXPECT_EQ(std::get<Request>(flows[1].steps[1]).path.text, "/buy");
  EXPECT_EQ(std::get<Think>(flows[1].steps[2]).shortest.text, "1s");
  EXPECT_EQ(text_of(std::get<Think>(flows[1].steps[2]).longest), "2s");
}

TEST(Reader, TakesTheLoad) {
  const ScenarioFile file = read_well(std::string(kHead) + R"(
profiles: {soak: {rate: 5/s, duration: 8h, seed: 4, cookies: keep}}
scenarios:
  busy:
    request: {path: /}
    rate: 20/s
    arrivals: poisson
    max_vus: 50
    stages: [{duration: 30s, target: 100/s}, {duration: 1m, target: 0/s}]
    timeout: {total: 9s, connect: 1s, first_byte: 5s}
)");
  const RunSettings& busy = file.scenarios[0].settings;
  EXPECT_EQ(text_of(busy.rate), "20/s");
  EXPECT_EQ(text_of(busy.arrivals), "poisson");
  EXPECT_EQ(text_of(busy.max_vus), "50");
  ASSERT_EQ(busy.stages.size(), 2U);
  EXPECT_EQ(busy.stages[1].duration.text, "1m");
  EXPECT_EQ(busy.stages[1].target.text, "0/s");
  EXPECT_EQ(text_of(busy.timeout.total), "9s");
  EXPECT_EQ(text_of(busy.timeout.connect), "1s");
  EXPECT_EQ(text_of(busy.timeout.first_byte), "5s");
  const RunSettings& soak = file.profiles[0].settings;
  EXPECT_EQ(text_of(soak.rate), "5/s");
  EXPECT_EQ(text_of(soak.duration), "8h");
  EXPECT_EQ(text_of(soak.seed), "4");
  EXPECT_EQ(text_of(soak.cookies), "keep");
}

TEST(Reader, TakesConnectionsOfTheTargetAndOfAScenario) {
  const ScenarioFile file = read_well(R"(
version: 1
name: shop
target:
  command: [server, "{{port}}"]
  connection: {http: 2, keep_alive: false, tls: true, host: shop.example}
scenarios:
  home:
    request: {path: /}
    connection:
      tls: {ca: ca.pem, certificate: ann.pem, key: ann.key, verify: false}
      unix_socket: s
      proxy: http://127.0.0.1:1
      accept_encoding: gzip
)");
  const Connection& target = file.target.connection;
  EXPECT_EQ(text_of(target.http), "2");
  EXPECT_EQ(text_of(target.keep_alive), "false");
  ASSERT_TRUE(target.tls);
  EXPECT_EQ(text_of(target.tls->on), "true");
  EXPECT_EQ(text_of(target.host), "shop.example");
  const Connection& home = file.scenarios[0].connection;
  ASSERT_TRUE(home.tls);
  EXPECT_EQ(text_of(home.tls->on), "-");
  EXPECT_EQ(text_of(home.tls->ca), "ca.pem");
  EXPECT_EQ(text_of(home.tls->certificate), "ann.pem");
  EXPECT_EQ(text_of(home.tls->key), "ann.key");
  EXPECT_EQ(text_of(home.tls->verify), "false");
  EXPECT_EQ(text_of(home.unix_socket), "s");
  EXPECT_EQ(text_of(home.proxy), "http://127.0.0.1:1");
  EXPECT_EQ(text_of(home.accept_encoding), "gzip");
}

TEST(Reader, TakesProfiles) {
  const ScenarioFile file = read_well(std::string(kHead) + R"(
profiles: {ci: {vus: 3, variables: {users: 5}}, soak: {max_duration: 8h}}
scenarios: {home: {request: {path: /}}}
)");
  ASSERT_EQ(file.profiles.size(), 2U);
  EXPECT_EQ(file.profiles[0].name.text, "ci");
  EXPECT_EQ(text_of(file.profiles[0].settings.vus), "3");
  EXPECT_THAT(texts(file.profiles[0].settings.variables), ElementsAre("users=5"));
  EXPECT_EQ(text_of(file.profiles[1].settings.max_duration), "8h");
}

TEST(Reader, NoBudgetsAreNotTheSameAsAnEmptyListOfThem) {
  const ScenarioFile file = read_well(std::string(kHead) + R"(
scenarios: {a: {request: {path: /}}}
)");
  EXPECT_FALSE(file.scenarios[0].budgets.has_value());
  EXPECT_THAT(messages(read(std::string(kHead) + R"(
scenarios: {a: {request: {path: /}, budgets: {}}, b: {request: {path: /}, budgets: {duration: {}}}}
)")),
              ElementsAre("5:46: 'budgets' is empty", "5:95: 'duration' is empty"));
}

TEST(Reader, AnExpectationIsKnownWhateverBecomesOfItsRequest) {
  EXPECT_THAT(messages(read(std::string(kHead) + R"(
scenarios: {a: {request: /, expect: {status: 200}}, b: {flow: [{request: {path: /}}], expect: {}}}
)")),
              ElementsAre("5:26: 'request' must be a map of keys, not a single value",
                          "5:95: in a flow, 'expect' stands beside each request"));
}

TEST(Reader, ReportsAllMistakesAndReadsTheRest) {
  const ReadScenario result = read(R"(version: 2
nmae: shop
target: {command: server, port: [1]}
scenarios:
  home: {request: {path: /}, vus: 3, expct_outcome: fail}
  other: {}
)");
  EXPECT_THAT(
      messages(result),
      ElementsAre(
          "1:1: the scenario file needs the key 'name'",
          "1:10: version '2' is not known to this Tidemark; write version: 1",
          "2:1: unknown key 'nmae' in the scenario file",
          "3:19: 'command' must be a list of arguments, not a single value",
          "3:33: 'port' must be a single value, not a list",
          "5:38: unknown key 'expct_outcome' in 'home'",
          "6:3: 'other' needs exactly one of the keys 'request', 'flow', 'flows' and 'program'"));
  EXPECT_EQ(text_of(result.file.scenarios.at(0).settings.vus), "3");
}

TEST(Reader, TakesTheFirstOfTwoEqualKeys) {
  const ReadScenario result = read(std::string(kHead) + R"(
scenarios: {home: {request: {path: /first, path: /second}}}
)");
  EXPECT_THAT(messages(result), ElementsAre("5:44: 'path' stands here twice, first in line 5"));
  EXPECT_EQ(request_of(result.file.scenarios.at(0)).path.text, "/first");
}

TEST(Reader, KeysOfALaterVersionAreNotTypingErrors) {
  const ReadScenario result = read(std::string(kHead) + R"(
scenarios: {task: {command: [enqueue]}}
)");
  EXPECT_THAT(messages(result),
              ElementsAre("5:20: 'command' is not supported by this version yet"));
}

TEST(Reader, KnownFindingsStandInTheFileAndInAScenario) {
  const ReadScenario result = read(std::string(kHead) + R"(
known: [{fingerprint: 0123456789ab, reason: a library's, until: 2026-12-31}]
scenarios: {home: {request: {path: /}, known: [{fingerprint: 123456789012, reason: 4711}]}}
)");
  EXPECT_THAT(messages(result), IsEmpty());
  ASSERT_EQ(result.file.known.size(), 1U);
  EXPECT_EQ(result.file.known[0].fingerprint.text, "0123456789ab");
  EXPECT_EQ(result.file.known[0].reason.text, "a library's");
  EXPECT_EQ(text_of(result.file.known[0].until), "2026-12-31");
  const Scenario& home = result.file.scenarios.at(0);
  ASSERT_EQ(home.known.size(), 1U);
  EXPECT_EQ(home.known[0].fingerprint.text, "123456789012");
  EXPECT_EQ(home.known[0].fingerprint.position.line, 6);
  EXPECT_FALSE(home.known[0].until);
}

TEST(Reader, ASweepIsANameAndItsValues) {
  const ReadScenario result = read(std::string(kHead) + R"(
scenarios: {home: {request: {path: /}, sweep: {users: [10, "2,0"]}}}
)");
  EXPECT_THAT(messages(result), IsEmpty());
  const auto& sweep = result.file.scenarios.at(0).sweep;
  ASSERT_TRUE(sweep);
  EXPECT_EQ(sweep->variable.text, "users");
  ASSERT_EQ(sweep->values.size(), 2U);
  EXPECT_EQ(sweep->values[1].text, "2,0");
}

TEST(Reader, AFileThatIsNotYamlHasOneMistake) {
  EXPECT_THAT(messages(read("a: [")), ElementsAre(HasSubstr("this is not YAML")));
}

TEST(Reader, KeepsPathAndSource) {
  const ScenarioFile file = read("x").file;
  EXPECT_EQ(file.path, "shop.yaml");
  EXPECT_EQ(file.source, "x");
}

TEST(Reader, ReadsFromTheDisk) {
  const auto folder = TemporaryFolder::create();
  const std::filesystem::path path = folder->path() / "shop.yaml";
  ASSERT_TRUE(write_file(path, std::string(kHead) + "scenarios: {home: {request: {path: /}}}\n"));
  const Result<ReadScenario> result = read_scenario_file(path);
  EXPECT_THAT(result->diagnostics, IsEmpty());
  EXPECT_EQ(result->file.path, path.string());
  EXPECT_EQ(
      read_scenario_file(folder->path() / "none.yaml").error().message,
      "cannot read " + (folder->path() / "none.yaml").string() + ": No such file or directory");
}

TEST(Reader, ReadsDataBesideTheFileOnceForAllItsScenarios) {
  const auto folder = TemporaryFolder::create();
  const std::filesystem::path path = folder->path() / "shop.yaml";
  ASSERT_TRUE(write_file(folder->path() / "users.csv", "name\nann\nbob\n"));
  ASSERT_TRUE(write_file(folder->path() / "bad.csv", "name\nann,1\n"));
  ASSERT_TRUE(write_file(path, std::string(kHead) + R"(
scenarios:
  a: {request: {path: /}, data: {file: users.csv, order: random}}
  b: {request: {path: /}, data: {file: users.csv}}
  c: {request: {path: /}, data: {file: bad.csv}}
  d: {request: {path: /}, data: {file: bad.csv}}
  e: {request: {path: /}, data: {file: none.csv}}
  f: {request: {path: /}, data: {file: ""}}
)"));
  const Result<ReadScenario> result = read_scenario_file(path);
  EXPECT_EQ(text_of(result->file.scenarios[0].data->order), "random");
  for (const std::size_t scenario : {0U, 1U})
    EXPECT_EQ(result->file.scenarios[scenario].data->table->rows.size(), 2U);
  for (const std::size_t scenario : {2U, 3U, 4U, 5U})
    EXPECT_FALSE(result->file.scenarios[scenario].data->table);
  EXPECT_THAT(messages(*result),
              ElementsAre("2:1: 2 values where the first line names 1 columns",
                          HasSubstr("10:40: cannot read"), "11:40: 'file' is empty"));
  EXPECT_EQ(in_order(result->diagnostics)[0].position.file, (folder->path() / "bad.csv").string());
}

TEST(Schema, IsCarriedAlong) {
  EXPECT_TRUE(schema().starts_with("{\n  \"$schema\": "));
  EXPECT_TRUE(schema().ends_with("}\n"));
}

}  // namespace
}  // namespace tidemark::scenario
