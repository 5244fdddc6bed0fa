#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <utility>

#include "harness/analysis/scaling.h"
#include "harness/analysis/scaling_model.h"
#include "harness/base/text.h"

namespace tidemark::analysis {
namespace {

using plan::Complexity;
using plan::kFewestSizes;
using plan::kFurthestPrediction;
using plan::kLeastSpan;

constexpr std::size_t kFewestForFill = 5;
constexpr double kNextStep = 4;  // the size that is advised, over the largest
constexpr std::size_t kBandSizes = 40;
// What has clearly grown at production, far beyond the sizes measured, does not matter below this
// share of the whole.
constexpr double kTolerableShare = 0.2;
// Something that fills up could have its knee so far out, in shares of the largest size, and still
// be seen to stand still; or such a time constant.
constexpr double kLatestKnee = 0.8;
constexpr double kLatestTimeConstant = 0.3;
// A class whose corrected Akaike criterion is so much above the best one's is contradicted: the
// data are e^3, 20 times, likelier under the best.
constexpr double kContradicted = 6;
// The simplest class is named while every other is less likely by e^1 at least.
constexpr double kPreferred = 2;
constexpr double kPriorFreedom = 4;
// Standard deviations: one end of 95 %, of 98 % and of 99.9 %.
constexpr double kBound = 1.645;
constexpr double kClearBound = 2.05;
constexpr double kSureBound = 3.09;

// The best curve of each class, with what tells them apart.
struct Candidates {
  const ScalingData* data = nullptr;
  std::vector<ClassFit> fits;       // in the order of the enum
  std::vector<double> information;  // the criterion of each
  // The curve of each with a part that fills up which fits best; nothing: there may be none.
  std::vector<std::optional<ClassFit>> filled;
  double overdispersion = 1;  // how much worse the best of all fits than errors would have it
  ScalingErrors errors;
  double sizes = 0;
  double count = 0;  // of values, on average, at a size

