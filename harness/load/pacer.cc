#include "harness/load/pacer.h"

#include <algorithm>
#include <cmath>

namespace tidemark::load {

Course::Course(double begin, const std::vector<plan::Stage>& stages) {
  points_.push_back({Seconds(0), begin, 0});
  for (const plan::Stage& stage : stages) {
    const Point& last = points_.back();
    const double mean = (last.value + stage.target) / 2;
    points_.push_back(
        {last.time + stage.duration, stage.target, last.area + mean * stage.duration.count()});
  }
}

double Course::at(Seconds time) const {
  const auto next =
      std::find_if(points_.begin(), points_.end(), [&](const Point& p) { return p.time > time; });
  if (next == points_.end()) return points_.back().value;
  if (next == points_.begin()) return next->value;
  const Point& last = *(next - 1);
  return last.value + (next->value - last.value) * ((time - last.time) / (next->time - last.time));
}

double Course::area(Seconds time) const {
  const auto next =
      std::find_if(points_.begin(), points_.end(), [&](const Point& p) { return p.time > time; });
  if (next == points_.begin()) return 0;
  const Point& last = *(next - 1);
  return last.area + (last.value + at(time)) / 2 * (time - last.time).count();
}

std::optional<Seconds> Course::time_of_area(double area) const {
  const auto next =
      std::find_if(points_.begin(), points_.end(), [&](const Point& p) { return p.area >= area; });
  if (next == points_.begin()) return Seconds(0);
  const Point& last = *(next - 1);
  const double wanted = area - last.area;
  if (next == points_.end()) {
    if (last.value <= 0) return std::nullopt;
    return last.time + Seconds(wanted / last.value);
  }
  // Inside a stage the area is a t²/2 + b t. In this form the root has no cancellation, and none
  // of its divisors is zero where the area grows.
  const double b = last.value;
  const double a = (next->value - b) / (next->time - last.time).count();
  const double root = std::sqrt(std::max(0.0, b * b + 2 * a * wanted));
  const double time = b + root > 0 ? 2 * wanted / (b + root) : 0;
  return std::min(last.time + Seconds(time), next->time);
}

namespace {

std::optional<Seconds> end_of(const plan::Load& load, const Course& course) {
  if (load.duration) return load.duration;
  if (!load.stages.empty()) return course.end();
  return std::nullopt;
}

}  // namespace

Pacer::Pacer(const plan::Load& load)
    : course_(load.model == plan::LoadModel::kOpen ? load.rate_per_second : load.vus, load.stages),
      arrivals_(load.arrivals),
      has_stages_(!load.stages.empty()),
      end_(end_of(load, course_)),
      random_(load.seed) {}

std::optional<Seconds> Pacer::next_arrival(Seconds time) {
  constexpr double kRounding = 1e-6;
  const double area = course_.area(time);
  // Constant arrivals are due where the area is a whole number: counted from there, a million of
  // them add up no errors, and the last is not lost behind the end.
  double wanted = arrivals_ == plan::Arrivals::kConstant
                      ? std::floor(area + kRounding) + 1
                      : area + std::exponential_distribution<double>(1.0)(random_);
  if (end_) {
    const double whole = course_.area(*end_);
    if (wanted > whole + kRounding) return std::nullopt;
    wanted = std::min(wanted, whole);
  }
  return course_.time_of_area(wanted);
}

int Pacer::vus_at(Seconds time) const {
  if (end_ && time >= *end_) return 0;
  return static_cast<int>(std::lround(course_.at(time)));
}

}  // namespace tidemark::load
