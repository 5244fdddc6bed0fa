// What becomes of answers: redirects, interim answers, compression, timeouts, and clients that hang
// up or read slowly on purpose.

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>

#include "tests/unit/load/driving.h"

namespace tidemark::load {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;

plan::Request following(plan::Request request, int redirects = 5) {
  request.follow_redirects = redirects;
  request.expect.status = 200;
  return request;
}

TEST(Redirects, AreFollowedOnlyWhenAsked) {
  ScriptedServer server(
      [](const std::string& path) { return path == "/" ? redirect_to("/next?x=1") : ok("here"); });
  plan::Request plain = get("/");
  plain.expect.status = 302;
  EXPECT_EQ(drive(scenario_of({plain}), server.port()).requests.succeeded, 1);
  EXPECT_EQ(server.requests().size(), 1U);
  const BatchResult result = drive(scenario_of({following(get("/"))}), server.port());
  EXPECT_EQ(result.requests, (RequestCounts{1, 1, 0, 0, 0}));
  EXPECT_EQ(result.body_bytes, 4U);
  EXPECT_EQ(target_of(server.last_request()), "/next?x=1");
}

TEST(Redirects, APostBecomesAGetWithoutABody) {
  ScriptedServer server(
      [](const std::string& path) { return path == "/" ? redirect_to("/next") : ok(); });
  for (const auto& body : {plan::Body(plan::TextBody{text("body")}), plan::Body()}) {
    drive(scenario_of({following(post("/", body))}), server.port());
    EXPECT_THAT(server.last_request(), StartsWith("GET /next HTTP/1.1\r\n"));
    EXPECT_EQ(body_of(server.last_request()), "");
  }
}

TEST(Redirects, A307KeepsMethodAndBody) {
  ScriptedServer server(
      [](const std::string& path) { return path == "/" ? redirect_to("/next", 307) : ok(); });
  const auto folder = TemporaryFolder::create();
  ASSERT_TRUE(write_file(folder->path() / "body", "body"));
  for (const auto& body : {plan::Body(plan::TextBody{text("body")}),
                           plan::Body(plan::FileBody{folder->path() / "body"})}) {
    EXPECT_EQ(drive(scenario_of({following(post("/", body))}), server.port(), iterations(2))
                  .requests.succeeded,
              2);
    EXPECT_THAT(server.last_request(), StartsWith("POST /next HTTP/1.1\r\n"));
    EXPECT_EQ(body_of(server.last_request()), "body");
  }
}

TEST(Redirects, InALoopAreAnError) {
  ScriptedServer server([](const std::string&) { return redirect_to("/"); });
  EXPECT_EQ(drive(scenario_of({following(get("/"), 7)}), server.port()).errors,
            (Errors{{"too many redirects", 1}}));
  EXPECT_EQ(server.requests().size(), 8U);
}

std::map<std::string, std::int64_t> errors_of_redirect_to(const std::string& location) {
  ScriptedServer server([&](const std::string&) { return redirect_to(location); });
  plan::Request request = following(get("/"));
  request.timeout.total = Seconds(5);
  const BatchResult result = drive(scenario_of({request}), server.port());
  EXPECT_LT(result.duration.count(), 1.0) << location;
  return result.errors;
}

TEST(Redirects, NeverLeaveThisMachine) {
  for (const char* location :
       {"http://192.0.2.1/", "//192.0.2.1/x", "https://192.0.2.1/", "http://[2001:db8::1]/",
        "http://0x0c000201/", "http://user:secret@192.0.2.1:81/"})
    EXPECT_EQ(errors_of_redirect_to(location), (Errors{{"not on this machine", 1}})) << location;
}

TEST(Redirects, DoNotAskForTheAddressOfAName) {
  // Even the question would leave this machine, and say what the target wants it to say.
  for (const char* location : {"http://data.attacker.test/", "https://shop.example/login",
                               "http://127.0.0.1.attacker.test/", "http://127.attacker.test/"})
    EXPECT_EQ(errors_of_redirect_to(location), (Errors{{"not on this machine", 1}})) << location;
}

TEST(Redirects, ToNowhereAreErrors) {
  EXPECT_EQ(errors_of_redirect_to("http://"), (Errors{{"malformed redirect", 1}}));
  EXPECT_EQ(errors_of_redirect_to("http://127.0.0.1:99999/"), (Errors{{"malformed redirect", 1}}));
  EXPECT_EQ(errors_of_redirect_to("http://127.0.0.1:1/"), (Errors{{"connection refused", 1}}));
  EXPECT_EQ(errors_of_redirect_to("file:///etc/passwd"), (Errors{{"redirect not followed", 1}}));
  EXPECT_EQ(errors_of_redirect_to("gopher://127.0.0.1/"), (Errors{{"redirect not followed", 1}}));
}

TEST(Redirects, MayGoToAnotherServerOfThisMachine) {
  ScriptedServer other([](const std::string&) { return ok(); });
  for (const std::string host : {"127.0.0.1", "localhost"}) {
    ScriptedServer server([&](const std::string&) {
      return redirect_to(fmt::format("http://{}:{}/there", host, other.port()));
    });
    EXPECT_EQ(drive(scenario_of({following(get("/"))}), server.port()).requests.succeeded, 1);
  }
  EXPECT_EQ(other.requests().size(), 2U);
}

TEST(Redirects, MayNameTheHostOfTheScenario) {
  ScriptedServer server(
      [](const std::string& path) { return path == "/" ? redirect_to("/next") : ok(); });
  plan::Scenario scenario = scenario_of({following(get("/"))});
  scenario.connection.host = "shop.example";
  EXPECT_EQ(drive(scenario, server.port()).requests.succeeded, 1);
}

TEST(Answers, OnlyHeadersOfTheLastOneCount) {
  ScriptedServer server([](const std::string& path) {
    return path == "/" ? "HTTP/1.1 100 Continue\r\nToken: interim\r\n\r\n" +
                             answer(302, "Token: first\r\nLocation: /next\r\n", "body")
                       : answer(200, "Token: last\r\n", {});
  });
  EXPECT_EQ(drive(scenario_of({following(get_and_capture("/", "Token")), get("/{{Token}}")}),
                  server.port())
                .requests.succeeded,
            2);
  EXPECT_EQ(target_of(server.last_request()), "/last");
}

TEST(Answers, AreChecked) {
  ScriptedServer server([](const std::string&) { return answer(404, {}, "no such page"); });
  const BatchResult result = drive(scenario_of({get("/")}), server.port());
  EXPECT_EQ(result.requests, (RequestCounts{1, 0, 1, 0, 0}));
  EXPECT_EQ(result.errors, Errors());
  ASSERT_EQ(result.examples.size(), 1U);
  EXPECT_EQ(result.examples[0].body, "no such page");
  EXPECT_FALSE(result.examples[0].errored);
}

TEST(Answers, AreDecompressed) {
  const std::string gzip(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x2b\x2e\x2c\x4d\x4d\xad\x4a\x4d\x51\x28\x1e\x3a\x0c"
      "\x00\xd8\xbe\xdb\x00\xb4\x00\x00\x00",
      32);  // "squeezed " twenty times
  const std::string brotli("\x0b\x02\x80hello\x03", 9);
  ScriptedServer server([&](const std::string& path) {
    return path == "/gzip" ? answer(200, "Content-Encoding: gzip\r\n", gzip)
                           : answer(200, "Content-Encoding: br\r\n", brotli);
  });
  plan::Request zipped = get("/gzip");
  zipped.expect.contains = text("squeezed squeezed");
  plan::Request brotlied = get("/br");
  brotlied.expect.contains = text("hello");
  plan::Scenario scenario = scenario_of({zipped, brotlied});
  scenario.connection.accept_encoding = "gzip, br";
  const BatchResult result = drive(scenario, server.port(), iterations(2));
  EXPECT_EQ(result.requests, (RequestCounts{4, 4, 0, 0, 0})) << first_problem(result);
  EXPECT_EQ(result.body_bytes, 2U * (180 + 5));
  EXPECT_EQ(header_of(server.last_request(), "Accept-Encoding"), "gzip, br");

  // Nobody asked for it: it stays as it is.
  EXPECT_EQ(drive(scenario_of({get("/gzip")}), server.port()).body_bytes, gzip.size());
}

TEST(Answers, OfALengthThatOnlyTheEndTellsAreWhole) {
  const auto server = ScriptedServer::raw([](Connection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\n\r\nuntil I close");
  });
  const BatchResult result = drive(scenario_of({get("/")}), server.port(), iterations(2));
  EXPECT_EQ(result.requests.succeeded, 2);
  EXPECT_EQ(result.body_bytes, 26U);
}

// Answers with a head and then a megabyte every 20 ms for ever; counts how often it was left.
class Fountain {
 public:
  int port() const { return server_.port(); }
  bool was_left(int times) const {
    for (int i = 0; i < 5000 && left_ < times; ++i) std::this_thread::sleep_for(milliseconds(1));
    return left_ == times;
  }

