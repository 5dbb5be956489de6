// f(x) = (mu x + 1/(mu x))/2 takes [a, b] with mu = 1/sqrt(a b) onto [1, f(b)], f(a) = f(b), and no other mu gives a
// smaller largest value. Residuals: the image of random x against [1, upper]; f at both ends. Bound: 8 eps, some roundings.
#include "steepest/polar/newton_scaling.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "steepest/base/random.hpp"

namespace steepest {
namespace {

using Real = long double;
constexpr double eps64 = 0x1p-52;
constexpr double eps32 = 0x1p-23;

Real mapped(const NewtonStep& step, Real x) { return (step.mu * x + 1 / (step.mu * x)) / 2; }

// Steps until the range is within 5 eps/2 of 1, computed in 50 digits.
TEST(newton_schedule, needs_the_steps_that_theory_says) {
  struct Row {
    double kappa;
    std::size_t steps64, steps32;
  };
  const std::vector<Row> table = {{10, 5, 4}, {1e2, 6, 5}, {1e4, 7, 6}, {1e8, 8, 7}, {1e12, 8, 7}, {1e16, 9, 8}};
  for (const Row& row : table) {
    EXPECT_EQ(newton_schedule(1 / row.kappa, 1, eps64).size(), row.steps64) << row.kappa;
    EXPECT_EQ(newton_schedule(1, row.kappa, eps32).size(), row.steps32) << row.kappa;
  }
}

// The recurrence of Byers and Xu: mu_1 = sqrt(2 sqrt(a b)/(a + b)), mu_(k+1) = 1/sqrt((mu_k + 1/mu_k)/2).
TEST(newton_schedule, equals_the_recurrence_of_byers_and_xu) {
  const double a = 3, b = 1e-7;
  const NewtonSchedule schedule = newton_schedule(b, a, eps64);
  Real mu = 1 / std::sqrt(Real{a} * b);
  EXPECT_NEAR(schedule[0].mu / static_cast<double>(mu), 1, 4 * eps64);
  mu = std::sqrt(2 * std::sqrt(Real{a} * b) / (Real{a} + b));
  for (std::size_t k = 1; k < schedule.size(); ++k) {
    EXPECT_NEAR(schedule[k].mu / static_cast<double>(mu), 1, 8 * eps64) << k;
    mu = 1 / std::sqrt((mu + 1 / mu) / 2);
  }
}

TEST(newton_schedule, keeps_its_promise_at_every_step) {
  Random random(20261);
  for (const double kappa : {1.001, 3.0, 1e3, 1e9, 1e16}) {
    const NewtonSchedule schedule = newton_schedule(0.7 / kappa, 0.7, eps64);
    for (int i = 0; i < 1000; ++i) {
      Real x = 0.7L * std::pow(Real{kappa}, i < 2 ? -i : -random.uniform());  // both ends, then inside
      for (const NewtonStep& step : schedule) {
        x = mapped(step, x);
        EXPECT_GE(x, 1 - 8 * eps64) << kappa;
        EXPECT_LE(x, step.upper * (1 + 8 * eps64)) << kappa;
        if (i < 2) {
          EXPECT_NEAR(static_cast<double>(x / step.upper), 1, 8 * eps64) << kappa;
        }
      }
    }
    EXPECT_LE(schedule.back().upper - 1, 2.5 * eps64 + eps64);
    NewtonStep other = schedule[0];  // any other factor lets one of the ends pass `upper`
    other.mu *= 1.01;
    EXPECT_GT(std::max(mapped(other, 0.7L), mapped(other, 0.7L / kappa)), schedule[0].upper * (1 + 1e-6L)) << kappa;
  }
}

TEST(newton_schedule, takes_no_step_where_none_is_needed) {
  EXPECT_TRUE(newton_schedule(1, 1, eps64).empty());
  EXPECT_EQ(newton_schedule(0.5, 0.5, eps64).size(), 1U);
  EXPECT_EQ(newton_schedule(1e-300, 1, eps64).size(), 13U);
}

TEST(newton_schedule, refuses_bad_input) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const auto refused = testing::ThrowsMessage<std::invalid_argument>(testing::StartsWith("[schedule] "));
  for (const auto& [lower, upper] :
       std::vector<std::array<double, 2>>{{0, 1}, {-1, 1}, {2, 1}, {nan, 1}, {1, nan}, {1, infinity}, {1e-200, 1e200}})
    EXPECT_THAT(([l = lower, u = upper] { newton_schedule(l, u, eps64); }), refused) << lower << ' ' << upper;
  for (const double epsilon : {0.0, 1.0, nan}) EXPECT_THAT([=] { newton_schedule(0.1, 1, epsilon); }, refused);
}

}  // namespace
}  // namespace steepest
