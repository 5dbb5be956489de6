// Let p be odd of degree 2k - 1 and 0 < l < u.
// Equioscillation (Chebyshev): p is the optimum on [l, u] if and only if 1 - p takes its largest absolute value E at
//   k + 1 points of [l, u] with alternating signs. Inner ones are zeros of p', so that p(l) = 1 - E, p(q) = 1 + E, ...
// Residual: the largest | |1 - p(x_i)| - E | over these points with the sign given, and the excess of |1 - p|
//   over E elsewhere.
// Bound: max(1e-12 E, 4 eps); rounding three coefficients costs at most 2 eps near l = u and 13 eps where E is about 1.
// Goldens were computed in at least 50 digits; a coefficient is right to its own rounding, eps/2, plus the rounding of
// l and u, which are decimals, times the condition of the coefficient.
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

Real exactly(const OddPolynomial& p, Real x) { return x * (p.a + x * x * (p.b + x * x * p.c)); }

// Zeros of p' in (l, u), ascending.
std::vector<Real> inner_extrema(const OddPolynomial& p, Real l, Real u) {
  const Real a = p.a, b = 3 * Real{p.b}, c = 5 * Real{p.c};
  std::vector<Real> squares;
  if (p.c == 0)
    squares = {-a / b};
  else if (const Real d = b * b - 4 * a * c; d > 0)
    squares = {(-b - std::sqrt(d)) / (2 * c), (-b + std::sqrt(d)) / (2 * c)};
  std::vector<Real> inside;
  for (const Real t : squares) {
    if (l * l < t && t < u * u) inside.push_back(std::sqrt(t));
  }
  std::sort(inside.begin(), inside.end());
  return inside;
}

std::vector<Real> extrema(const OddPolynomial& p, Real l, Real u) {
  std::vector<Real> points = inner_extrema(p, l, u);
  points.insert(points.begin(), l);
  points.push_back(u);
  return points;
}

Real largest_error(const OddPolynomial& p, Real l, Real u) {
  Real worst = 0;
  for (const Real x : extrema(p, l, u)) worst = std::max(worst, std::abs(1 - exactly(p, x)));
  return worst;
}

// The residual of equioscillation; infinite where points are missing although E is above roundoff.
Real alternation_defect(const Minimax& m, double l, double u, int degree) {
  const std::vector<Real> points = extrema(m.p, l, u);
  Real worst = 0;
  if (m.error > 4 * eps) {
    if (points.size() != static_cast<std::size_t>(degree + 3) / 2) return std::numeric_limits<Real>::infinity();
    Real sign = 1;
    for (const Real x : points) {
      worst = std::max(worst, std::abs(1 - exactly(m.p, x) - sign * m.error));
      sign = -sign;
    }
  }
  for (int i = 0; i <= 50; ++i) {
    const Real x = l + (Real{u} - l) * i / 50;
    worst = std::max(worst, std::abs(1 - exactly(m.p, x)) - m.error);
  }
  return worst;
}

Real alternation_bound(double error) { return std::max(1e-12L * error, 4 * eps); }

Real relative(double value, Real golden) { return std::abs(value / golden - 1); }

Real largest_relative(const OddPolynomial& p, const std::array<Real, 3>& golden) {
  const Real leading = std::max(relative(p.a, golden[0]), relative(p.b, golden[1]));
  return golden[2] == 0 ? std::max(leading, std::abs(Real{p.c})) : std::max(leading, relative(p.c, golden[2]));
}

struct Golden {
  double lower, upper;
  std::array<Real, 3> p;
  Real error;
};

const std::vector<Golden> quintic_goldens = {
    {1e-3, 1, {8.4703288038480688628L, -25.108074706661870001L, 18.629275599118009147L}, .99152969630420800852L},
    {0.02, 1, {7.7109692458676817945L, -22.113754790481159011L, 16.248743017738469773L}, .84595747312499255662L},
    {published_cushion,
     1,
     {7.5651761274129039928L, -21.540059191024985451L, 15.793064881793899611L},
     .81818181818181815285L},
    {0.1, 1, {5.6036945066404939961L, -13.883690224017102112L, 9.733412622810347715L}, .45341690543373959902L},
    {0.5, 1, {2.6708353888008125978L, -3.285356619058450356L, 1.6385678673837941855L}, .024046637126156427308L},
    {0.5, 1.5, {2.1970029569208029821L, -1.5742464803071578287L, .40863695307979625392L}, .085509426794249604597L},
    {0.9, 1.1, {1.8856323842030743371L, -1.2617636959855022484L, .37617830319127031232L}, 6.2706233925102893963e-4L},
    {0.99, 1.01, {1.8751054772720191977L, -1.2501171919752920359L, .3750117193908885677L}, 6.2502050896481775633e-7L},
};

