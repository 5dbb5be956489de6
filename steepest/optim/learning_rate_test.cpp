// Each schedule against its equation at its corners; every factor of every kind lies in [0, 1].
#include "steepest/optim/learning_rate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace steepest {
namespace {

TEST(LearningRate, ConstantIsOne) {
  const LearningRateSchedule s;
  EXPECT_EQ(s.factor(0), 1);
  EXPECT_EQ(s.factor(1000000), 1);
}

TEST(LearningRate, WarmupRisesInEqualSteps) {
  const LearningRateSchedule s{.warmup = 4};
  for (Index k = 0; k < 4; ++k) EXPECT_DOUBLE_EQ(s.factor(k), static_cast<double>(k + 1) / 5);
  EXPECT_EQ(s.factor(4), 1);
}

TEST(LearningRate, LinearFallsOverTheLastFraction) {
  const LearningRateSchedule s{.kind = ScheduleKind::linear, .steps = 10, .cooldown = 0.4, .final_factor = 0.2};
  EXPECT_EQ(s.factor(5), 1);
  EXPECT_EQ(s.factor(6), 1);
  EXPECT_NEAR(s.factor(8), 0.6, 1e-15);
  EXPECT_NEAR(s.factor(10), 0.2, 1e-15);
  EXPECT_NEAR(s.factor(99), 0.2, 1e-15);
  const LearningRateSchedule none{.kind = ScheduleKind::linear, .steps = 10, .cooldown = 0};
  EXPECT_EQ(none.factor(9), 1);
  EXPECT_EQ(none.factor(10), 0);
}

TEST(LearningRate, CosineTurnsHalfAPeriodAfterTheWarmup) {
  const LearningRateSchedule s{.kind = ScheduleKind::cosine, .steps = 12, .warmup = 4, .final_factor = 0.1};
  EXPECT_EQ(s.factor(4), 1);
  EXPECT_NEAR(s.factor(8), 0.55, 1e-15);
  EXPECT_NEAR(s.factor(6), 0.1 + 0.9 * (1 + std::sqrt(0.5)) / 2, 1e-15);
  EXPECT_NEAR(s.factor(12), 0.1, 1e-15);
}

TEST(LearningRate, StepFallsEverySoOften) {
  const LearningRateSchedule s{.kind = ScheduleKind::step, .step_size = 25, .step_factor = 0.99};
  EXPECT_EQ(s.factor(24), 1);
  EXPECT_EQ(s.factor(25), 0.99);
  EXPECT_NEAR(s.factor(149), std::pow(0.99, 5), 1e-16);
}

TEST(LearningRate, FactorsStayBetweenZeroAndOne) {
  for (const auto kind : schedule_names()) {
    const LearningRateSchedule s{
        .kind = schedule_named(kind), .steps = 50, .warmup = 7, .cooldown = 0.9, .step_size = 3, .step_factor = 0.5};
    for (Index k = 0; k < 80; ++k) {
      EXPECT_GE(s.factor(k), 0) << kind;
      EXPECT_LE(s.factor(k), 1) << kind;
    }
  }
}

TEST(LearningRate, WhatMakesNoScheduleIsRefused) {
  EXPECT_THROW(schedule_named("cosin"), std::invalid_argument);
  const auto refused = [](LearningRateSchedule s) { EXPECT_THROW(check_schedule(s), std::invalid_argument); };
  refused({.kind = ScheduleKind::linear});
  refused({.kind = ScheduleKind::cosine, .steps = 0});
  refused({.warmup = -1});
  refused({.cooldown = 1.5});
  refused({.final_factor = -0.1});
  refused({.step_size = 0});
  refused({.step_factor = 2});
  EXPECT_NO_THROW(check_schedule({.kind = ScheduleKind::linear, .steps = 1}));
}

}  // namespace
}  // namespace steepest
