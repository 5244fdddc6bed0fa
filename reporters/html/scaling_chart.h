#pragma once

// How a swept quantity grows with its size, as a static picture (SVG) and as what the page's script
// draws. Pure.

#include <optional>
#include <string>

#include "harness/analysis/scaling.h"
#include "reporters/html/plot.h"

namespace tidemark::reporters {

enum class Axes { kLogarithmic, kLinear };  // both of them

struct ScalingMarks {
  std::string variable;         // what was swept
  std::optional<double> limit;  // of the prediction at the size of production
};

// Single iterations as dots, the fit with its band, the limit, and what is predicted for the size
// of production. Empty where fewer than two sizes were measured, or nothing above 0.
std::string scaling_chart_svg(const analysis::ScalingReport& scaling, const ScalingMarks& marks,
                              Axes axes);

// The same as a plot; where the picture is empty it has nothing to show either.
Plot scaling_plot(const analysis::ScalingReport& scaling, const ScalingMarks& marks);

}  // namespace tidemark::reporters