  const ClassFit& of(Complexity complexity) const {
    return fits[static_cast<std::size_t>(complexity)];
  }
  // Minus twice the logarithm of the likelihood.
  double unlikelihood(const ClassFit& fit) const {
    return fit.misfit / overdispersion + fit.log_variances;
  }
  double best(std::size_t from) const {
    return *std::min_element(information.begin() + static_cast<std::ptrdiff_t>(from),
                             information.end());
  }
  double degrees_of_freedom(const ClassFit& fit) const {
    return std::max(1.0, sizes - fit.parameters);
  }
};

double penalty(int parameters, double values) {
  return 2 * parameters +
         2 * parameters * (parameters + 1) / std::max(1.0, values - parameters - 1);
}

// Every curve of a class: without a fixed part, with it, and with a part that fills up at each of
// the inner sizes, where enough of them are left. Not so the steeper classes, which with such a
// part would mimic O(n).
std::vector<ClassFit> curves_of(Complexity complexity, const ScalingData& data) {
  std::vector<ScalingShape> shapes = {{}};
  if (complexity != Complexity::kConstant) shapes.push_back({false, std::nullopt});
  const auto& means = data.means;
  if (means.size() >= kFewestForFill && complexity <= Complexity::kLinear)
    for (std::size_t i = 1; i + 1 < means.size(); ++i)
      if (means[i].size <= means.back().size / 2)
        shapes.push_back({true, means[i].size, FillCurve::kEven});
  std::vector<ClassFit> curves;
  for (const ScalingShape& shape : shapes)
    curves.push_back(fit_class(complexity, shape, data.means, data.errors));
  return curves;
}

Candidates candidates_of(const ScalingData& data) {
  Candidates all;
  all.data = &data;
  all.errors = data.errors;
  all.sizes = static_cast<double>(data.means.size());
  double values = 0;
  for (const ScalingMean& mean : data.means) values += mean.count;
  all.count = values / all.sizes;
  std::vector<std::vector<ClassFit>> curves;
  double overdispersion = INFINITY;
  for (const Complexity complexity : plan::kComplexities) {
    curves.push_back(curves_of(complexity, data));
    for (const ClassFit& fit : curves.back())
      overdispersion = std::min(overdispersion, fit.misfit / all.degrees_of_freedom(fit));
  }
  all.overdispersion = std::max(1.0, overdispersion);
  const auto criterion = [&](const ClassFit& fit) {
    const int chosen = fit.knee > 0 ? 1 : 0;  // which of the sizes is the knee
    return all.unlikelihood(fit) + penalty(fit.parameters + chosen, values);
  };
  for (const std::vector<ClassFit>& of_class : curves) {
    const ClassFit& best = *std::min_element(
        of_class.begin(), of_class.end(),
        [&](const ClassFit& a, const ClassFit& b) { return criterion(a) < criterion(b); });
    all.fits.push_back(best);
    std::optional<ClassFit> filled;
    for (const ClassFit& fit : of_class)
      if (fit.knee > 0 && (!filled || all.unlikelihood(fit) < all.unlikelihood(*filled)))
        filled = fit;
    all.filled.push_back(filled);
    all.information.push_back(criterion(best));
  }
  return all;
}

// Of what fills up, and of nothing that grows on, the curve that fits best, if the data are about
// as likely under it as under what grows on. It costs no parameters: it has only to be possible.
std::optional<ClassFit> filling_curve(const Candidates& all) {
  constexpr double kStep = 1.4;
  const ScalingData& data = *all.data;
  const double largest = data.means.back().size;
  std::vector<ScalingShape> shapes;
  for (double knee = data.means.front().size; knee <= kLatestKnee * largest; knee *= kStep) {
    shapes.push_back({true, knee, FillCurve::kEven});
    if (knee <= kLatestTimeConstant * largest) shapes.push_back({true, knee, FillCurve::kSlowing});
  }
  for (const ScalingMean& mean : data.means)
    if (mean.size <= kLatestKnee * largest) shapes.push_back({true, mean.size, FillCurve::kEven});
  double least = INFINITY;
  for (auto fit = all.fits.begin() + 1; fit != all.fits.end(); ++fit)
    least = std::min(least, all.unlikelihood(*fit) + kContradicted);
  std::optional<ClassFit> best;
  for (const ScalingShape& shape : shapes) {
    const ClassFit fit = fit_class(Complexity::kConstant, shape, data.means, data.errors);
    if (all.unlikelihood(fit) > least) continue;
    least = all.unlikelihood(fit);
    best = fit;
  }
  return best;
}

// How many standard deviations lie on either side of a fit for 95 %. The errors as they are taken
// to be count as so many residuals more.
double half_width(const Candidates& all, const ClassFit& fit) {
  const double freedom = all.degrees_of_freedom(fit) + kPriorFreedom;
  const double variance = std::max(1.0, (fit.misfit + kPriorFreedom) / freedom);
  return boost::math::quantile(boost::math::students_t(freedom), 0.975) * std::sqrt(variance);
}

// By how many standard deviations errors seem to be larger, or smaller, than they are taken to be.
double seeming_inflation(const Candidates& all, const ClassFit& fit) {
  return std::sqrt((fit.misfit + kPriorFreedom) / (all.degrees_of_freedom(fit) + kPriorFreedom));
}

// By how many standard deviations errors are larger than they are taken to be.
double inflation(const Candidates& all, const ClassFit& fit) {
  return std::sqrt(std::max(1.0, fit.misfit / all.degrees_of_freedom(fit)));
}

ScalingPrediction predict(const Candidates& all, const ClassFit& fit, double size) {
  const Terms terms = fit.terms_at(size);
  const double value = fit.value(terms);
  const double half =
      half_width(all, fit) * std::sqrt(fit.variance(terms) + all.errors.variance(value, all.count));
  return {size, value, std::max(0.0, value - half), value + half, value};
}

// Over all classes that are left; the value is the first one's.
ScalingPrediction predict(const Candidates& all, const std::vector<Complexity>& left,
                          Complexity chosen, double size) {
  ScalingPrediction whole = predict(all, all.of(chosen), size);
  for (const Complexity complexity : left) {
    const auto one = predict(all, all.of(complexity), size);
    whole.low = std::min(whole.low, one.low);
    whole.high = std::max(whole.high, one.high);
    whole.least = std::min(whole.least, one.value);
  }
  return whole;
}

enum class Constancy { kConstant, kGrowing, kFillingPerhaps, kUnknown };

// How much a curve grows between two sizes, with a standard deviation.
struct Growth {
  double value = 0;
  double deviation = 0;

