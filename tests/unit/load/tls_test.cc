// TLS against `openssl s_server` with a certificate made for the test: what is trusted, what is
// not.

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tests/unit/load/driving.h"

namespace tidemark::load {
namespace {

using Command = std::vector<std::string>;

// Starts a program in a folder; its output goes to the descriptor.
pid_t start(const Command& command, const std::string& folder, int output) {
  std::vector<char*> arguments;
  for (const std::string& argument : command)
    arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, 1);
  posix_spawn_file_actions_adddup2(&actions, output, 2);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  pid_t pid = -1;
  ::posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

class TlsServer {
 public:
  // For 127.0.0.1; answers each request with a page of its own.
  TlsServer() {
    make_certificate("server");
    make_certificate("other");
    int ends[2] = {-1, -1};
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    output_.reset(ends[0]);
    const FileDescriptor write_end(ends[1]);
    pid_ = start({"openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", "server.pem", "-key",
                  "server.key", "-www"},
                 folder_.path(), write_end.get());
    port_ = announced_port();
  }
  ~TlsServer() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  int port() const { return port_; }
  std::string file(const std::string& name) const { return folder_.path() / name; }

 private:
  void make_certificate(const std::string& name) {
    const FileDescriptor null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    const pid_t pid = start(
        {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=" + name, "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", name + ".key", "-out", name + ".pem"},
        folder_.path(), null.get());
    int status = 0;
    ::waitpid(pid, &status, 0);
    EXPECT_EQ(status, 0) << "openssl req";
  }
  // From its line "ACCEPT 127.0.0.1:12345".
  int announced_port() {
    std::string said;
    char buffer[512];
    while (wait_readable(output_.get(), Seconds(10))) {
      const ssize_t count = ::read(output_.get(), buffer, sizeof buffer);
      if (count <= 0) return 0;
      said.append(buffer, static_cast<std::size_t>(count));
      const std::size_t at = said.find("ACCEPT 127.0.0.1:");
      if (at != std::string::npos && said.find('\n', at) != std::string::npos)
        return std::atoi(said.c_str() + at + 17);
    }
    return 0;
  }

  TemporaryFolder folder_ = std::move(*TemporaryFolder::create());
  FileDescriptor output_;
  pid_t pid_ = -1;
  int port_ = 0;
};

class Tls : public testing::Test {
 protected:
  void SetUp() override {
    if (::access("/usr/bin/openssl", X_OK) != 0) GTEST_SKIP() << "no openssl here";
    server_ = std::make_unique<TlsServer>();
    ASSERT_GT(server_->port(), 0);
  }
  BatchResult asked(plan::Tls tls, const std::string& host = {}) const {
    plan::Scenario scenario = scenario_of({get("/")});
    scenario.connection.tls = std::move(tls);
    scenario.connection.host = host;
    return drive(scenario, server_->port());
  }
  plan::Tls trusting(const std::string& certificate) const {
    plan::Tls tls;
    tls.ca = text(server_->file(certificate));
    return tls;
  }

  std::unique_ptr<TlsServer> server_;
};

TEST_F(Tls, IsVerifiedUnlessTheFileSaysOtherwise) {
  EXPECT_EQ(asked(trusting("server.pem")).requests, (RequestCounts{1, 1, 0, 0, 0}));
  EXPECT_EQ(asked(trusting("other.pem")).errors, (Errors{{"TLS certificate not trusted", 1}}));
  EXPECT_EQ(asked({}).errors, (Errors{{"TLS certificate not trusted", 1}}));
  EXPECT_EQ(asked(trusting("server.pem"), "shop.example").errors,
            (Errors{{"TLS certificate not trusted", 1}}));
  plan::Tls unverified;
  unverified.verify = false;
  EXPECT_EQ(asked(unverified, "shop.example").requests, (RequestCounts{1, 1, 0, 0, 0}));
}

TEST_F(Tls, FilesThatCannotBeUsedAreNamed) {
  EXPECT_EQ(asked(trusting("none.pem")).errors, (Errors{{"TLS file not usable", 1}}));
  plan::Tls tls = trusting("server.pem");
  tls.certificate = text(server_->file("other.pem"));
  tls.key = text(server_->file("none.key"));
  EXPECT_EQ(asked(tls).errors, (Errors{{"TLS file not usable", 1}}));
}

TEST(TlsOfAPlainServer, IsNoHandshake) {
  plan::Scenario scenario = scenario_of({get("/")});
  scenario.connection.tls = plan::Tls{};
  const auto plain = ScriptedServer::raw([](Connection& connection) {
    connection.send("HTTP/1.1 400 This is no TLS\r\n\r\n");
    connection.wait_until_closed();
  });
  EXPECT_EQ(drive(scenario, plain.port()).errors, (Errors{{"TLS handshake failed", 1}}));

  const auto silent =
      ScriptedServer::raw([](Connection& connection) { connection.wait_until_closed(); });
  plan::Request request = get("/");
  request.timeout = {Seconds(5), Seconds(0.1), std::nullopt};
  scenario.flows = scenario_of({request}).flows;
  EXPECT_EQ(drive(scenario, silent.port()).errors, (Errors{{"timeout: connect", 1}}));
}

}  // namespace
}  // namespace tidemark::load
