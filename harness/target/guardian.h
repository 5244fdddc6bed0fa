#pragma once

// The guardian stands between Tidemark and what it launches: a small process in a session of its
// own, to which every orphan of the target's tree falls. When Tidemark says so, or dies (kill -9
// included), it stops the whole tree, down to the last descendant, and then ends itself.
//
//   tidemark ── guardian ── target ── workers …
//        └─ control socket ─┘
//
// It is this same program, started again with kGuardianCommand as its first argument.

#include <cstdint>

namespace tidemark::target {

inline constexpr char kGuardianCommand[] = "guardian";
inline constexpr char kGuardianName[] = "tidemark-guard";  // as /proc/PID/comm shows it

// What passes over the control socket, one message per packet.
struct GuardianMessage {
  enum class Kind : std::int32_t {
    kStarted,   // guardian: value = PID of the command; text = the tree's cgroup, if it has one
    kFailed,    // guardian: the command could not be started; the reason follows as text
    kExited,    // guardian: the command ended, value = status as waitpid gives it
    kStop,      // harness: stop the tree; value = grace in milliseconds
    kStopped,   // guardian: no descendant is left; value = how many had to be killed
    kLeftover,  // guardian: value descendants could not even be killed
  };
  Kind kind = Kind::kStarted;
  std::int32_t value = 0;
  char text[512] = {};  // ends with a zero
  // Of kExited and kStopped: the highest RSS, in bytes, of any single process that has ended.
  std::int64_t largest = 0;
  // Of kStarted: what `largest` would be of a program that needs nothing. The kernel carries the
  // highest RSS of the process that forked over to the program that it becomes.
  std::int64_t floor = 0;
  std::int64_t nanoseconds = 0;  // of kExited: from just before the command's start
};

inline constexpr char kOwnCgroup[] = "cgroup";  // and "cgroup=BYTES", which it may hold at most

// Runs the guardian: `guardian CONTROL-FD OUTPUT-FILE ERRORS-FILE DIRECTORY SCRATCH CGROUP PROGRAM
// ARGUMENT…`, any of which may be empty. A scratch folder is removed when Tidemark dies; an empty
// PROGRAM is none at all. With kOwnCgroup the tree lives in a memory cgroup of its own, where one
// can be made; it is removed when the tree has ended. Returns the process's exit code.
int guardian_main(int argc, char** argv);

}  // namespace tidemark::target
