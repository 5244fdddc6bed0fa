// Open model and stages against a real server. Machines are busy: bounds are wide, and what can be
// counted is counted rather than timed.

#include <algorithm>
#include <atomic>

#include "tests/unit/load/driving.h"

namespace tidemark::load {
namespace {

using std::chrono::milliseconds;

const ScriptedServer::Answer kFine = [](const std::string&) { return ok(); };

plan::Scenario at_rate(double per_second, plan::Request request = get("/")) {
  plan::Scenario scenario = scenario_of({std::move(request)});
  scenario.load.model = plan::LoadModel::kOpen;
  scenario.load.rate_per_second = per_second;
  return scenario;
}

TEST(OpenModel, IterationsBeginAtTheirRate) {
  ScriptedServer server(kFine);
  const BatchResult result = drive(at_rate(500), server.port(), paced(200));
  EXPECT_EQ(result.iterations, 200);
  EXPECT_EQ(result.dropped, 0);
  EXPECT_NEAR(result.load_time.count(), 0.4, 1e-9);
  EXPECT_GE(result.duration.count(), 0.39);
  EXPECT_LT(result.duration.count(), 2.0);
  EXPECT_EQ(result.lateness.count(), 200U);
  EXPECT_LT(result.lateness.quantile(0.5).count(), 0.1);
  EXPECT_FALSE(result.load_is_over);
}

TEST(OpenModel, LoadTimeGoesOnFromBatchToBatch) {
  ScriptedServer server(kFine);
  HttpEngine engine(workload(at_rate(1000), server.port()));
  Seconds time(0);
  for (const int count : {1, 40, 2}) {
    const BatchResult result = drive(engine, paced(count, 100, time));
    EXPECT_EQ(result.iterations, count);
    EXPECT_NEAR((result.load_time - time).count(), count / 1000.0, 1e-9);
    time = result.load_time;
  }
  EXPECT_NEAR(time.count(), 0.043, 1e-9);
}

TEST(OpenModel, PoissonArrivalsAreTheSameForASeed) {
  ScriptedServer server(kFine);
  const auto load_time = [&](std::uint64_t seed) {
    plan::Scenario scenario = at_rate(2000);
    scenario.load.arrivals = plan::Arrivals::kPoisson;
    scenario.load.seed = seed;
    return drive(scenario, server.port(), paced(100)).load_time;
  };
  EXPECT_EQ(load_time(1), load_time(1));
  EXPECT_NE(load_time(1), load_time(2));
}

TEST(OpenModel, ArrivalsWaitForAFreeVirtualUserAndSaySo) {
  ScriptedServer server([](const std::string&) {
    std::this_thread::sleep_for(milliseconds(20));
    return ok();
  });
  const BatchResult result = drive(at_rate(1000), server.port(), paced(20, 2));
  EXPECT_EQ(result.requests, (RequestCounts{20, 20, 0, 0, 0}));
  EXPECT_LE(server.most_at_once(), 2);
  EXPECT_GE(result.duration.count(), 0.2);
  // The last waited for nine others, two by two; a service takes its 20 ms and little more.
  EXPECT_GT(result.response_time.largest().count(), 0.15);
  EXPECT_GT(result.lateness.largest().count(), 0.13);
  EXPECT_LT(result.service_time.quantile(0.5).count(), result.response_time.largest().count() / 2);
  EXPECT_GT(result.response_time.total().count(), result.service_time.total().count() * 2);
}

TEST(OpenModel, AStallOfTheServerShowsInResponseTimesOfAllThatWereDue) {
  std::atomic<int> count = 0;
  ScriptedServer server([&](const std::string&) {
    if (++count == 20) std::this_thread::sleep_for(milliseconds(500));
    return ok();
  });
  const BatchResult result = drive(at_rate(200), server.port(), paced(150, 1));
  EXPECT_EQ(result.requests, (RequestCounts{150, 150, 0, 0, 0}));
  // One request was slow; a hundred were due while it was.
  EXPECT_GT(result.response_time.quantile(0.5).count(), 0.05);
  EXPECT_GT(result.response_time.quantile(0.9).count(), 0.3);
  EXPECT_LT(result.service_time.quantile(0.9).count(), 0.1);
}

TEST(OpenModel, ArrivalsAreDroppedWhenNobodyIsFreeWithinTheTimeout) {
  ScriptedServer server([](const std::string&) {
    std::this_thread::sleep_for(milliseconds(350));
    return ok();
  });
  plan::Request request = get("/");
  request.timeout.total = Seconds(0.2);
  const BatchResult result = drive(at_rate(1000, request), server.port(), paced(30, 1));
  EXPECT_GT(result.dropped, 20);
  EXPECT_EQ(result.iterations + result.dropped, 30);
  EXPECT_EQ(result.requests.timed_out, result.iterations);
  EXPECT_EQ(result.lateness.count(), static_cast<std::uint64_t>(result.iterations));
  EXPECT_LT(result.duration.count(), 3.0);
}

TEST(OpenModel, AUserWhoseRequestTimedOutTakesTheNextArrivalAtOnce) {
  // The first is never answered; the others wait for it and not for their own patience.
  std::atomic<int> count = 0;
  ScriptedServer server([&](const std::string&) {
    if (++count == 1) std::this_thread::sleep_for(milliseconds(2000));
    return ok();
  });
  plan::Request request = get("/");
  request.timeout.total = Seconds(1);
  const BatchResult result = drive(at_rate(5, request), server.port(), paced(6, 1));
  EXPECT_EQ(result.requests, (RequestCounts{6, 5, 0, 0, 1}));
  EXPECT_EQ(result.dropped, 0);
}

TEST(OpenModel, TheLoadEndsWithItsDuration) {
  ScriptedServer server(kFine);
  plan::Scenario scenario = at_rate(200);
  scenario.load.duration = Seconds(0.2);
  HttpEngine engine(workload(scenario, server.port()));
  const BatchResult first = drive(engine, paced(30));
  EXPECT_EQ(first.iterations, 30);
  EXPECT_FALSE(first.load_is_over);
  const BatchResult last = drive(engine, paced(30, 100, first.load_time));
  EXPECT_EQ(last.iterations, 10);
  EXPECT_TRUE(last.load_is_over);
  EXPECT_NEAR(last.load_time.count(), 0.2, 1e-9);
  const BatchResult none = drive(engine, paced(30, 100, last.load_time));
  EXPECT_EQ(none.iterations, 0);
  EXPECT_TRUE(none.load_is_over);
}

TEST(OpenModel, StagesRampUpAndDown) {
  ScriptedServer server(kFine);
  plan::Scenario scenario = at_rate(0);
  scenario.load.stages = {{Seconds(0.2), 400}, {Seconds(0.1), 400}, {Seconds(0.2), 0}};
  const BatchResult result = drive(scenario, server.port(), paced(10'000));
  EXPECT_NEAR(result.iterations, 40 + 40 + 40, 1);
  EXPECT_TRUE(result.load_is_over);
  EXPECT_GE(result.duration.count(), 0.4);
}

TEST(OpenModel, DataTakenOnceEndTheLoad) {
  ScriptedServer server(kFine);
  plan::Scenario scenario = at_rate(1000, get("/{{id}}"));
  scenario.data =
      plan::DataFeed{"d.csv", plan::DataFeed::Order::kOnce, {"id"}, {{"1"}, {"2"}, {"3"}}};
  const BatchResult result = drive(scenario, server.port(), paced(50));
  EXPECT_EQ(result.requests, (RequestCounts{3, 3, 0, 0, 0}));
  EXPECT_TRUE(result.load_is_over);
  EXPECT_EQ(result.lateness.count(), 3U);
}

TEST(OpenModel, DrainBeginsNoMoreArrivals) {
  ScriptedServer server(kFine);
  HttpEngine engine(workload(at_rate(50), server.port()));
  engine.start(paced(1000));
  while (server.requests().size() < 3) std::this_thread::sleep_for(milliseconds(1));
  engine.drain();
  ASSERT_TRUE(wait_readable(engine.done_fd(), Seconds(5)));
  const BatchResult result = engine.take();
  EXPECT_GE(result.iterations, 3);
  EXPECT_LT(result.iterations, 500);
  expect_counts_add_up(result);
}

TEST(OpenModel, TooManyFailuresEndABatch) {
  ScriptedServer server([](const std::string&) { return answer(500, {}, {}); });
  BatchOrder order = paced(1000, 1);
  order.most_failures = 3;
  EXPECT_EQ(drive(at_rate(200), server.port(), order).failed_iterations, 3);
}

TEST(OpenModel, ABatchThatIsNotPacedGoesAsFastAsItCan) {
  ScriptedServer server(kFine);
  const BatchResult result = drive(at_rate(1), server.port(), iterations(50, 2));
  EXPECT_EQ(result.iterations, 50);
  EXPECT_EQ(result.lateness.count(), 0U);
  EXPECT_LT(result.duration.count(), 10);
}

TEST(ClosedModel, StagesRampUsersUpAndDown) {
  ScriptedServer server([](const std::string&) {
    std::this_thread::sleep_for(milliseconds(5));
    return ok();
  });
  plan::Scenario scenario = scenario_of({get("/")});
  scenario.load.vus = 0;
  scenario.load.stages = {{Seconds(0.3), 8}, {Seconds(0.2), 8}, {Seconds(0.3), 0}};
  const BatchResult result = drive(scenario, server.port(), paced(1'000'000));
  EXPECT_TRUE(result.load_is_over);
  EXPECT_EQ(server.most_at_once(), 8);
  EXPECT_GE(result.load_time.count(), 0.8);
  EXPECT_LT(result.load_time.count(), 3.0);
  EXPECT_GT(result.iterations, 50);
  EXPECT_EQ(result.requests.started, result.iterations);
}

TEST(ClosedModel, LoadTimeGoesOnFromBatchToBatchUntilTheDuration) {
  ScriptedServer server([](const std::string&) {
    std::this_thread::sleep_for(milliseconds(10));
    return ok();
  });
  plan::Scenario scenario = scenario_of({get("/")});
  scenario.load.duration = Seconds(0.3);
  HttpEngine engine(workload(scenario, server.port()));
  Seconds time(0);
  int batches = 0;
  for (bool is_over = false; !is_over && batches < 100; ++batches) {
    const BatchResult result = drive(engine, paced(5, 1, time));
    EXPECT_GT(result.load_time, time);
    time = result.load_time;
    is_over = result.load_is_over;
  }
  EXPECT_GE(time.count(), 0.3);
  EXPECT_GE(batches, 1);
  EXPECT_LE(batches, 7);
}

TEST(ClosedModel, APlateauOfNobodyIsWaitedThrough) {
  ScriptedServer server(kFine);
  plan::Scenario scenario = scenario_of({get("/")});
  scenario.load.vus = 0;
  scenario.load.stages = {{Seconds(0.2), 0}, {Seconds(0), 1}, {Seconds(0.1), 1}};
  const BatchResult result = drive(scenario, server.port(), paced(1'000'000));
  EXPECT_GT(result.iterations, 0);
  EXPECT_GE(result.duration.count(), 0.3);
  EXPECT_TRUE(result.load_is_over);
}

TEST(ClosedModel, WhatCannotBeSentEndsWithTheLoadToo) {
  plan::Scenario scenario = scenario_of({get("/{{nothing}}")});
  scenario.load.duration = Seconds(0.2);
  const BatchResult result = drive(scenario, 1, paced(INT32_MAX, 2));
  EXPECT_TRUE(result.load_is_over);
  EXPECT_LT(result.duration.count(), 10);
}

}  // namespace
}  // namespace tidemark::load
