// Calibrates the growth verdict on made-up series, and scaling on made-up sweeps: prints the table
// of error rates, and exits 1 when one is worse than it may be.
//
//   tidemark_calibrate            the full table, some minutes
//   tidemark_calibrate --quick    fewer series: fails only on figures that chance does not explain

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "harness/analysis/growth_verdict.h"
#include "harness/analysis/segments.h"
#include "tests/calibration/families.h"
#include "tests/calibration/scaling_figures.h"
#include "tests/calibration/table.h"

namespace tidemark::calibration {
namespace {

using analysis::GrowthQuestion;
using analysis::Outcome;
using analysis::Series;

GrowthQuestion question(Signal signal, double limit) {
  GrowthQuestion question;
  question.kind = signal == Signal::kExact ? analysis::kExactBytes : analysis::kPageBytes;
  question.limit = limit;
  return question;
}

// The smallest limits that the gates judge by: where a false failure is likeliest.
double least_limit(Signal signal) {
  return signal == Signal::kExact ? 1 : 512;
}
double default_limit(Signal signal) {
  return signal == Signal::kExact ? 64 : 4096;
}

Outcome judge(const Series& series, const GrowthQuestion& asked) {
  return analysis::judge_series(series, asked).outcome;
}

// As a run does it: a look after each checkpoint, over as soon as one decides.
Outcome judge_as_a_run(const Series& series, const GrowthQuestion& asked) {
  constexpr std::int64_t kLeastIterations = 40;  // iterations.min
  const std::size_t most = series.points.size();
  Series seen{series.signal, {}};
  for (std::size_t count = asked.kind.least_for_pass; count < most;
       count = analysis::next_look(count)) {
    if (series.points[count - 1].iteration < kLeastIterations) continue;
    seen.points.assign(series.points.begin(),
                       series.points.begin() + static_cast<std::ptrdiff_t>(count));
    const Outcome outcome = look_at(analysis::evidence_of(seen, asked.kind), asked, false);
    if (outcome != Outcome::kInconclusive) return outcome;
  }
  return look_at(analysis::evidence_of(series, asked.kind), asked, true);
}

Series sum_of(const std::vector<Series>& tree) {
  Series sum = tree.front();
  for (std::size_t process = 1; process < tree.size(); ++process)
    for (std::size_t i = 0; i < sum.points.size(); ++i)
      sum.points[i].value += tree[process].points[i].value;
  return sum;
}

std::string setting_name(const Setting& setting) {
  return fmt::format("{}, {}", setting.signal == Signal::kExact ? "exact" : "pages",
                     setting.batches == Batches::kOne
                         ? fmt::format("{} × 1 iteration", setting.checkpoints)
                         : fmt::format("{} checkpoints, {} iterations", setting.checkpoints,
                                       iterations_of(setting)));
}

void add_false_fails(Table& table, Family family, const Setting& setting, bool demanded) {
  if (family == Family::kPerCheckpoint && setting.batches == Batches::kOne) return;
  const GrowthQuestion asked = question(setting.signal, least_limit(setting.signal));
  const bool as_a_run = setting.batches == Batches::kContrast;
  table.add(
      {fmt::format("false fails, {}{}: {}", family_name(family), as_a_run ? ", as a run" : "",
                   setting_name(setting)),
       0.001, false, demanded},
      demanded ? kForErrors : kForPower, [=](Random& random) {
        const Series series = make_series(setting, family, draw_amplitude(setting.signal, random),
                                          Leak::kSteady, 0, random);
        return (as_a_run ? judge_as_a_run(series, asked) : judge(series, asked)) == Outcome::kFail;
      });
}

void add_all_false_fails(Table& table) {
  for (const Signal signal : {Signal::kExact, Signal::kPages}) {
    // By the time that a run may fail, its warm-up is over in most of 400 iterations.
    const Setting settings[] = {{signal, Batches::kOne, 200},
                                {signal, Batches::kOne, 1000},
                                {signal, Batches::kContrast, 100, 400}};
    for (const Setting& setting : settings) {
      for (const Family family : kHealthy) add_false_fails(table, family, setting, true);
      for (const Family family : kNotIdentifiable) add_false_fails(table, family, setting, false);
    }
  }
}

struct LeakCase {
  Setting setting;
  Family family = Family::kNoise;
  Leak leak = Leak::kSteady;
  double limit = 0;
  double leaked = 0;      // per iteration
  double amplitudes = 0;  // or so many standard deviations of the noise over the whole run
};

Series leaking_series(const LeakCase& each, Random& random) {
  const double amplitude = draw_amplitude(each.setting.signal, random);
  const double leaked = each.amplitudes > 0 ? each.amplitudes * amplitude /
                                                  static_cast<double>(iterations_of(each.setting))
                                            : each.leaked;
  return make_series(each.setting, each.family, amplitude, each.leak, leaked, random);
}

void add_power(Table& table, std::string what, const LeakCase& each, double required,
               bool demanded = true) {
  const GrowthQuestion asked = question(each.setting.signal, each.limit);
  table.add(
      {fmt::format("found: {}: {}", what, setting_name(each.setting)), required, true, demanded},
      kForPower,
      [=](Random& random) { return judge(leaking_series(each, random), asked) == Outcome::kFail; });
}

void add_all_power(Table& table) {
  const Setting exact = {Signal::kExact, Batches::kOne, 200};
  const Setting pages = {Signal::kPages, Batches::kOne, 200};
  add_power(table, "64 B/iteration", {exact, Family::kNoise, Leak::kSteady, 1, 64}, 0.99);
  for (const Leak leak : {Leak::kEverySeventh, Leak::kRandomly, Leak::kAccelerating})
    add_power(table, fmt::format("64 B/iteration, {}", leak_name(leak)),
              {exact, Family::kNoise, leak, 1, 64}, 0.99, leak != Leak::kRandomly);
  for (const Family family : {Family::kNoise, Family::kStep})
    add_power(table, fmt::format("growth of 10 amplitudes over {}", family_name(family)),
              {pages, family, Leak::kSteady, 0, 0, 10}, 0.99);
  for (const double amplitudes : {3.0, 5.0})
    add_power(table, fmt::format("growth of {} amplitudes over noise", amplitudes),
              {pages, Family::kNoise, Leak::kSteady, 0, 0, amplitudes}, 0, false);
  add_power(table, "growth of 10 amplitudes over an exponential warm-up",
            {pages, Family::kExponential, Leak::kSteady, 0, 0, 10}, 0, false);
  add_power(table, "growth of 10 amplitudes over noise",
            {{Signal::kPages, Batches::kOne, 1000}, Family::kNoise, Leak::kSteady, 0, 0, 10}, 0.99);
  add_power(table, "32 KiB/iteration, by arenas",
            {pages, Family::kNoise, Leak::kArenas, 4096, 32 * 1024}, 0.95);
}

void add_false_passes(Table& table, const LeakCase& each, std::string what, bool demanded) {
  const GrowthQuestion asked = question(each.setting.signal, each.limit);
  table.add({fmt::format("false passes at twice the limit, as a run, {}: {}", what,
                         setting_name(each.setting)),
             0.01, false, demanded},
            kForPower, [=](Random& random) {
              return judge_as_a_run(leaking_series(each, random), asked) == Outcome::kPass;
            });
}

void add_all_false_passes(Table& table) {
  for (const Signal signal : {Signal::kExact, Signal::kPages}) {
    const double limit = default_limit(signal);
    for (const Setting& setting :
         {Setting{signal, Batches::kOne, 200}, Setting{signal, Batches::kOne, 1000},
          Setting{signal, Batches::kContrast, 100, 400}}) {
      for (const Leak leak : {Leak::kSteady, Leak::kEverySeventh, Leak::kRandomly})
        add_false_passes(table, {setting, Family::kNoise, leak, limit, 2 * limit},
                         std::string(leak_name(leak)), leak != Leak::kRandomly);
      for (const Family family : {Family::kWanderingNoise, Family::kOutliers, Family::kStep,
                                  Family::kExponential, Family::kSawtooth})
        add_false_passes(table, {setting, family, Leak::kSteady, limit, 2 * limit},
                         fmt::format("over {}", family_name(family)), family != Family::kSawtooth);
    }
  }
}

void add_passes(Table& table, Family family, const Setting& setting, double required) {
  const GrowthQuestion asked = question(setting.signal, default_limit(setting.signal));
  table.add({fmt::format("passes: {}: {}", family_name(family), setting_name(setting)), required,
             true, required > 0},
            kForPower, [=](Random& random) {
              const Series series =
                  make_series(setting, family, draw_amplitude(setting.signal, random),
                              Leak::kSteady, 0, random);
              return judge(series, asked) == Outcome::kPass;
            });
}

void add_all_passes(Table& table) {
  const Setting exact = {Signal::kExact, Batches::kOne, 100};
  const Setting pages = {Signal::kPages, Batches::kContrast, 107};
  for (const Family family : {Family::kNoise, Family::kStep})
    add_passes(table, family, exact, 0.95);
  add_passes(table, Family::kNoise, pages, 0.95);
  for (const Family family : kHealthy) {
    if (family == Family::kNoise) continue;
    if (family != Family::kPerCheckpoint && family != Family::kStep)
      add_passes(table, family, exact, 0);
    add_passes(table, family, pages, 0);
  }
}

void add_trees(Table& table) {
  for (const Signal signal : {Signal::kExact, Signal::kPages}) {
    const double limit = default_limit(signal);
    const GrowthQuestion asked = question(signal, limit);
    const Setting setting = {signal, Batches::kOne, 200};
    for (const Outcome outcome : {Outcome::kFail, Outcome::kPass}) {
      const bool found = outcome == Outcome::kFail;
      table.add({fmt::format("{}: four processes, uneven and shifting, twice the limit: {}",
                             found ? "found" : "passed", setting_name(setting)),
                 found ? 0.99 : 0.01, found},
                kForPower, [=](Random& random) {
                  const double amplitude = draw_amplitude(signal, random) / 2;
                  const auto tree = make_tree(setting, amplitude, 2 * limit, random);
                  return judge(sum_of(tree), asked) == outcome;
                });
    }
  }
}

void add_slow_endpoints(Table& table) {
  const Setting setting = {Signal::kExact, Batches::kOne, 40};
  add_power(table, "a slow endpoint, 10 times the limit",
            {setting, Family::kNoise, Leak::kSteady, 64, 640}, 0.95);
  const GrowthQuestion asked = question(Signal::kExact, 64);
  table.add(
      {fmt::format("passes: a slow healthy endpoint: {}", setting_name(setting)), 0.95, true},
      kForPower, [=](Random& random) {
        return judge(make_series(setting, Family::kNoise, draw_amplitude(Signal::kExact, random),
                                 Leak::kSteady, 0, random),
                     asked) == Outcome::kPass;
      });
}

void add_recycling(Table& table) {
  constexpr std::int64_t kLives = 8;
  for (const Signal signal : {Signal::kExact, Signal::kPages}) {
    const double limit = default_limit(signal);
    const auto judged_as = [=](Outcome outcome, double asked, double leaked) {
      return [=](Random& random) {
        const auto growth = analysis::segmented_growth(
            make_lives(signal, kLives, draw_amplitude(signal, random), leaked, random));
        return growth && look_at(*growth, question(signal, asked), true) == outcome;
      };
    };
    const std::string where = fmt::format("{}, {} lives of 150 iterations",
                                          signal == Signal::kExact ? "exact" : "pages", kLives);
    table.add({"false fails, a worker that is replaced: " + where, 0.001, false}, kForErrors,
              judged_as(Outcome::kFail, least_limit(signal), 0));
    table.add({"found: twice the limit in a worker that is replaced: " + where, 0.99, true},
              kForPower, judged_as(Outcome::kFail, limit, 2 * limit));
    table.add(
        {"false passes at twice the limit in a worker that is replaced: " + where, 0.01, false},
        kForPower, judged_as(Outcome::kPass, limit, 2 * limit));
    table.add({"passes: a healthy worker that is replaced: " + where, 0.95, true}, kForPower,
              judged_as(Outcome::kPass, limit, 0));
  }
}

int calibrate(const Options& options) {
  Table table(options);
  add_all_false_fails(table);
  add_all_power(table);
  add_all_false_passes(table);
  add_all_passes(table);
  add_trees(table);
  add_recycling(table);
  add_slow_endpoints(table);
  add_scaling(table);
  if (table.missed() == 0) return 0;
  fmt::print(stderr, "{} figures are worse than they may be\n", table.missed());
  return 1;
}

}  // namespace
}  // namespace tidemark::calibration

int main(int argc, char** argv) {
  tidemark::calibration::Options options;
  CLI::App app("Calibrates the growth verdict and scaling on made-up data.");
  app.add_flag("--quick", options.quick, "a twentieth of the series");
  app.add_option("--seed", options.seed, "of the random numbers")->capture_default_str();
  app.add_option("--only", options.only, "only lines that contain this");
  CLI11_PARSE(app, argc, argv);
  return tidemark::calibration::calibrate(options);
}
