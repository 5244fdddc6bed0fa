#pragma once

// How what a sweep measures may grow with the swept variable: `budgets.scaling`. Value types, and
// the pure functions that type it.

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/error.h"
#include "harness/base/units.h"

namespace tidemark::scenario {
struct Scaling;
struct Sweep;
}  // namespace tidemark::scenario

namespace tidemark::plan {

class Values;

// Best first.
enum class Complexity { kConstant, kLogarithmic, kLinear, kLinearithmic, kQuadratic };
inline constexpr std::array kComplexities = {Complexity::kConstant, Complexity::kLogarithmic,
                                             Complexity::kLinear, Complexity::kLinearithmic,
                                             Complexity::kQuadratic};
std::string_view complexity_name(Complexity complexity);  // "O(1)", "O(log n)", …, "O(n^2)"
// As people write it: "O(n log n)", "O(nlogn)", "O(n²)", "o(N^2)". An Error names all five.
Result<Complexity> parse_complexity(std::string_view text);

// What is related to the swept size: of one iteration, the peak on top, or how long it takes.
enum class ScaledQuantity { kPeakMemory, kDuration };
std::string_view scaled_quantity_name(ScaledQuantity quantity);  // "peak_memory", "duration"
std::optional<ScaledQuantity> parse_scaled_quantity(std::string_view name);

// What it takes to tell how something grows: so many sizes, so far apart; and how far beyond the
// largest of them it can be predicted.
inline constexpr std::size_t kFewestSizes = 4;
inline constexpr double kLeastSpan = 10;
inline constexpr double kFurthestPrediction = 20;

// One of: the worst class that is allowed; the most that may be predicted at the size of
// production. Each is a gate of its own.
struct ScalingBudget {
  std::string id;  // "scaling.peak_memory"; "scaling.peak_memory.max"
  ScaledQuantity quantity = ScaledQuantity::kPeakMemory;
  std::optional<Complexity> worst;
  std::optional<Quantity> max;  // at `at`
  std::optional<double> at;     // the size of production
  SourcePosition position;

  friend bool operator==(const ScalingBudget&, const ScalingBudget&) = default;
};

// Mistakes go to the diagnostics: no sweep, or one over something else than `at` names; values that
// are no sizes, too few or too close together; `max` without `at`; an `at` below the largest size
// or too far beyond it; limits that depend on what is swept.
std::vector<ScalingBudget> typed_scaling(const scenario::Scaling& written,
                                         const std::optional<scenario::Sweep>& sweep,
                                         Values& values);

// A value of a sweep as a size; nothing: it is no positive number.
std::optional<double> parse_sweep_size(std::string_view value);

}  // namespace tidemark::plan
