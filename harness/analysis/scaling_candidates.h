#pragma once

// The best curve of each class of growth for one sweep, how they compare, and what they predict.
// Pure.

#include <cstddef>
#include <optional>
#include <vector>

#include "harness/analysis/scaling.h"
#include "harness/analysis/scaling_model.h"

namespace tidemark::analysis {

// A class whose corrected Akaike criterion is so much above the best one's is contradicted: the
// data are e^3, 20 times, likelier under the best.
inline constexpr double kContradicted = 6;

// The best curve of each class, with what tells them apart.
struct Candidates {
  const ScalingData* data = nullptr;  // must outlive this
  std::vector<ClassFit> fits;         // in the order of the enum
  std::vector<double> information;    // the criterion of each
  // The curve of each with a part that fills up which fits best; nothing: there may be none.
  std::vector<std::optional<ClassFit>> filled;
  double overdispersion = 1;  // how much worse the best of all fits than errors would have it
  ScalingErrors errors;
  double sizes = 0;
  double count = 0;  // of values, on average, at a size

  const ClassFit& of(plan::Complexity complexity) const {
    return fits[static_cast<std::size_t>(complexity)];
  }
  // Minus twice the logarithm of the likelihood.
  double unlikelihood(const ClassFit& fit) const {
    return fit.misfit / overdispersion + fit.log_variances;
  }
  // The best criterion of the classes from this one on.
  double best(std::size_t from) const;
  double degrees_of_freedom(const ClassFit& fit) const;
};

// `data` has at least one mean.
Candidates candidates_of(const ScalingData& data);

// Of what fills up, and of nothing that grows on, the curve that fits best, if the data are about
// as likely under it as under what grows on. It costs no parameters: it has only to be possible.
std::optional<ClassFit> filling_curve(const Candidates& all);

// How many standard deviations lie on either side of a fit for 95 %. The errors as they are taken
// to be count as so many residuals more.
double half_width(const Candidates& all, const ClassFit& fit);

// By how many standard deviations errors seem to be larger, or smaller, than they are taken to be.
double seeming_inflation(const Candidates& all, const ClassFit& fit);

// By how many standard deviations errors are larger than they are taken to be.
double inflation(const Candidates& all, const ClassFit& fit);

// At one size, over all classes that are left; the value is the first one's.
ScalingPrediction predict(const Candidates& all, const std::vector<plan::Complexity>& left,
                          plan::Complexity chosen, double size);

}  // namespace tidemark::analysis
