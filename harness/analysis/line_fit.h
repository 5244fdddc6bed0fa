#pragma once

// Least squares, as far as judging growth needs it. Pure; sizes are small, so normal equations do.

#include <vector>

namespace tidemark::analysis {

struct Fit {
  std::vector<double> coefficients;  // one a column; empty: the columns are not independent
  double residual_sum = 0;           // of squares
};

// Fits y by a linear combination of columns (each as long as y).
Fit least_squares(const std::vector<std::vector<double>>& columns, const std::vector<double>& y);

double median(std::vector<double> values);  // 0 when empty

}  // namespace tidemark::analysis
