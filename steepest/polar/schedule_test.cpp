// Polar Express without guards is the greedy chain: l_(t+1) = 1 - E_t and u_(t+1) = 1 + E_t, where E_t is the least error
// on [l_t, u_t], and no composition of T odd polynomials of the degree has a smaller error than E_T.
// Residual: the image of [l, 1] against [1 - E_T, 1 + E_T], and published lists. Bound: the rounding of coefficients.
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
constexpr Real eps = std::numeric_limits<double>::epsilon();
constexpr double published_cushion = 0.0240732742418276;

Real exactly(const OddPolynomial& p, Real x) {
  const Real t = x * x;
  return x * (p.a + t * (p.b + t * (p.c + t * p.d)));
}

Real relative(double value, Real golden) { return std::abs(value / golden - 1); }

using Coefficients = std::array<Real, 4>;

// A coefficient that the degree lacks is 0 in both.
Real largest_relative(const OddPolynomial& p, const Coefficients& golden) {
  const std::array<double, 4> value = {p.a, p.b, p.c, p.d};
  Real worst = 0;
  for (std::size_t i = 0; i < 4; ++i)
    worst = std::max(worst, golden[i] == 0 ? std::abs(Real{value[i]}) : relative(value[i], golden[i]));
  return worst;
}

// Published to 16 digits for l = 1e-3, before safety (arXiv 2505.16932 and the authors' program).
const std::vector<Coefficients> published_eight = {
    {8.28721201814563L, -23.595886519098837L, 17.300387312530933L},
    {4.107059111542203L, -2.9478499167379106L, 0.5448431082926601L},
    {3.9486908534822946L, -2.908902115962949L, 0.5518191394370137L},
    {3.3184196573706015L, -2.488488024314874L, 0.51004894012372L},
    {2.300652019954817L, -1.6689039845747493L, 0.4188073119525673L},
    {1.891301407787398L, -1.2679958271945868L, 0.37680408948524835L},
    {1.8750014808534479L, -1.2500016453999487L, 0.3750001645474248L},
    {1.875L, -1.25L, 0.375L},
};

PolynomialSchedule eight_steps(double cushion) {
  return polar_express({.lower_bound = 1e-3, .steps = 8, .degree = 5, .safety = 1, .cushion = cushion});
}

// Row 7 was published from an f64 linear solve of condition 2e6: on its range, [0.9988, 1.0012], coefficients are
// determined by the values of p only up to a multiple of x (1 - x^2)^2, which is below 6e-6 there, and the published
// row is off by 9.2e-12 times that. So row 7 is compared with a solve in 80 digits, and with the published one as a
// function.
TEST(polar_express, equals_the_published_eight_steps) {
  const PolynomialSchedule schedule = eight_steps(published_cushion);
  ASSERT_EQ(schedule.size(), published_eight.size());
  for (std::size_t i = 0; i < schedule.size(); ++i) {
    EXPECT_LE(largest_relative(schedule[i], published_eight[i]), i == 6 ? 3e-11L : 1e-12L) << "step " << i + 1;
  }
  EXPECT_LE(
      largest_relative(schedule[6], {1.875001480844219316921L, -1.250001645381481501194L, 0.375000164538186268584L}),
      1e-15L);
  const auto [a, b, c, none] = published_eight[6];
  for (Real x = 0.9988L; x <= 1.0012L; x += 1e-5L) {
    EXPECT_LE(std::abs(exactly(schedule[6], x) - x * (a + x * x * (b + x * x * (c + x * x * none)))), 1e-16L);
  }
  EXPECT_GT(largest_relative(eight_steps(0.02)[0], published_eight[0]), 1e-3L);  // another cushion is another list
}

