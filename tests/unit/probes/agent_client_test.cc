// The client against agents that behave, and against ones that do not.

#include "harness/probes/agent_client.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "harness/base/file.h"
#include "harness/probes/probe.h"

namespace tidemark::probes {
namespace {

using testing::HasSubstr;

constexpr char kReading[] =
    R"({"live_bytes":1000,"held_bytes":1200,"live_blocks":null,"gc_objects":7,"collector_on":true,)"
    R"("frozen":3,"django_debug":false,"settle_seconds":0.01,"gc":[{"generation":0,"threshold":700,)"
    R"("count":5,"collections":9,"collected":8,"uncollectable":1}]})";

// An agent in this very process, which answers one request with a fixed text, after it has hung up
// on some.
class FakeAgent {
 public:
  FakeAgent(const std::filesystem::path& folder, int pid, std::string answer,
            std::chrono::milliseconds delay = {}, int hang_ups = 0)
      : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    const std::string path = (folder / fmt::format("{}.sock", pid)).string();
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(socket_.get(), 4);
    thread_ = std::thread([this, answer = std::move(answer), delay, hang_ups] {
      for (int i = 0; i < hang_ups; ++i)
        FileDescriptor(::accept(socket_.get(), nullptr, nullptr)).reset();
      const FileDescriptor connection(::accept(socket_.get(), nullptr, nullptr));
      if (!connection.open()) return;
      char buffer[256];
      (void)::recv(connection.get(), buffer, sizeof buffer, 0);
      std::this_thread::sleep_for(delay);
      ::send(connection.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    });
  }
  ~FakeAgent() {
    ::shutdown(socket_.get(), SHUT_RDWR);
    thread_.join();
  }

 private:
  FileDescriptor socket_;
  std::thread thread_;
};

class Agents : public testing::Test {
 protected:
  Result<AgentReading> settle(Seconds longest = Seconds(2)) const {
    return client_.settle({::getpid()}, {longest}).front();
  }

