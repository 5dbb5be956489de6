// The chain of optima on [A, u] leaves [1 - E, 1 + E], and E falls as A grows. Residual: the image of [A, u] against
// [1 - delta, 1 + delta], and a chain from A (1 -+ 1e-4), which must miss delta on either side. Bound: the rounding of the
// coefficients, at most 200 eps per step (terms that sum to 280) times a slope of up to 35 of each later step.
#include "steepest/polar/delta_orthogonalization.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

namespace steepest {
namespace {

// Published examples: left end and slope to the digits given, from a bisection to 1e-7.
TEST(delta_orthogonalization, equals_the_known_examples) {
  struct Row {
    DeltaOptions options;
    double lower, slope, digits;
  };
  const std::vector<Row> rows = {
      {{3, 7, 0.3}, 8.93e-4, 832, 6e-4},   {{5, 5, 0.3}, 5.02e-4, 1480, 1e-3},  {{5, 5, 0.1}, 1.07e-3, 1011, 5e-3},
      {{5, 4, 0.3}, 2.14e-3, 348, 2.5e-3}, {{5, 6, 0.01}, 5.89e-4, 2673, 1e-3}, {{3, 4, 0.99}, 1.10e-4, 90.5, 5e-3},
  };
  for (const Row& row : rows) {
    const DeltaSchedule made = delta_orthogonalization(row.options);
    EXPECT_NEAR(made.lower / row.lower, 1, row.digits);
    EXPECT_NEAR(slope_at_zero(made.polynomials) / row.slope, 1, row.digits);
  }
}

double greedy_error(double lower, const DeltaOptions& o) {
  return largest_error(
      polar_express({.lower_bound = lower, .steps = o.steps, .degree = o.degree, .safety = 1, .cushion = 0}),
      {lower, 1});
}

TEST(delta_orthogonalization, leaves_exactly_delta) {
  for (const int degree : {3, 5, 7})
    for (const int steps : {1, 2, 5, 8})
      for (const double delta : {0.99, 0.5, 0.1, 1e-4}) {
        const DeltaOptions options{degree, steps, delta, 1};
        const auto [schedule, lower] = delta_orthogonalization(options);
        const double bound = 200 * 0x1p-52 * std::pow(35, steps - 1) + 1e-14;
        if (bound > delta / 100) continue;
        EXPECT_GT(greedy_error(lower * (1 - 1e-4), options), delta) << degree << ' ' << steps << ' ' << delta;
        EXPECT_LT(greedy_error(lower * (1 + 1e-4), options), delta) << degree << ' ' << steps << ' ' << delta;
        EXPECT_NEAR(largest_error(schedule, {lower, 1}), delta, bound) << degree << ' ' << steps;
        EXPECT_NEAR(image(schedule, {lower, 1}).lower, 1 - delta, bound) << degree << ' ' << steps;
      }
}

// A range [A, u] is [A/u, 1] stretched.
TEST(delta_orthogonalization, scales_with_its_upper_end) {
  const auto one = delta_orthogonalization({5, 4, 0.3, 1}), wide = delta_orthogonalization({5, 4, 0.3, 8});
  EXPECT_NEAR(wide.lower / (8 * one.lower), 1, 1e-14);
  EXPECT_NEAR(wide.polynomials[0].c / (one.polynomials[0].c * std::pow(8, -5)), 1, 1e-13);
  EXPECT_NEAR(wide.polynomials[3].c / one.polynomials[3].c, 1, 1e-12);
}

TEST(delta_orthogonalization, is_quick) {
  std::vector<double> milliseconds(25);
  for (double& t : milliseconds) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(delta_orthogonalization({7, 5, 0.3, 1}).polynomials.size(), 5U);
    t = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  }
  std::nth_element(milliseconds.begin(), milliseconds.begin() + 12, milliseconds.end());
  EXPECT_LT(milliseconds[12], 1);
}

TEST(delta_orthogonalization, refuses_bad_input) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<DeltaOptions> bad = {{4, 5, 0.3, 1}, {5, 0, 0.3, 1}, {5, 65, 0.3, 1}, {5, 5, 0, 1},
                                         {5, 5, 1, 1},   {5, 5, nan, 1}, {5, 5, 0.3, 0},  {5, 5, 0.3, nan}};
  for (const DeltaOptions& options : bad) {
    EXPECT_THAT([=] { delta_orthogonalization(options); },
                testing::ThrowsMessage<std::invalid_argument>(testing::StartsWith("[schedule] ")));
  }
}

}  // namespace
}  // namespace steepest
