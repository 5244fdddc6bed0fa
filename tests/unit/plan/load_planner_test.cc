// What loads, connections and data become; every message stands, with its place, in
// tests/fixtures/scenarios.

#include "harness/plan/load_planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::plan {
namespace {

using scenario::Scalar;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Settings in, a load and every mistake out.
class Typed {
 public:
  explicit Typed(scenario::RunSettings settings) {
    Values values(variables_, diagnostics_);
    load = typed_load(settings, values);
    check_open_only(settings, load, values);
  }

  std::vector<std::string> mistakes() const {
    std::vector<std::string> all;
    for (const scenario::Diagnostic& diagnostic : diagnostics_) all.push_back(diagnostic.message);
    return all;
  }

  Load load;

 private:
  Variables variables_;
  scenario::Diagnostics diagnostics_;
};

Scalar scalar(std::string text) {
  return {std::move(text), {}};
}

scenario::RunSettings with_vus(std::string vus) {
  scenario::RunSettings settings;
  settings.vus = scalar(std::move(vus));
  return settings;
}

scenario::RunSettings with_rate(std::string rate) {
  scenario::RunSettings settings;
  settings.rate = scalar(std::move(rate));
  return settings;
}

using Stages = std::vector<std::pair<std::string, std::string>>;  // durations and targets

scenario::RunSettings with_stages(const Stages& stages, scenario::RunSettings settings = {}) {
  for (const auto& [duration, target] : stages)
    settings.stages.push_back({scalar(duration), scalar(target)});
  return settings;
}

std::string words(const scenario::RunSettings& settings) {
  const Typed typed(settings);
  EXPECT_THAT(typed.mistakes(), IsEmpty());
  return describe_load(typed.load);
}

TEST(TypedLoad, IsOneVirtualUserByDefault) {
  const Typed typed({});
  EXPECT_EQ(typed.load.model, LoadModel::kClosed);
  EXPECT_EQ(typed.load.vus, 1);
  EXPECT_EQ(typed.load.arrivals, Arrivals::kConstant);
  EXPECT_EQ(typed.load.max_vus, 100);
  EXPECT_THAT(typed.load.stages, IsEmpty());
  EXPECT_FALSE(typed.load.duration);
  EXPECT_EQ(typed.load.cookies, Cookies::kClear);
  EXPECT_EQ(typed.load.seed, 1U);
  EXPECT_EQ(course_length(typed.load), std::nullopt);
}

TEST(TypedLoad, ARateMakesAnOpenModel) {
  scenario::RunSettings settings = with_rate("90/m");
  settings.arrivals = scalar("poisson");
  settings.max_vus = scalar("7");
  settings.duration = scalar("1m");
  settings.cookies = scalar("keep");
  settings.seed = scalar("99999999999");
  const Typed typed(settings);
  EXPECT_THAT(typed.mistakes(), IsEmpty());
  EXPECT_EQ(typed.load.model, LoadModel::kOpen);
  EXPECT_EQ(typed.load.rate_per_second, 1.5);
  EXPECT_EQ(typed.load.arrivals, Arrivals::kPoisson);
  EXPECT_EQ(typed.load.max_vus, 7);
  EXPECT_EQ(typed.load.cookies, Cookies::kKeep);
  EXPECT_EQ(typed.load.seed, 99999999999U);
  EXPECT_EQ(course_length(typed.load), Seconds(60));
}

TEST(TypedLoad, StagesSayOfWhichModelTheyAre) {
  const Typed users(with_stages({{"30s", "20"}, {"1m", "0"}}));
  EXPECT_EQ(users.load.model, LoadModel::kClosed);
  EXPECT_EQ(users.load.vus, 0) << "without 'vus' they begin at nothing";
  EXPECT_EQ(users.load.stages.at(0).target, 20);
  EXPECT_EQ(course_length(users.load), Seconds(90));
  EXPECT_EQ(Typed(with_stages({{"30s", "20"}}, with_vus("5"))).load.vus, 5);
  const Typed rates(with_stages({{"30s", "100/s"}, {"1m", "0/s"}}));
  EXPECT_EQ(rates.load.model, LoadModel::kOpen);
  EXPECT_EQ(rates.load.rate_per_second, 0);
  EXPECT_EQ(rates.load.stages.at(0).target, 100);
  EXPECT_EQ(rates.load.stages.at(1).target, 0);
}

TEST(TypedLoad, TwoModelsAtOnceAreAMistake) {
  scenario::RunSettings both = with_vus("2");
  both.rate = scalar("5/s");
  EXPECT_THAT(Typed(both).mistakes(), ElementsAre("a load has 'vus' or a 'rate', not both"));
  EXPECT_THAT(Typed(with_stages({{"30s", "20/s"}}, with_vus("2"))).mistakes(),
              ElementsAre("this is a rate, and the load is virtual users"));
  EXPECT_THAT(Typed(with_stages({{"30s", "20"}}, with_rate("2/s"))).mistakes(),
              ElementsAre("this is a number of virtual users, and the load is a rate"));
  EXPECT_THAT(Typed(with_stages({{"30s", "20"}, {"30s", "5/s"}})).mistakes(),
              ElementsAre("this is a rate, and the load is virtual users"));
}

TEST(TypedLoad, StagesLastAsLongAsTheySay) {
  scenario::RunSettings settings = with_stages({{"30s", "20"}});
  settings.duration = scalar("1m");
  EXPECT_THAT(Typed(settings).mistakes(), ElementsAre("the stages say how long the load lasts"));
}

TEST(TypedLoad, StagesWithoutAnyLoadAreAMistake) {
  EXPECT_THAT(Typed(with_stages({{"30s", "0"}, {"1s", "0"}})).mistakes(),
              ElementsAre("no stage has any load"));
  EXPECT_THAT(Typed(with_stages({{"30s", "0/h"}})).mistakes(),
              ElementsAre("no stage has any load"));
}

TEST(TypedLoad, WhatOnlyARateHasNeedsOne) {
  scenario::RunSettings settings = with_vus("2");
  settings.max_vus = scalar("10");
  settings.arrivals = scalar("constant");
  EXPECT_THAT(Typed(settings).mistakes(),
              ElementsAre("this belongs to a 'rate', and there is none",
                          "this belongs to a 'rate', and there is none"));
  scenario::RunSettings staged = with_stages({{"1m", "20/s"}});
  staged.max_vus = scalar("10");
  EXPECT_THAT(Typed(staged).mistakes(), IsEmpty());
}

TEST(TypedLoad, HasItsLimits) {
  EXPECT_THAT(Typed(with_rate("1000001/s")).mistakes(),
              ElementsAre("nothing sends more than a million a second"));
  EXPECT_THAT(Typed(with_vus("1001")).mistakes(), ElementsAre("1001 is too large: at most 1000"));
  EXPECT_THAT(Typed(with_stages({{"1s", "1001"}})).mistakes(),
              ElementsAre("'1001' is no target of a stage: write a number of virtual users, up to "
                          "1000, or a rate, 100/s"));
}

TEST(MostVus, AreThoseOfTheHighestStage) {
  EXPECT_EQ(most_vus(Typed(with_vus("5")).load), 5);
  EXPECT_EQ(most_vus(Typed(with_stages({{"1s", "20"}, {"1s", "3"}}, with_vus("5"))).load), 20);
  EXPECT_EQ(most_vus(Typed(with_stages({{"1s", "2"}}, with_vus("5"))).load), 5);
  EXPECT_EQ(most_vus(Typed(with_rate("5/s")).load), 100);
}

TEST(DescribeLoad, SaysItInWords) {
  EXPECT_EQ(words({}), "1 virtual user");
  EXPECT_EQ(words(with_vus("4")), "4 virtual users");
  scenario::RunSettings settings = with_vus("4");
  settings.duration = scalar("8h");
  EXPECT_EQ(words(settings), "4 virtual users for 8 h 0 min");
  EXPECT_EQ(words(with_stages({{"30s", "20"}, {"2m", "0"}}, with_vus("1"))),
            "from 1 virtual user, to 20 virtual users in 30 s, to 0 virtual users in 2 min 0 s");
}

TEST(DescribeLoad, OfARateNamesItsVirtualUsersToo) {
  EXPECT_EQ(words(with_rate("50/s")), "50/s, at most 100 virtual users at once");
  scenario::RunSettings settings = with_rate("0.5/s");
  settings.arrivals = scalar("poisson");
  settings.max_vus = scalar("1");
  settings.duration = scalar("1m");
  EXPECT_EQ(words(settings),
            "30/min for 1 min 0 s, Poisson arrivals, at most 1 virtual user at once");
  EXPECT_EQ(words(with_stages({{"30s", "100/s"}})),
            "from 0/s, to 100/s in 30 s, at most 100 virtual users at once");
}

// Connections of the target and of a scenario in, what counts and every mistake out.
class Connected {
 public:
  explicit Connected(const scenario::Connection& target, const scenario::Connection& own = {}) {
    Values values(variables_, diagnostics_);
    connection = typed_connection(target, own, values);
  }

