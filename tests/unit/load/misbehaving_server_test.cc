// What servers should never do: each time a counted, named error; no crash, no hang, and the next
// request is not confused.

#include <fmt/format.h>
#include <sys/socket.h>

#include <random>

#include "tests/unit/load/driving.h"

namespace tidemark::load {
namespace {

// Two requests, one after the other, each in an iteration of its own.
BatchResult asked(const ScriptedServer& server, plan::Request request = get("/")) {
  request.timeout.total = Seconds(5);
  const BatchResult result = drive(scenario_of({request}), server.port(), iterations(2));
  EXPECT_EQ(result.requests.started, 2);
  EXPECT_LT(result.duration.count(), 4.0);
  return result;
}

// Each of two requests ended with that error.
void expect_error(const std::string& name, const ScriptedServer& server,
                  const plan::Request& request = get("/")) {
  const BatchResult result = asked(server, request);
  EXPECT_EQ(result.errors, (Errors{{name, 2}})) << first_problem(result);
  EXPECT_EQ(result.failed_iterations, 2);
}
void expect_error(const std::string& name, const std::string& answer) {
  SCOPED_TRACE(answer.substr(0, 200));
  // It closes after its answer, or the client would wait for what never comes.
  expect_error(name, ScriptedServer::raw([&](Connection& connection) {
                 connection.read_request();
                 connection.send(answer);
               }));
}

void expect_fine(const std::string& bytes) {
  SCOPED_TRACE(bytes.substr(0, 200));
  const BatchResult result = asked(ScriptedServer::always(bytes));
  EXPECT_EQ(result.requests, (RequestCounts{2, 2, 0, 0, 0})) << first_problem(result);
}

TEST(MisbehavingServer, AStatusLineThatIsNone) {
  for (const char* line :
       {"HTTP/1.1 abc OK", "HTTP/1.1", "HTTP/1.1 99 OK", "HTTP/1.1 2000 OK", "HTTP/9.9 200 OK",
        "ICY 200 OK", "\x16\x03\x01", "<html>an answer of HTTP/0.9</html>"})
    expect_error("malformed response", std::string(line) + "\r\nContent-Length: 0\r\n\r\n");
}

TEST(MisbehavingServer, AHeaderThatIsNone) {
  const std::string begin = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n";
  expect_error("malformed response", begin + "no colon\r\n\r\n");
  expect_error("malformed response", begin + std::string("X: a\0b\r\n\r\n", 10));
}

TEST(MisbehavingServer, ALengthThatIsNone) {
  const auto with_length = [](const std::string& length) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\nbody";
  };
  expect_error("malformed response", with_length("-1"));
  expect_error("malformed response", with_length("four"));
  expect_error("malformed response", with_length("0x4"));
  expect_error("malformed response", with_length("4\r\nContent-Length: 3"));
  expect_error("malformed response", with_length("99999999999999999999"));
  expect_error("malformed response", with_length(""));
  expect_fine(with_length("4\r\nContent-Length: 4"));
}

TEST(MisbehavingServer, ALengthThatIsTooLarge) {
  expect_error("incomplete body", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it");
}

TEST(MisbehavingServer, ALengthThatIsTooSmallOrGarbageAfterTheAnswer) {
  // What is too much is dropped with its connection: the next request gets an answer of its own.
  std::atomic<int> count = 0;
  const auto server = ScriptedServer::raw([&](Connection& connection) {
    while (!connection.read_request().empty())
      connection.send(answer(200, {}, fmt::format("answer {}", ++count)) + "and garbage");
  });
  plan::Request request = get("/");
  request.expect.contains = text("answer");
  const BatchResult result = asked(server, request);
  EXPECT_EQ(result.requests, (RequestCounts{2, 2, 0, 0, 0})) << first_problem(result);
  EXPECT_EQ(server.connections(), 2);
  EXPECT_EQ(result.body_bytes, 16U);
}

TEST(MisbehavingServer, AnAnswerThatNobodyAskedFor) {
  // It comes while the connection idles: the next request has a connection, and an answer, of its
  // own.
  const auto server = ScriptedServer::raw([](Connection& connection) {
    while (!connection.read_request().empty()) {
      connection.send(answer(200, {}, "asked for"));
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      connection.send(answer(408, {}, "too late"));
    }
  });
  const BatchResult result = drive(scenario_of({get("/"), plan::Think{Seconds(0.2), Seconds(0.2)}}),
                                   server.port(), iterations(3));
  EXPECT_EQ(result.requests, (RequestCounts{3, 3, 0, 0, 0})) << first_problem(result);
  EXPECT_EQ(server.connections(), 3);
}

std::string chunked(const std::string& chunks) {
  return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks;
}

TEST(MisbehavingServer, ChunksThatAreNone) {
  expect_error("chunk error", chunked("xyz\r\nbody\r\n0\r\n\r\n"));
  expect_error("chunk error", chunked("-4\r\nbody\r\n0\r\n\r\n"));
  expect_error("chunk error", chunked("11111111111111111\r\nbody\r\n0\r\n\r\n"));
  expect_error("chunk error", chunked("4\r\nbodyandmore\r\n0\r\n\r\n"));
}

TEST(MisbehavingServer, ChunksThatEndTooEarly) {
  expect_error("incomplete body", chunked("4\r\nbody\r\n"));
  expect_error("incomplete body", chunked("100\r\nhalf of it"));
  expect_error("incomplete body", chunked(""));
}

// Sends its beginning, then one piece for ever; the client must end it.
BatchResult endless(const std::string& beginning, const std::string& piece) {
  const auto server = ScriptedServer::raw([&](Connection& connection) {
    connection.read_request();
    connection.send(beginning);
    while (connection.send(piece)) {
    }
  });
  plan::Request request = get("/");
  request.timeout.total = Seconds(0.3);
  const BatchResult result = drive(scenario_of({request}), server.port());
  EXPECT_LT(result.duration.count(), 10);
  return result;
}

TEST(MisbehavingServer, WhatNeverEndsIsTimedOutOrRefused) {
  const std::string much(4096, 'x');
  EXPECT_EQ(endless("HTTP/1.1 200 OK\r\n\r\n", much).errors, (Errors{{"timeout", 1}}));
  EXPECT_EQ(endless(chunked("4;"), much).errors, (Errors{{"timeout", 1}}));
  EXPECT_EQ(endless(chunked("0\r\n"), "X: " + much + "\r\n").errors, (Errors{{"chunk error", 1}}));
  EXPECT_EQ(endless("HTTP/1.1 200 OK\r\n", "X: y\r\n").errors, (Errors{{"headers too large", 1}}));
  EXPECT_EQ(endless("HTTP/1.1 200 OK\r\nX: ", much).errors, (Errors{{"headers too large", 1}}));
  EXPECT_EQ(endless("", "HTTP/1.1 100 Continue\r\n\r\n").errors,
            (Errors{{"headers too large", 1}}));
}

TEST(MisbehavingServer, HeadersOfAMebibyte) {
  expect_error("headers too large", "HTTP/1.1 200 OK\r\nX: " + std::string(1 << 20, 'x') +
                                        "\r\nContent-Length: 0\r\n\r\n");
}

TEST(MisbehavingServer, AHundredThousandHeaders) {
  std::string headers;
  for (int i = 0; i < 100'000; ++i) headers += fmt::format("X-{}: y\r\n", i);
  expect_error("headers too large", answer(200, headers, {}));
}

TEST(MisbehavingServer, ClosesBeforeAnswering) {
  expect_error("closed without an answer", "");
}

TEST(MisbehavingServer, ClosesHalfWayThroughTheHead) {
  for (const char* half : {"HTT", "HTTP/1.1 200 OK", "HTTP/1.1 100 Continue\r\n\r\n",
                           "HTTP/1.1 103 X\r\n\r\nHTTP/1.1"})
    expect_error("closed without an answer", half);
  for (const char* half :
       {"HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r",
        "HTTP/1.1 103 X\r\n\r\nHTTP/1.1 200 OK\r\nX: y"})
    expect_error("incomplete answer", half);
}

TEST(MisbehavingServer, ResetsTheConnection) {
  expect_error("connection reset", ScriptedServer::raw([](Connection& connection) {
                 connection.read_request();
                 connection.reset();
               }));
  expect_error("connection reset", ScriptedServer::raw([](Connection& connection) {
                 connection.read_request();
                 connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
                 std::this_thread::sleep_for(std::chrono::milliseconds(20));
                 connection.reset();
               }));
}

TEST(MisbehavingServer, ClosesWithoutReadingALargeBody) {
  const auto server = ScriptedServer::raw([](Connection&) {});
  const BatchResult result =
      asked(server, post("/", plan::TextBody{text(std::string(8 << 20, 'x'))}));
  EXPECT_EQ(result.requests.errored, 2) << first_problem(result);
}

TEST(MisbehavingServer, SendsEachByteByItself) {
  const auto server = ScriptedServer::raw([](Connection& connection) {
    while (!connection.read_request().empty()) connection.send_bytewise(ok("bytewise"));
  });
  plan::Request request = get("/");
  request.expect.contains = text("bytewise");
  EXPECT_EQ(asked(server, request).requests, (RequestCounts{2, 2, 0, 0, 0}));
}

TEST(MisbehavingServer, ClosesAfterEachByteMore) {
  // The first connection gives one byte, the next two: every way to cut an answer short.
  const std::string whole = answer(200, "X: y\r\n", "the body");
  std::atomic<std::size_t> length = 0;
  const auto server = ScriptedServer::raw([&](Connection& connection) {
    connection.read_request();
    connection.send(whole.substr(0, length++));
  });
  const auto count = static_cast<int>(whole.size());
  const BatchResult result = drive(scenario_of({get("/")}), server.port(), iterations(count + 1));
  EXPECT_EQ(result.requests, (RequestCounts{count + 1, 1, 0, count, 0}));
}

TEST(MisbehavingServer, BreaksItsCompression) {
  const std::string gzip("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03 no deflate at all", 28);
  const auto answer_in = [](const std::string& encoding, const std::string& body) {
    const auto server =
        ScriptedServer::always(answer(200, "Content-Encoding: " + encoding + "\r\n", body));
    plan::Scenario scenario = scenario_of({get("/")});
    scenario.connection.accept_encoding = "gzip, br";
    return drive(scenario, server.port());
  };
  EXPECT_EQ(answer_in("gzip", gzip).errors, (Errors{{"broken compression", 1}}));
  EXPECT_EQ(answer_in("gzip", "plain text").errors, (Errors{{"broken compression", 1}}));
  EXPECT_EQ(answer_in("br", "\xff\xff\xff\xff\xff").errors, (Errors{{"broken compression", 1}}));
  EXPECT_EQ(answer_in("gzip, gzip, gzip, gzip, gzip, gzip, gzip", gzip).errors,
            (Errors{{"broken compression", 1}}));
}

TEST(MisbehavingServer, SaysNothingOfValueBeforeItsAnswer) {
  expect_fine("HTTP/1.1 100 Continue\r\n\r\n" + ok("fine"));
  expect_fine("HTTP/1.1 103 Early Hints\r\nLink: </x.css>\r\n\r\n" + ok("fine"));
  expect_fine("HTTP/1.1 200 OK\nContent-Length: 4\n\nfine");
  expect_fine("HTTP/1.1 204 No Content\r\nX: y\r\n\r\n");
}

TEST(MisbehavingServer, DoesNotSpeakHttp2) {
  plan::Scenario scenario = scenario_of({get("/")});
  scenario.connection.http = plan::HttpVersion::k2PriorKnowledge;
  const auto server = ScriptedServer::raw([](Connection& connection) {
    connection.read_request();
    connection.send(answer(400, "Connection: close\r\n", "what is PRI?"));
    connection.wait_until_closed();
  });
  // libcurl says no more than that.
  EXPECT_EQ(drive(scenario, server.port()).errors, (Errors{{"closed without an answer", 1}}));
}

TEST(MisbehavingServer, SendsGarbage) {
  // Seeded mutations of good answers: whatever comes, the batch ends and its counts add up.
  std::mt19937 random(20260101);
  const auto below = [&](std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
  };
  const std::string good[] = {answer(200, "Set-Cookie: a=b\r\nEtag: x\r\n", "a body of text"),
                              chunked("4\r\nbody\r\n3;x=y\r\nend\r\n0\r\nT: u\r\n\r\n"),
                              redirect_to("/next")};
  std::vector<std::string> answers;
  for (int i = 0; i < 300; ++i) {
    std::string bytes = good[below(std::size(good))];
    for (std::size_t change = 0; change <= below(4); ++change) {
      const std::size_t at = below(bytes.size() + 1);
      switch (below(4)) {
        case 0:
          bytes.insert(at, 1 + below(5), static_cast<char>(below(256)));
          break;
        case 1:
          bytes.erase(at, 1 + below(8));
          break;
        case 2:
          if (at < bytes.size()) bytes[at] = static_cast<char>(below(256));
          break;
        default:
          bytes.insert(at, bytes.substr(below(bytes.size() + 1), below(20)));
      }
    }
    answers.push_back(std::move(bytes));
  }
  std::atomic<std::size_t> next = 0;
  const auto server = ScriptedServer::raw([&](Connection& connection) {
    connection.read_request();
    connection.send(answers[next++ % answers.size()]);
  });
  plan::Request request = get_and_capture("/", "Etag");
  request.timeout.total = Seconds(5);
  request.follow_redirects = 3;
  const BatchResult result = drive(scenario_of({request}), server.port(), iterations(300, 2));
  EXPECT_EQ(result.iterations, 300);
  EXPECT_GT(result.requests.errored, 30);
  EXPECT_EQ(result.requests.timed_out, 0);
}

}  // namespace
}  // namespace tidemark::load
