// The image of an interval under a composition of polynomials: containment and tightness.
#include "steepest/polar/schedule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "steepest/base/random.hpp"

namespace steepest {
namespace {

using Real = long double;

Real exactly(const OddPolynomial& p, Real x) {
  const Real t = x * x;
  return x * (p.a + t * (p.b + t * (p.c + t * p.d)));
}

TEST(image, knows_the_ranges_of_the_fixed_schedules) {
  const auto expect_range = [](const PolynomialSchedule& schedule, double from, double lower, double upper) {
    const Interval y = image(schedule, {from, 1});
    EXPECT_NEAR(y.lower, lower, 1e-3);
    EXPECT_NEAR(y.upper, upper, 1e-3);
  };
  expect_range(jordan(5), 1e-2, 0.682, 1.134);
  expect_range(jordan(5), 1e-3, 0.470, 1.202);
  expect_range(jordan(6), 1e-3, 0.682, 1.202);
  expect_range(polar_express({1e-3, 5, 5, 1.02, 0.02}), 1e-3, 0.859, 1.141);
  expect_range(newton_schulz_cubic(12), 1e-1, 1, 1);
  expect_range(newton_schulz_quintic(1), 1e-3, 0.001875, 1);
}

// Containment: p(x) of a random x in the interval lies in the image. Tightness: some p(x) comes near both ends.
TEST(image, holds_every_value_and_no_more) {
  constexpr std::uint64_t seed = 20253;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (int i = 0; i < 60; ++i) {
    const PolynomialSchedule schedule = {
        {4 * random.normal(), 5 * random.normal(), 2 * random.normal()},
        {2 * random.normal(), random.normal(), i % 2 == 0 ? 0 : random.normal(), i % 3 == 0 ? 0 : 3 * random.normal()}};
    const double one = 2 * random.uniform() - 1, other = 2 * random.uniform() - 1;
    const Interval x{std::min(one, other), std::max(one, other)};
    const Interval y = image(schedule, x);
    Real lowest = std::numeric_limits<Real>::infinity(), highest = -lowest;
    for (int k = 0; k <= 20000; ++k) {
      const Real value = exactly(schedule[1], exactly(schedule[0], x.lower + (Real{x.upper} - x.lower) * k / 20000));
      lowest = std::min(lowest, value);
      highest = std::max(highest, value);
    }
    EXPECT_LE(y.lower, lowest);
    EXPECT_GE(y.upper, highest);
    EXPECT_LE(lowest - y.lower, 1e-4L * (highest - lowest));
    EXPECT_LE(y.upper - highest, 1e-4L * (highest - lowest));
  }
}

// p(x) = 3 x - 4 x^3 takes sin(t) to sin(3 t): 15 steps enlarge a rounding error 3^15 times, and the image must hold
// it. Its width is that times a few hundred units of roundoff at most, more only where an orbit passes near 1.
TEST(image, encloses_its_own_rounding) {
  Random random(20254);
  for (int i = 0; i < 200; ++i) {
    const double x = random.uniform();
    const Interval y = image(repeated({3, -4, 0}, 15), {x, x});
    const Real exact = std::sin(14348907 * std::asin(Real{x}));
    EXPECT_LE(y.lower, exact);
    EXPECT_GE(y.upper, exact);
    EXPECT_LE(y.upper - y.lower, 1e-7);
  }
}

TEST(image, is_more_than_its_ends) {
  const PolynomialSchedule one = jordan(1);
  EXPECT_GT(image(one, {0.1, 1}).upper, 1.05 * std::max(evaluate(one, 0.1), evaluate(one, 1)));
}

// Where p' of degree 7 has three zeros, all three count: p' = -(t - .1)(t - .4)(t - .7), t = x^2.
TEST(image, sees_three_stationary_points) {
  const OddPolynomial p{0.028, -0.39 / 3, 1.2 / 5, -1.0 / 7};
  const Interval y = image({p}, {0.3, 0.9});
  const std::array<double, 3> at = {std::sqrt(.1), std::sqrt(.4), std::sqrt(.7)};
  EXPECT_NEAR(y.upper, std::max({evaluate(p, at[0]), evaluate(p, at[2]), evaluate(p, .3), evaluate(p, .9)}), 1e-15);
  EXPECT_NEAR(y.lower, std::min({evaluate(p, at[1]), evaluate(p, .3), evaluate(p, .9)}), 1e-15);
  EXPECT_LT(y.lower, std::min(evaluate(p, .3), evaluate(p, .9)));
}

// A singular value above the largest safe one leaves [-2, 2]; one below stays, and so do all smaller ones.
TEST(largest_safe_input, is_where_the_schedule_blows_up) {
  for (const PolynomialSchedule& schedule : {jordan(5), polar_express({}), kovarik7(4), newton_schulz_cubic(8)}) {
    const double x = largest_safe_input(schedule);
    EXPECT_GT(std::abs(evaluate(schedule, x * (1 + 1e-9))), 2);
    for (int i = 1; i <= 1000; ++i) EXPECT_LE(std::abs(evaluate(schedule, x * i / 1000)), 2);
  }
  // p(x) = x with p'(x) > 1: 2.0315 x^4 - 4.775 x^2 + 2.4445 = 0, and p(x) = -x.
  const double root = std::sqrt(4.775 * 4.775 - 4 * 2.0315 * 2.4445);
  EXPECT_NEAR(largest_safe_input(jordan(50)), std::sqrt((4.775 + root) / (2 * 2.0315)), 1e-12);
  EXPECT_NEAR(largest_safe_input(newton_schulz_cubic(60)), std::sqrt(5.0), 1e-6);  // p(x) = -x
}

TEST(image, survives_divergence) {
  for (const PolynomialSchedule& schedule : {jordan(40), newton_schulz_cubic(60)}) {
    const Interval y = image(schedule, {0, 3});
    EXPECT_EQ(y.lower, -std::numeric_limits<double>::infinity());
    EXPECT_EQ(y.upper, std::numeric_limits<double>::infinity());
  }
}

}  // namespace
}  // namespace steepest
