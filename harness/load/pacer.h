#pragma once

// When iterations are due (open model) and how many virtual users are at work (closed model), as
// functions of load time: the time under load, without the pauses of checkpoints. Pure but for the
// seeded generator; one thread.

#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include "harness/plan/load.h"

namespace tidemark::load {

// A piecewise linear course: from the value at the beginning through each stage's target, and on
// with the last one. Without stages it is level.
class Course {
 public:
  Course(double begin, const std::vector<plan::Stage>& stages);

  double at(Seconds time) const;

  // The area under it from 0 to `time`: iterations due so far, if it is a rate.
  double area(Seconds time) const;

  // The first time at which the area is so large; nothing when it never becomes so.
  std::optional<Seconds> time_of_area(double area) const;

  Seconds end() const { return points_.back().time; }  // of the stages

 private:
  struct Point {
    Seconds time{0};
    double value = 0;
    double area = 0;  // up to here
  };
  std::vector<Point> points_;
};

class Pacer {
 public:
  explicit Pacer(const plan::Load& load);

  // Load time of the next arrival after `time`, which is where the last one was or the batch began;
  // nothing when there is none any more. Constant arrivals are evenly spaced in the area under the
  // rate; Poisson's have exponentially distributed steps in it (time rescaling: a Poisson process
  // of any rate is one of rate 1 in its own integrated intensity).
  std::optional<Seconds> next_arrival(Seconds time);

  // Virtual users that should be at work.
  int vus_at(Seconds time) const;

  // Whether that changes with time.
  bool has_stages() const { return has_stages_; }
  // When the load is over by its own plan: after the stages, or after `duration`.
  std::optional<Seconds> end() const { return end_; }

 private:
  Course course_;
  plan::Arrivals arrivals_;
  bool has_stages_;
  std::optional<Seconds> end_;
  std::mt19937_64 random_;
};

}  // namespace tidemark::load
