#pragma once

// Records of runs that never happened: a made-up process whose memory follows a formula, driven by
// the schedule that a real run would have.

#include <cmath>
#include <cstdint>
#include <functional>
#include <random>

#include "harness/analysis/judge.h"
#include "harness/plan/schedule.h"
#include "harness/record/record.h"

namespace tidemark::analysis {

// Bytes held after `iteration` iterations and `checkpoint` settlings, the last batch having been
// `batch`.
struct Moment {
  double iteration = 0;
  int checkpoint = 0;
  int batch = 0;
};
using Memory = std::function<double(const Moment&)>;

enum class Readings { kExactly, kByPages };

class SyntheticRun {
 public:
  SyntheticRun(Memory memory, Readings measured) : memory_(std::move(memory)), measured_(measured) {
    record_.header.min_iterations = 40;
    record_.header.max_iterations = 2000;
    record_.batches.push_back({record::Phase::kWarmup, 31, 0, Seconds(0.1), 31, 31, 0, 0, 0});
  }

  // A cheap endpoint's schedule until the gate is decided or the iterations are used up.
  GateReport judge(const plan::Budget& budget) {
    const plan::Schedule schedule =
        plan::plan_growth({Seconds(300), Seconds(0.002), Seconds(0.025), 2000 - 31, {}, Bytes{64}});
    add_checkpoint(0);
    for (int index = 0; record_.checkpoints.back().iteration < 2000; ++index) {
      add_checkpoint(schedule.batch(index));
      const GateReport gate = judge_growth(record_, budget, {});
      if (gate.outcome == Outcome::kPass || gate.outcome == Outcome::kFail) return gate;
    }
    return judge_growth(record_, budget, {SIZE_MAX, true});
  }

  void add_checkpoint(int batch) {
    iteration_ += batch;
    if (batch > 0) last_batch_ = batch;
    const double bytes = memory_({static_cast<double>(iteration_), checkpoints_++, last_batch_});
    record::Reading reading;
    reading.process = {1, 1};
    if (measured_ == Readings::kExactly) {
      reading.values.set(record::Signal::kLiveBytes, std::round(40e6 + bytes));
      reading.values.set(record::Signal::kHeldBytes, std::round(41e6 + bytes));
      reading.values.set(record::Signal::kLiveBlocks, std::round(300e3 + bytes / 64));
    }
    reading.values.set(record::Signal::kUss, std::floor((42e6 + bytes) / 4096) * 4096);
    reading.values.set(record::Signal::kRss, std::floor((52e6 + bytes) / 4096) * 4096);
    record_.checkpoints.push_back(
        {record::Phase::kGrowth, iteration_, batch, Seconds(0), {std::move(reading)}});
    record_.batches.push_back(
        {record::Phase::kGrowth, batch, 0, Seconds(0.01), batch, batch, 0, 0, 0});
  }

  record::Record& record() { return record_; }

 private:
  Memory memory_;
  Readings measured_;
  record::Record record_;
  std::int64_t iteration_ = 31;
  int checkpoints_ = 0;
  int last_batch_ = 10;
};

inline plan::Budget growth_budget(double limit) {
  return {plan::Gate::kGrowth, "growth", 0, Quantity{limit, Unit::kBytesPerIteration}, {}};
}

// Normal noise with a seed of its own, so that a test gives the same every time.
class Noise {
 public:
  Noise(double deviation, std::uint64_t seed) : deviation_(deviation), generator_(seed) {}
  double operator()() { return deviation_ * normal_(generator_); }

 private:
  double deviation_;
  std::mt19937_64 generator_;
  std::normal_distribution<double> normal_;
};

}  // namespace tidemark::analysis
