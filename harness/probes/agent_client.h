#pragma once

// Talks to the agents inside the target's processes (agents/PROTOCOL.md). What they say is
// untrusted: it is limited in size and time, and checked for its types. One thread at a time.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/error.h"
#include "harness/base/units.h"
#include "harness/record/record.h"

namespace tidemark::probes {

struct AgentIdentity {
  int pid = 0;
  std::string runtime;  // "CPython"
  std::string version;  // "3.11.2"
};

// The fields of PROTOCOL.md; nothing where the agent said null.
struct AgentReading {
  std::optional<std::int64_t> live_bytes;
  std::optional<std::int64_t> held_bytes;
  std::optional<std::int64_t> live_blocks;
  std::optional<std::int64_t> gc_objects;
  bool collector_on = true;
  std::int64_t frozen = 0;
  std::vector<record::GcGeneration> gc;
  std::optional<bool> django_debug;
  std::optional<std::int64_t> unreachable;      // objects that this settling's collection found
  std::optional<std::int64_t> unsettled_bytes;  // live_bytes before it, if it was asked for
  Seconds settle{0};
};

// What a watch over a peak has seen, over what was traced when it began.
struct CaughtPeak {
  Bytes traced_peak{0};
  Bytes taken_at{0};  // 0: no snapshot was taken
  std::vector<record::TraceSite> sites;
};

// How long to wait, unless `stop_fd` becomes readable before.
struct Patience {
  Seconds longest;
  int stop_fd = -1;
};

class AgentClient {
 public:
  explicit AgentClient(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Whether a process has opened an agent's socket.
  bool has_agent(int pid) const;
  // Whether nobody listens on it: for a moment during a fork, else for good.
  bool refuses(int pid) const;

  Result<AgentIdentity> hello(int pid, Patience patience) const;

  // Settles several processes at once; the answers in the order of `pids`. A process that does not
  // answer in time is an Error in its place: a finaliser may hang a collection for good.
  // `tells_before`: each also says what was in use before it settled.
  std::vector<Result<AgentReading>> settle(const std::vector<int>& pids, Patience patience,
                                           bool tells_before = false) const;

  // Allocation tracing, in several processes at once; the answers in the order of `pids`. An error
  // of one does not keep the others from it.
  std::vector<Result<void>> trace(const std::vector<int>& pids, int frames,
                                  Patience patience) const;
  std::vector<Result<void>> mark(const std::vector<int>& pids, Patience patience) const;
  std::vector<Result<record::ProcessDiagnosis>> diagnose(const std::vector<int>& pids,
                                                         std::int64_t iterations,
                                                         Patience patience) const;
  std::vector<Result<void>> watch(const std::vector<int>& pids, Bytes above,
                                  Patience patience) const;
  std::vector<Result<CaughtPeak>> caught(const std::vector<int>& pids, Patience patience) const;
  std::vector<Result<void>> untrace(const std::vector<int>& pids, Patience patience) const;

 private:
  std::vector<Result<std::string>> ask(const std::vector<int>& pids, const std::string& request,
                                       Patience patience) const;

  std::filesystem::path folder_;
};

// Parses an agent's answer to "settle"; an Error when it is not of the protocol's form.
Result<AgentReading> parse_agent_reading(const std::string& line);
Result<AgentIdentity> parse_agent_identity(const std::string& line);
Result<record::ProcessDiagnosis> parse_agent_diagnosis(const std::string& line);
Result<CaughtPeak> parse_caught_peak(const std::string& line);

}  // namespace tidemark::probes