// As used: all but the last divided by (s, s^3, s^5).
TEST(polar_express, takes_safety_afterwards) {
  const double s = 1.01;
  const PolynomialSchedule raw = eight_steps(published_cushion);
  const PolynomialSchedule safe = with_safety(raw, s);
  for (std::size_t i = 0; i < safe.size(); ++i) {
    const Real w = i + 1 < safe.size() ? Real{s} : 1;
    const Coefficients expected = {raw[i].a / w, raw[i].b / (w * w * w), raw[i].c / (w * w * w * w * w)};
    EXPECT_LE(largest_relative(safe[i], expected), eps);
  }
  EXPECT_NEAR(evaluate(safe, 1e-3), 1, 5e-5);
  EXPECT_NEAR(evaluate(safe, 1e-4), 0.5747, 5e-5);
}

// The list of modded-nanogpt and Dion: safety 1.02 inside the loop, cushion 0.02, l = 1e-3, five steps.
TEST(polar_express, equals_the_list_with_safety_inside) {
  const std::vector<Coefficients> published = {
      {8.156554524902461L, -22.48329292557795L, 15.878769915207462L},
      {4.042929935166739L, -2.808917465908714L, 0.5000178451051316L},
      {3.8916678022926607L, -2.772484153217685L, 0.5060648178503393L},
      {3.285753657755655L, -2.3681294933425376L, 0.46449024233003106L},
      {2.3465413258596377L, -1.7097828382687081L, 0.42323551169305323L},
  };
  PolarExpressOptions options{.lower_bound = 1e-3, .steps = 5, .degree = 5, .safety = 1.02, .cushion = 0.02};
  const PolynomialSchedule inside = polar_express(options);
  options.safety = 1;
  const PolynomialSchedule afterwards = with_safety(polar_express(options), 1.02);
  ASSERT_EQ(inside.size(), published.size());
  for (std::size_t i = 0; i < inside.size(); ++i) EXPECT_LE(largest_relative(inside[i], published[i]), 1e-12L);
  EXPECT_GT(largest_relative(afterwards[4], published[4]), 1e-3L);  // the two conventions differ
}

// Without guards 1 - l_T after T steps is the error of the last optimum: l <- 1 - E, u <- 1 + E.
std::vector<double> greedy_errors(double lower, int degree, int steps) {
  std::vector<double> errors;
  double l = lower, u = 1;
  for (int i = 0; i < steps; ++i) {
    const Minimax m = minimax_odd(l, u, degree);
    errors.push_back(m.error);
    l = m.error < 0.5 ? 1 - m.error : evaluate(m.p, l);
    u = 1 + m.error;
  }
  return errors;
}

// Steps until 1 - l <= 0.3, 0.1, 1e-2, 6e-8, 1.1e-16, from [1/kappa, 1]: computed in 50 digits.
TEST(polar_express, needs_the_steps_that_theory_says) {
  struct Row {
    double kappa;
    std::array<int, 5> cubic, quintic;
  };
  const std::vector<Row> table = {
      {1e1, {3, 3, 4, 6, 7}, {2, 2, 3, 4, 5}},
      {1e2, {5, 6, 7, 8, 10}, {3, 4, 5, 6, 6}},
      {1e3, {7, 8, 9, 11, 12}, {5, 6, 6, 7, 8}},
      {1e4, {10, 11, 12, 13, 14}, {7, 7, 8, 9, 10}},
      {1e6, {15, 15, 16, 18, 19}, {10, 10, 11, 12, 13}},
      {1e8, {19, 20, 21, 23, 24}, {13, 13, 14, 15, 16}},
      {1e10, {24, 25, 26, 28, 29}, {16, 17, 17, 18, 19}},
      {1e12, {29, 30, 31, 33, 34}, {19, 20, 20, 22, 22}},
      {1e14, {34, 35, 36, 37, 39}, {23, 23, 24, 25, 25}},
      {1e16, {39, 40, 40, 42, 43}, {26, 26, 27, 28, 29}},
  };
  const std::array<double, 5> tolerances = {0.3, 0.1, 1e-2, 6e-8, 1.1e-16};
  const auto steps_to = [](const std::vector<double>& errors, double tolerance) {
    return 1 + std::count_if(errors.begin(), errors.end(), [=](double e) { return e > tolerance; });
  };
  for (const Row& row : table) {
    const std::vector<double> cubic = greedy_errors(1 / row.kappa, 3, 50),
                              quintic = greedy_errors(1 / row.kappa, 5, 50);
    for (std::size_t i = 0; i < tolerances.size(); ++i) {
      EXPECT_EQ(steps_to(cubic, tolerances[i]), row.cubic[i]) << row.kappa << " " << tolerances[i];
      EXPECT_EQ(steps_to(quintic, tolerances[i]), row.quintic[i]) << row.kappa << " " << tolerances[i];
    }
  }
}

