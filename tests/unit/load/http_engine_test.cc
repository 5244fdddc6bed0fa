// Batches of iterations against a small real server: who begins when, what is counted, how a batch
// ends.

#include "harness/load/http_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>

#include "tests/unit/load/driving.h"

namespace tidemark::load {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

ScriptedServer::Answer after(milliseconds pause) {
  return [pause](const std::string&) {
    std::this_thread::sleep_for(pause);
    return ok();
  };
}

TEST(HttpEngine, ABatchIsExactlySoManyIterationsOnOneConnection) {
  ScriptedServer server([](const std::string&) { return ok("fine"); });
  HttpEngine engine(workload(scenario_of({get("/")}), server.port()));
  for (const int count : {1, 40, 2}) {
    const BatchResult result = drive(engine, iterations(count));
    EXPECT_EQ(result.iterations, count);
    EXPECT_EQ(result.failed_iterations, 0);
    EXPECT_EQ(result.requests, (RequestCounts{count, count, 0, 0, 0}));
    EXPECT_EQ(result.service_time.count(), static_cast<std::uint64_t>(count));
    EXPECT_EQ(result.body_bytes, 4U * static_cast<unsigned>(count));
    EXPECT_EQ(result.errors, Errors());
    EXPECT_FALSE(result.load_is_over);
  }
  EXPECT_EQ(server.requests().size(), 43U);
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpEngine, VirtualUsersKeepTheirConnectionsThroughSmallBatches) {
  ScriptedServer server(after(milliseconds(5)));
  HttpEngine engine(workload(scenario_of({get("/")}), server.port()));
  EXPECT_EQ(drive(engine, iterations(60, 20)).iterations, 60);
  for (int batch = 0; batch < 5; ++batch) EXPECT_EQ(drive(engine, iterations(2, 20)).iterations, 2);
  EXPECT_EQ(drive(engine, iterations(60, 20)).iterations, 60);
  EXPECT_EQ(server.connections(), 20);
}

TEST(HttpEngine, WhoMeasuresSingleRequestsIsCalledAroundEach) {
  std::vector<std::string> seen;
  ScriptedServer server([&](const std::string& path) {
    seen.push_back("answered " + path);
    return ok();
  });
  plan::Flow flow;
  flow.steps = {get("/first"), plan::Think{Seconds(0.01), Seconds(0.01)}, get("/second")};
  plan::Scenario scenario = scenario_of({});
  scenario.flows = {flow};
  BatchOrder order = iterations(1);
  order.before_request = [&](const std::string& name) {
    seen.push_back("before " + name);
    std::this_thread::sleep_for(milliseconds(100));
  };
  order.after_request = [&](const std::string& name) { seen.push_back("after " + name); };
  const BatchResult result = drive(scenario, server.port(), order);
  EXPECT_THAT(seen, ElementsAre("before GET /first", "answered /first", "after GET /first",
                                "before GET /second", "answered /second", "after GET /second"));
  EXPECT_LT(result.service_time.quantile(1), Seconds(0.1)) << "the pause is not the target's";
}

TEST(HttpEngine, AFlowIsOneIterationAndStopsAtItsFirstUnexpectedAnswer) {
  ScriptedServer server([](const std::string& path) { return ok(path); });
  plan::Request second = get("/second");
  second.expect.contains = text("first");
  const BatchResult result =
      drive(scenario_of({get("/first"), second, get("/third")}), server.port(), iterations(3));
  EXPECT_EQ(result.iterations, 3);
  EXPECT_EQ(result.failed_iterations, 3);
  EXPECT_EQ(result.requests, (RequestCounts{6, 3, 3, 0, 0}));
  ASSERT_EQ(result.by_request.size(), 3U);
  EXPECT_EQ(result.by_request[0].counts, (RequestCounts{3, 3, 0, 0, 0}));
  EXPECT_EQ(result.by_request[1].counts, (RequestCounts{3, 0, 3, 0, 0}));
  EXPECT_EQ(result.by_request[2].counts, RequestCounts());
  ASSERT_FALSE(result.examples.empty());
  EXPECT_EQ(result.examples.front().request, "GET /second");
  EXPECT_EQ(result.examples.front().what, "the body does not contain 'first'");
  EXPECT_EQ(result.examples.front().body, "/second");
}

TEST(HttpEngine, VirtualUsersAreAtWorkAtOnce) {
  ScriptedServer server(after(milliseconds(30)));
  EXPECT_EQ(drive(scenario_of({get("/")}), server.port(), iterations(12, 4)).iterations, 12);
  EXPECT_EQ(server.most_at_once(), 4);
}

TEST(HttpEngine, TwoHundredVirtualUsersEachHaveAConnection) {
  std::atomic<int> waiting = 0;
  ScriptedServer server([&](const std::string&) {
    // Nobody is answered before all have asked.
    ++waiting;
    for (int i = 0; i < 5000 && waiting < 200; ++i) std::this_thread::sleep_for(milliseconds(1));
    return ok("x");
  });
  const BatchResult result = drive(scenario_of({get("/")}), server.port(), iterations(1000, 200));
  EXPECT_EQ(result.requests, (RequestCounts{1000, 1000, 0, 0, 0}));
  EXPECT_EQ(server.connections(), 200);
}

TEST(HttpEngine, NoAnswerATimeoutAndARefusedConnectionAreToldApart) {
  ScriptedServer server([](const std::string& path) {
    if (path == "/slow") std::this_thread::sleep_for(milliseconds(600));
    return path == "/slow" ? ok() : std::string();
  });
  plan::Request slow = get("/slow");
  slow.timeout.total = Seconds(0.2);
  const BatchResult timed_out = drive(scenario_of({slow}), server.port());
  EXPECT_EQ(timed_out.requests, (RequestCounts{1, 0, 0, 0, 1}));
  EXPECT_EQ(timed_out.errors, (Errors{{"timeout", 1}}));
  EXPECT_EQ(first_problem(timed_out), "no complete answer within 200 ms");

  const BatchResult hung_up = drive(scenario_of({get("/hang-up")}), server.port());
  EXPECT_EQ(hung_up.requests, (RequestCounts{1, 0, 0, 1, 0}));
  EXPECT_EQ(hung_up.errors, (Errors{{"closed without an answer", 1}}));

  const BatchResult refused = drive(scenario_of({get("/")}), 1);
  EXPECT_EQ(refused.errors, (Errors{{"connection refused", 1}}));
  EXPECT_THAT(first_problem(refused), HasSubstr("connect"));
}

TEST(HttpEngine, AVirtualUserGoesOnAfterATimeout) {
  ScriptedServer server([](const std::string&) {
    std::this_thread::sleep_for(milliseconds(1000));
    return ok();
  });
  plan::Request slow = get("/");
  slow.timeout.total = Seconds(0.03);
  EXPECT_EQ(drive(scenario_of({slow}), server.port(), iterations(4)).errors,
            (Errors{{"timeout", 4}}));
}

TEST(HttpEngine, TooManyFailuresEndABatch) {
  ScriptedServer server([](const std::string&) { return answer(500, {}, {}); });
  BatchOrder order = iterations(100);
  order.most_failures = 3;
  EXPECT_EQ(drive(scenario_of({get("/")}), server.port(), order).iterations, 3);
}

TEST(HttpEngine, AbortDropsWhatIsInFlight) {
  ScriptedServer server(after(milliseconds(300)));
  HttpEngine engine(workload(scenario_of({get("/")}), server.port()));
  engine.start(iterations(50, 2));
  std::this_thread::sleep_for(milliseconds(50));
  engine.abort();
  ASSERT_TRUE(wait_readable(engine.done_fd(), Seconds(5)));
  const BatchResult result = engine.take();
  EXPECT_EQ(result.iterations, 0);
  EXPECT_EQ(result.requests, RequestCounts());
}

TEST(HttpEngine, AnIterationThatIsAbortedInItsMiddleIsNotCounted) {
  ScriptedServer server([](const std::string& path) {
    if (path == "/second") std::this_thread::sleep_for(milliseconds(300));
    return ok();
  });
  HttpEngine engine(workload(scenario_of({get("/first"), get("/second")}), server.port()));
  engine.start(iterations(50));
  while (server.last_request().find("/second") == std::string::npos)
    std::this_thread::sleep_for(milliseconds(1));
  engine.abort();
  ASSERT_TRUE(wait_readable(engine.done_fd(), Seconds(5)));
  const BatchResult result = engine.take();
  EXPECT_EQ(result.iterations, 0);
  EXPECT_EQ(result.requests, (RequestCounts{1, 1, 0, 0, 0}));
  expect_counts_add_up(result);
}

TEST(HttpEngine, AfterAnAbortTheNextBatchIsAsGoodAsAny) {
  ScriptedServer server(after(milliseconds(100)));
  HttpEngine engine(workload(scenario_of({get("/")}), server.port()));
  engine.start(iterations(50, 3));
  std::this_thread::sleep_for(milliseconds(30));
  engine.abort();
  ASSERT_TRUE(wait_readable(engine.done_fd(), Seconds(5)));
  (void)engine.take();
  EXPECT_EQ(drive(engine, iterations(3, 3)).requests, (RequestCounts{3, 3, 0, 0, 0}));
}

TEST(HttpEngine, DrainFinishesWhatIsUnderWayAndBeginsNothing) {
  ScriptedServer server(after(milliseconds(200)));
  HttpEngine engine(workload(scenario_of({get("/first"), get("/second")}), server.port()));
  engine.start(iterations(50, 2));
  while (server.requests().size() < 2) std::this_thread::sleep_for(milliseconds(1));
  engine.drain();
  ASSERT_TRUE(wait_readable(engine.done_fd(), Seconds(10)));
  const BatchResult result = engine.take();
  EXPECT_EQ(result.iterations, 2);
  EXPECT_EQ(result.requests, (RequestCounts{4, 4, 0, 0, 0}));
}

TEST(HttpEngine, AnEngineIsDestroyedWhileABatchIsUnderWay) {
  ScriptedServer server(after(milliseconds(200)));
  HttpEngine engine(workload(scenario_of({get("/")}), server.port()));
  engine.start(iterations(1000, 10));
  while (server.requests().empty()) std::this_thread::sleep_for(milliseconds(1));
}

TEST(HttpEngine, ALargeBodyIsCountedAndDropped) {
  ScriptedServer server([](const std::string&) { return ok(std::string(8 << 20, 'x')); });
  EXPECT_EQ(drive(scenario_of({get("/")}), server.port(), iterations(4)).body_bytes,
            std::uint64_t{32} << 20);
}

TEST(HttpEngine, ThinkingIsNoPartOfAnIterationsDuration) {
  ScriptedServer server([](const std::string&) { return ok(); });
  const plan::Think pause{Seconds(0.3), Seconds(0.3)};
  const BatchResult result =
      drive(scenario_of({pause, get("/a"), pause, get("/b"), pause}), server.port(), iterations(2));
  EXPECT_EQ(result.requests, (RequestCounts{4, 4, 0, 0, 0}));
  EXPECT_EQ(result.iterations, 2);
  EXPECT_GE(result.duration.count(), 1.8);
  EXPECT_LT(result.iteration_duration.largest().count(), 0.3);
  EXPECT_LT(result.response_time.largest().count(), 0.3);
}

TEST(HttpEngine, AThinkTimeLiesBetweenItsEnds) {
  ScriptedServer server([](const std::string&) { return ok(); });
  const plan::Think pause{Seconds(0.01), Seconds(0.05)};
  const BatchResult result = drive(scenario_of({get("/"), pause}), server.port(), iterations(10));
  EXPECT_EQ(result.iterations, 10);
  EXPECT_GE(result.duration.count(), 0.1);
}

TEST(HttpEngine, OthersWorkWhileOneThinks) {
  ScriptedServer server([](const std::string&) { return ok(); });
  const plan::Think pause{Seconds(0.4), Seconds(0.4)};
  const BatchResult result =
      drive(scenario_of({get("/"), pause}), server.port(), iterations(20, 20));
  EXPECT_EQ(result.iterations, 20);
  EXPECT_LT(result.duration.count(), 20 * 0.4 / 2);
}

TEST(HttpEngine, FlowsTakeTheirExactShareOfEveryBatch) {
  ScriptedServer server([](const std::string&) { return ok(); });
  plan::Scenario scenario;
  scenario.flows = {{"browse", 7, {get("/browse")}},
                    {"buy", 2, {get("/cart"), get("/buy")}},
                    {"admin", 1, {get("/admin")}}};
  HttpEngine engine(workload(scenario, server.port()));
  for (const int tens : {1, 4, 2}) {
    const BatchResult result = drive(engine, iterations(10 * tens, 3));
    std::vector<std::pair<std::string, std::int64_t>> shares;
    for (const RequestStatistics& request : result.by_request)
      shares.emplace_back(request.name, request.counts.succeeded);
    EXPECT_THAT(shares,
                ElementsAre(std::pair("GET /browse", 7 * tens), std::pair("GET /cart", 2 * tens),
                            std::pair("GET /buy", 2 * tens), std::pair("GET /admin", 1 * tens)));
  }
}

TEST(HttpEngine, ABatchMayBeOfOneFlowWhateverItsWeight) {
  ScriptedServer server([](const std::string&) { return ok(); });
  plan::Scenario scenario;
  scenario.flows = {{"browse", 50, {get("/browse")}}, {"buy", 1, {get("/buy")}}};
  HttpEngine engine(workload(scenario, server.port()));
  BatchOrder order = iterations(3);
  order.flow = 1;
  const BatchResult result = drive(engine, order);
  EXPECT_EQ(result.by_request[0].counts.succeeded, 0);
  EXPECT_EQ(result.by_request[1].counts.succeeded, 3);
}

plan::Scenario fed(plan::DataFeed::Order order) {
  plan::Scenario scenario = scenario_of({get("/{{id}}?name={{name}}")});
  scenario.data = plan::DataFeed{
      "users.csv", order, {"id", "name"}, {{"1", "ann"}, {"2", "bob"}, {"3", "cy d"}}};
  return scenario;
}

std::vector<std::string> targets(const ScriptedServer& server) {
  std::vector<std::string> targets;
  for (const std::string& request : server.requests()) targets.push_back(target_of(request));
  return targets;
}

TEST(HttpEngine, RowsInSequenceBeginAgainAfterTheLast) {
  ScriptedServer server([](const std::string&) { return ok(); });
  HttpEngine engine(workload(fed(plan::DataFeed::Order::kSequence), server.port()));
  drive(engine, iterations(2));
  EXPECT_FALSE(drive(engine, iterations(3)).load_is_over);
  EXPECT_THAT(targets(server), ElementsAre("/1?name=ann", "/2?name=bob", "/3?name=cy%20d",
                                           "/1?name=ann", "/2?name=bob"));
}

TEST(HttpEngine, RowsTakenOnceEndTheLoad) {
  ScriptedServer server([](const std::string&) { return ok(); });
  HttpEngine engine(workload(fed(plan::DataFeed::Order::kOnce), server.port()));
  EXPECT_FALSE(drive(engine, iterations(2)).load_is_over);
  const BatchResult last = drive(engine, iterations(5, 2));
  EXPECT_EQ(last.iterations, 1);
  EXPECT_TRUE(last.load_is_over);
  const BatchResult none = drive(engine, iterations(5));
  EXPECT_EQ(none.iterations, 0);
  EXPECT_TRUE(none.load_is_over);
  EXPECT_THAT(targets(server), ElementsAre("/1?name=ann", "/2?name=bob", "/3?name=cy%20d"));
}

TEST(HttpEngine, RandomRowsAreTheSameForASeed) {
  const auto rows_of = [](std::uint64_t seed) {
    ScriptedServer server([](const std::string&) { return ok(); });
    plan::Scenario scenario = fed(plan::DataFeed::Order::kRandom);
    scenario.load.seed = seed;
    drive(scenario, server.port(), iterations(60));
    return targets(server);
  };
  const std::vector<std::string> rows = rows_of(1);
  EXPECT_EQ(rows, rows_of(1));
  EXPECT_NE(rows, rows_of(2));
  for (const char* row : {"/1?name=ann", "/2?name=bob", "/3?name=cy%20d"})
    EXPECT_GT(std::count(rows.begin(), rows.end(), row), 5) << row;
}

TEST(HttpEngine, ARequestThatCannotBeFilledIsNotSentAndEndsItsIteration) {
  ScriptedServer server([](const std::string&) { return ok(); });
  const BatchResult result = drive(scenario_of({get("/first"), get("/{{nothing}}"), get("/third")}),
                                   server.port(), iterations(2));
  EXPECT_EQ(result.requests, (RequestCounts{4, 2, 0, 2, 0}));
  EXPECT_EQ(result.failed_iterations, 2);
  EXPECT_EQ(result.errors, (Errors{{"not sent", 2}}));
  EXPECT_EQ(first_problem(result), "not sent: '{{nothing}}' has no value yet");
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST(HttpEngine, AHundredThousandIterationsThatCannotBeSentDoNotNest) {
  const BatchResult result = drive(scenario_of({get("/{{nothing}}")}), 1, iterations(100'000, 3));
  EXPECT_EQ(result.requests, (RequestCounts{100'000, 0, 0, 100'000, 0}));
  EXPECT_EQ(result.examples.size(), 5U);
}

TEST(HttpEngine, AServerMayCloseIdleConnectionsBetweenBatches) {
  ScriptedServer server([](const std::string&) { return ok(); });
  HttpEngine engine(
      workload(scenario_of({get("/a"), post("/b", plan::TextBody{text("body")})}), server.port()));
  for (int batch = 0; batch < 5; ++batch) {
    EXPECT_EQ(drive(engine, iterations(6, 3)).requests, (RequestCounts{12, 12, 0, 0, 0}));
    server.close_idle();
  }
}

TEST(HttpEngine, WithoutKeepAliveEachRequestHasAConnection) {
  ScriptedServer server([](const std::string&) { return ok(); });
  plan::Scenario scenario = scenario_of({get("/a"), get("/b")});
  scenario.connection.keep_alive = false;
  EXPECT_EQ(drive(scenario, server.port(), iterations(5)).requests,
            (RequestCounts{10, 10, 0, 0, 0}));
  EXPECT_EQ(server.connections(), 10);
  EXPECT_EQ(header_of(server.last_request(), "Connection"), "close");
}

TEST(HttpEngine, AUnixSocketIsAsGoodAsAPort) {
  const auto folder = TemporaryFolder::create();
  ASSERT_TRUE(folder);
  const std::string path = folder->path() / "app.sock";
  const auto server = ScriptedServer::on_unix_socket(path, [](const std::string&) { return ok(); });
  plan::Scenario scenario = scenario_of({get("/a?b=c")});
  scenario.connection.unix_socket = text(path);
  EXPECT_EQ(drive(scenario, 0, iterations(3)).requests, (RequestCounts{3, 3, 0, 0, 0}));
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(target_of(server.last_request()), "/a?b=c");
  EXPECT_EQ(header_of(server.last_request(), "Host"), "localhost");

  scenario.connection.unix_socket = text(path + ".other");
  EXPECT_EQ(drive(scenario, 0).errors, (Errors{{"no such socket", 1}}));
}

TEST(HttpEngine, TheNameOfAHostIsOnlyAName) {
  ScriptedServer server([](const std::string&) { return ok(); });
  plan::Scenario scenario = scenario_of({get("/")});
  scenario.connection.host = "shop.example";
  EXPECT_EQ(drive(scenario, server.port()).requests.succeeded, 1);
  EXPECT_EQ(header_of(server.last_request(), "Host"),
            fmt::format("shop.example:{}", server.port()));
}

TEST(CheckPath, SaysWhatIsMissing) {
  ScriptedServer server(
      [](const std::string& path) { return path == "/ready" ? ok() : answer(503, {}, {}); });
  const auto endpoint = fill_endpoint({}, "", server.port(), {});
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(check_path(*endpoint, "/ready", Seconds(2)), "");
  EXPECT_EQ(check_path(*endpoint, "/other", Seconds(2)),
            "status 503 where one below 400 was expected");
}

}  // namespace
}  // namespace tidemark::load