  double bound(double deviations) const { return value + deviations * deviation; }
};

Growth growth_of(const ClassFit& fit, double begin, double end, double inflation) {
  const Terms growth = {
      0, 0, complexity_function(fit.complexity, end) - complexity_function(fit.complexity, begin)};
  return {fit.value(growth), inflation * std::sqrt(fit.variance(growth))};
}

// Whether growth that would matter far beyond the sizes measured is neither seen nor left possible.
// What is too small to be seen is taken to go on as a line at most: any bend may hide in it.
bool is_excluded_further(const Candidates& all, const ClassFit& fit, const ScalingFloors& floors,
                         double from, double further) {
  const double begin = std::max(from, fit.knee);
  const Growth growth = growth_of(fit, begin, further, seeming_inflation(all, fit));
  const double before = fit.value(fit.terms_at(begin));
  // After what fills up it has to be seen to stand still.
  const bool is_clear = fit.knee > 0 || growth.bound(-kClearBound) > 0;
  const double tolerable = std::max(kTolerableShare * (before + growth.value), floors.tolerance);
  if (is_clear && growth.value > tolerable) return false;
  const double most = growth.bound(kBound);
  return fit.complexity > Complexity::kLinear ||
         most <= std::max(floors.further_share * (before + most), floors.further_tolerance);
}

// A cache that fills up in a large process is no growth, and too small to be told by the criterion.
bool is_excluded_further(const Candidates& all, Complexity complexity, const ScalingFloors& floors,
                         double from, double further) {
  const Complexity at_most_linear = std::min(complexity, Complexity::kLinear);
  const auto& filled = all.filled[static_cast<std::size_t>(at_most_linear)];
  return is_excluded_further(all, all.of(complexity), floors, from, further) ||
         (filled && is_excluded_further(all, *filled, floors, from, further));
}

// A question of equivalence: whether growth that would matter is excluded, or certain. Where there
// is a production `further` than the sizes measured, there too.
// Where it could also be something that fills up, its curve takes the place of that of O(1).
Constancy constancy_of(Candidates& all, const std::vector<Complexity>& growing,
                       const ScalingFloors& floors, double from, double to, double further) {
  bool is_excluded = true;
  bool is_certain = true;
  for (const Complexity complexity : growing) {
    const ClassFit& fit = all.of(complexity);
    const double begin = std::max(from, fit.knee);
    const double tolerated =
        std::max(floors.relative_tolerance * fit.value(fit.terms_at(begin)), floors.tolerance);
    const double larger = inflation(all, fit);
    is_excluded = is_excluded && growth_of(fit, begin, to, larger).bound(kBound) <= tolerated;
    is_certain =
        is_certain && growth_of(fit, begin, further, larger).bound(-kSureBound) > tolerated;
    if (further > to)
      is_excluded = is_excluded && is_excluded_further(all, complexity, floors, from, further);
  }
  const bool is_contradicted =
      all.information.front() > all.best(1) + kContradicted;  // O(1), with a part that fills up
  if (is_excluded && !is_certain) return Constancy::kConstant;
  if (!is_contradicted) return Constancy::kUnknown;
  if (const auto filling = filling_curve(all)) {
    all.fits.front() = *filling;
    return is_certain ? Constancy::kFillingPerhaps : Constancy::kUnknown;
  }
  return is_certain ? Constancy::kGrowing : Constancy::kUnknown;
}

// Digits as one writes them in a scenario file.
std::string digits(double size) {
  return fmt::format("{:.15g}", size);
}

// "20000 and 50000".
std::string sizes_words(const std::vector<double>& sizes) {
  std::vector<std::string> words;
  for (const double size : sizes) words.push_back(digits(size));
  const std::string last = words.back();
  words.pop_back();
  return words.empty() ? last : join(words, ", ") + " and " + last;
}

// 1, 2 or 5 times a power of ten, the nearest by ratio.
double rounded_size(double size) {
  const double power = std::pow(10, std::floor(std::log10(size)));
  double nearest = power;
  for (const double factor : {2.0, 5.0, 10.0})
    if (std::abs(std::log(factor * power / size)) < std::abs(std::log(nearest / size)))
      nearest = factor * power;
  return nearest;
}

// The size beyond the largest that would tell most, not beyond production's; nothing to be gained
// there: one before the smallest.
std::string advised_size(const std::vector<ScalingPoint>& points,
                         std::optional<double> production) {
  const double smallest = points.front().size;
  const double largest = points.back().size;
  double size = std::max(rounded_size(kNextStep * largest), rounded_size(kLeastSpan * smallest));
  if (production && *production > largest) size = std::min(size, *production);
  if (size >= kLeastSpan * smallest) return fmt::format("add a point at {}", digits(size));
  return fmt::format("add a point at {}", digits(rounded_size(size / kLeastSpan / 2)));
}

// Between the two that lie furthest apart, or nothing where they are neighbours already.
std::optional<double> missing_size(const std::vector<ScalingPoint>& points) {
  double widest = 2;
  std::optional<double> missing;
  for (std::size_t i = 1; i < points.size(); ++i) {
    const double ratio = points[i].size / points[i - 1].size;
    const double middle = rounded_size(std::sqrt(points[i].size * points[i - 1].size));
    if (ratio <= widest || middle <= points[i - 1].size || middle >= points[i].size) continue;
    widest = ratio;
    missing = middle;
  }
  return missing;
}

std::vector<ScalingPoint> usable(std::vector<ScalingPoint> points) {
  std::vector<ScalingPoint> merged;
  std::stable_sort(points.begin(), points.end(),
                   [](const ScalingPoint& a, const ScalingPoint& b) { return a.size < b.size; });
  for (ScalingPoint& point : points) {
    std::erase_if(point.values, [](double value) { return !std::isfinite(value); });
    if (!std::isfinite(point.size) || point.size <= 0 || point.values.empty()) continue;
    if (!merged.empty() && merged.back().size == point.size)
      merged.back().values.insert(merged.back().values.end(), point.values.begin(),
                                  point.values.end());
    else
      merged.push_back(std::move(point));
  }
  // The same in whatever order they came.
  for (ScalingPoint& point : merged) std::sort(point.values.begin(), point.values.end());
  return merged;
}

// Why nothing can be said of so few sizes, or so narrow a range; empty: something can.
void explain_shortage(ScalingReport& report, std::optional<double> production) {
  const auto& points = report.points;
  if (points.empty()) {
    report.reason = "nothing was measured";
    return;
  }
  const double span = points.back().size / points.front().size;
  if (points.size() < kFewestSizes)
    report.reason = fmt::format("{} sizes are too few to tell how it grows: at least {} are needed",
                                points.size(), kFewestSizes);
  else if (span < kLeastSpan)
    report.reason =
        fmt::format("the sizes span a factor of {:.2g}: at least {} is needed to tell how it grows",
                    span, kLeastSpan);
  else
    return;
  const auto missing = span >= kLeastSpan ? missing_size(points) : std::nullopt;
  report.advice = missing ? fmt::format("add a point at {}", digits(*missing))
                          : advised_size(points, production);
}

void fill_fits(const Candidates& all, ScalingReport& report) {
  const double best = all.best(0);
  double sum = 0;
  for (const double information : all.information) sum += std::exp((best - information) / 2);
  for (std::size_t i = 0; i < all.fits.size(); ++i) {
    const ClassFit& fit = all.fits[i];
    const double slope = fit.coefficients[kSlope];
    const double half = half_width(all, fit) * std::sqrt(fit.covariance[kSlope][kSlope]);
    const double fixed = fit.coefficients[kFixed] + fit.coefficients[kFill] * fit.knee;
    report.fits.push_back({fit.complexity, fixed, slope, std::max(0.0, slope - half), slope + half,
                           fit.r_squared, std::exp((best - all.information[i]) / 2) / sum});
  }
}

// Of one more unit of size at the largest one, by a class that grows by about as much for each.
void fill_per_unit(const ComplexityFit& fit, ScalingReport& report) {
  double derivative = 1;
  if (fit.complexity == Complexity::kLinearithmic) {
    const double largest = report.points.back().size;
    derivative = std::log1p(largest) + largest / (1 + largest);
  } else if (fit.complexity != Complexity::kLinear) {
    return;
  }
  report.per_unit = fit.slope * derivative;
  report.per_unit_low = fit.slope_low * derivative;
  report.per_unit_high = fit.slope_high * derivative;
}

bool is_preferred(const Candidates& all, const std::vector<Complexity>& left) {
  const auto information = [&](Complexity complexity) {
    return all.information[static_cast<std::size_t>(complexity)];
  };
  return std::all_of(left.begin() + 1, left.end(), [&](Complexity other) {
    return information(left.front()) + kPreferred <= information(other);
  });
}

// The classes that the data leave possible, best first; `complexity` where one can be named.
std::vector<Complexity> classify(Candidates& all, std::optional<double> production,
                                 ScalingReport& report) {
  std::vector<Complexity> growing;
  const double best = all.best(1);
  for (std::size_t i = 1; i < all.fits.size(); ++i)
    if (all.information[i] <= best + kContradicted) growing.push_back(plan::kComplexities[i]);
  const double smallest = report.points.front().size;
  const double largest = report.points.back().size;
  const double further =
      std::min(std::max(production.value_or(largest), largest), kFurthestPrediction * largest);
  std::vector<Complexity> left = growing;
  switch (constancy_of(all, growing, floors_of(report.quantity), smallest, largest, further)) {
    case Constancy::kConstant:
      report.complexity = report.best = report.worst = Complexity::kConstant;
      // Growth too small to be seen may go on: as far as that, it is taken to be linear.
      return {Complexity::kConstant, Complexity::kLinear};
    case Constancy::kUnknown:
      left.insert(left.begin(), Complexity::kConstant);
      report.reason = "what it grows by lies near the tolerance: whether it is O(1) cannot be told";
      break;
    case Constancy::kFillingPerhaps:
      left.insert(left.begin(), Complexity::kConstant);
      report.reason = "it grows like what fills up: whether that ends cannot be told";
      break;
    case Constancy::kGrowing:
      if (is_preferred(all, left))
        report.complexity = left.front();
      else
        report.reason = fmt::format("{} and {} cannot be told apart", complexity_name(left.front()),
                                    complexity_name(left.back()));
  }
  report.best = left.front();
  report.worst = left.back();
  if (left.size() > 1) report.advice = advised_size(report.points, production);
  return left;
}

// What would make the prediction, or make it narrower; empty: nothing would by much.
std::string advice_for(const ScalingReport& report, std::optional<double> production) {
  if (!production || *production <= report.points.back().size) return {};
  if (!report.prediction)
    return fmt::format("add a point at {}",
                       digits(rounded_size(*production / (kFurthestPrediction / 2))));
  return report.prediction->is_wide() ? advised_size(report.points, production) : std::string();
}

Complexity likeliest(const ScalingReport& report) {
  return std::max_element(
             report.fits.begin(), report.fits.end(),
             [](const ComplexityFit& a, const ComplexityFit& b) { return a.weight < b.weight; })
      ->complexity;
}

std::vector<ScalingPrediction> band_over(const Candidates& all, const std::vector<Complexity>& left,
                                         Complexity chosen, double from, double to) {
  std::vector<ScalingPrediction> band;
  for (std::size_t i = 0; i < kBandSizes; ++i) {
    const double share = static_cast<double>(i) / (kBandSizes - 1);
    const double size = i + 1 == kBandSizes ? to : from * std::pow(to / from, share);
    band.push_back(predict(all, left, chosen, size));
  }
  return band;
}

}  // namespace

ScalingReport fit_scaling(plan::ScaledQuantity quantity, std::vector<ScalingPoint> points,
                          std::optional<double> production) {
  ScalingReport report;
  report.quantity = quantity;
  report.unit = quantity == plan::ScaledQuantity::kDuration ? Unit::kSeconds : Unit::kBytes;
  report.points = usable(std::move(points));
  explain_shortage(report, production);
  if (report.points.size() < kFewestSizes) return report;
  const ScalingData data = scaling_data(report.points, floors_of(quantity));
  Candidates all = candidates_of(data);
  fill_fits(all, report);
  report.undetermined = !report.reason.empty();
  const bool is_narrow = report.undetermined;
  std::vector<Complexity> left(plan::kComplexities.begin(), plan::kComplexities.end());
  if (!is_narrow) left = classify(all, production, report);
  const Complexity chosen = report.complexity.value_or(likeliest(report));
  if (!is_narrow) fill_per_unit(report.fits[static_cast<std::size_t>(chosen)], report);
  const double largest = report.points.back().size;
  const bool is_near = production && *production <= kFurthestPrediction * largest;
  if (is_near && !is_narrow) report.prediction = predict(all, left, chosen, *production);
  if (report.advice.empty() && !is_narrow) report.advice = advice_for(report, production);
  report.band = band_over(all, left, chosen, report.points.front().size,
                          is_near && !is_narrow ? std::max(largest, *production) : largest);
  return report;
}

std::vector<ScalingReport> fit_kinds(plan::ScaledQuantity quantity,
                                     std::vector<ScalingPoint> points,
                                     std::optional<double> production) {
  points = usable(std::move(points));
  if (points.empty()) return {fit_scaling(quantity, {}, production)};
  ScalingKinds kinds = kinds_of(points, floors_of(quantity));
  std::vector<ScalingReport> reports = {fit_scaling(quantity, std::move(kinds.usual), production)};
  if (kinds.dear.empty()) return reports;
  ScalingReport& dear = reports.emplace_back();
  if (kinds.dear_at.size() >= kFewestSizes) {
    dear = fit_scaling(quantity, std::move(kinds.dear), production);
  } else {
    dear.quantity = quantity;
    dear.unit = reports.front().unit;
    dear.points = std::move(points);
    dear.reason = fmt::format("at {} some iterations needed far more than the others did",
                              sizes_words(kinds.dear_at));
    dear.advice = "give what they ask for a scenario of its own";
  }
  dear.dear = true;
  return reports;
}

}  // namespace tidemark::analysis
