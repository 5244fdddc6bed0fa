#include "harness/analysis/line_fit.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace tidemark::analysis {

Fit least_squares(const std::vector<std::vector<double>>& columns, const std::vector<double>& y) {
  const std::size_t size = columns.size();
  // Normal equations X'X c = X'y, the right-hand side as a last column.
  std::vector<std::vector<double>> matrix(size, std::vector<double>(size + 1, 0.0));
  for (std::size_t row = 0; row < size; ++row) {
    for (std::size_t column = 0; column < size; ++column)
      for (std::size_t i = 0; i < y.size(); ++i)
        matrix[row][column] += columns[row][i] * columns[column][i];
    for (std::size_t i = 0; i < y.size(); ++i) matrix[row][size] += columns[row][i] * y[i];
  }
  std::vector<double> scale(size);  // what a pivot is compared with: its column's own size
  for (std::size_t i = 0; i < size; ++i) scale[i] = matrix[i][i];
  for (std::size_t pivot = 0; pivot < size; ++pivot) {
    std::size_t best = pivot;
    for (std::size_t row = pivot + 1; row < size; ++row)
      if (std::abs(matrix[row][pivot]) > std::abs(matrix[best][pivot])) best = row;
    std::swap(matrix[pivot], matrix[best]);
    if (std::abs(matrix[pivot][pivot]) <= 1e-9 * scale[pivot]) return {};
    for (std::size_t row = 0; row < size; ++row) {
      if (row == pivot) continue;
      const double factor = matrix[row][pivot] / matrix[pivot][pivot];
      for (std::size_t column = pivot; column <= size; ++column)
        matrix[row][column] -= factor * matrix[pivot][column];
    }
  }
  Fit fit;
  for (std::size_t i = 0; i < size; ++i) fit.coefficients.push_back(matrix[i][size] / matrix[i][i]);
  for (std::size_t i = 0; i < y.size(); ++i) {
    double residual = y[i];
    for (std::size_t column = 0; column < size; ++column)
      residual -= fit.coefficients[column] * columns[column][i];
    fit.residual_sum += residual * residual;
  }
  return fit;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

}  // namespace tidemark::analysis
