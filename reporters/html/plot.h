#pragma once

// Lines over an axis: what every picture of something that goes on is made of. Once as a static
// picture (SVG), for readers without scripts, on paper and on phones, and once as the data from
// which the page's script draws one to zoom in. Value types and pure functions.

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/units.h"

namespace tidemark::reporters {

struct PlotPoint {
  double x = 0;
  double y = 0;  // not a number: a gap

  friend bool operator==(const PlotPoint&, const PlotPoint&) = default;
};
inline constexpr double kPlotGap = std::numeric_limits<double>::quiet_NaN();

enum class PlotStyle {
  kMain,       // what the picture is about
  kSecondary,  // beside it
  kThird,
  kProcess,    // one of several; thin, and named by the script alone
  kDots,       // not joined
  kBadDots,    // what was not as it should be
  kOtherDots,  // what does not count
  kFit,        // what was fitted, where that is no straight line
};

struct PlotLine {
  std::string name;
  PlotStyle style = PlotStyle::kMain;
  std::vector<PlotPoint> points;  // by x
  double base = 0;                // what was taken off each y, to be shown beside it
};

// A straight line through (middle_x, middle_y), with a band from one slope to another.
struct PlotFit {
  double from = 0;
  double middle_x = 0;
  double middle_y = 0;
  double slope = 0;
  double low = 0;
  double high = 0;
};

// What is expected at one place, with its interval.
struct PlotInterval {
  double x = 0;
  double low = 0;
  double middle = 0;
  double high = 0;
};

struct Plot {
  std::string title;  // what it shows, in words, for who cannot see it
  std::string x_label;
  Unit x_unit = Unit::kCount;
  Unit unit = Unit::kBytes;
  bool changes = false;      // values are differences: "+12 KiB"
  bool logarithmic = false;  // the axis of y
  std::vector<PlotLine> lines = {};
  std::optional<double> shaded_until = std::nullopt;  // warm-up
  std::optional<PlotFit> fit = std::nullopt;
  std::optional<std::pair<PlotPoint, PlotPoint>> limit = std::nullopt;
  std::optional<std::pair<double, double>> view = std::nullopt;  // of y; nothing: all of it
  // Of y, where the reader may choose between linear axes and logarithmic ones.
  std::optional<std::pair<double, double>> logarithmic_view = std::nullopt;
  std::vector<PlotInterval> band = {};                // around a line that was fitted, by x
  std::optional<PlotInterval> marked = std::nullopt;  // one place to be pointed out
  double height = 220;
};

// At most so many points (and at least four), in which each stretch keeps its smallest and its
// largest value: no extreme is lost. Gaps that lie between kept points are lost.
std::vector<PlotPoint> downsampled(const std::vector<PlotPoint>& points, std::size_t most);

// "+12 KiB", "1.2 s", "20/s": a value of the plot in words.
std::string plot_words(const Plot& plot, double value);

// With at most so many points a line. Empty where no line has two points (one, of dots).
std::string plot_svg(const Plot& plot, std::size_t most_points);

// What a picture says, for who wants numbers: of the lines that it is about some points, those of
// the ends among them. Folded.
std::string plot_values(const Plot& plot);

// What the script draws it from, as an element of the page.
std::string plot_data(const Plot& plot, std::size_t most_points);

// The picture with its caption (markup) and, beside it, its data. Empty where there is no picture.
// `name` is what toggles call it.
std::string plot_figure(const Plot& plot, const std::string& name, const std::string& caption,
                        std::size_t most_points);

}  // namespace tidemark::reporters
