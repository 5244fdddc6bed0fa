#pragma once

// Where an axis has its lines. Pure.

#include <vector>

namespace tidemark::reporters {

// 1, 2 or 5 times a power of ten, or a power of two for bytes, so that there are three to six
// steps.
double tick_step(double span, bool bytes);

// For a logarithmic axis: 1, 2 and 5 times powers of ten, from the last one not above `least` to
// the first one not below `most`, both positive.
std::vector<double> logarithmic_ticks(double least, double most);

}  // namespace tidemark::reporters
