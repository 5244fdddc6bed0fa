// What requests become; every message stands, with its place, in tests/fixtures/scenarios.

#include "harness/plan/request_planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/scenario/reader.h"

namespace tidemark::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The only scenario of a file, read and typed, with every mistake of both.
class Planned {
 public:
  explicit Planned(const std::string& scenario,
                   const std::optional<scenario::DataTable>& table = std::nullopt) {
    scenario::ReadScenario read = scenario::read_scenario(
        "version: 1\nname: shop\ntarget: {command: [a], port: 1}\nscenarios:\n  home:\n" + scenario,
        "deep/shop.yaml");
    scenario::Scenario& home = read.file.scenarios.at(0);
    if (home.data) home.data->table = table;
    variables_.set_all(home.settings.variables);
    diagnostics_ = std::move(read.diagnostics);
    Values values(variables_, diagnostics_);
    flows = typed_flows(home, home.settings.timeout, "deep/shop.yaml", values);
    late = late_names(home);
  }

  std::vector<std::string> mistakes() const {
    std::vector<std::string> all;
    for (const scenario::Diagnostic& diagnostic : scenario::in_order(diagnostics_))
      all.push_back(diagnostic.message);
    return all;
  }

  const Request& request(std::size_t step = 0, std::size_t flow = 0) const {
    return std::get<Request>(flows.at(flow).steps.at(step));
  }

  std::vector<Flow> flows;
  std::set<std::string> late;

 private:
  Variables variables_;
  scenario::Diagnostics diagnostics_;
};

// Of one request alone; what is wrong with it fails the test.
Request request(const std::string& keys, const std::string& more = "") {
  const Planned planned("    request: {path: /, " + keys + "}\n" + more);
  EXPECT_THAT(planned.mistakes(), IsEmpty()) << keys;
  return planned.request();
}

std::vector<std::string> mistakes(const std::string& keys, const std::string& more = "") {
  return Planned("    request: {path: /, " + keys + "}\n" + more).mistakes();
}

std::vector<std::string> texts(const NamedTemplates& pairs) {
  std::vector<std::string> all;
  for (const auto& [name, text] : pairs) all.push_back(name + "=" + text.text());
  return all;
}

TEST(TypedRequest, IsAGetUnlessItHasABody) {
  EXPECT_EQ(request("name: x").method, "GET");
  EXPECT_EQ(request("form: {a: b}").method, "POST");
  EXPECT_EQ(request("json: null").method, "POST");
  EXPECT_EQ(request("method: PUT, body: x").method, "PUT");
  EXPECT_EQ(request("body: x").name, "POST /");
}

TEST(TypedRequest, EveryKindOfBodyHasItsType) {
  EXPECT_EQ(
      std::get<TextBody>(request("body: \"n={{n}}\"", "    variables: {n: 3}\n").body).text.text(),
      "n=3");
  EXPECT_EQ(std::get<FileBody>(request("body: {file: x.bin}").body).path, "deep/x.bin");
  EXPECT_THAT(texts(std::get<FormBody>(request("form: {a: 1, b: \"\"}").body).fields),
              ElementsAre("a=1", "b="));
  EXPECT_EQ(std::get<JsonBody>(request("json: {id: 7}").body).text.text(), "{\"id\":7}");
  const auto upload = std::get<MultipartBody>(
      request("form: {a: 1}, files: {photo: img/cat.png, text: {file: /srv/x, filename: y.txt, "
              "content_type: text/plain}}")
          .body);
  EXPECT_THAT(texts(upload.fields), ElementsAre("a=1"));
  ASSERT_EQ(upload.files.size(), 2U);
  EXPECT_EQ(upload.files[0].field, "photo");
  EXPECT_EQ(upload.files[0].path, "deep/img/cat.png");
  EXPECT_EQ(upload.files[0].filename, "cat.png");
  EXPECT_EQ(upload.files[0].content_type, "");
  EXPECT_EQ(upload.files[1].path, "/srv/x");
  EXPECT_EQ(upload.files[1].filename, "y.txt");
  EXPECT_EQ(upload.files[1].content_type, "text/plain");
}

TEST(TypedRequest, HasOneBody) {
  constexpr const char* kOneBody =
      "a request has one body: 'body', 'json', or 'form' with or without 'files'";
  EXPECT_THAT(mistakes("body: x, json: 1"), ElementsAre(kOneBody));
  EXPECT_THAT(mistakes("form: {a: b}, json: 1"), ElementsAre(kOneBody));
  EXPECT_THAT(mistakes("files: {a: b}, body: {file: x}"), ElementsAre(kOneBody));
}