  TemporaryFolder folder_ = std::move(*TemporaryFolder::create());
  AgentClient client_{folder_.path()};
};

TEST_F(Agents, AReadingIsReadWithItsGaps) {
  const FakeAgent agent(folder_.path(), ::getpid(), std::string(kReading) + "\n");
  EXPECT_TRUE(client_.has_agent(::getpid()));
  const auto reading = settle();
  ASSERT_TRUE(reading) << reading.error().message;
  EXPECT_EQ(reading->live_bytes, 1000);
  EXPECT_EQ(reading->held_bytes, 1200);
  EXPECT_EQ(reading->live_blocks, std::nullopt);
  EXPECT_EQ(reading->gc_objects, 7);
  EXPECT_EQ(reading->frozen, 3);
  EXPECT_EQ(reading->django_debug, false);
  EXPECT_EQ(reading->gc, (std::vector<record::GcGeneration>{{0, 9, 8, 1, 700, 5}}));
}

TEST_F(Agents, PausesAreReadWhereTheAgentWatchedThem) {
  const auto row = [](const std::string& more) {
    const auto reading = parse_agent_reading(
        R"({"collector_on":true,"gc":[{"generation":2,"threshold":10,"count":5,"collections":9,)"
        R"("collected":8,"uncollectable":1)" +
        more + "}]}");
    return reading.value().gc.at(0);
  };
  EXPECT_EQ(row(R"(,"paused_seconds":0.5,"longest_pause_seconds":0.25)"),
            (record::GcGeneration{2, 9, 8, 1, 10, 5, Seconds(0.5), Seconds(0.25)}));
  const record::GcGeneration unwatched{2, 9, 8, 1, 10, 5};
  EXPECT_EQ(row(R"(,"paused_seconds":null,"longest_pause_seconds":null)"), unwatched);
  EXPECT_EQ(row(""), unwatched);
  EXPECT_EQ(row(R"(,"paused_seconds":0.5)"), unwatched);
}

TEST_F(Agents, AProcessWithoutASocketHasNoAgent) {
  EXPECT_FALSE(client_.has_agent(1));
  EXPECT_THAT(settle().error().message, HasSubstr("cannot be reached"));
}

TEST_F(Agents, AnotherProcessUnderTheNameIsNotBelieved) {
  const FakeAgent agent(folder_.path(), 1, std::string(kReading) + "\n");
  EXPECT_THAT(client_.settle({1}, {Seconds(1)}).front().error().message,
              HasSubstr("answers in the place of its agent"));
}

TEST_F(Agents, OneThatIsAwayWhileItsProcessForksIsAskedAgain) {
  const FakeAgent agent(folder_.path(), ::getpid(),
                        R"({"protocol":2,"pid":1,"runtime":"CPython","version":"3.11.2"})"
                        "\n",
                        {}, 3);
  Probe probe(folder_.path());
  EXPECT_EQ(probe.runtime(::getpid(), -1), "CPython 3.11.2");
}

TEST_F(Agents, OneThatHasAnsweredAndThenRefusesIsAGap) {
  Probe probe(folder_.path());
  const record::ProcessKey self{::getpid(), 1};
  {
    const FakeAgent agent(folder_.path(), ::getpid(),
                          R"({"protocol":2,"pid":1,"runtime":"CPython","version":"3.11.2"})"
                          "\n");
    EXPECT_EQ(probe.runtime(::getpid(), -1), "CPython 3.11.2");
  }
  EXPECT_THAT(probe.read({self}, {Seconds(1)}).front().gap, HasSubstr("cannot be reached"));
}

TEST_F(Agents, ASocketThatNobodyServesIsNoAgent) {
  { const FakeAgent gone(folder_.path(), ::getpid(), ""); }
  Probe probe(folder_.path());
  EXPECT_TRUE(client_.has_agent(::getpid()));
  EXPECT_EQ(probe.runtime(::getpid(), -1), "");
  const auto reading = probe.read({{::getpid(), 1}}, {Seconds(1)}).front();
  EXPECT_EQ(reading.gap, "");
  EXPECT_TRUE(reading.values.get(record::Signal::kRss));
}

TEST_F(Agents, ASilentAgentIsGivenUp) {
  const FakeAgent agent(folder_.path(), ::getpid(), "", std::chrono::milliseconds(400));
  EXPECT_THAT(settle(Seconds(0.1)).error().message, HasSubstr("did not answer within 100 ms"));
}

TEST_F(Agents, GarbageIsAnErrorThatCanBeShown) {
  for (const std::string answer :
       {"", "not json", "{}", "[]", "{\"collector_on\":1,\"gc\":[]}", "\xff\x1b[31m",
        "{\"error\":\"\x1b[31mboom\"}", "{\"collector_on\":true,\"gc\":[{\"generation\":\"x\"}]}",
        "{\"collector_on\":true,\"gc\":[],\"frozen\":1e300}",
        "{\"collector_on\":true,\"gc\":[],\"live_bytes\":1e300}",
        "{\"collector_on\":true,\"gc\":[],"
        "\"live_bytes\":9223372036854775807}"}) {
    const auto reading = parse_agent_reading(answer);
    ASSERT_FALSE(reading) << answer;
    EXPECT_EQ(reading.error().message.find('\x1b'), std::string::npos);
  }
}

TEST_F(Agents, NumbersThatCannotBeAreErrors) {
  EXPECT_FALSE(parse_agent_identity(R"({"pid":1e300,"runtime":"CPython","version":"3.11.2"})"));
  EXPECT_FALSE(parse_agent_identity(R"({"pid":4294967297,"runtime":"CPython","version":"3"})"));
  for (const std::string number : {"1e300", "18446744073709551615", "-1"})
    EXPECT_FALSE(parse_caught_peak(R"({"traced_peak":)" + number +
                                   R"(,"taken_at":0,"frames":[],"sites":[]})"));
}

TEST_F(Agents, AnEndlessAnswerIsCutOff) {
  const FakeAgent agent(folder_.path(), ::getpid(), std::string(3 << 20, 'x'));
  EXPECT_FALSE(settle());
}

}  // namespace
}  // namespace tidemark::probes
