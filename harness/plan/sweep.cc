#include "harness/plan/sweep.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/base/text.h"

namespace tidemark::plan {
namespace {

constexpr std::size_t kMostThresholds = 3;  // one a generation
constexpr std::int64_t kHighestThreshold = 1'000'000'000;

// "700", "700,10,10"; without spaces and leading zeros.
Result<std::string> threshold_text(std::string_view text) {
  const auto refuse = [&] {
    return failure(
        fmt::format("'{}' is no threshold of the collector: write one number, 700, or up to three, "
                    "\"700,10,10\", each from 0 to {}",
                    text, kHighestThreshold));
  };
  std::vector<std::string> thresholds;
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    const auto number = parse_integer(rest.substr(0, comma), 0, kHighestThreshold);
    if (!number || thresholds.size() == kMostThresholds) return refuse();
    thresholds.push_back(std::to_string(*number));
    if (comma == std::string_view::npos) return join(thresholds, ",");
    rest.remove_prefix(comma + 1);
    while (rest.starts_with(' ')) rest.remove_prefix(1);
  }
}

// Whether the name is a variable here, or the collector's threshold.
bool check_variable(const scenario::Sweep& sweep, Values& values) {
  const std::string& name = sweep.variable.text;
  if (name == kGcThreshold || values.variables().defined(name)) return true;
  std::vector<std::string_view> names = values.variables().names();
  names.push_back(kGcThreshold);
  const std::string near = scenario::did_you_mean(name, names);
  values.report(
      sweep.variable.position, fmt::format("there is no variable '{}' to sweep over", name),
      near.empty() ? "give it a value under 'variables', or sweep over gc_threshold" : near);
  return false;
}

}  // namespace

std::vector<std::optional<SweepPoint>> sweep_points(const scenario::Scenario& written,
                                                    Values& values) {
  if (!written.sweep || !check_variable(*written.sweep, values)) return {std::nullopt};
  const scenario::Sweep& sweep = *written.sweep;
  const bool is_threshold = sweep.variable.text == kGcThreshold;
  if (is_threshold && written.gc_threshold)
    values.report(written.gc_threshold->position, "the sweep says what 'gc_threshold' is",
                  "leave one of the two out");
  std::vector<std::optional<SweepPoint>> points;
  for (const scenario::Scalar& scalar : sweep.values) {
    const auto value = is_threshold ? values.parsed(std::optional(scalar), threshold_text)
                                    : values.literal(scalar);
    if (!value) continue;
    const SweepPoint point{written.name.text, sweep.variable.text, *value};
    if (std::find(points.begin(), points.end(), point) != points.end())
      values.report(scalar.position, fmt::format("'{}' stands in the sweep twice", *value));
    else
      points.push_back(point);
  }
  if (points.empty()) points.push_back(std::nullopt);  // all were mistakes
  return points;
}

std::string swept_name(const SweepPoint& point) {
  return fmt::format("{} [{}={}]", point.of, point.variable, point.value);
}

std::optional<std::string> typed_gc_threshold(const scenario::Scenario& written,
                                              const std::optional<SweepPoint>& point,
                                              const Target& target, Values& values) {
  const bool is_swept = point && point->variable == kGcThreshold;
  const auto threshold =
      is_swept ? point->value : values.parsed(written.gc_threshold, threshold_text);
  if (threshold && target.runtime == Runtime::kNone)
    values.report(is_swept ? written.sweep->variable.position : written.gc_threshold->position,
                  "'gc_threshold' is set by the agent, and 'runtime: none' leaves it out",
                  "write runtime: python, or leave it out");
  return threshold;
}

}  // namespace tidemark::plan
