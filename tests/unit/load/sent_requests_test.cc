// What arrives at the server: methods, encodings, bodies, cookies, authentication, and that what
// the target says cannot break out of the place it is put into.

#include <fmt/format.h>

#include <algorithm>

#include "tests/unit/load/driving.h"

namespace tidemark::load {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const ScriptedServer::Answer kFine = [](const std::string&) { return ok(); };

// Drives one iteration that must succeed; gives the last request as it was received.
std::string sent(const std::vector<plan::Step>& steps, ScriptedServer::Answer answer = kFine) {
  ScriptedServer server(std::move(answer));
  const BatchResult result = drive(scenario_of(steps), server.port());
  EXPECT_EQ(result.failed_iterations, 0) << first_problem(result);
  return server.last_request();
}

TEST(SentRequests, ARequestIsAsShortAsItCanBe) {
  ScriptedServer server(kFine);
  drive(scenario_of({get("/a?b=c")}), server.port());
  EXPECT_EQ(server.last_request(), fmt::format("GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n"
                                               "Accept: */*\r\nUser-Agent: tidemark\r\n\r\n",
                                               server.port()));
}

TEST(SentRequests, ABodyIsPostedWithItsHeadersAndTheNextRequestHasNone) {
  plan::Request posting = post("/", plan::TextBody{text("{\"a\": 1}")});
  posting.headers = {{"Content-Type", text("application/json")}};
  EXPECT_THAT(sent({posting}), AllOf(StartsWith("POST / HTTP/1.1\r\n"),
                                     HasSubstr("Content-Type: application/json\r\n"),
                                     EndsWith("\r\n\r\n{\"a\": 1}")));
  EXPECT_THAT(sent({posting, get("/after")}),
              AllOf(StartsWith("GET /after HTTP/1.1\r\n"), Not(HasSubstr("Content-")),
                    EndsWith("\r\n\r\n")));
}

TEST(SentRequests, OtherMethodsAreSentAsTheyAre) {
  for (const std::string method : {"PUT", "DELETE", "PATCH", "OPTIONS", "PURGE"})
    EXPECT_THAT(sent({request(method, "/")}), StartsWith(method + " / HTTP/1.1\r\n"));
  plan::Request put = request("PUT", "/");
  put.body = plan::TextBody{text("x")};
  EXPECT_THAT(sent({put}), AllOf(StartsWith("PUT / "), EndsWith("\r\n\r\nx")));
}

TEST(SentRequests, APostWithoutABodySaysThatItHasNone) {
  const std::string request = sent({post("/logout")});
  EXPECT_THAT(request, StartsWith("POST /logout HTTP/1.1\r\n"));
  EXPECT_EQ(header_of(request, "Content-Length"), "0");
  EXPECT_EQ(header_of(request, "Content-Type"), "(none)");
}

TEST(SentRequests, HeadTakesALengthForNoBody) {
  const std::string request =
      sent({tidemark::load::request("HEAD", "/"), get("/next")}, [](const std::string& path) {
        return path == "/" ? "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" : ok();
      });
  EXPECT_THAT(request, StartsWith("GET /next "));
}

TEST(SentRequests, QueryFieldsAreEncodedAndAppended) {
  plan::Request request = get("/search?page=1");
  request.query = {{"q", text("a b&c=d%41")}, {"größe", text("\"+?#")}};
  EXPECT_EQ(target_of(sent({request})),
            "/search?page=1&q=a%20b%26c%3Dd%2541&gr%C3%B6%C3%9Fe=%22%2B%3F%23");
  request.path = text("/search");
  EXPECT_THAT(target_of(sent({request})), StartsWith("/search?q=a%20b"));
}

TEST(SentRequests, WhatNoUrlCanHoldIsEncodedForTheAuthor) {
  EXPECT_EQ(target_of(sent({get("/größe/a b?q=c d%20e")})), "/gr%C3%B6%C3%9Fe/a%20b?q=c%20d%20e");
}

TEST(SentRequests, FormFieldsAreEncoded) {
  const std::string request = sent({post(
      "/", plan::FormBody{{{"user name", text("ann&bob=1")}, {"note", text("two\r\nlines %")}}})});
  EXPECT_EQ(header_of(request, "Content-Type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(body_of(request), "user%20name=ann%26bob%3D1&note=two%0D%0Alines%20%25");
}

TEST(SentRequests, NoRequestWaitsForAPermissionToSendItsBody) {
  const std::string request = sent({post("/", plan::TextBody{text(std::string(2 << 20, 'x'))})});
  EXPECT_EQ(header_of(request, "Expect"), "(none)");
  EXPECT_EQ(body_of(request).size(), std::size_t{2} << 20);
}

// What no place may let through as it is: captured from the answer's header `Evil`.
constexpr std::string_view kEvil = "a b\"c'&d=%41<\\>\xC3\xBC\xFF{}";

std::string evil(const std::string&) {
  return answer(200, fmt::format("Evil: {}\r\n", kEvil), {});
}

TEST(Captures, AreEncodedInAPath) {
  EXPECT_EQ(target_of(sent({get_and_capture("/", "Evil"), get("/x/{{Evil}}/y")}, evil)),
            "/x/a%20b%22c'&d=%41%3C%5C%3E%C3%BC%FF%7B%7D/y");
}

TEST(Captures, AreEncodedInAQueryField) {
  plan::Request second = get("/");
  second.query = {{"v", text("[{{Evil}}]")}};
  EXPECT_EQ(target_of(sent({get_and_capture("/", "Evil"), second}, evil)),
            "/?v=%5Ba%20b%22c%27%26d%3D%2541%3C%5C%3E%C3%BC%FF%7B%7D%5D");
}

TEST(Captures, AreEncodedInAFormField) {
  const auto second = post("/", plan::FormBody{{{"v", text("{{Evil}}")}, {"w", text("1")}}});
  EXPECT_EQ(body_of(sent({get_and_capture("/", "Evil"), second}, evil)),
            "v=a%20b%22c%27%26d%3D%2541%3C%5C%3E%C3%BC%FF%7B%7D&w=1");
}

TEST(Captures, StayInsideAStringOfJson) {
  const auto second = post("/", plan::JsonBody{text(R"({"v": "{{Evil}}", "n": 1})")});
  const std::string request = sent({get_and_capture("/", "Evil"), second}, evil);
  EXPECT_EQ(header_of(request, "Content-Type"), "application/json");
  EXPECT_EQ(body_of(request), "{\"v\": \"a b\\\"c'&d=%41<\\\\>\xC3\xBC\xEF\xBF\xBD{}\", \"n\": 1}");
}

TEST(Captures, AreAsTheyCameInAHeaderAndInAText) {
  plan::Request second = post("/", plan::TextBody{text("<{{Evil}}>")});
  second.headers = {{"X-Value", text("{{Evil}}")}};
  const std::string request = sent({get_and_capture("/", "Evil"), second}, evil);
  EXPECT_EQ(header_of(request, "X-Value"), kEvil);
  EXPECT_EQ(body_of(request), "<" + std::string(kEvil) + ">");
}

TEST(Captures, OfAnIterationAreGoneInTheNext) {
  ScriptedServer server([n = std::make_shared<std::atomic<int>>(0)](const std::string&) {
    // Only the first answer of all has the header.
    return ++*n == 1 ? answer(200, "Token: t\r\n", {}) : ok();
  });
  plan::Request first = get_and_capture("/first", "Token");
  const BatchResult result =
      drive(scenario_of({first, get("/{{Token}}")}), server.port(), iterations(2));
  EXPECT_EQ(result.requests, (RequestCounts{3, 2, 1, 0, 0}));
  EXPECT_EQ(result.errors, Errors());
}

TEST(Captures, AWholeAddressOfTheTargetIsAPath) {
  ScriptedServer* at = nullptr;
  ScriptedServer server([&](const std::string& path) {
    return path == "/"
               ? answer(201,
                        fmt::format("Location: http://127.0.0.1:{}/orders/7?x=1\r\n", at->port()),
                        {})
               : ok();
  });
  at = &server;
  const BatchResult result = drive(
      scenario_of({get_and_capture("/", "Location"), get("{{Location}}&y=2")}), server.port());
  EXPECT_EQ(result.failed_iterations, 0) << first_problem(result);
  EXPECT_EQ(target_of(server.last_request()), "/orders/7?x=1&y=2");
}

TEST(Captures, AnAddressOfAnotherHostIsNotAsked) {
  ScriptedServer server([](const std::string&) {
    return answer(201, "Location: http://127.0.0.1:80.example/x\r\n", {});
  });
  const BatchResult result =
      drive(scenario_of({get_and_capture("/", "Location"), get("{{Location}}")}), server.port());
  EXPECT_EQ(result.errors, (Errors{{"not sent", 1}}));
  EXPECT_EQ(first_problem(result),
            "not sent: its path is 'http://127.0.0.1:80.example/x', which does not start with '/'");
}

plan::Scenario with_token(const std::string& token, plan::Request request) {
  plan::Scenario scenario = scenario_of({std::move(request)});
  scenario.data = plan::DataFeed{"d.csv", plan::DataFeed::Order::kSequence, {"token"}, {{token}}};
  return scenario;
}

TEST(Values, WithALineBreakAreSentInNoHeader) {
  ScriptedServer server(kFine);
  for (const std::string& token : {std::string("x\r\nEvil: 1"), std::string("x\ny"),
                                   std::string("x\ry"), std::string("x\0y", 3)}) {
    plan::Request request = get("/");
    request.headers = {{"X-Token", text("{{token}}")}};
    EXPECT_EQ(drive(with_token(token, request), server.port()).errors, (Errors{{"not sent", 1}}));
    request = get("/");
    request.authentication = plan::BearerAuthentication{text("{{token}}")};
    EXPECT_EQ(drive(with_token(token, request), server.port()).errors, (Errors{{"not sent", 1}}));
  }
  EXPECT_TRUE(server.requests().empty());
}

TEST(Values, WithALineBreakOrNulAreEncodedElsewhere) {
  const std::string token("x\r\n\0y", 5);
  ScriptedServer server(kFine);
  EXPECT_EQ(drive(with_token(token, get("/{{token}}")), server.port()).requests.succeeded, 1);
  EXPECT_EQ(target_of(server.last_request()), "/x%0D%0A%00y");
  drive(with_token(token, post("/", plan::FormBody{{{"t", text("{{token}}")}}})), server.port());
  EXPECT_EQ(body_of(server.last_request()), "t=x%0D%0A%00y");
  drive(with_token(token, post("/", plan::JsonBody{text("\"{{token}}\"")})), server.port());
  EXPECT_EQ(body_of(server.last_request()), "\"x\\r\\n\\u0000y\"");
  drive(with_token(token, post("/", plan::TextBody{text("{{token}}")})), server.port());
  EXPECT_EQ(body_of(server.last_request()), token);
}

TEST(Values, ThatAreEmptyOrBlankLeaveAHeaderThere) {
  ScriptedServer server(kFine);
  for (const char* token : {"", "  "}) {
    plan::Request request = get("/");
    request.headers = {{"X-Token", text("{{token}}")}};
    EXPECT_EQ(drive(with_token(token, request), server.port()).requests.succeeded, 1);
    EXPECT_THAT(server.last_request(), HasSubstr("\r\nX-Token:"));
  }
}

std::vector<std::string> cookies(plan::Cookies mode) {
  ScriptedServer server([](const std::string& path) {
    return path == "/login" ? answer(200, "Set-Cookie: session=7; Path=/\r\n", {}) : ok();
  });
  plan::Scenario scenario = scenario_of({get("/login"), get("/page")});
  scenario.load.cookies = mode;
  drive(scenario, server.port(), iterations(2));
  std::vector<std::string> cookies;
  for (const std::string& request : server.requests())
    cookies.push_back(header_of(request, "Cookie"));
  return cookies;
}

TEST(SentRequests, CookiesAreClearedKeptOrIgnored) {
  EXPECT_THAT(cookies(plan::Cookies::kClear),
              ElementsAre("(none)", "session=7", "(none)", "session=7"));
  EXPECT_THAT(cookies(plan::Cookies::kKeep),
              ElementsAre("(none)", "session=7", "session=7", "session=7"));
  EXPECT_THAT(cookies(plan::Cookies::kOff), ElementsAre("(none)", "(none)", "(none)", "(none)"));
}

TEST(SentRequests, AVirtualUserHasItsOwnCookies) {
  std::atomic<int> users = 0;
  ScriptedServer server([&](const std::string& path) {
    // Both have logged in before one goes on.
    if (path != "/login") return ok();
    const int user = ++users;
    for (int i = 0; i < 5000 && users < 2; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return answer(200, fmt::format("Set-Cookie: user={}\r\n", user), {});
  });
  drive(scenario_of({get("/login"), get("/page")}), server.port(), iterations(2, 2));
  std::vector<std::string> cookies;
  for (const std::string& request : server.requests())
    if (target_of(request) == "/page") cookies.push_back(header_of(request, "Cookie"));
  EXPECT_THAT(cookies, testing::UnorderedElementsAre("user=1", "user=2"));
}

TEST(SentRequests, BasicAuthenticationIsUserAndPassword) {
  plan::Request request = get("/");
  request.authentication = plan::BasicAuthentication{text("ann"), text("p:ss wörd")};
  EXPECT_EQ(header_of(sent({request}), "Authorization"), "Basic YW5uOnA6c3Mgd8O2cmQ=");
  EXPECT_EQ(header_of(sent({request, get("/open")}), "Authorization"), "(none)");
}

TEST(SentRequests, ABearerTokenMayBeCaptured) {
  plan::Request second = get("/");
  second.authentication = plan::BearerAuthentication{text("{{Token}}")};
  EXPECT_EQ(header_of(sent({get_and_capture("/", "Token"), second},
                           [](const std::string&) { return answer(200, "Token: t0k\r\n", {}); }),
                      "Authorization"),
            "Bearer t0k");
}

TEST(SentRequests, SecretsOfTheLaunchAreEncodedToo) {
  ScriptedServer server(kFine);
  plan::Placeholders placeholders;
  placeholders.set_secret("TOKEN", "s \"e/c");
  const auto sent_with_secret = [&](const plan::Request& request) {
    HttpEngine engine(workload(scenario_of({request}), server.port(), placeholders));
    EXPECT_EQ(drive(engine, iterations(1)).requests.succeeded, 1);
    return server.last_request();
  };
  plan::Request request = get("/{{env:TOKEN}}");
  request.query = {{"t", text("{{env:TOKEN}}")}};
  EXPECT_EQ(target_of(sent_with_secret(request)), "/s%20%22e/c?t=s%20%22e%2Fc");
  EXPECT_EQ(
      body_of(sent_with_secret(post("/", plan::JsonBody{text("{\"t\": \"{{env:TOKEN}}\"}")}))),
      "{\"t\": \"s \\\"e/c\"}");
}

struct Files {
  TemporaryFolder folder = std::move(*TemporaryFolder::create());
  std::string write(const std::string& name, std::string_view content) const {
    EXPECT_TRUE(write_file(folder.path() / name, content));
    return folder.path() / name;
  }
};

TEST(SentRequests, AFileIsABodyEachTimeAgain) {
  const Files files;
  const std::string content = "line\n" + std::string(300'000, '\0') + "end";
  ScriptedServer server(kFine);
  const auto upload = post("/", plan::FileBody{files.write("data.bin", content)});
  EXPECT_EQ(drive(scenario_of({upload}), server.port(), iterations(3)).requests.succeeded, 3);
  for (const std::string& request : server.requests()) {
    EXPECT_EQ(header_of(request, "Content-Type"), "application/octet-stream");
    EXPECT_TRUE(body_of(request) == content);
  }
  EXPECT_EQ(
      drive(scenario_of({post("/", plan::FileBody{files.folder.path() / "none"})}), server.port())
          .errors,
      (Errors{{"not sent", 1}}));
}

TEST(SentRequests, AMultipartFormHasFieldsAndFilesEachTimeAgain) {
  const Files files;
  plan::MultipartBody body;
  body.fields = {{"title", text("a \"title\"\r\n--x")}};
  body.files = {{"photo", files.write("p.png", "PNG\x01"), "me \"here\".png", "image/png"},
                {"notes", files.write("n.txt", "hello"), "n.txt", ""}};
  ScriptedServer server(kFine);
  EXPECT_EQ(
      drive(scenario_of({post("/", body), post("/again", body)}), server.port(), iterations(2))
          .requests,
      (RequestCounts{4, 4, 0, 0, 0}));
  ASSERT_EQ(server.requests().size(), 4U);
  for (const std::string& request : server.requests()) {
    const std::string type = header_of(request, "Content-Type");
    ASSERT_THAT(type, StartsWith("multipart/form-data; boundary="));
    const std::string boundary = "--" + type.substr(type.find('=') + 1);
    const std::string disposition = "\r\nContent-Disposition: form-data; name=";
    EXPECT_EQ(body_of(request),
              boundary + disposition + "\"title\"\r\n\r\na \"title\"\r\n--x\r\n" + boundary +
                  disposition + "\"photo\"; filename=\"me %22here%22.png\"\r\n" +
                  "Content-Type: image/png\r\n\r\nPNG\x01\r\n" + boundary + disposition +
                  "\"notes\"; filename=\"n.txt\"\r\nContent-Type: text/plain\r\n\r\nhello\r\n" +
                  boundary + "--\r\n");
  }
}

TEST(SentRequests, AFileOfAFormThatIsNotThereIsAnError) {
  ScriptedServer server(kFine);
  plan::MultipartBody body;
  body.files = {{"photo", "/nowhere/p.png", "p.png", ""}};
  const BatchResult result = drive(scenario_of({post("/", body)}), server.port(), iterations(2));
  EXPECT_EQ(result.requests.errored, 2);
}

}  // namespace
}  // namespace tidemark::load
