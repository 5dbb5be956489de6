// Let f(x) = x (a + b x^2)/(1 + c x^2) with the weights of QDWH for singular values in [l, 1], b = (a - 1)^2/4 and
// c = a + b - 1. Then
//   1 - f(x) = (1 - x) (1 - (a - 1) x/2)^2 / (1 + c x^2),
// so that f <= 1 with equality at 1 and at 2/(a - 1), and f has its least value on [l, 1] at l and at one inner point:
// (1 - f) + (1 - l')/2 alternates, which makes f the best rational function of its type. Residuals: f(2/(a - 1)) - 1,
// and the least value of f over its stationary points minus f(l); bound 8 eps, some roundings of a value in [0, 1].
// Goldens were computed in at least 50 digits. A weight goes at most like l^(-4/3), so that it is right to
// eps/2 (1 + 4/3) when l is a decimal.
#include "steepest/polar/halley.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
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

Real relative(double value, Real golden) { return std::abs(value / golden - 1); }

Real exactly(const HalleyStep& f, Real x) { return x * (f.a + f.b * x * x) / (1 + f.c * x * x); }

TEST(qdwh, equals_the_goldens) {
  struct Golden {
    double l;
    Real a, b, c, lower;
  };
  const std::vector<Golden> goldens = {
      {1e-16, 116960709528.51464262L, 3.4199518932949136239e21L, 3.4199518934118743335e21L, 1.1696070952451464262e-5L},
      {1e-8, 542883.52332266533675L, 73680358532.296068327L, 73680901414.819390992L, 5.428795233447694036e-3L},
      {1e-3, 251.99210505067544854L, 15749.259199442325001L, 16000.25130449300045L, .24803916533121870379L},
      {0.01, 54.324294676139443382L, 710.87010067693834625L, 764.19439535307778963L, .50533630003644046024L},
      {0.1, 11.848426279791880118L, 29.422088187019773003L, 40.270514466811653121L, .86565927328476847302L},
      {0.5, 4.3593398999168097123L, 2.8212911407932702736L, 6.1806310407100799858L, .99496046263982404868L},
      {0.9, 3.1644428879527153193L, 1.1712032538022726406L, 3.3356461417549879599L, .99998173799171535299L},
      {0.999, 3.001501313696423897L, 1.0015018771821276645L, 3.0030031908785515615L, .99999999998435153611L},
  };
  for (const Golden& g : goldens) {
    const HalleyStep f = qdwh_schedule(g.l, eps64).front();
    const Real bound = eps64 / 2 * (1 + 4 / 3.0L) * 1.01L;
    EXPECT_LE(relative(f.a, g.a), bound) << g.l;
    EXPECT_LE(relative(f.b, g.b), bound) << g.l;
    EXPECT_LE(relative(f.c, g.c), bound) << g.l;
    EXPECT_LE(relative(f.lower, g.lower), bound) << g.l;
  }
}

// Steps and QR steps until 1 - l <= 5 eps/2, from l = 1/kappa: computed in 50 digits.
TEST(qdwh, needs_the_steps_that_theory_says) {
  struct Row {
    double kappa;
    int steps64, qr64, steps32, qr32;
  };
  const std::vector<Row> table = {
      {1.1, 2, 0, 2, 0},  {2, 3, 0, 2, 0},    {10, 4, 0, 3, 0},   {20, 4, 0, 3, 0},   {50, 4, 1, 3, 1},
      {1e2, 4, 1, 3, 1},  {1e3, 4, 1, 4, 1},  {1e4, 4, 1, 4, 1},  {1e5, 5, 1, 4, 1},  {1e6, 5, 2, 4, 2},
      {1e8, 5, 2, 4, 2},  {1e10, 5, 2, 5, 2}, {1e12, 5, 2, 5, 2}, {1e14, 6, 2, 5, 2}, {1e16, 6, 2, 5, 2},
      {1e17, 6, 3, 5, 3},  // a third weight above 100 appears for bounds below about 6e-17
  };
  const auto qr_steps = [](const HalleySchedule& s) {
    return std::count_if(s.begin(), s.end(), [](const HalleyStep& f) { return f.factored_by_qr; });
  };
  for (const Row& row : table) {
    const HalleySchedule f64 = qdwh_schedule(1 / row.kappa, eps64), f32 = qdwh_schedule(1 / row.kappa, eps32);
    EXPECT_EQ(f64.size(), row.steps64) << row.kappa;
    EXPECT_EQ(qr_steps(f64), row.qr64) << row.kappa;
    EXPECT_EQ(f32.size(), row.steps32) << row.kappa;
    EXPECT_EQ(qr_steps(f32), row.qr32) << row.kappa;
  }
}

// 1e-8 in full, then the usual bound when nothing is known: 2 QR and 4 Cholesky steps in f64, 2 and 2 in f32.
TEST(qdwh, weights_fall_towards_halleys) {
  const HalleySchedule schedule = qdwh_schedule(1e-8, eps64);
  const std::array<double, 5> c = {7.368e10, 1704.76, 7.44, 3.0289, 3.0};
  ASSERT_EQ(schedule.size(), c.size());
  for (std::size_t i = 0; i < c.size(); ++i) EXPECT_NEAR(schedule[i].c / c[i], 1, 1e-4);
  EXPECT_EQ(qdwh_schedule(eps64, eps64).size(), 6U);
  EXPECT_EQ(qdwh_schedule(eps32, eps32).size(), 4U);
}

struct Residuals {
  Real top, bottom;
};

