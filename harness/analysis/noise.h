#pragma once

// How much a signal moves by itself: what lies between readings with no work between them. Pure.

#include <cstddef>
#include <vector>

namespace tidemark::analysis {

// In the unit of the values.
struct Noise {
  // Standard deviation of one reading, estimated by the median absolute deviation of the
  // differences between neighbours: a steady drift and single jumps do not count. 0 when fewer than
  // three values are known, and when most differences are equal, as in a signal that stands still.
  double deviation = 0;
  double drift = 0;  // the last value less the first
  std::size_t readings = 0;
};

// The standard deviation of one reading, from differences between neighbours: a difference has the
// noise of two readings in it. 0 when there are fewer than two.
double noise_of_differences(std::vector<double> differences);

// `values` in the order in which they were read.
Noise noise_of(const std::vector<double>& values);

}  // namespace tidemark::analysis