TEST(TypedRequest, JsonHasItsVariablesEscaped) {
  const std::string variables = "    variables: {name: \"say \\\"hi\\\"\\n\", id: 7}\n";
  const auto json = [&](const std::string& written) {
    return std::get<JsonBody>(request("json: " + written, variables).body).text.text();
  };
  EXPECT_EQ(json("{name: \"{{name}}\"}"), R"({"name":"say \"hi\"\n"})");
  EXPECT_EQ(json("'{\"id\": {{id}} }'"), "{\"id\": 7 }");
  EXPECT_EQ(json("{key: \"{{env:KEY}}\"}"), "{\"key\":\"{{env:KEY}}\"}");
}

TEST(TypedRequest, TextThatIsNoJsonIsAMistake) {
  EXPECT_EQ(mistakes("json: '{\"id\": '").size(), 1U);
  EXPECT_THAT(mistakes("json: '{\"id\": {{port}} }'"), IsEmpty()) << "something will stand there";
}

TEST(TypedRequest, OtherKeysHaveTheirTypes) {
  const Request all = request(
      "query: {q: \"a b\"}, auth: {basic: {username: ann, password: \"{{env:PASSWORD}}\"}}, "
      "timeout: {total: 9s, connect: 1s, first_byte: 2s}, follow_redirects: 3, "
      "read_rate: 64KiB/s, abort_after: 1MiB");
  EXPECT_THAT(texts(all.query), ElementsAre("q=a b"));
  EXPECT_EQ(std::get<BasicAuthentication>(all.authentication).username.text(), "ann");
  EXPECT_EQ(std::get<BasicAuthentication>(all.authentication).password.text(), "{{env:PASSWORD}}");
  EXPECT_EQ(all.timeout.total, Seconds(9));
  EXPECT_EQ(all.timeout.connect, Seconds(1));
  EXPECT_EQ(all.timeout.first_byte, Seconds(2));
  EXPECT_EQ(all.follow_redirects, 3);
  EXPECT_EQ(all.read_rate, 64_KiB);
  EXPECT_EQ(all.abort_after, 1_MiB);
  EXPECT_FALSE(all.abort_after_time);
  EXPECT_EQ(request("abort_after: 500ms").abort_after_time, Seconds(0.5));
  EXPECT_EQ(request("follow_redirects: true").follow_redirects, 10);
  EXPECT_EQ(request("follow_redirects: false").follow_redirects, 0);
  EXPECT_EQ(
      std::get<BearerAuthentication>(request("auth: {bearer: t}").authentication).token.text(),
      "t");
}

TEST(TypedRequest, TimeoutsAreTakenOneByOneFromTheScenario) {
  const Request own =
      request("timeout: {connect: 1s}", "    timeout: {total: 5s, first_byte: 2s}\n");
  EXPECT_EQ(own.timeout.total, Seconds(5));
  EXPECT_EQ(own.timeout.connect, Seconds(1));
  EXPECT_EQ(own.timeout.first_byte, Seconds(2));
}

TEST(TypedExpectation, HasItsTypes) {
  const std::string digest(64, 'A');
  const Expectation expect =
      request("name: x",
              "    expect: {headers: {X: \"{{port}}\"}, matches: \"a+\", json: {/id: 7}, rows: 3, "
              "min_bytes: 1KiB, max_bytes: 2KiB, bytes: 1.5KiB, sha256: " +
                  digest + "}\n")
          .expect;
  EXPECT_THAT(texts(expect.headers), ElementsAre("X={{port}}"));
  EXPECT_EQ(expect.matches, "a+");
  ASSERT_EQ(expect.json.size(), 1U);
  EXPECT_EQ(expect.json[0].pointer, "/id");
  EXPECT_EQ(expect.json[0].value.text(), "7");
  EXPECT_EQ(expect.rows, 3);
  EXPECT_EQ(expect.min_bytes, 1_KiB);
  EXPECT_EQ(expect.max_bytes, 2_KiB);
  EXPECT_EQ(expect.bytes, 1536_B);
  EXPECT_EQ(expect.sha256, std::string(64, 'a'));
}

TEST(TypedExpectation, OfWhatIsNotReadToItsEndIsAMistake) {
  EXPECT_THAT(
      mistakes("abort_after: 1KiB", "    expect: {rows: 3, contains: x}\n"),
      testing::Each("with 'abort_after' nobody sees the end of the body, and this needs it"));
  EXPECT_EQ(mistakes("abort_after: 1KiB", "    expect: {rows: 3, contains: x}\n").size(), 2U);
  EXPECT_THAT(mistakes("abort_after: 1KiB", "    expect: {status: 200}\n"), IsEmpty());
}

