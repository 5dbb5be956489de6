// Let f be odd of type (2r + 1, 2r) with f(1) = 1 its largest value on [l, 1] and f(l) = l' its least one. f is the best
// approximation of the sign there, after centring, if and only if these values alternate over 2r + 2 points (Zolotarev,
// Achieser). Residual: the extrema of f on [l, 1] against l' and 1. Bound: 40 eps, the roundings of r + 1 positive terms
// and their coefficients. Goldens were computed in at least 50 digits; c, a, l' go at most like l^2, so that they are
// right to eps/2 (1 + 2) when l is a decimal.
#include "steepest/polar/zolotarev.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <utility>
#include <vector>

#include "steepest/polar/halley.hpp"

namespace steepest {
namespace {

using Real = long double;
constexpr double eps64 = 0x1p-52;
constexpr double eps32 = 0x1p-23;

Real relative(double value, Real golden) { return std::abs(value / golden - 1); }

struct Golden {
  double l;
  int order;
  Real scale, lower;
  std::vector<std::pair<std::size_t, Real>> c, a;  // index of the term, value
};

// 16 to 17 digits.
const std::vector<Golden> goldens = {
    {1e-3,
     4,
     .5757503886192752L,
     .96290229759890295L,
     {{0, 1.1186386040848807e-6L}, {1, 6.2499018357242419e-5L}, {2, 2.5158710490164266e-3L}, {3, .10548525373416849L}},
     {{0, .0029111104232411462L}, {1, .015937752286135758L}, {2, .10046299163418845L}, {3, .68297437133404687L}}},
    {1e-7,
     6,
     .7757158006473175L,
     .81462602190743497L,
     {{0, 3.2108415073115195e-14L},
      {1, 8.0596054195316018e-12L},
      {2, 1.7606670252492359e-9L},
      {3, 3.8439163073088817e-7L},
      {4, 8.3924246510980299e-5L},
      {5, .018490652841175544L}},
     {{0, 4.1040670108133735e-7L},
      {1, 5.6814101839584297e-6L},
      {2, 8.3920844332006143e-5L},
      {3, .0012399867555547806L},
      {4, .018322804348694397L},
      {5, .27446352824139386L}}},
    {1e-16,
     8,
     .9568926977933505L,
     .40405382119639193L,
     {{0, 2.1947987530457881e-31L}, {7, 4.9636448340420244e-4L}},
     {{0, 9.5808115586223449e-16L}, {7, .044569534936078817L}}},
};

TEST(zolotarev, equals_the_goldens) {
  for (const Golden& g : goldens) {
    const ZolotarevStep step = zolotarev_schedule(g.l, eps64, g.order).front();
    const Real bound = 3 * eps64;
    ASSERT_EQ(step.terms.size(), static_cast<std::size_t>(g.order));
    EXPECT_LE(relative(step.scale, g.scale), bound) << g.l;
    EXPECT_LE(relative(step.lower, g.lower), bound) << g.l;
    for (const auto& [j, c] : g.c) EXPECT_LE(relative(step.terms[j].c, c), bound) << g.l << ' ' << j;
    for (const auto& [j, a] : g.a) EXPECT_LE(relative(step.terms[j].a, a), bound) << g.l << ' ' << j;
  }
}

// x (a + b x^2)/(1 + c x^2) = (b/c) x (1 + (a/b - 1/c)/(x^2 + 1/c)).
TEST(zolotarev, of_order_one_is_halleys_step) {
  for (const double l : {0.9, 0.1, 1e-3, 1e-8, 1e-16}) {
    const ZolotarevSchedule zolotarev = zolotarev_schedule(l, eps64, 1);
    const HalleySchedule halley = qdwh_schedule(l, eps64);
    ASSERT_EQ(zolotarev.size(), halley.size());
    for (std::size_t i = 0; i < halley.size(); ++i) {
      const HalleyStep& h = halley[i];
      EXPECT_LE(relative(zolotarev[i].terms[0].c, 1 / Real{h.c}), 4 * eps64) << l;
      EXPECT_LE(relative(zolotarev[i].scale, Real{h.b} / h.c), 4 * eps64) << l;
      EXPECT_LE(relative(zolotarev[i].terms[0].a, Real{h.a} / h.b - 1 / Real{h.c}), 8 * eps64) << l;
      EXPECT_LE(relative(zolotarev[i].lower, h.lower), 4 * eps64) << l;
    }
  }
}

Real exactly(const ZolotarevStep& f, Real x) {
  Real sum = 1;
  for (const ZolotarevTerm& term : f.terms) sum += term.a / (x * x + term.c);
  return f.scale * x * sum;
}

// Extreme values of f over [l, 1], in order, by a grid that is fine at both ends and golden section around its extrema.
std::vector<Real> extreme_values(const ZolotarevStep& f, Real l) {
  constexpr int points = 4000;
  const auto x = [l](Real i) {
    return std::exp(std::log(l) * (1 + std::cos(std::numbers::pi_v<Real> * i / points)) / 2);
  };
  const auto y = [&](Real i) { return exactly(f, x(i)); };
  std::vector<Real> values = {y(0)};
  for (int i = 1; i < points; ++i) {
    const bool peak = y(i) > y(i - 1) && y(i) >= y(i + 1), dip = y(i) < y(i - 1) && y(i) <= y(i + 1);
    if (!peak && !dip) continue;
    Real from = i - 1, to = i + 1;
    for (int k = 0; k < 100; ++k) {
      const Real one = from + 0.382L * (to - from), other = to - 0.382L * (to - from);
      ((y(one) > y(other)) == peak ? to : from) = (y(one) > y(other)) == peak ? other : one;
    }
    values.push_back(y((from + to) / 2));
  }
  values.push_back(y(points));
  return values;
}

// l', 1, l', ..., 1: 2r + 2 values. Infinite where they are not that many.
Real alternation_defect(const ZolotarevStep& f, Real l) {
  const std::vector<Real> values = extreme_values(f, l);
  if (values.size() != 2 * f.terms.size() + 2) return std::numeric_limits<Real>::infinity();
  Real worst = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    worst = std::max(worst, std::abs(values[i] - (i % 2 == 0 ? f.lower : 1)));
  return worst;
}

TEST(zolotarev, equioscillates) {
  for (const double l : {0.5, 0.05, 1e-3, 1e-7, 1e-16})
    for (const int order : {1, 2, 3, 5, 8}) {
      ZolotarevStep f = zolotarev_schedule(l, eps64, order).front();
      if (1 - f.lower < 1e-12) continue;  // the extrema are lost in roundoff
      EXPECT_LE(alternation_defect(f, l), 40 * eps64) << l << ' ' << order;
      f.terms.back().a *= 1 + 1e-12;  // the residual catches an error in the twelfth digit
      EXPECT_GT(alternation_defect(f, l), 40 * eps64) << l << ' ' << order;
    }
}

// The order chosen at the upper ends of the published table (condition -> r, iterations); 5 eps/2 is 1.4e-15 there. The
// table has r = 8 for 2, where 7 does.
TEST(zolotarev, chooses_the_published_order) {
  struct Row {
    double kappa;
    std::size_t order, steps;
  };
  const std::vector<Row> table = {{1.001, 2, 1}, {1.01, 3, 1}, {1.1, 4, 1}, {1.2, 5, 1},   {1.5, 6, 1},
                                  {2, 7, 1},     {6.5, 2, 2},  {180, 3, 2}, {1.5e4, 4, 2}, {2e6, 5, 2},
                                  {1e9, 6, 2},   {3e12, 7, 2}, {1e16, 8, 2}};
  for (const Row& row : table) {
    const ZolotarevSchedule schedule = zolotarev_schedule(1 / row.kappa, 5.6e-16);
    EXPECT_EQ(schedule.size(), row.steps) << row.kappa;
    EXPECT_EQ(schedule.front().terms.size(), row.order) << row.kappa;
  }
}

// Iterations until 1 - l <= 1e-15, r = 1 .. 8: computed in 50 digits.
TEST(zolotarev, needs_the_steps_that_theory_says) {
  const std::vector<std::pair<double, std::array<std::size_t, 8>>> table = {
      {1.001, {2, 1, 1, 1, 1, 1, 1, 1}}, {1.01, {2, 2, 1, 1, 1, 1, 1, 1}}, {1.1, {2, 2, 2, 1, 1, 1, 1, 1}},
      {1.2, {3, 2, 2, 2, 1, 1, 1, 1}},   {1.5, {3, 2, 2, 2, 2, 1, 1, 1}},  {2, {3, 2, 2, 2, 2, 2, 1, 1}},
      {10, {4, 3, 2, 2, 2, 2, 2, 2}},    {1e2, {4, 3, 2, 2, 2, 2, 2, 2}},  {1e3, {4, 3, 3, 2, 2, 2, 2, 2}},
      {1e5, {5, 3, 3, 3, 2, 2, 2, 2}},   {1e7, {5, 4, 3, 3, 3, 2, 2, 2}},  {1e16, {6, 4, 3, 3, 3, 3, 3, 2}},
  };
  for (const auto& [kappa, steps] : table)
    for (int r = 1; r <= 8; ++r)
      EXPECT_EQ(zolotarev_schedule(1 / kappa, 4e-16, r).size(), steps[static_cast<std::size_t>(r - 1)])
          << kappa << ' ' << r;
}

TEST(zolotarev, takes_at_most_two_steps_three_below_1e_16) {
  for (double l = 0.999; l >= 1e-16; l *= 0.83) {
    EXPECT_LE(zolotarev_schedule(l, eps64).size(), 2U) << l;
    EXPECT_LE(zolotarev_schedule(l, eps32).size(), 2U) << l;
  }
  EXPECT_EQ(zolotarev_schedule(1e-18, eps64).size(), 3U);
  EXPECT_EQ(zolotarev_schedule(1e-300, eps64).size(), 3U);
  EXPECT_TRUE(zolotarev_schedule(1 - 2 * eps64, eps64).empty());
}

// `lower` bounds every singular value that starts in [l, 1], and none passes 1; double arithmetic agrees.
TEST(zolotarev, keeps_its_promise_at_every_step) {
  for (const double l : {0.9, 0.1, 1e-3, 1e-8, 1e-16, 1e-20}) {
    const ZolotarevSchedule schedule = zolotarev_schedule(l, eps64);
    for (int i = 0; i <= 1000; ++i) {
      Real x = std::pow(Real{l}, Real{1} - i / 1000.0L);
      for (const ZolotarevStep& f : schedule) {
        EXPECT_NEAR(evaluate(f, static_cast<double>(x)), static_cast<double>(exactly(f, static_cast<double>(x))),
                    40 * eps64);
        x = exactly(f, x);
        EXPECT_GE(x, f.lower * (1 - 40 * eps64)) << l;
        EXPECT_LE(x, 1 + 40 * eps64) << l;
      }
    }
    EXPECT_LE(1 - schedule.back().lower, 2.5 * eps64) << l;
  }
}

// QR where the smallest c is small against 1, Cholesky in the second step, whose worst condition is known to be 6.
TEST(zolotarev, factors_by_qr_where_it_must) {
  const ZolotarevSchedule schedule = zolotarev_schedule(1e-16, eps64);
  for (const ZolotarevTerm& term : schedule[0].terms) EXPECT_EQ(term.factored_by_qr, term.c < 0.0099) << term.c;
  for (const ZolotarevTerm& term : schedule[1].terms) EXPECT_FALSE(term.factored_by_qr);
}

TEST(zolotarev, is_quick) {
  std::vector<double> milliseconds(25);
  for (double& t : milliseconds) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(zolotarev_schedule(1e-16, eps64).size(), 2U);
    t = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  }
  std::nth_element(milliseconds.begin(), milliseconds.begin() + 12, milliseconds.end());
  EXPECT_LT(milliseconds[12], 1);
}

TEST(zolotarev, refuses_bad_input) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto refused = testing::ThrowsMessage<std::invalid_argument>(testing::StartsWith("[schedule] "));
  for (const double bound : {0.0, -1.0, 1.0, nan}) EXPECT_THAT([=] { zolotarev_schedule(bound, eps64); }, refused);
  for (const double epsilon : {0.0, 1.0, nan}) EXPECT_THAT([=] { zolotarev_schedule(0.1, epsilon); }, refused);
  for (const int order : {-1, 9}) EXPECT_THAT([=] { zolotarev_schedule(0.1, eps64, order); }, refused);
}

}  // namespace
}  // namespace steepest