const std::vector<Golden> cubic_goldens = {
    {1e-3, 1, {5.1801021433615885626L, -5.1749220463931490204L, 0}, .99481990303156045783L},
    {0.1, 1, {3.9634050793513874743L, -3.5706352066228715985L, 0}, .60723012727148412417L},
    {0.5, 1, {2.1327725431701696194L, -1.2187271675258112111L, 0}, .085954624355641591699L},
    {0.5, 1.5, {1.7309616084701843108L, -.53260357183697978794L, 0}, .20109464224453031809L},
    {0.9, 1.1, {1.5087687804268555512L, -.50125208652055001702L, 0}, .0075208686893109662939L},
};

// eps/2 for the rounding of the result, and eps/2 times the condition where l or u is not a double: for coefficients
// at most 7 (c goes like u^-5, and its part in l/u adds less than 2), for E about degree (u + l)/(u - l).
void expect_golden(const Golden& g, int degree) {
  const bool exact = g.lower == 0.5;
  const double spread = (g.upper + g.lower) / (g.upper - g.lower);
  const Minimax m = minimax_odd(g.lower, g.upper, degree);
  EXPECT_LE(largest_relative(m.p, g.p), eps / 2 * (exact ? 1.01L : 8)) << g.lower << " " << g.upper;
  EXPECT_LE(relative(m.error, g.error), eps / 2 * (exact ? 1.01L : 1 + degree * spread)) << g.lower << " " << g.upper;
}

TEST(minimax, equals_the_goldens) {
  for (const Golden& g : quintic_goldens) expect_golden(g, 5);
  for (const Golden& g : cubic_goldens) expect_golden(g, 3);
}

// l -> 0 at u = 1, degree 3: (3 sqrt 3, -3 sqrt 3). l = u: the Taylor polynomials of Newton and Schulz.
TEST(minimax, has_its_limits) {
  for (const double l : {0.0, 1e-300, 1e-20}) {
    const OddPolynomial p = minimax_odd(l, 1, 5).p;
    EXPECT_LE(largest_relative(p, {8.5143022738495266304L, -25.281750504895994355L, 18.767448231046467725L}), eps);
    EXPECT_LE(largest_relative(minimax_odd(l, 1, 3).p, {3 * std::sqrt(3.0L), -3 * std::sqrt(3.0L), 0}), eps);
    EXPECT_EQ(minimax_odd(l, 1, 5).error, 1);
  }
  EXPECT_LE(largest_relative(minimax_odd(2, 2, 5).p, {15.0L / 16, -10.0L / 64, 3.0L / 256}), eps);
  EXPECT_LE(largest_relative(minimax_odd(2, 2, 3).p, {0.75L, -1.0L / 16, 0}), eps);
  EXPECT_EQ(minimax_odd(2, 2, 5).error, 0);
}

// As l -> 1, E -> 5/64 (1 - l)^3 for degree 5 and 3/16 (1 - l)^2 for degree 3; here E is far below roundoff.
TEST(minimax, error_vanishes_at_the_right_rate) {
  const double gap = 0x1p-40;
  EXPECT_NEAR(minimax_odd(1 - gap, 1, 5).error / (gap * gap * gap), 5.0 / 64, 1e-11);
  EXPECT_NEAR(minimax_odd(1 - gap, 1, 3).error / (gap * gap), 3.0 / 16, 1e-11);
}

// l/u from 1e-8 to 1 - 1e-12, both ends dense; u from e^-3 to e^3.
struct RandomRange {
  double l, u;
  explicit RandomRange(Random& random) {
    u = std::exp(6 * random.uniform() - 3);
    const bool narrow = random.below(2) == 0;
    l = narrow ? u * (1 - std::pow(10, -12 * random.uniform())) : u * std::pow(10, -8 * random.uniform());
  }
};

