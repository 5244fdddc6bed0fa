#pragma once

// A chart of one signal as a static picture (SVG), for readers without scripts, on paper and on
// phones. Pure.

#include <optional>
#include <string>
#include <vector>

#include "harness/analysis/report.h"

namespace tidemark::reporters {

struct ChartOptions {
  std::int64_t growth_began = 0;  // iterations before are shaded: warm-up and peaks
  std::optional<double> limit;    // growth per iteration that the budget allows
};

// "live bytes: +376 KiB since iteration 31": what the picture shows, in words.
std::string chart_title(const analysis::TreeChart& chart, const ChartOptions& options);

// The value at which growth is counted from: the first point of the growth phase.
double chart_base(const analysis::TreeChart& chart, const ChartOptions& options);

std::string chart_svg(const analysis::TreeChart& chart, const ChartOptions& options);

}  // namespace tidemark::reporters
