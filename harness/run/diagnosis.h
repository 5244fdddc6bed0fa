#pragma once

// After the verdict: which lines keep the memory, and which hold it at a peak. The scenario's
// requests are repeated in the same processes with allocation tracing on; nothing of it is judged.

#include <filesystem>
#include <optional>
#include <string>

#include "harness/plan/plan.h"
#include "harness/run/recorder.h"
#include "harness/run/session.h"

namespace tidemark::run {

// A peak that may have been above its limit.
struct PeakOrder {
  Bytes limit{0};
  std::string request;              // it alone is looked at; empty: the whole iteration
  std::optional<std::size_t> flow;  // in which it was; nothing: there is only one

  friend bool operator==(const PeakOrder&, const PeakOrder&) = default;
};

// What the verdict so far leaves to be explained.
struct DiagnosisOrder {
  bool growth = false;
  std::optional<PeakOrder> peak;

  bool is_empty() const { return !growth && !peak; }
};

// By the record so far and the scenario's wish. Of several peaks that one is looked at whose limit
// is the smallest.
DiagnosisOrder diagnosis_order(const plan::Scenario& scenario, const record::Record& record);

// Traces, drives, and adds what was found to the record, or why nothing was. Takes time of its own,
// after max_duration: a quarter of it, at least 10 s and at most a minute, and what the slowest
// request takes. The target is not used for anything afterwards.
void diagnose(const DiagnosisOrder& order, const plan::Scenario& scenario,
              const std::filesystem::path& agent_sockets, int stop_fd, Session& session,
              Recorder& recorder);

}  // namespace tidemark::run