// How far the inner maximum is from 1 and the inner minimum from f(l).
Residuals alternation_residuals(const HalleyStep& f, Real l) {
  const Real at_top = exactly(f, 2 / (Real{f.a} - 1));
  const Real p = 3 * Real{f.b} - Real{f.a} * f.c, q = Real{f.b} * f.c;  // f' = 0: a + p t + q t^2 = 0, t = x^2
  const Real t = (-p + std::sqrt(p * p - 4 * f.a * q)) / (2 * q);
  return {std::abs(at_top - 1), std::abs(exactly(f, std::sqrt(t)) - exactly(f, l))};
}

TEST(qdwh, first_step_equioscillates) {
  constexpr std::uint64_t seed = 20254;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (int i = 0; i < 2000; ++i) {
    const double l = std::pow(10, -0.01 - 17 * random.uniform());
    HalleyStep f = qdwh_schedule(l, eps64).front();
    const Residuals right = alternation_residuals(f, l);
    EXPECT_LE(right.top, 8 * eps64) << l;
    EXPECT_LE(right.bottom, 8 * eps64) << l;
    f.a *= 1 + 1e-13;  // the residuals catch an error in the thirteenth digit
    const Residuals wrong = alternation_residuals(f, l);
    EXPECT_GT(std::max(wrong.top, wrong.bottom), 8 * eps64) << l;
  }
}

// `lower` bounds every singular value that starts in [l, 1], and none passes 1, to the rounding of the weights.
TEST(qdwh, keeps_its_promise_at_every_step) {
  for (const double l : {0.9, 0.1, 1e-3, 1e-8, 1e-16, 1e-20}) {
    const HalleySchedule schedule = qdwh_schedule(l, eps64);
    for (int i = 0; i <= 1000; ++i) {
      Real x = std::pow(Real{l}, Real{1} - i / 1000.0L);
      for (const HalleyStep& f : schedule) {
        x = exactly(f, x);
        EXPECT_GE(x, f.lower * (1 - 8 * eps64)) << l;
        EXPECT_LE(x, 1 + 8 * eps64) << l;
      }
    }
    EXPECT_LE(1 - schedule.back().lower, 2.5 * eps64) << l;
  }
}

TEST(qdwh, takes_a_tiny_bound_as_1e_20) {
  const HalleySchedule tiny = qdwh_schedule(1e-300, eps64), smallest = qdwh_schedule(1e-20, eps64);
  ASSERT_EQ(tiny.size(), smallest.size());
  EXPECT_EQ(tiny.size(), 6U);
  EXPECT_NEAR(tiny[0].c / smallest[0].c, 1, 4 * eps64);
}

TEST(qdwh, takes_no_step_where_none_is_needed) {
  EXPECT_TRUE(qdwh_schedule(1 - 2 * eps64, eps64).empty());
  EXPECT_EQ(qdwh_schedule(1 - 3 * eps64, eps64).size(), 1U);
}

// The lower ends that two and three steps are known to reach, to the digits given.
TEST(gram_halley, reaches_the_known_ranges) {
  struct Row {
    double l;
    std::vector<double> lower, digits;
  };
  const std::vector<Row> table = {
      {1e-4, {.1166, .8860, .99997}, {5e-5, 5e-5, 5e-6}},
      {3e-4, {.1675, .9282}, {5e-5, 5e-5}},
      {1e-3, {.2480, .9629, .9999992}, {5e-5, 5e-5, 5e-8}},
      {3e-3, {.3518, .9834}, {5e-5, 5e-5}},
      {1e-2, {.5053, .9952}, {5e-5, 5e-5}},
  };
  for (const Row& row : table) {
    const HalleySchedule schedule = gram_halley_schedule(row.l, static_cast<int>(row.lower.size()));
    ASSERT_EQ(schedule.size(), row.lower.size());
    for (std::size_t i = 0; i < schedule.size(); ++i) {
      EXPECT_NEAR(schedule[i].lower, row.lower[i], row.digits[i] * 1.01) << row.l;
      EXPECT_FALSE(schedule[i].factored_by_qr);
    }
  }
}

TEST(gram_halley, has_the_weights_of_qdwh) {
  const HalleySchedule gram = gram_halley_schedule(1e-6, 4), qdwh = qdwh_schedule(1e-6, eps64);
  for (std::size_t i = 0; i < gram.size(); ++i) {
    EXPECT_EQ(gram[i].a, qdwh[i].a);
    EXPECT_EQ(gram[i].c, qdwh[i].c);
  }
  const HalleyStep last = gram_halley_schedule(0.9, 6).back();  // Halley's own: (3, 1, 3)
  EXPECT_EQ(last.a, 3);
  EXPECT_EQ(last.b, 1);
  EXPECT_EQ(last.c, 3);
}

TEST(qdwh, is_quick) {
  std::vector<double> milliseconds(25);
  for (double& t : milliseconds) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(qdwh_schedule(1e-16, eps64).size(), 6U);
    t = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  }
  std::nth_element(milliseconds.begin(), milliseconds.begin() + 12, milliseconds.end());
  EXPECT_LT(milliseconds[12], 1);
}

TEST(qdwh, refuses_bad_input) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto refused = testing::ThrowsMessage<std::invalid_argument>(testing::StartsWith("[schedule] "));
  for (const double bound : {0.0, -1.0, 1.0, 2.0, nan}) {
    EXPECT_THAT([=] { qdwh_schedule(bound, eps64); }, refused) << bound;
    EXPECT_THAT([=] { gram_halley_schedule(bound, 2); }, refused) << bound;
  }
  for (const int steps : {0, -1, 7}) EXPECT_THAT([=] { gram_halley_schedule(0.1, steps); }, refused) << steps;
  for (const double epsilon : {0.0, 1e-17, 1.0, nan}) {
    EXPECT_THAT([=] { qdwh_schedule(0.1, epsilon); }, refused) << epsilon;
  }
}

}  // namespace
}  // namespace steepest
