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
  if (const auto size = size_limit(text)) return *size;
  if (const auto time = time_limit(text)) return *time;
  return failure(fmt::format("'{}' is neither a size, 256MiB, nor a time, 10s", text));
}

Result<double> production_size(std::string_view text) {
  if (const auto size = parse_sweep_size(text)) return *size;
  return failure(fmt::format("'{}' is no size: write a number above 0", text));
}

std::string size_words(double size) {
  return fmt::format("{:.15g}", size);
}

bool can_tell(const std::vector<double>& sizes, const scenario::Sweep& sweep, Values& values) {
  const SourcePosition& place = sweep.variable.position;
  if (sizes.size() < kFewestSizes) {
    values.report(place,
                  fmt::format("{} sizes are too few to tell how anything grows: 'scaling' needs {}",
                              sizes.size(), kFewestSizes),
                  "add sizes, best up to ten times the smallest and more");
    return false;
  }
  if (sizes.back() >= kLeastSpan * sizes.front()) return true;
  values.report(place,
                fmt::format("sizes from {} to {} are too close together to tell how anything "
                            "grows: the largest must be {} times the smallest",
                            size_words(sizes.front()), size_words(sizes.back()), kLeastSpan),
                fmt::format("add {} or more", size_words(kLeastSpan * sizes.front())));
  return false;
}

void check_production(const scenario::Scaling& written, double at, const SourcePosition& place,
                      double largest, Values& values) {
  const bool has_max = written.max || written.max_peak_memory || written.max_duration;
  if (at < largest)
    values.report(place,
                  fmt::format("production's {} is below the largest size of the sweep, {}, where "
                              "it would be measured",
                              size_words(at), size_words(largest)),
                  "sweep up to it at most, or leave 'at' out");
  else if (has_max && at > kFurthestPrediction * largest)
    values.report(
        place,
        fmt::format("{} is more than {} times the largest size of the sweep, {}: too far "
                    "for 'max' to be predicted",
                    size_words(at), kFurthestPrediction, size_words(largest)),
        fmt::format("add a size of {} or more", size_words(std::ceil(at / kFurthestPrediction))));
}

// The size of production; the sweep's own variable, and no other, has one.
std::optional<double> typed_at(const scenario::Scaling& written, const scenario::Sweep& sweep,
                               double largest, Values& values) {
  std::optional<double> at;
  for (const auto& [name, value] : written.at) {
    if (name.text == sweep.variable.text) {
      at = values.parsed(std::optional(value), production_size);
      if (at) check_production(written, *at, value.position, largest, values);
    } else
      values.report(name.position, fmt::format("the sweep goes over '{}', not over '{}'",
                                               sweep.variable.text, name.text));
  }
  return at;
}

// The sizes, ascending; nothing: they cannot be told, or are too few or too close together.
std::optional<std::vector<double>> typed_sizes(const scenario::Sweep& sweep, Values& values) {
  if (sweep.variable.text == kGcThreshold) {
    values.report(sweep.variable.position,
                  "'scaling' relates what is measured to sizes, and "
                  "thresholds of the collector are none",
                  "sweep over a variable");
    return std::nullopt;
  }
  std::vector<double> sizes;
  std::vector<std::string> texts;
  bool good = true;
  for (const scenario::Scalar& scalar : sweep.values) {
    const auto text = values.literal(scalar);
    const auto size = text ? parse_sweep_size(*text) : std::nullopt;
    if (text && !size)
      values.report(scalar.position,
                    fmt::format("'{}' is no size, and 'scaling' relates what is measured to sizes: "
                                "write a number above 0",
                                *text));
    // The same text twice is reported for every sweep.
    else if (size && std::find(sizes.begin(), sizes.end(), *size) != sizes.end() &&
             std::find(texts.begin(), texts.end(), *text) == texts.end())
      values.report(scalar.position,
                    fmt::format("'{}' is a size that stands in the sweep already", *text));
    if (text) texts.push_back(*text);
    good = good && size;
    if (size) sizes.push_back(*size);
  }
  std::sort(sizes.begin(), sizes.end());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  if (good && can_tell(sizes, sweep, values)) return sizes;
  return std::nullopt;
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

namespace {

// What it comes to must be the same at each point.
void refuse_swept(const std::optional<scenario::Scalar>& scalar, const scenario::Sweep& sweep,
                  Values& values) {
  if (!scalar) return;
  const auto filled_with = [&](const char* value) {
    Variables variables = values.variables();
    variables.set(sweep.variable.text, value);
    const auto filled = variables.fill(scalar->text);
    return filled ? filled->text() : std::string();
  };
  if (filled_with("1") != filled_with("2"))
    values.report(scalar->position,
                  fmt::format("this depends on '{}', which the sweep varies, and holds for the "
                              "whole sweep",
                              sweep.variable.text),
                  "write a fixed value");
}

void refuse_swept(const scenario::Scaling& written, const scenario::Sweep& sweep, Values& values) {
  for (const auto& [name, value] : written.at) refuse_swept(std::optional(value), sweep, values);
  for (const auto* scalar : {&written.peak_memory, &written.duration, &written.max,
                             &written.max_peak_memory, &written.max_duration})
    refuse_swept(*scalar, sweep, values);
}

}  // namespace

std::vector<ScalingBudget> typed_scaling(const scenario::Scaling& written,
                                         const std::optional<scenario::Sweep>& sweep,
                                         Values& values) {
  std::vector<ScalingBudget> budgets;
  if (!sweep) {
    values.report(written.position, "'scaling' is judged over a sweep, and there is none",
                  "add sweep: {users: [1000, 3000, 10000, 30000]}");
    return budgets;
  }
  const auto sizes = typed_sizes(*sweep, values);
  if (!sizes) return budgets;
  refuse_swept(written, *sweep, values);
  const auto at = typed_at(written, *sweep, sizes->back(), values);
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
