#include "tests/calibration/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cstdio>
#include <future>
#include <thread>
#include <vector>

namespace tidemark::calibration {
namespace {

// Whether the requirement is missed: in the full table by the share itself, in the quick one only
// if a method that meets it would come out like this less often than once in a thousand tables.
bool is_missed(const Figure& figure, bool quick) {
  if (!figure.demanded) return false;
  const bool worse =
      figure.at_least ? figure.share() < figure.required : figure.share() > figure.required;
  if (!worse || !quick) return worse;
  const boost::math::binomial expected(static_cast<double>(figure.series), figure.required);
  const auto counted = static_cast<double>(figure.counted);
  const double chance = figure.at_least
                            ? boost::math::cdf(expected, counted)
                            : boost::math::cdf(boost::math::complement(expected, counted - 1));
  return chance < 0.001;
}

std::int64_t count(std::int64_t series, std::uint64_t seed,
                   const std::function<bool(Random&)>& is_counted) {
  const auto threads = static_cast<std::int64_t>(std::max(1U, std::thread::hardware_concurrency()));
  std::vector<std::future<std::int64_t>> parts;
  for (std::int64_t thread = 0; thread < threads; ++thread)
    parts.push_back(std::async(std::launch::async, [=, &is_counted] {
      std::int64_t counted = 0;
      for (std::int64_t i = thread; i < series; i += threads) {
        std::seed_seq words{seed, static_cast<std::uint64_t>(i)};
        Random random(words);
        counted += is_counted(random);
      }
      return counted;
    }));
  std::int64_t counted = 0;
  for (auto& part : parts) counted += part.get();
  return counted;
}

}  // namespace

Table::Table(const Options& options) : options_(options) {
  fmt::print("| what | series | required | measured | |\n| --- | ---: | ---: | ---: | --- |\n");
}

void Table::add(Figure figure, std::int64_t series,
                const std::function<bool(Random&)>& is_counted) {
  ++line_;
  if (figure.what.find(options_.only) == std::string::npos) return;
  figure.series = options_.quick ? std::max<std::int64_t>(series / 20, 200) : series;
  figure.counted = count(figure.series, options_.seed * 1000 + line_, is_counted);
  const bool missed = is_missed(figure, options_.quick);
  missed_ += missed;
  fmt::print("| {} | {} | {} | {:.4g} % | {} |\n", figure.what, figure.series,
             figure.demanded
                 ? fmt::format("{} {:.4g} %", figure.at_least ? "≥" : "≤", 100 * figure.required)
                 : "shown only",
             100 * figure.share(), missed ? "**missed**" : "");
  std::fflush(stdout);
}

}  // namespace tidemark::calibration