 private:
  std::atomic<int> left_ = 0;
  ScriptedServer server_ = ScriptedServer::raw([this](Connection& connection) {
    if (connection.read_request().empty()) return;
    connection.send("HTTP/1.1 200 OK\r\n\r\n");
    while (connection.send(std::string(1 << 20, 'x')) &&
           !connection.wait_until_closed(Seconds(0.02)))
      ;
    ++left_;
  });
};

TEST(HangingUp, AfterSoManyBytesIsNoError) {
  Fountain fountain;
  plan::Request request = get("/");
  request.abort_after = 1000_B;
  const BatchResult result = drive(scenario_of({request}), fountain.port(), iterations(3));
  EXPECT_EQ(result.requests, (RequestCounts{3, 3, 0, 0, 0})) << first_problem(result);
  EXPECT_EQ(result.errors, Errors());
  EXPECT_GE(result.body_bytes, 3000U);
  EXPECT_TRUE(fountain.was_left(3));
}

TEST(HangingUp, AfterSomeTimeIsNoError) {
  Fountain fountain;
  plan::Request request = get("/");
  request.abort_after_time = Seconds(0.1);
  const BatchResult result = drive(scenario_of({request}), fountain.port(), iterations(3));
  EXPECT_EQ(result.requests, (RequestCounts{3, 3, 0, 0, 0})) << first_problem(result);
  EXPECT_GE(result.duration.count(), 0.3);
  EXPECT_TRUE(fountain.was_left(3));
}

TEST(HangingUp, BeforeTheAnswerIsNoError) {
  const auto server = ScriptedServer::raw([](Connection& connection) {
    connection.read_request();
    connection.wait_until_closed();
  });
  plan::Request request = get("/");
  request.abort_after_time = Seconds(0.05);
  EXPECT_EQ(drive(scenario_of({request}), server.port(), iterations(2)).requests,
            (RequestCounts{2, 2, 0, 0, 0}));
}

TEST(HangingUp, OnAnUnexpectedAnswerStillFails) {
  ScriptedServer server([](const std::string&) { return answer(500, {}, std::string(9000, 'x')); });
  plan::Request request = get("/");
  request.abort_after = 100_B;
  EXPECT_EQ(drive(scenario_of({request}), server.port()).requests, (RequestCounts{1, 0, 1, 0, 0}));
}

TEST(SlowReaders, TakeAsLongAsTheyShould) {
  ScriptedServer server([](const std::string&) { return ok(std::string(200 << 10, 'x')); });
  plan::Request request = get("/");
  const BatchResult fast = drive(scenario_of({request}), server.port());
  request.read_rate = 200_KiB;
  const BatchResult slow = drive(scenario_of({request}), server.port());
  EXPECT_EQ(slow.requests.succeeded, 1);
  EXPECT_EQ(slow.body_bytes, fast.body_bytes);
  EXPECT_GT(slow.duration.count(), 0.5);
  EXPECT_LT(fast.duration.count(), slow.duration.count() / 2);
}

TEST(SlowReaders, MakeTheServerWait) {
  // Far more than the kernel's buffers would take if the client did not hold it up.
  std::atomic<bool> was_sent = false;
  const auto server = ScriptedServer::raw([&](Connection& connection) {
    connection.read_request();
    was_sent = connection.send(ok(std::string(16 << 20, 'x')));
  });
  plan::Request request = get("/");
  request.read_rate = 64_KiB;
  request.abort_after_time = Seconds(0.5);
  EXPECT_EQ(drive(scenario_of({request}), server.port()).requests.succeeded, 1);
  EXPECT_FALSE(was_sent);
}

TEST(Timeouts, AreNamedByWhatDidNotCome) {
  const auto server = ScriptedServer::raw([](Connection& connection) {
    const std::string path = target_of(connection.read_request());
    if (path == "/head") connection.send("HTTP/1.1 200 OK\r\n");
    connection.wait_until_closed();
  });
  plan::Request request = get("/nothing");
  request.timeout = {Seconds(5), std::nullopt, Seconds(0.1)};
  const BatchResult first_byte = drive(scenario_of({request}), server.port(), iterations(2));
  EXPECT_EQ(first_byte.errors, (Errors{{"timeout: first byte", 2}}));
  EXPECT_EQ(first_problem(first_byte), "no byte of an answer within 100 ms");

  request = get("/head");
  request.timeout = {Seconds(2), Seconds(1), Seconds(1)};
  const BatchResult total = drive(scenario_of({request}), server.port(), iterations(2));
  EXPECT_EQ(total.errors, (Errors{{"timeout", 2}}));
  EXPECT_EQ(first_problem(total), "no complete answer within 2 s");
}

// Accepts no connection, or one, which it answers; then its backlog is full.
class FullServer {
 public:
  explicit FullServer(bool answers_one)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    ::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address_), size);
    ::listen(socket_.get(), 0);
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address_), &size);
    if (answers_one)
      thread_ = std::thread([this] { answer_one(); });
    else
      fill();
  }
  ~FullServer() {
    if (thread_.joinable()) thread_.join();
  }
  int port() const { return ntohs(address_.sin_port); }

 private:
  void fill() {
    for (FileDescriptor& client : clients_) {
      client.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      ::connect(client.get(), reinterpret_cast<sockaddr*>(&address_), sizeof address_);
    }
    std::this_thread::sleep_for(milliseconds(20));
  }
  void answer_one() {
    const FileDescriptor accepted(::accept(socket_.get(), nullptr, nullptr));
    Connection connection(accepted.get());
    connection.read_request();
    fill();
    // Not to be used again, or the next request would have a connection, if only for a moment.
    connection.send(answer(200, "Connection: close\r\n", {}));
  }

  FileDescriptor socket_;
  sockaddr_in address_ = {};
  std::array<FileDescriptor, 4> clients_;
  std::thread thread_;
};

TEST(Timeouts, OfAConnectionAreToldApart) {
  const FullServer server(false);
  plan::Request request = get("/");
  request.timeout = {Seconds(5), Seconds(0.1), std::nullopt};
  const BatchResult result = drive(scenario_of({request}), server.port(), iterations(2));
  EXPECT_EQ(result.errors, (Errors{{"timeout: connect", 2}}));
  EXPECT_EQ(first_problem(result), "no connection within 100 ms");
  EXPECT_LT(result.duration.count(), 2.5);
}

TEST(Timeouts, OfAConnectionCountAfterARequestThatHadOne) {
  const FullServer server(true);
  plan::Request request = get("/");
  request.timeout = {Seconds(5), Seconds(0.2), std::nullopt};
  const BatchResult result = drive(scenario_of({request}), server.port(), iterations(2));
  EXPECT_EQ(result.requests, (RequestCounts{2, 1, 0, 0, 1}));
  EXPECT_EQ(result.errors, (Errors{{"timeout: connect", 1}}));
  EXPECT_LT(result.duration.count(), 2.5);
}

}  // namespace
}  // namespace tidemark::load
