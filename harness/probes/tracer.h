#pragma once

// Allocation tracing in those processes of a target that have an agent. What goes wrong in one
// process is kept as its gap and does not keep the others from being traced. One thread at a time;
// call with nothing in flight.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/probes/agent_client.h"
#include "harness/record/diagnosis.h"

namespace tidemark::probes {

class Tracer {
 public:
  // `agents` is the folder of the agents' sockets.
  Tracer(std::filesystem::path agents, const std::vector<record::ProcessKey>& processes);

  // Whether there is a process left that can be traced.
  bool has_processes() const;

  // With so many frames for each allocation: the more, the slower.
  void start(int frames, Patience patience);
  void mark(Patience patience);  // settles first
  // What grew between the first mark and the last, so many iterations later, for every process with
  // an agent.
  std::vector<record::ProcessDiagnosis> diagnose(std::int64_t iterations, Patience patience);

  // Takes a snapshot when a process has so many bytes more than now.
  void watch(Bytes above, Patience patience);
  // Of the process with the largest peak; nothing when none could be watched.
  std::optional<record::PeakDiagnosis> caught(Patience patience);

  // Must be called after start: nothing of it may stay in the target.
  void stop(Patience patience);

 private:
  struct Traced {
    record::ProcessKey process;
    std::string gap;  // empty: it takes part
  };

  std::vector<int> pids() const;  // of those that take part
  void note(const std::vector<int>& pids, const std::vector<Result<void>>& answers);
  void drop(int pid, const std::string& gap);
  const record::ProcessKey& key_of(int pid) const;

  AgentClient agents_;
  std::vector<Traced> traced_;
  std::size_t marks_ = 0;
};

}  // namespace tidemark::probes