// How far rounded coefficients may move the image of [l, 1]: each step adds half an eps of each term, and a few for what
// comes after, and multiplies what came before by its slope, which is largest at an end. (Without a cushion that is some
// 10 to 25 per step.)
double image_bound(const PolynomialSchedule& schedule, double l) {
  constexpr double epsilon = std::numeric_limits<double>::epsilon();
  double bound = 0;
  Interval x{l, 1};
  for (const OddPolynomial& p : schedule) {
    const auto slope = [&p](double at) {
      const double t = at * at;
      return std::abs(p.a + t * (3 * p.b + t * (5 * p.c + t * 7 * p.d)));
    };
    const double terms = evaluate({std::abs(p.a), std::abs(p.b), std::abs(p.c), std::abs(p.d)}, x.upper);
    bound = std::max(slope(x.lower), slope(x.upper)) * bound + (terms / 2 + 4) * epsilon;
    x = image({p}, x);
  }
  return bound;
}

// The composition has the error of the greedy chain.
TEST(polar_express, maps_its_range_onto_the_promised_one) {
  for (const int degree : {3, 5, 7}) {
    for (const double l : {0.3, 1e-2, 1e-3, 1e-7}) {
      const std::vector<double> errors = greedy_errors(l, degree, 20);
      for (const int steps : {1, 2, 5, 8, 20}) {
        const PolynomialSchedule schedule = polar_express({l, steps, degree, 1, 0});
        const Interval y = image(schedule, {l, 1});
        const double error = errors[static_cast<std::size_t>(steps - 1)];
        EXPECT_NEAR(y.lower, 1 - error, image_bound(schedule, l)) << l << " " << steps;
        EXPECT_NEAR(y.upper, 1 + error, image_bound(schedule, l)) << l << " " << steps;
      }
    }
  }
}

TEST(polar_express, leaves_the_published_ranges) {
  const std::array<double, 7> lower = {.00829, .0340, .1343, .4396, .8764, .99882, 1 - 1e-9};
  const std::array<double, 7> digits = {5e-6, 5e-5, 5e-5, 5e-5, 5e-5, 5e-6, 5e-10};
  PolynomialSchedule prefix;
  for (std::size_t i = 0; i < lower.size(); ++i) {
    prefix.push_back(eight_steps(published_cushion)[i]);
    const Interval y = image(prefix, {1e-3, 1});
    EXPECT_NEAR(y.lower, lower[i], digits[i]);
    EXPECT_NEAR(y.upper, 2 - y.lower, image_bound(prefix, 1e-3));
  }
}

// Each polynomial has the largest value 1. Published for l = 1e-3 with the cushion of the other list; the last row is
// Taylor's polynomial instead of the optimum for the range that is left, 1 - l = 2e-9, and row 7 has the digits that a
// linear solve leaves.
TEST(polar_express, equals_the_published_uncentred_list) {
  const Coefficients first = {4.160846870077099L, -11.847032555063748L, 8.68618568498665L};
  const std::vector<Coefficients> published = {
      first,
      first,
      first,
      {3.967691083242876L, -10.357066768902493L, 7.389375685659618L},
      {3.19518365315184L, -5.643620864919531L, 3.4484372117676916L},
      {2.122473839842304L, -1.7963511350724446L, 0.6738772952301406L},
      {1.8772232236073114L, -1.254450403151285L, 0.3772271795439737L},
      {1.875L, -1.25L, 0.375L},
  };
  const PolynomialSchedule schedule =
      polar_express({.lower_bound = 1e-3, .steps = 8, .safety = 1, .cushion = published_cushion, .uncentred = true});
  ASSERT_EQ(schedule.size(), published.size());
  for (std::size_t i = 0; i < published.size(); ++i)
    EXPECT_LE(largest_relative(schedule[i], published[i]), i == 7   ? 1e-8L
                                                           : i == 6 ? 1e-11L
                                                                    : 1e-12L)
        << "step " << i + 1;
}

