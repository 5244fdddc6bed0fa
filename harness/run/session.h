#pragma once

// A launched target with load and probes on it: the two things a phase does, drive a batch and take
// a checkpoint, with everything that can end them. One thread at a time: the main one, and around
// the single requests of a batch the load engine's, while the main one does nothing but wait for
// the batch's end, however it is ended.

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/load/http_engine.h"
#include "harness/plan/plan.h"
#include "harness/probes/cgroup_memory.h"
#include "harness/probes/probe.h"
#include "harness/record/record.h"
#include "harness/run/child_watch.h"
#include "harness/run/memory_watch.h"
#include "harness/run/progress.h"
#include "harness/run/recorder.h"
#include "harness/target/target.h"

namespace tidemark::run {

// Why a phase cannot go on; nothing: it can.
using Stop = std::optional<record::End>;

struct SessionOptions {
  const plan::Scenario& scenario;
  std::filesystem::path agent_sockets;
  std::filesystem::path target_log;
  std::unique_ptr<MemoryWatch> watch;  // nothing: the target has no memory_limit
  int stop_fd;
};

class Session {
 public:
  Session(SessionOptions options, target::RunningTarget target, load::Workload workload,
          Recorder& recorder, Progress& progress);

  // Runs iterations and records them. Ends early, with the reason, when the target dies or grows
  // into its limit, when answers are not as expected, on a signal, and when the time is up.
  // Of several flows each iteration takes its own, or all take `flow`.
  Stop drive(record::Phase phase, int iterations, int vus,
             std::optional<std::size_t> flow = std::nullopt);

  // The same in the growth phase, as the scenario's load demands: rates, stages, virtual users.
  Stop drive_paced(int iterations);

  // What to stop with when the data have: their rows, each taken once, are used up.
  record::End data_ended(record::Phase phase) const;

  // The load's stages, its duration or its data have come to their end.
  bool load_is_over() const { return load_is_over_; }

  // Settles and reads all processes; notes those that came and went.
  Stop checkpoint(record::Phase phase);

  // One iteration with the peaks of all processes around it.
  Stop drive_with_peaks(record::Phase phase, std::optional<std::size_t> flow = std::nullopt);

  // One iteration with the peaks of each of its requests; settles before each, so that none is
  // measured against what another has left lying about.
  Stop drive_with_request_peaks(std::size_t flow);

  // One iteration of the diagnosis; the functions are called around each of its requests, by name.
  using AroundRequest = std::function<void(const std::string& request)>;
  Stop drive_around_requests(std::optional<std::size_t> flow, AroundRequest before,
                             AroundRequest after);

  // The peaks of a while in which nothing is asked of the target.
  void idle_with_peaks(Seconds time);

  Seconds elapsed() const;  // since the target was started
  Seconds left() const { return end_ - elapsed(); }
  // From now on so much time is left, whatever max_duration says.
  void grant(Seconds time) { end_ = elapsed() + time; }

  // Those that are there now; notes those that came and went.
  std::vector<record::ProcessKey> processes() { return observe_processes(); }

  // Of the last batch and the last checkpoint.
  Seconds iteration_duration() const { return iteration_duration_; }
  Seconds checkpoint_duration() const { return checkpoint_duration_; }

  Result<void> stop_target();

 private:
  std::vector<record::ProcessKey> observe_processes();
  Seconds settle_patience() const;
  void watch_children(const probes::PeakBase& base, bool are_likely);
  void add_children(record::PeakSample& sample);
  record::PeakSample finish_peaks(record::Phase phase, const probes::PeakBase& base,
                                  std::optional<std::size_t> flow);
  void note_missing_agent(const record::ProcessSeen& seen);
  Stop drive(record::Phase phase, const load::BatchOrder& order);
  Stop wait_for_batch();
  Stop check_answers(record::Phase phase);
  Stop target_died(record::Phase phase);
  Stop service_died(record::Phase phase);
  record::End end(record::Ending ending, record::Phase phase, std::string message) const;
  void show_progress(record::Phase phase);

  SessionOptions options_;
  target::RunningTarget target_;
  load::HttpEngine engine_;
  probes::Probe probe_;
  Recorder& recorder_;
  Progress& progress_;
  std::map<record::ProcessKey, record::ProcessSeen> known_;
  Seconds end_;  // when the time is up, since the target was started
  Bytes memory_{0};
  Seconds iteration_duration_{0};
  Seconds checkpoint_duration_{0};
  std::int64_t at_checkpoint_ = 0;  // iterations, at the last one
  Seconds load_time_{0};            // under paced load so far
  bool load_is_over_ = false;
  Seconds measuring_{0};       // of the batch under way, what took no part in the load
  bool has_children_ = false;  // iterations start processes of their own
  std::unique_ptr<ChildWatch> child_watch_;  // of the iteration under way
  // Of the target's tree, where it has one whose counter can be set back; the watch's, while there
  // is one.
  std::optional<probes::CgroupMemory> cgroup_;
  Bytes cgroup_base_{0};  // what it held before the iteration under way
  std::int64_t failed_ = 0;
  std::int64_t oom_kills_before_ = 0;
};

}  // namespace tidemark::run
