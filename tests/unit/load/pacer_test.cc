#include "harness/load/pacer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace tidemark::load {
namespace {

using testing::ElementsAre;

plan::Stage stage(double seconds, double target) {
  return {Seconds(seconds), target};
}

TEST(Course, IsLevelWithoutStages) {
  const Course course(20, {});
  EXPECT_EQ(course.at(Seconds(0)), 20);
  EXPECT_EQ(course.at(Seconds(1e6)), 20);
  EXPECT_EQ(course.area(Seconds(3)), 60);
  EXPECT_EQ(course.time_of_area(60), Seconds(3));
  EXPECT_EQ(course.end(), Seconds(0));
}

TEST(Course, GoesEvenlyFromTargetToTarget) {
  const Course course(0, {stage(10, 20), stage(5, 20), stage(4, 0)});
  EXPECT_EQ(course.at(Seconds(-1)), 0);
  EXPECT_EQ(course.at(Seconds(0)), 0);
  EXPECT_EQ(course.at(Seconds(5)), 10);
  EXPECT_EQ(course.at(Seconds(10)), 20);
  EXPECT_EQ(course.at(Seconds(12)), 20);
  EXPECT_EQ(course.at(Seconds(17)), 10);
  EXPECT_EQ(course.at(Seconds(19)), 0);
  EXPECT_EQ(course.at(Seconds(99)), 0);
  EXPECT_EQ(course.end(), Seconds(19));
  EXPECT_EQ(course.area(Seconds(-1)), 0);
  EXPECT_EQ(course.area(Seconds(5)), 25);
  EXPECT_EQ(course.area(Seconds(10)), 100);
  EXPECT_EQ(course.area(Seconds(15)), 200);
  EXPECT_EQ(course.area(Seconds(99)), 240);
  EXPECT_EQ(course.time_of_area(0), Seconds(0));
  EXPECT_EQ(course.time_of_area(25), Seconds(5));
  EXPECT_EQ(course.time_of_area(150), Seconds(12.5));
  EXPECT_EQ(course.time_of_area(230), Seconds(17));
  EXPECT_EQ(course.time_of_area(240), Seconds(19));
  EXPECT_EQ(course.time_of_area(240.001), std::nullopt);
}

TEST(Course, AStageOfNoLengthIsAJump) {
  const Course course(1, {stage(10, 1), stage(0, 100), stage(10, 100)});
  EXPECT_EQ(course.at(Seconds(9.999)), 1);
  EXPECT_EQ(course.at(Seconds(10)), 100);
  EXPECT_EQ(course.area(Seconds(10)), 10);
  EXPECT_EQ(course.time_of_area(10), Seconds(10));
  EXPECT_EQ(course.time_of_area(110), Seconds(11));
}

TEST(Course, AStageOfNothingIsPassedOver) {
  const Course course(
      0, {stage(10, 0), stage(0, 2), stage(5, 2), stage(0, 0), stage(60, 0), stage(0, 1)});
  EXPECT_EQ(course.time_of_area(1), Seconds(10.5));
  EXPECT_EQ(course.time_of_area(10), Seconds(15));
  EXPECT_EQ(course.time_of_area(11), Seconds(76));
}

std::vector<plan::Stage> random_stages(std::mt19937_64& random) {
  std::uniform_int_distribution<int> kind(0, 3);
  std::uniform_real_distribution<double> seconds(0.001, 100);
  std::uniform_real_distribution<double> rate(0.01, 500);
  std::vector<plan::Stage> stages;
  for (int count = 1 + kind(random) * 2; count > 0; --count)
    stages.push_back(
        stage(kind(random) == 0 ? 0 : seconds(random), kind(random) == 0 ? 0 : rate(random)));
  return stages;
}

TEST(Course, AreaAndTimeAreInverse) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 500; ++round) {
    const Course course(round % 3 == 0 ? 0 : round, random_stages(random));
    const double whole = course.area(course.end());
    std::uniform_real_distribution<double> share(0, 1);
    for (int i = 0; i < 20; ++i) {
      const double area = whole * share(random);
      const auto time = course.time_of_area(area);
      ASSERT_TRUE(time);
      EXPECT_NEAR(course.area(*time), area, 1e-9 * (1 + whole));
      EXPECT_GE(*time, Seconds(0));
      EXPECT_LE(*time, course.end());
    }
  }
}

TEST(Course, AreaNeverFallsAndRateIsNeverNegative) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 200; ++round) {
    const Course course(round, random_stages(random));
    double last = 0;
    for (int i = 0; i <= 100; ++i) {
      const Seconds time = course.end() * (i / 80.0);
      EXPECT_GE(course.area(time), last);
      EXPECT_GE(course.at(time), 0);
      last = course.area(time);
    }
  }
}

plan::Load open(double rate, std::vector<plan::Stage> stages = {}) {
  plan::Load load;
  load.model = plan::LoadModel::kOpen;
  load.rate_per_second = rate;
  load.stages = std::move(stages);
  return load;
}

std::vector<double> arrivals(const plan::Load& load, std::size_t most) {
  Pacer pacer(load);
  std::vector<double> times;
  for (auto next = pacer.next_arrival(Seconds(0)); next && times.size() < most;
       next = pacer.next_arrival(*next))
    times.push_back(next->count());
  return times;
}

