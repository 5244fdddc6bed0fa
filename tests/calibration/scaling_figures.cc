#include "tests/calibration/scaling_figures.h"

#include <fmt/format.h>

#include "tests/calibration/sweeps.h"

namespace tidemark::calibration {
namespace {

using analysis::Outcome;
using analysis::ScalingReport;
using plan::Complexity;
using plan::ScaledQuantity;

constexpr double kProduction = 10;  // times the largest size

const std::vector<double> kSix = {1000, 2000, 5000, 10'000, 20'000, 50'000};
const std::vector<double> kFour = {1000, 2000, 5000, 10'000};
const std::vector<double> kNarrow = {1000, 2000, 3000, 4000, 5000, 8000};

ScalingReport fitted(const Sweep& sweep) {
  return analysis::fit_scaling(ScaledQuantity::kPeakMemory, sweep.points,
                               kProduction * sweep.points.back().size);
}

std::string name_of(const SweepSetting& setting) {
  return fmt::format("{}{}, {}, {} sizes over {:.0f}", complexity_name(setting.complexity),
                     setting.fixed == FixedPart::kSome ? " and a fixed part" : "",
                     blur_name(setting.blur), setting.sizes.size(),
                     setting.sizes.back() / setting.sizes.front());
}

using Holds = bool (*)(const ScalingReport&, const Sweep&);

bool is_right(const ScalingReport& report, const Sweep& sweep) {
  return report.complexity == sweep.complexity;
}

bool is_excluded(const ScalingReport& report, const Sweep& sweep) {
  return report.best > sweep.complexity || report.worst < sweep.complexity;
}

bool is_misnamed(const ScalingReport& report, const Sweep& sweep) {
  return report.complexity && *report.complexity != sweep.complexity;
}

bool is_covered(const ScalingReport& report, const Sweep& sweep) {
  if (!report.prediction) return false;
  const double truth = sweep.at(report.prediction->size);
  return report.prediction->low <= truth && truth <= report.prediction->high;
}

bool is_named(const ScalingReport& report, const Sweep&) {
  return report.complexity.has_value();
}

bool fails_its_class(const ScalingReport& report, const Sweep& sweep) {
  plan::ScalingBudget budget;
  budget.worst = sweep.complexity;
  return judge_scaling(report, budget).outcome == Outcome::kFail;
}

bool passes_a_better_class(const ScalingReport& report, const Sweep& sweep) {
  if (sweep.complexity == Complexity::kConstant) return false;
  plan::ScalingBudget budget;
  budget.worst = plan::kComplexities[static_cast<std::size_t>(sweep.complexity) - 1];
  return judge_scaling(report, budget).outcome == Outcome::kPass;
}

void add(Table& table, const SweepSetting& setting, Figure figure, std::int64_t sweeps,
         Holds holds) {
  figure.what = fmt::format("scaling, {}: {}", figure.what, name_of(setting));
  table.add(figure, sweeps, [=](Random& random) {
    const Sweep sweep = make_sweep(setting, random);
    return holds(fitted(sweep), sweep);
  });
}

template <class Add>
void for_each_family(Add add) {
  for (const Complexity complexity : plan::kComplexities)
    for (const FixedPart fixed : {FixedPart::kNone, FixedPart::kSome}) {
      if (complexity == Complexity::kConstant && fixed == FixedPart::kSome) continue;
      for (const Blur blur : kBlurs) add(SweepSetting{complexity, fixed, blur, kSix});
    }
}

// A fixed part hides n log n behind noise, and a logarithm behind what fills up: then often nothing
// is named, but what is true must stay possible.
void add_classes(Table& table) {
  for_each_family([&](const SweepSetting& setting) {
    const bool is_plain = setting.fixed == FixedPart::kNone;
    const bool is_demanded = is_plain && setting.blur != Blur::kOutliers;
    // Launches that differ by 2 % are one error for each size, however often it is repeated.
    const double least = setting.blur == Blur::kLaunches ? 0.98 : 0.99;
    add(table, setting, {"rightly named", least, true, is_demanded}, kForPower, is_right);
    if (is_plain)
      add(table, setting, {"wrongly named", 0.005, false}, kForPower, is_misnamed);
    else
      add(table, setting, {"wrongly excluded", 0.005, false}, kForPower, is_excluded);
    add(table, setting, {"in the interval at ten times the largest size", 0.95, true}, kForPower,
        is_covered);
  });
}

void add_gates(Table& table) {
  for (const Blur blur : kBlurs)
    add(table, {Complexity::kConstant, FixedPart::kNone, blur, kSix},
        {"false fails", 0.001, false, blur != Blur::kOutliers}, kForErrors, fails_its_class);
  for (const Complexity complexity : {Complexity::kLinear, Complexity::kQuadratic})
    for (const Blur blur : {Blur::kNoise, Blur::kLaunches})
      add(table, {complexity, FixedPart::kSome, blur, kSix},
          {"false passes of the next better class", 0.005, false}, kForPower,
          passes_a_better_class);
}

void add_few_sizes(Table& table) {
  for (const Complexity complexity : plan::kComplexities) {
    add(table, {complexity, FixedPart::kNone, Blur::kNoise, kFour}, {"wrongly named", 0.005, false},
        kForPower, is_misnamed);
    add(table, {complexity, FixedPart::kNone, Blur::kNoise, kFour},
        {"rightly named", 0, true, false}, kForPower, is_right);
    add(table, {complexity, FixedPart::kNone, Blur::kNoise, kNarrow}, {"named", 0, false},
        kForPower, is_named);
  }
}

}  // namespace

void add_scaling(Table& table) {
  add_classes(table);
  add_gates(table);
  add_few_sizes(table);
}

}  // namespace tidemark::calibration
