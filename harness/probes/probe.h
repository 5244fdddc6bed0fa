#pragma once

// Reads every process of a target at a checkpoint, and the peaks of single iterations. One thread
// at a time; call with nothing in flight.

#include <filesystem>
#include <map>
#include <set>
#include <vector>

#include "harness/probes/agent_client.h"
#include "harness/probes/proc_reader.h"
#include "harness/record/record.h"

namespace tidemark::probes {

// Where the processes stood before one iteration.
struct PeakBase {
  std::vector<record::PeakSample::Process> processes;
  // Of all of them, without files: each page in full, and in the share that a process has in it.
  Bytes anon{0};
  Bytes pss_anon{0};
  std::int64_t child_faults = 0;  // of children that had ended and been waited for
};

class Probe {
 public:
  // `agents` is the folder of the agents' sockets. `for_peaks`: what batches needed will be judged,
  // so read() also asks what was in use before it settled.
  explicit Probe(std::filesystem::path agents, bool for_peaks = false)
      : agents_(std::move(agents)), for_peaks_(for_peaks) {}

  // Settles what has an agent, all at once, then reads every signal. A process that ends meanwhile,
  // cannot be read, or does not settle in time (a finaliser may hang a collection for good), is a
  // gap with its reason.
  std::vector<record::Reading> read(const std::vector<record::ProcessKey>& processes,
                                    Patience patience);

  // "CPython 3.11.2", or empty: no agent answers in this process. Ask before it is read: who has
  // never answered and refuses to is read as one without an agent, which another program that came
  // out of a fork in Python is. Who has answered before, and does not now, is a gap.
  std::string runtime(int pid, int stop_fd);

  // The command line; untrusted text.
  std::string command(int pid) const { return proc_.command(pid); }

  // Sets the high-water marks back and notes where they start. Call right after read(): free memory
  // that an allocator has kept is used again without a trace in RSS, so it is noted as well.
  PeakBase begin_peaks(const std::vector<record::ProcessKey>& processes) const;

  // What the marks have reached, and what they do not show: copies of shared pages, children. A
  // process that has ended is left out. Phase, iteration, request and children are the caller's.
  record::PeakSample finish_peaks(const PeakBase& base) const;

 private:
  // Memory of a process that is not in use.
  struct Slack {
    Bytes held{0};      // by its allocators, resident or not
    Bytes resident{0};  // private pages, whatever they are for
  };

  record::Reading read_outside(const record::ProcessKey& process) const;
  void note_slack(const record::Reading& reading);
  Bytes kept_since_launch(const record::ProcessKey& process) const;

  bool has_agent(int pid) const;

  AgentClient agents_;
  std::set<int> answered_;  // processes whose agent has
  bool for_peaks_;
  ProcReader proc_;
  std::map<record::ProcessKey, Seconds> cpu_times_;  // at the end of the last checkpoint
  std::map<record::ProcessKey, Bytes> bases_;        // RSS at the end of the last checkpoint
  std::map<record::ProcessKey, Slack> first_slack_;
  std::map<record::ProcessKey, Slack> last_slack_;
};

}  // namespace tidemark::probes
