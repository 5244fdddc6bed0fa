#pragma once

// Least squares with a handful of columns, fed row by row: sums only, so that rows need not be kept
// and parts can be taken out again. Pure.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>

namespace tidemark::analysis {

template <std::size_t kColumns>
class NormalEquations {
 public:
  using Row = std::array<double, kColumns>;

  struct Solution {
    Row coefficients{};
    double residual_sum = 0;  // of squares
  };

  void add(const Row& x, double y) {
    for (std::size_t row = 0; row < kColumns; ++row) {
      for (std::size_t column = row; column < kColumns; ++column)
        products_[row][column] += x[row] * x[column];
      products_[row][kColumns] += x[row] * y;
    }
    squares_ += y * y;
  }

  // Without the rows of `part`.
  NormalEquations minus(const NormalEquations& part) const {
    NormalEquations rest = *this;
    for (std::size_t row = 0; row < kColumns; ++row)
      for (std::size_t column = row; column <= kColumns; ++column)
        rest.products_[row][column] -= part.products_[row][column];
    rest.squares_ -= part.squares_;
    return rest;
  }

  // Nothing when the columns are not independent.
  std::optional<Solution> solve() const {
    auto matrix = products_;
    for (std::size_t row = 1; row < kColumns; ++row)
      for (std::size_t column = 0; column < row; ++column)
        matrix[row][column] = matrix[column][row];
    Row scale{};  // what a pivot is compared with: its column's own size
    for (std::size_t i = 0; i < kColumns; ++i) scale[i] = matrix[i][i];
    for (std::size_t pivot = 0; pivot < kColumns; ++pivot) {
      std::size_t best = pivot;
      for (std::size_t row = pivot + 1; row < kColumns; ++row)
        if (std::abs(matrix[row][pivot]) > std::abs(matrix[best][pivot])) best = row;
      std::swap(matrix[pivot], matrix[best]);
      if (std::abs(matrix[pivot][pivot]) <= 1e-9 * scale[pivot]) return std::nullopt;
      for (std::size_t row = 0; row < kColumns; ++row) {
        if (row == pivot) continue;
        const double factor = matrix[row][pivot] / matrix[pivot][pivot];
        for (std::size_t column = pivot; column <= kColumns; ++column)
          matrix[row][column] -= factor * matrix[pivot][column];
      }
    }
    Solution solution{{}, squares_};
    for (std::size_t i = 0; i < kColumns; ++i) {
      solution.coefficients[i] = matrix[i][kColumns] / matrix[i][i];
      solution.residual_sum -= solution.coefficients[i] * products_[i][kColumns];
    }
    solution.residual_sum = std::max(solution.residual_sum, 0.0);
    return solution;
  }

 private:
  // X'X, of which the upper triangle is kept, and X'y in the last column.
  std::array<std::array<double, kColumns + 1>, kColumns> products_{};
  double squares_ = 0;  // y'y
};

}  // namespace tidemark::analysis