  std::vector<std::string> mistakes() const {
    std::vector<std::string> all;
    for (const scenario::Diagnostic& diagnostic : diagnostics_) all.push_back(diagnostic.message);
    return all;
  }

  Connection connection;

 private:
  Variables variables_;
  scenario::Diagnostics diagnostics_;
};

TEST(TypedConnection, IsPlainHttpByDefault) {
  const Connection plain = Connected({}).connection;
  EXPECT_EQ(plain.http, HttpVersion::k1);
  EXPECT_TRUE(plain.keep_alive);
  EXPECT_FALSE(plain.tls);
  EXPECT_EQ(plain.host, "");
  EXPECT_FALSE(plain.unix_socket);
  EXPECT_FALSE(plain.proxy);
  EXPECT_EQ(plain.accept_encoding, "");
}

TEST(TypedConnection, TheScenariosKeysBeatThoseOfTheTarget) {
  scenario::Connection target;
  target.http = scalar("2");
  target.keep_alive = scalar("false");
  target.tls.emplace().ca = scalar("ca.pem");
  target.host = scalar("shop.example");
  scenario::Connection own;
  own.http = scalar("1.1");
  own.tls.emplace().on = scalar("false");
  own.accept_encoding = scalar("gzip");
  const Connection both = Connected(target, own).connection;
  EXPECT_EQ(both.http, HttpVersion::k1);
  EXPECT_FALSE(both.keep_alive);
  EXPECT_FALSE(both.tls);
  EXPECT_EQ(both.host, "shop.example");
  EXPECT_EQ(both.accept_encoding, "gzip");
  const Connection targets = Connected(target).connection;
  EXPECT_EQ(targets.http, HttpVersion::k2);
  EXPECT_EQ(targets.tls->ca->text(), "ca.pem");
  EXPECT_TRUE(targets.tls->verify);
}

TEST(TypedConnection, FilesAndSocketsMayBeInTheScratchFolder) {
  scenario::Connection target;
  target.tls.emplace().ca = scalar("{{scratch}}/ca.pem");
  target.unix_socket = scalar("{{scratch}}/s");
  const Connected typed(target);
  EXPECT_THAT(typed.mistakes(), IsEmpty());
  EXPECT_EQ(typed.connection.tls->ca->text(), "{{scratch}}/ca.pem");
  EXPECT_EQ(typed.connection.unix_socket->text(), "{{scratch}}/s");
}

TEST(TypedConnection, AProxyIsOnThisMachine) {
  const auto is_proxy = [](const std::string& text) {
    scenario::Connection target;
    target.proxy = scalar(text);
    return Connected(target).mistakes().empty();
  };
  for (const char* here :
       {"http://127.0.0.1:3128", "http://127.1:1", "http://localhost:80", "http://[::1]:65535"})
    EXPECT_TRUE(is_proxy(here)) << here;
  for (const char* elsewhere :
       {"", "127.0.0.1:3128", "https://127.0.0.1:3128", "http://127.0.0.1",
        "http://127.0.0.1:", "http://127.0.0.1:0", "http://127.0.0.1:65536", "http://127.0.0.1:80/",
        "http://10.0.0.1:80", "http://127.0.0.1.example.org:80",
        "http://localhost:1@example.org:80", "http://:80", "http://localhost.example.org:80",
        "http://ann:secret@127.0.0.1:80"})
    EXPECT_FALSE(is_proxy(elsewhere)) << elsewhere;
}

TEST(TypedConnection, AHostIsANameAndNothingElse) {
  const auto is_host = [](const std::string& text) {
    scenario::Connection target;
    target.host = scalar(text);
    return Connected(target).mistakes().empty();
  };
  for (const char* name : {"shop.example", "shop_1", "a-b", "127.0.0.1"})
    EXPECT_TRUE(is_host(name)) << name;
  for (const char* more : {"", "shop.example:80", "http://shop.example", "shop.example/", "a b",
                           "ann@shop.example", "shop.example?x", "[::1]"})
    EXPECT_FALSE(is_host(more)) << more;
}

TEST(TypedConnection, WhatDoesNotGoTogetherIsAMistake) {
  scenario::Connection target;
  target.tls.emplace().certificate = scalar("ann.pem");
  target.tls->ca = scalar("ca.pem");
  target.tls->verify = scalar("false");
  target.unix_socket = scalar("s");
  target.proxy = scalar("http://127.0.0.1:1");
  EXPECT_THAT(Connected(target).mistakes(),
              ElementsAre("a client's certificate needs its 'key'",
                          "without 'verify' nobody looks at the 'ca'",
                          "a Unix socket is not reached through a proxy"));
}

TEST(TypedData, HasTheTablesColumnsAndTheAskedForOrder) {
  Variables variables;
  scenario::Diagnostics diagnostics;
  Values values(variables, diagnostics);
  const scenario::DataTable table{{"name"}, {{"ann"}, {"bob"}}};
  const auto in_order = [&](std::optional<Scalar> order) {
    return typed_data({scalar("users.csv"), std::move(order), table}, values);
  };
  const auto feed = in_order(std::nullopt);
  ASSERT_TRUE(feed);
  EXPECT_EQ(feed->file, "users.csv");
  EXPECT_EQ(feed->order, DataFeed::Order::kSequence);
  EXPECT_THAT(feed->columns, ElementsAre("name"));
  EXPECT_THAT(feed->rows, testing::IsEmpty()) << "they come with the plan that is carried out";
  EXPECT_EQ(in_order(scalar("random"))->order, DataFeed::Order::kRandom);
  EXPECT_EQ(in_order(scalar("once"))->order, DataFeed::Order::kOnce);
  EXPECT_THAT(diagnostics, IsEmpty());
  EXPECT_FALSE(typed_data({scalar("none.csv"), std::nullopt, std::nullopt}, values))
      << "the reader has said why";
}

}  // namespace
}  // namespace tidemark::plan