TEST(TypedCapture, HasItsType) {
  const Planned planned(
      "    request: {path: /}\n"
      "    capture: {a: {css: input, attribute: value}, b: {json: \"\"}, c: {regex: \"x+\"}, "
      "d: {header: Location}}\n");
  EXPECT_THAT(planned.mistakes(), IsEmpty());
  const std::vector<Capture>& captures = planned.request().captures;
  ASSERT_EQ(captures.size(), 4U);
  EXPECT_EQ(captures[0].name, "a");
  EXPECT_EQ(captures[0].from, Capture::From::kCss);
  EXPECT_EQ(captures[0].expression, "input");
  EXPECT_EQ(captures[0].attribute, "value");
  EXPECT_EQ(captures[1].from, Capture::From::kJson);
  EXPECT_EQ(captures[2].from, Capture::From::kRegex);
  EXPECT_EQ(captures[3].from, Capture::From::kHeader);
  EXPECT_THAT(planned.late, ElementsAre("a", "b", "c", "d"));
}

const scenario::DataTable kUsers{{"user", "page"}, {{"ann", "/"}}};

TEST(TypedFlow, WhatOnlyAnIterationKnowsStays) {
  const Planned planned(R"(
    data: {file: users.csv}
    variables: {greeting: hello}
    flow:
      - request: {path: "{{page}}", name: first}
        capture: {csrf: {css: input}}
      - request: {path: /, form: {user: "{{user}}", token: "{{csrf}}", text: "{{greeting}}"}}
        expect: {contains: "{{user}}", json: {/token: "{{csrf}}"}}
      - request: {path: /, json: {user: "{{user}}"}}
)",
                        kUsers);
  EXPECT_THAT(planned.mistakes(), IsEmpty());
  EXPECT_EQ(planned.request(0).path.text(), "{{page}}");
  EXPECT_THAT(texts(std::get<FormBody>(planned.request(1).body).fields),
              ElementsAre("user={{user}}", "token={{csrf}}", "text=hello"));
  EXPECT_EQ(planned.request(1).expect.contains.text(), "{{user}}");
  EXPECT_EQ(planned.request(1).expect.json[0].value.text(), "{{csrf}}");
  EXPECT_EQ(std::get<JsonBody>(planned.request(2).body).text.text(), "{\"user\":\"{{user}}\"}");
  EXPECT_THAT(planned.late, ElementsAre("csrf", "page", "user"));
}

TEST(TypedFlow, WhatIsCapturedLaterOrElsewhereHasNoValue) {
  const Planned planned(R"(
    flows:
      one:
        flow:
          - request: {path: "/{{csrf}}"}
            capture: {csrf: {css: input}}
          - request: {path: "/{{csrf}}"}
      other:
        flow: [{request: {path: "/{{csrf}}/{{crsf}}"}}, {request: {path: "/{{crsf}}"}}]
)");
  EXPECT_THAT(planned.mistakes(),
              ElementsAre("'csrf' has no value here: it is captured only by a later answer",
                          "'csrf' has no value here: it is captured in another flow",
                          "undefined variable 'crsf'"));
}

TEST(TypedFlow, AnAnswerMayBeCapturedAnew) {
  const Planned planned(R"(
    flow:
      - request: {path: /}
        capture: {csrf: {css: input}}
      - request: {path: "/{{csrf}}"}
        capture: {csrf: {css: input}}
)");
  EXPECT_THAT(planned.mistakes(), IsEmpty());
}

TEST(TypedFlow, NamesAreTakenOnce) {
  const Planned planned(R"(
    data: {file: users.csv}
    variables: {page: 1, token: 2}
    flow:
      - request: {path: /}
        capture: {token: {css: a}, port: {css: b}, user: {css: c}}
)",
                        kUsers);
  EXPECT_THAT(
      planned.mistakes(),
      ElementsAre("'page' is the name of a variable already: call it something else",
                  "'token' is the name of a variable already: call it something else",
                  "'port' is the name of a value of the launch already: call it something else",
                  "'user' is the name of a column of the data already: call it something else"));
}

TEST(TypedFlow, HasPausesAndWeights) {
  const Planned planned(R"(
    flows:
      one: {weight: 3, flow: [{request: {path: /}, think: {min: 1s, max: 2s}}, {think: 5s}]}
      two: {flow: [{request: {path: /}}]}
)");
  EXPECT_THAT(planned.mistakes(), IsEmpty());
  ASSERT_EQ(planned.flows.size(), 2U);
  EXPECT_EQ(planned.flows[0].name, "one");
  EXPECT_EQ(planned.flows[0].weight, 3);
  EXPECT_EQ(planned.flows[1].weight, 1);
  const auto between = std::get<Think>(planned.flows[0].steps.at(1));
  EXPECT_EQ(between.shortest, Seconds(1));
  EXPECT_EQ(between.longest, Seconds(2));
  const auto always = std::get<Think>(planned.flows[0].steps.at(2));
  EXPECT_EQ(always.shortest, Seconds(5));
  EXPECT_EQ(always.longest, Seconds(5));
}

}  // namespace
}  // namespace tidemark::plan