// Every guard keeps the promise: what starts in [l, 1] stays in [l_t, 2 - l_t] after each step, or in [l_t, 1].
TEST(polar_express, leaves_what_it_promises_whatever_the_guards) {
  for (const int degree : {3, 5, 7})
    for (const double cushion : {0.0, 0.02, 0.3})
      for (const double safety : {1.0, 1.05})
        for (const bool uncentred : {false, true}) {
          PolynomialSchedule prefix;
          for (const OddPolynomial& p : polar_express({1e-3, 9, degree, safety, cushion, uncentred})) {
            prefix.push_back(p);
            const Interval y = image(prefix, {1e-3, 1});
            EXPECT_GT(y.lower, 0);
            EXPECT_LE(y.upper, (uncentred ? 1 : 2 - y.lower) + image_bound(prefix, 1e-3)) << degree << ' ' << cushion;
          }
          EXPECT_LE(largest_error(prefix, {1e-3, 1}), degree == 3 ? 0.6 : 0.1)
              << degree << ' ' << cushion << ' ' << safety << uncentred;
        }
}

// E_T <= (1 - l^2)^((q + 1)^T).
TEST(polar_express, stays_below_its_error_bound) {
  for (const int degree : {3, 5, 7})
    for (const double l : {0.9, 0.3, 1e-1, 1e-3}) {
      const std::vector<double> errors = greedy_errors(l, degree, 12);
      for (int steps = 1; steps <= 12; ++steps)
        EXPECT_LE(errors[static_cast<std::size_t>(steps - 1)],
                  polar_express_error_bound(l, degree, steps) * (1 + 1e-12))
            << degree << ' ' << l << ' ' << steps;
    }
  EXPECT_NEAR(polar_express_error_bound(0.5, 5, 2), std::pow(0.75, 9), 1e-15);
  EXPECT_NEAR(polar_express_error_bound(0.5, 7, 1), std::pow(0.75, 4), 1e-15);
}

// p(1/s) = 1 - 3/2 (s - 1)^2 + ... is what safety leaves of 1, and the last cubic squares it: 3/4 (3/2 (s - 1)^2)^2.
TEST(polar_express, of_degree_three_stops_where_safety_stops_it) {
  const double error = largest_error(polar_express({1e-3, 40, 3, 1.01, 0}), {1e-3, 1});
  EXPECT_NEAR(error / (27.0 / 16 * 1e-8), 1, 0.05);
  EXPECT_LE(largest_error(polar_express({1e-3, 40, 5, 1.01, 0}), {1e-3, 1}), 4 * eps);
}

// p(s1) = p(s2) = 1; [0, s2] onto [0, 1] and [s1, 1] onto [1/(s1 + s2), 1].
TEST(large_gap_start, sends_both_groups_to_one) {
  for (const double s1 : {0.0, 0.71, 0.8, 0.9, 0.97, 1.0}) {
    const OddPolynomial p = large_gap_start(s1);
    const double top = std::clamp(s1, std::sqrt(0.5), 0.97), rest = std::sqrt(1 - top * top);
    EXPECT_NEAR(evaluate(p, top), 1, 1e-14);
    EXPECT_NEAR(evaluate(p, rest), 1, 1e-14);
    EXPECT_NEAR(image({p}, {0, rest}).upper, 1, 1e-14);
    EXPECT_NEAR(image({p}, {top, 1}).upper, 1, 1e-14);
    EXPECT_NEAR(image({p}, {top, 1}).lower, 1 / (top + rest), 1e-14);
  }
  EXPECT_NEAR(image({large_gap_start(0)}, {0, 1}).upper, 1, 1e-14);
  EXPECT_GT(large_gap_start(0.97).a, 2 * large_gap_start(0).a);  // what the gap is good for
}

