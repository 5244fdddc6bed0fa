#pragma once

// The table of error rates: how many of so many made-up cases came out in a way, against what is
// required. Cases are shared out among threads; each has random numbers of its own, so that the
// number of threads changes nothing.

#include <cstdint>
#include <functional>
#include <string>

#include "tests/calibration/families.h"

namespace tidemark::calibration {

struct Options {
  bool quick = false;
  std::uint64_t seed = 1;
  std::string only;
};

// Cases of a line on errors, of one on what is found, and of one that is only shown.
inline constexpr std::int64_t kForErrors = 20'000;
inline constexpr std::int64_t kForPower = 4'000;
inline constexpr std::int64_t kForShow = 1'000;

// One line of the table: of so many series, a share had the outcome that is counted.
struct Figure {
  std::string what;
  double required = 0;
  bool at_least = true;  // else at most
  bool demanded = true;  // else shown only
  std::int64_t series = 0;
  std::int64_t counted = 0;

  double share() const { return static_cast<double>(counted) / static_cast<double>(series); }
};

class Table {
 public:
  explicit Table(const Options& options);

  // Measures one line and prints it. `is_counted` is called from several threads at once.
  void add(Figure figure, std::int64_t series, const std::function<bool(Random&)>& is_counted);

  int missed() const { return missed_; }

 private:
  Options options_;
  std::uint64_t line_ = 0;
  int missed_ = 0;
};

}  // namespace tidemark::calibration