TEST(Pacer, ConstantArrivalsAreEvenlySpaced) {
  EXPECT_THAT(arrivals(open(4), 5), ElementsAre(0.25, 0.5, 0.75, 1.0, 1.25));
}

TEST(Pacer, ArrivalsBecomeMoreFrequentOnARamp) {
  // The area is t² up to 2 s and ends there.
  EXPECT_THAT(arrivals(open(0, {stage(2, 4)}), 99),
              ElementsAre(1, testing::DoubleNear(std::sqrt(2), 1e-9),
                          testing::DoubleNear(std::sqrt(3), 1e-9), 2));
}

TEST(Pacer, SoManyConstantArrivalsAreDueAsTheAreaHolds) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 20; ++round) {
    const std::vector<plan::Stage> stages = random_stages(random);
    const Course course(round, stages);
    const std::vector<double> times = arrivals(open(round, stages), 1'000'000);
    EXPECT_EQ(static_cast<double>(times.size()), std::floor(course.area(course.end()) + 1e-6));
    for (std::size_t i = 0; i < times.size(); i += 1 + times.size() / 50)
      EXPECT_NEAR(course.area(Seconds(times[i])), static_cast<double>(i + 1), 1e-5);
  }
}

TEST(Pacer, ArrivalsGoOnWhereTheLastBatchEnded) {
  const plan::Load load = open(10, {stage(3, 40), stage(2, 0)});
  Pacer whole(load);
  Pacer batches(load);
  Seconds time(0);
  for (int i = 0; i < 50; ++i) {
    const auto next = whole.next_arrival(time);
    ASSERT_TRUE(next);
    EXPECT_EQ(batches.next_arrival(time), next);
    time = *next;
  }
}

TEST(Pacer, PoissonArrivalsHaveTheRightMeanAndSpread) {
  plan::Load load = open(50);
  load.arrivals = plan::Arrivals::kPoisson;
  constexpr std::size_t kCount = 20'000;
  const std::vector<double> times = arrivals(load, kCount);
  ASSERT_EQ(times.size(), kCount);
  // Four standard errors of a sum of exponentials.
  EXPECT_NEAR(times.back(), kCount / 50.0, 4 * std::sqrt(kCount) / 50);
  double squares = 0;
  for (std::size_t i = 1; i < kCount; ++i) {
    const double gap = times[i] - times[i - 1];
    EXPECT_GE(gap, 0);
    squares += (gap - 0.02) * (gap - 0.02);
  }
  EXPECT_NEAR(std::sqrt(squares / kCount), 0.02, 0.001);
}

TEST(Pacer, PoissonArrivalsFollowTheStages) {
  plan::Load load = open(0, {stage(100, 100), stage(100, 0)});
  load.arrivals = plan::Arrivals::kPoisson;
  const std::vector<double> times = arrivals(load, 1'000'000);
  EXPECT_NEAR(static_cast<double>(times.size()), 10'000, 400);
  const auto in_first_half =
      std::count_if(times.begin(), times.end(), [](double time) { return time < 100; });
  EXPECT_NEAR(static_cast<double>(in_first_half), 5000, 300);
}

TEST(Pacer, PoissonArrivalsAreTheSameForASeed) {
  plan::Load load = open(50);
  load.arrivals = plan::Arrivals::kPoisson;
  const std::vector<double> times = arrivals(load, 100);
  EXPECT_EQ(times, arrivals(load, 100));
  load.seed = 2;
  EXPECT_NE(times, arrivals(load, 100));
}

TEST(Pacer, TheLoadEndsWithItsDurationOrItsStages) {
  plan::Load load = open(10);
  EXPECT_EQ(Pacer(load).end(), std::nullopt);
  load.duration = Seconds(2);
  EXPECT_EQ(Pacer(load).end(), Seconds(2));
  EXPECT_EQ(arrivals(load, 99).size(), 20U);
  load = open(10, {stage(1, 10), stage(2, 10)});
  EXPECT_EQ(Pacer(load).end(), Seconds(3));
  EXPECT_EQ(arrivals(load, 99).size(), 30U);
}

TEST(Pacer, NoArrivalIsLostToRounding) {
  for (const double rate : {3.0, 7.0, 33.3, 200.0, 1000.0, 12345.0}) {
    plan::Load load = open(rate);
    load.duration = Seconds(100 / rate);
    EXPECT_EQ(arrivals(load, 999).size(), 100U) << rate;
  }
}

TEST(Pacer, NothingArrivesWhereTheRateIsZero) {
  EXPECT_TRUE(arrivals(open(0), 9).empty());
}

TEST(Pacer, VirtualUsersAreRoundedAndGoAtTheEnd) {
  plan::Load load;
  load.vus = 1;
  EXPECT_EQ(Pacer(load).vus_at(Seconds(1e6)), 1);
  load.vus = 0;
  load.stages = {stage(10, 10), stage(10, 10), stage(10, 2)};
  Pacer pacer(load);
  std::vector<int> vus;
  for (const double time : {0.0, 0.4, 0.6, 5.0, 10.0, 15.0, 25.0, 29.9, 30.0})
    vus.push_back(pacer.vus_at(Seconds(time)));
  EXPECT_THAT(vus, ElementsAre(0, 0, 1, 5, 10, 10, 6, 2, 0));
}

}  // namespace
}  // namespace tidemark::load
