#include "harness/plan/scaling.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "harness/plan/plan.h"
#include "harness/plan/values.h"

namespace tidemark::plan {
namespace {

constexpr std::array<std::string_view, kComplexities.size()> kComplexityNames = {
    "O(1)", "O(log n)", "O(n)", "O(n log n)", "O(n^2)"};
constexpr std::array<std::string_view, 2> kQuantityNames = {"peak_memory", "duration"};

// Without spaces, in small letters, with ^2 for the square.
std::string bare(std::string_view text) {
  constexpr std::string_view kSquare = "\xC2\xB2";
  std::string letters;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with(kSquare)) {
      letters += "^2";
      ++i;
    } else if (text[i] != ' ' && text[i] != '*') {
      letters += text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
    }
  }
  return letters;
}

Result<Quantity> size_or_time(std::string_view text) {
  if (const auto size = parse_size(text))
    return Quantity{static_cast<double>(size->count), Unit::kBytes};
  if (const auto time = parse_duration(text)) return Quantity{time->count(), Unit::kSeconds};
  return failure(fmt::format("'{}' is neither a size, 256MiB, nor a time, 10s", text));
}

Result<Quantity> size_limit(std::string_view text) {
  return parse_size(text).map([](Bytes size) {
    return Quantity{static_cast<double>(size.count), Unit::kBytes};
  });
}

Result<Quantity> time_limit(std::string_view text) {
  return parse_duration(text).map([](Seconds time) {
    return Quantity{time.count(), Unit::kSeconds};
  });
}

Result<double> production_size(std::string_view text) {
  if (const auto size = parse_sweep_size(text)) return *size;
  return failure(fmt::format("'{}' is no size: write a number above 0", text));
}

// The size of production; the sweep's own variable, and no other, has one.
std::optional<double> typed_at(const scenario::Scaling& written, const scenario::Sweep& sweep,
                               Values& values) {
  std::optional<double> at;
  for (const auto& [name, value] : written.at) {
    if (name.text == sweep.variable.text)
      at = values.parsed(std::optional(value), production_size);
    else
      values.report(name.position, fmt::format("the sweep goes over '{}', not over '{}'",
                                               sweep.variable.text, name.text));
  }
  return at;
}

bool check_sizes(const scenario::Sweep& sweep, Values& values) {
  if (sweep.variable.text == kGcThreshold) {
    values.report(sweep.variable.position,
                  "'scaling' relates what is measured to sizes, and "
                  "thresholds of the collector are none",
                  "sweep over a variable");
    return false;
  }
  bool good = true;
  for (const scenario::Scalar& scalar : sweep.values) {
    const auto text = values.literal(scalar);
    if (!text || parse_sweep_size(*text)) continue;
    values.report(scalar.position,
                  fmt::format("'{}' is no size, and 'scaling' relates what is measured to sizes: "
                              "write a number above 0",
                              *text));
    good = false;
  }
  return good;
}

}  // namespace

std::string_view complexity_name(Complexity complexity) {
  return kComplexityNames[static_cast<std::size_t>(complexity)];
}

Result<Complexity> parse_complexity(std::string_view text) {
  for (const Complexity complexity : kComplexities)
    if (bare(complexity_name(complexity)) == bare(text)) return complexity;
  return failure(fmt::format("'{}' is no class of growth that is known here: write one of {}", text,
                             fmt::join(kComplexityNames, ", ")));
}

std::string_view scaled_quantity_name(ScaledQuantity quantity) {
  return kQuantityNames[static_cast<std::size_t>(quantity)];
}

std::optional<ScaledQuantity> parse_scaled_quantity(std::string_view name) {
  const auto found = std::find(kQuantityNames.begin(), kQuantityNames.end(), name);
  if (found == kQuantityNames.end()) return std::nullopt;
  return static_cast<ScaledQuantity>(found - kQuantityNames.begin());
}

std::optional<double> parse_sweep_size(std::string_view value) {
  double size = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), size);
  if (error != std::errc() || end != value.data() + value.size()) return std::nullopt;
  if (!std::isfinite(size) || size <= 0) return std::nullopt;
  return size;
}

std::vector<ScalingBudget> typed_scaling(const scenario::Scaling& written,
                                         const std::optional<scenario::Sweep>& sweep,
                                         Values& values) {
  std::vector<ScalingBudget> budgets;
  if (!sweep) {
    values.report(written.position, "'scaling' is judged over a sweep, and there is none",
                  "add sweep: {users: [1000, 3000, 10000, 30000]}");
    return budgets;
  }
  if (!check_sizes(*sweep, values)) return budgets;
  const auto at = typed_at(written, *sweep, values);
  const auto add_class = [&](ScaledQuantity quantity,
                             const std::optional<scenario::Scalar>& scalar) {
    if (const auto worst = values.parsed(scalar, parse_complexity))
      budgets.push_back({fmt::format("scaling.{}", scaled_quantity_name(quantity)), quantity,
                         *worst, std::nullopt, at, scalar->position});
  };
  const auto add_max = [&](const std::optional<scenario::Scalar>& scalar,
                           Result<Quantity> (*parse)(std::string_view)) {
    const auto max = values.parsed(scalar, parse);
    if (!max) return;
    const auto quantity =
        max->unit == Unit::kSeconds ? ScaledQuantity::kDuration : ScaledQuantity::kPeakMemory;
    if (!at && written.at.empty())
      values.report(scalar->position, "'max' holds at the size of production, which is not given",
                    fmt::format("add at: {{{}: 500000}}", sweep->variable.text));
    budgets.push_back({fmt::format("scaling.{}.max", scaled_quantity_name(quantity)), quantity,
                       std::nullopt, *max, at, scalar->position});
  };
  add_class(ScaledQuantity::kPeakMemory, written.peak_memory);
  add_class(ScaledQuantity::kDuration, written.duration);
  add_max(written.max, size_or_time);
  add_max(written.max_peak_memory, size_limit);
  add_max(written.max_duration, time_limit);
  return budgets;
}

}  // namespace tidemark::plan