// 1 - p(x) = O((1 - x)^4): three derivatives vanish at 1.
TEST(kovarik7, has_order_four) {
  for (const double h : {1e-2, 1e-3})
    EXPECT_NEAR((1 - evaluate(kovarik7(1), 1 - h)) / std::pow(h, 4), 35.0 / 8, 35 * h);
  const Interval y = image(kovarik7(6), {1e-2, 1});
  EXPECT_LE(y.upper, 1 + 8 * eps);
  EXPECT_GE(y.lower, 0.7);
}

TEST(with_steps, cuts_or_repeats_the_last) {
  const PolynomialSchedule five = polar_express({});
  EXPECT_EQ(with_steps(five, 3).size(), 3U);
  EXPECT_EQ(with_steps(five, 7)[6].a, five[4].a);
  EXPECT_EQ(with_steps(five, 7)[3].a, five[3].a);
  EXPECT_NEAR(slope_at_zero(repeated({3, 0, 0}, 4)), 81, 0);
}

TEST(jordan, takes_one_where_it_is_known_to) {
  const std::array<double, 5> orbit = {.701, 1.11362021648, .720705949937, 1.08997420151, .69643640947};
  for (int steps = 1; steps <= 5; ++steps) {
    EXPECT_NEAR(evaluate(jordan(steps), 1), orbit[static_cast<std::size_t>(steps - 1)], 6e-12);
  }
}

// Median of repeats; a schedule of 43 steps takes about 0.05 ms in a release build.
TEST(polar_express, is_quick) {
  std::vector<double> milliseconds(25);
  for (double& t : milliseconds) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(polar_express({1e-16, 43, 5, 1.01, 0.02}).size(), 43U);
    t = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  }
  std::nth_element(milliseconds.begin(), milliseconds.begin() + 12, milliseconds.end());
  EXPECT_LT(milliseconds[12], 1);
}

TEST(schedule, refuses_bad_input) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<std::function<void()>> bad = {
      [] { polar_express({.steps = 0}); },
      [] { polar_express({.degree = 9}); },
      [] { polar_express({.degree = 4}); },
      [] { polar_express({.lower_bound = 0}); },
      [] { polar_express({.lower_bound = 1}); },
      [] { polar_express({.lower_bound = -1e-3}); },
      [=] { polar_express({.lower_bound = nan}); },
      [] { polar_express({.safety = 0.99}); },
      [=] { polar_express({.safety = nan}); },
      [] { polar_express({.cushion = 1}); },
      [] { polar_express({.cushion = -0.1}); },
      [] { with_safety(jordan(5), 0.5); },
      [] {
        repeated({1, 0, 0}, 0);
      },
      [] { jordan(-1); },
      [] { newton_schulz_cubic(0); },
      [] { kovarik7(0); },
      [] { with_steps({}, 2); },
      [] { with_steps(jordan(5), 0); },
      [] { large_gap_start(1.5); },
      [] { polar_express_error_bound(0, 5, 5); },
      [] { polar_express_error_bound(0.1, 4, 5); },
      [] { newton_schulz_quintic(0); },
      [] { minimax_odd(0.1, 1, 2); },
      [] { minimax_odd(1, 0.1, 5); },
      [] { minimax_odd(-0.1, 1, 5); },
      [] { minimax_odd(0, 0, 5); },
      [=] { minimax_odd(nan, 1, 5); },
      [] {
        image(jordan(5), {1, 0});
      },
      [=] {
        image(jordan(5), {0, nan});
      },
  };
  for (std::size_t i = 0; i < bad.size(); ++i) {
    EXPECT_THAT(bad[i], testing::ThrowsMessage<std::invalid_argument>(testing::StartsWith("[schedule] ")))
        << "case " << i;
  }
}

}  // namespace
}  // namespace steepest