TEST(minimax, equioscillates) {
  constexpr std::uint64_t seed = 20251;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (int i = 0; i < 4000; ++i) {
    const RandomRange range(random);
    for (const int degree : {3, 5}) {
      Minimax m = minimax_odd(range.l, range.u, degree);
      EXPECT_LE(alternation_defect(m, range.l, range.u, degree), alternation_bound(m.error))
          << range.l << " " << range.u;
      m.p.a *= 1 + 1e-11;  // the residual catches an error in the twelfth digit
      EXPECT_GT(alternation_defect(m, range.l, range.u, degree), alternation_bound(m.error))
          << range.l << " " << range.u;
    }
  }
}

// How many of `count` random perturbations of p, relative size 1e-1 .. 1e-6, come nearer to 1 on [l, u].
int improvements(const OddPolynomial& p, const RandomRange& range, int count, Random& random) {
  const Real error = largest_error(p, range.l, range.u);
  int better = 0;
  for (int i = 0; i < count; ++i) {
    const double size = std::pow(10, -1 - 5 * random.uniform());
    const OddPolynomial q{p.a * (1 + size * random.normal()), p.b * (1 + size * random.normal()),
                          p.c * (1 + size * random.normal())};
    better += largest_error(q, range.l, range.u) < error - alternation_bound(static_cast<double>(error)) ? 1 : 0;
  }
  return better;
}

// Optimality: for the optimum no perturbation is better; for the Taylor polynomial, which is worse, some are.
TEST(minimax, has_no_better_neighbour) {
  constexpr std::uint64_t seed = 20252;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  int better_than_taylor = 0;
  for (int i = 0; i < 300; ++i) {
    const RandomRange range(random);
    for (const int degree : {3, 5}) {
      EXPECT_EQ(improvements(minimax_odd(range.l, range.u, degree).p, range, 50, random), 0)
          << range.l << " " << range.u;
    }
    better_than_taylor += improvements(minimax_odd(range.u, range.u, 5).p, range, 50, random);
  }
  EXPECT_GT(better_than_taylor, 100);
}

// Published to 16 digits for l = 1e-3, before safety (arXiv 2505.16932 and the authors' program).
const std::vector<std::array<Real, 3>> published_eight = {
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
  const auto [a, b, c] = published_eight[6];
  for (Real x = 0.9988L; x <= 1.0012L; x += 1e-5L) {
    EXPECT_LE(std::abs(exactly(schedule[6], x) - x * (a + x * x * (b + x * x * c))), 1e-16L);
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
    const std::array<Real, 3> expected = {raw[i].a / w, raw[i].b / (w * w * w), raw[i].c / (w * w * w * w * w)};
    EXPECT_LE(largest_relative(safe[i], expected), eps);
  }
  EXPECT_NEAR(evaluate(safe, 1e-3), 1, 5e-5);
  EXPECT_NEAR(evaluate(safe, 1e-4), 0.5747, 5e-5);
}

// The list of modded-nanogpt and Dion: safety 1.02 inside the loop, cushion 0.02, l = 1e-3, five steps.
TEST(polar_express, equals_the_list_with_safety_inside) {
  const std::vector<std::array<Real, 3>> published = {
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

// How far rounded coefficients may move the image of [l, 1]: each step adds at most 8 eps and multiplies what came
// before by its slope, which is largest at an end. (Without a cushion that is some 10 to 25 per step.)
double image_bound(const PolynomialSchedule& schedule, double l) {
  double bound = 0;
  Interval x{l, 1};
  for (const OddPolynomial& p : schedule) {
    const auto slope = [&p](double at) { return std::abs(p.a + at * at * (3 * p.b + at * at * 5 * p.c)); };
    bound = std::max(slope(x.lower), slope(x.upper)) * bound + 8 * std::numeric_limits<double>::epsilon();
    x = image({p}, x);
  }
  return bound;
}

// The composition has the error of the greedy chain.
TEST(polar_express, maps_its_range_onto_the_promised_one) {
  for (const int degree : {3, 5}) {
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

TEST(image, traces_the_published_list) {
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
  for (int i = 0; i < 50; ++i) {
    const PolynomialSchedule schedule = {{4 * random.normal(), 5 * random.normal(), 2 * random.normal()},
                                         {2 * random.normal(), random.normal(), i % 2 == 0 ? 0 : random.normal()}};
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

TEST(image, survives_divergence) {
  for (const PolynomialSchedule& schedule : {jordan(40), newton_schulz_cubic(60)}) {
    const Interval y = image(schedule, {0, 3});
    EXPECT_EQ(y.lower, -std::numeric_limits<double>::infinity());
    EXPECT_EQ(y.upper, std::numeric_limits<double>::infinity());
  }
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
      [] { polar_express({.degree = 7}); },
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
