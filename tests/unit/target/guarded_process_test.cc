// Real processes: what is started is stopped, whatever it does against it.

#include "harness/target/guarded_process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "harness/base/file.h"
#include "harness/target/memory_cgroup.h"

namespace tidemark::target {
namespace {

using testing::HasSubstr;

class Guarded : public testing::Test {
 protected:
  CommandStart shell(const std::string& script) const {
    return {{"sh", "-c", script}, folder_.path(), {{"GREETING", "hello"}}, output(), {}};
  }
  std::filesystem::path output() const { return folder_.path() / "output"; }
  std::string written() const { return read_file(output()).value_or(""); }

  // Waits until the output contains a text; the PID that a script printed can then be read.
  void wait_for(const std::string& text) const {
    for (int i = 0; i < 500 && written().find(text) == std::string::npos; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    ASSERT_THAT(written(), HasSubstr(text));
  }

  TemporaryFolder folder_ = std::move(*TemporaryFolder::create());
};

bool is_alive(pid_t pid) {
  const auto stat = read_file("/proc/" + std::to_string(pid) + "/stat");
  const auto entry = stat ? parse_stat(*stat) : std::nullopt;
  return entry && entry->state != 'Z' && entry->state != 'X';
}

TEST_F(Guarded, ACommandRunsInItsFolderAndEnvironmentWithItsOutputInAFile) {
  auto process = GuardedProcess::start(shell("pwd; echo $GREETING >&2; exit 3"));
  ASSERT_TRUE(process) << process.error().message;
  const auto exit = process->wait(Seconds(10), -1);
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->words(), "exited with code 3");
  EXPECT_EQ(written(), folder_.path().string() + "\nhello\n");
  EXPECT_TRUE(process->stop(Seconds(1)));
}

TEST_F(Guarded, AGuardianAloneLeavesTheFolderToWhoeverStopsIt) {
  auto guardian = GuardedProcess::guard(folder_.path());
  ASSERT_TRUE(guardian) << guardian.error().message;
  EXPECT_TRUE(guardian->processes().empty());
  EXPECT_TRUE(guardian->stop(Seconds(0)));
  EXPECT_TRUE(std::filesystem::exists(folder_.path()));
}

TEST_F(Guarded, AGuardianThatIsKilledIsMissed) {
  auto process = GuardedProcess::start(shell("echo ready; sleep 60"));
  wait_for("ready");
  EXPECT_FALSE(process->poll_exit() || process->lost());
  ::kill(process->guardian(), SIGKILL);
  EXPECT_FALSE(process->wait(Seconds(10), -1));
  EXPECT_TRUE(process->lost());
}

TEST_F(Guarded, ASignalIsToldFromAnExitCode) {
  auto process = GuardedProcess::start(shell("kill -9 $$"));
  const auto exit = process->wait(Seconds(10), -1);
  ASSERT_TRUE(exit);
  EXPECT_TRUE(exit->killed());
  EXPECT_EQ(exit->words(), "was killed by signal 9 (Killed)");
  auto nine = GuardedProcess::start(shell("exit 9"));
  EXPECT_FALSE(nine->wait(Seconds(10), -1)->killed());
}

TEST_F(Guarded, AMissingProgramIsAnErrorThatSaysWhatToDo) {
  CommandStart start = shell("");
  start.command = {"no-such-program"};
  EXPECT_THAT(GuardedProcess::start(start).error().message,
              HasSubstr("command not found: 'no-such-program'"));
  start.command = {"./missing"};
  EXPECT_THAT(GuardedProcess::start(start).error().message, HasSubstr("not an executable file"));
}

TEST_F(Guarded, AProgramThatCannotBeExecutedIsAnError) {
  ASSERT_TRUE(write_file(folder_.path() / "broken", "#!/no/such/interpreter\n"));
  std::filesystem::permissions(folder_.path() / "broken", std::filesystem::perms::owner_all);
  CommandStart start = shell("");
  start.command = {"./broken"};
  EXPECT_THAT(GuardedProcess::start(start).error().message, HasSubstr("cannot start"));
}

TEST_F(Guarded, StoppingReachesEveryDescendant) {
  // A child in the group, one in a session of its own, an orphan of a double fork, and one that
  // ignores SIGTERM.
  auto process = GuardedProcess::start(
      shell("sleep 60 & setsid sleep 61 & (setsid sh -c 'sleep 62 & exit' &) ; "
            "sh -c 'trap \"\" TERM; echo ready; sleep 63; sleep 64' & wait"));
  ASSERT_TRUE(process);
  wait_for("ready");
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const auto tree = process->processes();
  EXPECT_GE(tree.size(), 6U);
  EXPECT_TRUE(process->stop(Seconds(0.3)));
  for (const ProcessEntry& entry : tree) EXPECT_FALSE(is_alive(entry.pid)) << entry.pid;
}

TEST_F(Guarded, DescendantsOutliveTheCommandAndAreStillStopped) {
  auto process = GuardedProcess::start(shell("setsid sleep 60 & echo started"));
  ASSERT_TRUE(process->wait(Seconds(10), -1));
  const auto left = process->processes();
  ASSERT_EQ(left.size(), 1U);
  EXPECT_TRUE(process->stop(Seconds(1)));
  EXPECT_FALSE(is_alive(left.front().pid));
}

TEST_F(Guarded, ADestroyedProcessIsStoppedAtOnce) {
  pid_t pid = -1;
  {
    auto process = GuardedProcess::start(shell("trap '' TERM; echo ready; sleep 60; sleep 60"));
    wait_for("ready");
    pid = process->pid();
  }
  EXPECT_FALSE(is_alive(pid));
}

TEST_F(Guarded, NothingOfOursIsOpenInTheChild) {
  auto process = GuardedProcess::start(shell("ls /proc/self/fd | tr '\\n' ' '"));
  ASSERT_TRUE(process->wait(Seconds(10), -1));
  EXPECT_EQ(written(), "0 1 2 3 ");  // 3 is the folder that ls itself reads
}

TEST_F(Guarded, SignalsAreAsAFreshProcessHasThem) {
  ::signal(SIGPIPE, SIG_IGN);
  auto process = GuardedProcess::start(shell("grep -E 'Sig(Blk|Ign)' /proc/self/status"));
  ASSERT_TRUE(process->wait(Seconds(10), -1));
  ::signal(SIGPIPE, SIG_DFL);
  EXPECT_EQ(written(), "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_F(Guarded, APipeThatNobodyReadsIsAnErrorNotAWait) {
  CommandStart start = shell("echo hello");
  start.output = folder_.path() / "pipe";
  ASSERT_EQ(::mkfifo(start.output.c_str(), 0600), 0);
  const auto process = GuardedProcess::start(start);
  ASSERT_FALSE(process);
  EXPECT_THAT(process.error().message, HasSubstr("cannot write " + start.output.string()));
}

TEST_F(Guarded, APipeThatIsReadBlocksItsWriterAsPipesDo) {
  CommandStart start = shell("head -c 200000 /dev/zero && echo written >&2");
  start.output = folder_.path() / "pipe";
  start.errors = folder_.path() / "errors";
  ASSERT_EQ(::mkfifo(start.output.c_str(), 0600), 0);
  const FileDescriptor pipe(::open(start.output.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  auto process = GuardedProcess::start(start);
  ASSERT_TRUE(process) << process.error().message;
  EXPECT_FALSE(process->wait(Seconds(0.1), -1)) << "the pipe is full";
  std::size_t read = 0;
  char buffer[65536];
  while (!process->wait(Seconds(0.001), -1) || wait_readable(pipe.get(), Seconds(0))) {
    const ssize_t size = ::read(pipe.get(), buffer, sizeof buffer);
    if (size == 0) break;
    if (size > 0) read += static_cast<std::size_t>(size);
  }
  EXPECT_EQ(read, 200'000U);
  EXPECT_EQ(read_file(start.errors).value_or(""), "written\n");
}

TEST_F(Guarded, WhatHadToBeKilledIsCountedBehindAWrapperToo) {
  auto process = GuardedProcess::start(
      shell("sh -c 'trap \"\" TERM; echo ready; while :; do sleep 0.05; done' & wait"));
  ASSERT_TRUE(process) << process.error().message;
  wait_for("ready");
  EXPECT_TRUE(process->stop(Seconds(0.3)));
  EXPECT_FALSE(process->poll_exit()->killed()) << "the wrapper ended by SIGTERM";
  EXPECT_GE(process->killed(), 1);
  auto polite = GuardedProcess::start(shell("echo ready again; sleep 60"));
  wait_for("ready again");
  EXPECT_TRUE(polite->stop(Seconds(5)));
  EXPECT_EQ(polite->killed(), 0);
  EXPECT_FALSE(polite->lost());
}

TEST_F(Guarded, WaitingEndsWhenTheTimeIsUp) {
  auto process = GuardedProcess::start(shell("sleep 60"));
  EXPECT_EQ(process->wait(Seconds(0.05), -1), std::nullopt);
}

TEST_F(Guarded, ErrorsMayGoElsewhere) {
  CommandStart start = shell("echo out; echo err >&2");
  start.errors = folder_.path() / "errors";
  auto process = GuardedProcess::start(start);
  ASSERT_TRUE(process) << process.error().message;
  ASSERT_TRUE(process->wait(Seconds(10), -1));
  EXPECT_EQ(written(), "out\n");
  EXPECT_EQ(read_file(start.errors).value_or(""), "err\n");
}

// dd holds one block in memory: the kernel's count of it is exact, however briefly it lives.
TEST_F(Guarded, TheLargestProcessThatEndedIsCounted) {
  auto process = GuardedProcess::start(
      shell("dd if=/dev/zero of=/dev/null bs=48M count=1 2>/dev/null; sleep 0.1"));
  ASSERT_TRUE(process) << process.error().message;
  ASSERT_TRUE(process->wait(Seconds(10), -1));
  EXPECT_GT(process->usage().largest, 48_MiB);
  EXPECT_LT(process->usage().largest, 53_MiB);
  EXPECT_GT(process->usage().ran, Seconds(0.1));
}

TEST_F(Guarded, AProgramThatNeedsNothingShowsNoMoreThanTheFloor) {
  auto process = GuardedProcess::start({{"true"}, folder_.path(), {}, output(), {}});
  ASSERT_TRUE(process) << process.error().message;
  ASSERT_TRUE(process->wait(Seconds(10), -1));
  const ProcessUsage usage = process->usage();
  EXPECT_GT(usage.floor, 0_B);
  EXPECT_LT(usage.floor, 16_MiB);
  // What a guardian with a sanitizer touches between fork and exec is larger.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  EXPECT_LT(usage.largest, usage.floor + 4_MiB);
#else
  EXPECT_LT(usage.largest, usage.floor + 1_MiB);
#endif
}

TEST_F(Guarded, AnOrphanIsCountedToo) {
  auto process = GuardedProcess::start(shell(
      "rm -f ended; (setsid sh -c 'dd if=/dev/zero of=/dev/null bs=48M count=1 2>/dev/null; touch "
      "ended; sleep 60') & while [ ! -e ended ]; do sleep 0.05; done"));
  ASSERT_TRUE(process) << process.error().message;
  ASSERT_TRUE(process->wait(Seconds(10), -1));
  ASSERT_TRUE(process->stop(Seconds(5)));
  EXPECT_GT(process->usage().largest, 48_MiB);
}

TEST_F(Guarded, ACgroupOfItsOwnHoldsTheWholeTreeAndIsRemoved) {
  CommandStart start = shell("(setsid sleep 60 &) ; echo ready; sleep 60");
  start.own_cgroup = true;
  auto process = GuardedProcess::start(start);
  ASSERT_TRUE(process) << process.error().message;
  const std::filesystem::path cgroup = process->cgroup();
  if (cgroup.empty()) GTEST_SKIP() << "no memory cgroup can be made here";
  wait_for("ready");
  std::string listed;
  for (const ProcessEntry& entry : process->processes()) listed += std::to_string(entry.pid) + "\n";
  EXPECT_EQ(read_file(cgroup / "cgroup.procs").value_or(""), listed);
  EXPECT_TRUE(process->stop(Seconds(0)));
  EXPECT_FALSE(std::filesystem::exists(cgroup));
}

TEST_F(Guarded, ACgroupMayHoldSoMuchAtMost) {
  CommandStart start = shell("head -c 200M /dev/zero | tail -c 200M >/dev/null; echo $? $(date)");
  start.own_cgroup = true;
  start.most_memory = 64_MiB;
  auto process = GuardedProcess::start(start);
  ASSERT_TRUE(process) << process.error().message;
  if (process->cgroup().empty()) GTEST_SKIP() << "no memory cgroup can be made here";
  ASSERT_TRUE(process->wait(Seconds(20), -1));
  EXPECT_THAT(written(), HasSubstr("137 "));  // tail was killed
  EXPECT_EQ(oom_kills_in(process->cgroup()), 1);
}

TEST_F(Guarded, ACgroupWhoseGuardianWasKilledIsRemoved) {
  CommandStart start = shell("echo ready; sleep 60");
  start.own_cgroup = true;
  auto process = GuardedProcess::start(start);
  ASSERT_TRUE(process) << process.error().message;
  const std::filesystem::path cgroup = process->cgroup();
  if (cgroup.empty()) GTEST_SKIP() << "no memory cgroup can be made here";
  wait_for("ready");
  ::kill(process->guardian(), SIGKILL);
  EXPECT_TRUE(process->stop(Seconds(0)));
  EXPECT_FALSE(std::filesystem::exists(cgroup));
}

}  // namespace
}  // namespace tidemark::target
