#include "harness/load/rotation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace tidemark::load {
namespace {

using testing::ElementsAre;

std::vector<std::size_t> first(FlowRotation rotation, int count) {
  std::vector<std::size_t> flows;
  while (count-- > 0) flows.push_back(rotation.next());
  return flows;
}

TEST(FlowRotation, OneFlowIsTakenEachTime) {
  EXPECT_THAT(first(FlowRotation({3}), 4), ElementsAre(0, 0, 0, 0));
}

TEST(FlowRotation, WeightsAreInterleavedNotBunched) {
  EXPECT_THAT(first(FlowRotation({5, 1, 1}), 7), ElementsAre(0, 0, 1, 0, 2, 0, 0));
}

TEST(FlowRotation, EachFlowHasItsShareToWithinOneAtAnyTime) {
  for (const std::vector<int>& weights :
       {std::vector<int>{1, 1}, {7, 2, 1}, {1, 99}, {3, 3, 3, 1}, {13, 8, 5, 3, 2, 1, 1}}) {
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    std::vector<int> taken(weights.size(), 0);
    FlowRotation rotation(weights);
    for (int turn = 1; turn <= 3 * static_cast<int>(sum); ++turn) {
      ++taken[rotation.next()];
      for (std::size_t flow = 0; flow < weights.size(); ++flow)
        EXPECT_LT(std::abs(taken[flow] - turn * weights[flow] / sum), 1 + 1e-9)
            << "flow " << flow << " after " << turn;
    }
  }
}

using Order = plan::DataFeed::Order;

std::vector<std::optional<std::size_t>> rows(RowRotation rotation, int count) {
  std::vector<std::optional<std::size_t>> rows;
  while (count-- > 0) rows.push_back(rotation.next());
  return rows;
}

TEST(RowRotation, ASequenceBeginsAgain) {
  EXPECT_THAT(rows(RowRotation(3, Order::kSequence, 1), 5), ElementsAre(0, 1, 2, 0, 1));
}

TEST(RowRotation, OnceEndsWithTheRows) {
  EXPECT_THAT(rows(RowRotation(2, Order::kOnce, 1), 4),
              ElementsAre(0, 1, std::nullopt, std::nullopt));
  RowRotation rotation(1, Order::kOnce, 1);
  EXPECT_FALSE(rotation.exhausted());
  rotation.next();
  EXPECT_TRUE(rotation.exhausted());
}

TEST(RowRotation, RandomRowsAreEvenlySpreadAndTheSameForASeed) {
  constexpr int kCount = 10'000;
  const auto taken = rows(RowRotation(10, Order::kRandom, 7), kCount);
  EXPECT_EQ(taken, rows(RowRotation(10, Order::kRandom, 7), kCount));
  EXPECT_NE(taken, rows(RowRotation(10, Order::kRandom, 8), kCount));
  for (std::size_t row = 0; row < 10; ++row)
    EXPECT_NEAR(static_cast<double>(std::count(taken.begin(), taken.end(), row)), 1000, 150);
}

TEST(RowRotation, WithoutAFeedTheRowIsAlwaysTheFirst) {
  for (const Order order : {Order::kSequence, Order::kRandom, Order::kOnce}) {
    EXPECT_THAT(rows(RowRotation(0, order, 1), 2), ElementsAre(0, 0));
    EXPECT_FALSE(RowRotation(0, order, 1).exhausted());
  }
}

}  // namespace
}  // namespace tidemark::load
