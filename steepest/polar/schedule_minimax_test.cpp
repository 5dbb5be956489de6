// Let p be odd of degree 2k - 1 and 0 < l < u.
// Equioscillation (Chebyshev): p is the optimum on [l, u] if and only if 1 - p takes its largest absolute value E at
//   k + 1 points of [l, u] with alternating signs. Inner ones are zeros of p', so that p(l) = 1 - E, p(q) = 1 + E, ...
// Residual: the largest | |1 - p(x_i)| - E | over these points with the sign given, and the excess of |1 - p|
//   over E elsewhere.
// Bound: max(1e-12 E, 4 eps); rounding the coefficients costs at most 2 eps near l = u and 13 eps where E is about 1.
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

Real exactly(const OddPolynomial& p, Real x) {
  const Real t = x * x;
  return x * (p.a + t * (p.b + t * (p.c + t * p.d)));
}

// p' as a polynomial in t = x^2.
Real slope(const OddPolynomial& p, Real t) { return p.a + t * (3 * Real{p.b} + t * (5 * Real{p.c} + t * 7 * p.d)); }

// Zeros of p' in (l, u), ascending: changes of sign between the zeros of its derivative in t, refined by bisection.
std::vector<Real> inner_extrema(const OddPolynomial& p, Real l, Real u) {
  std::vector<Real> ends = {l * l, u * u};
  const Real a = 21 * Real{p.d}, b = 10 * Real{p.c}, c = 3 * Real{p.b};
  const Real root = std::sqrt(b * b - 4 * a * c);
  for (const Real t : {2 * c / (-b + root), 2 * c / (-b - root)})
    if (ends[0] < t && t < u * u) ends.push_back(t);
  std::sort(ends.begin(), ends.end());
  std::vector<Real> inside;
  for (std::size_t i = 1; i < ends.size(); ++i) {
    Real from = ends[i - 1], to = ends[i];
    const bool falling = slope(p, from) > 0;
    if (falling == (slope(p, to) > 0)) continue;
    for (int k = 0; k < 200; ++k) ((slope(p, (from + to) / 2) > 0) == falling ? from : to) = (from + to) / 2;
    inside.push_back(std::sqrt(to));
  }
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

using Coefficients = std::array<Real, 4>;

// A coefficient that the degree lacks is 0 in both.
Real largest_relative(const OddPolynomial& p, const Coefficients& golden) {
  const std::array<double, 4> value = {p.a, p.b, p.c, p.d};
  Real worst = 0;
  for (std::size_t i = 0; i < 4; ++i)
    worst = std::max(worst, golden[i] == 0 ? std::abs(Real{value[i]}) : relative(value[i], golden[i]));
  return worst;
}

struct Golden {
  double lower, upper;
  Coefficients p;
  Real error;
};

const std::vector<Golden> quintic_goldens = {
    {1e-3, 1, {8.4703288038480688628L, -25.108074706661870001L, 18.629275599118009147L}, .99152969630420800852L},
    {0.02, 1, {7.7109692458676817945L, -22.113754790481159011L, 16.248743017738469773L}, .84595747312499255662L},
    {0.0240732742418276,
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

const std::vector<Golden> septic_goldens = {
    {1e-3,
     1,
     {11.7748453726172393587L, -69.5340606424603990025L, 128.770492722986616274L, -70.9995026773047712629L},
     0.98822522416131463268L},
    {0.1,
     1,
     {6.88687455957637593614L, -31.5067517467980971297L, 53.6501358819456504871L, -28.3725443264087029814L},
     0.342285631684773687881L},
    {0.5,
     1,
     {3.11237420435851784174L, -5.91090439206523142058L, 6.22994251558319259354L, -2.4384529850390165698L},
     0.00704065716253755510665L},
    {0.5,
     1.5,
     {2.56323387707929648781L, -2.96174069902551987358L, 1.71193121484125310624L, -0.344537612734614222266L},
     0.0377944984742417543358L},
    {0.9,
     1.1,
     {2.19962837376107018627L, -2.2128615679187726259L, 1.32677881301109281481L, -0.313600109487538194474L},
     0.0000548855404519874706525L},
};

// eps/2 for the rounding of the result, and eps/2 times the condition where l or u is not a double: for coefficients
// at most degree + 3 (the last goes like u^-degree, and its part in l/u adds less than 3), for E about
// degree (u + l)/(u - l).
void expect_golden(const Golden& g, int degree) {
  const bool exact = g.lower == 0.5;
  const double spread = (g.upper + g.lower) / (g.upper - g.lower);
  const Minimax m = minimax_odd(g.lower, g.upper, degree);
  EXPECT_LE(largest_relative(m.p, g.p), eps / 2 * (exact ? 1.01L : degree + 3)) << g.lower << " " << g.upper;
  EXPECT_LE(relative(m.error, g.error), eps / 2 * (exact ? 1.01L : 1 + degree * spread)) << g.lower << " " << g.upper;
}

TEST(minimax, equals_the_goldens) {
  for (const Golden& g : quintic_goldens) expect_golden(g, 5);
  for (const Golden& g : cubic_goldens) expect_golden(g, 3);
  for (const Golden& g : septic_goldens) expect_golden(g, 7);
}

// l -> 0 at u = 1, degree 3: (3 sqrt 3, -3 sqrt 3). l = u: the Taylor polynomials of Newton and Schulz.
TEST(minimax, has_its_limits) {
  for (const double l : {0.0, 1e-300, 1e-20}) {
    const OddPolynomial p = minimax_odd(l, 1, 5).p;
    EXPECT_LE(largest_relative(p, {8.5143022738495266304L, -25.281750504895994355L, 18.767448231046467725L}), eps);
    EXPECT_LE(largest_relative(minimax_odd(l, 1, 3).p, {3 * std::sqrt(3.0L), -3 * std::sqrt(3.0L), 0}), eps);
    EXPECT_LE(largest_relative(minimax_odd(l, 1, 7).p, {11.8605733605150713883L, -70.2102810019818620364L,
                                                        130.114543083131980241L, -71.764835441665189593L}),
              eps);
    for (const int degree : {3, 5, 7}) EXPECT_EQ(minimax_odd(l, 1, degree).error, 1);
  }
  EXPECT_LE(largest_relative(minimax_odd(2, 2, 5).p, {15.0L / 16, -10.0L / 64, 3.0L / 256}), eps);
  EXPECT_LE(largest_relative(minimax_odd(2, 2, 3).p, {0.75L, -1.0L / 16, 0}), eps);
  EXPECT_LE(largest_relative(minimax_odd(2, 2, 7).p, {35.0L / 32, -35.0L / 128, 21.0L / 512, -5.0L / 2048}), eps);
  for (const int degree : {3, 5, 7}) EXPECT_EQ(minimax_odd(2, 2, degree).error, 0);
}

// As l -> 1, the error of degree 2k - 1 is that of Taylor's polynomial at 1, C(2k, k)/2^k y^k (1 + O(y)) with y = 1 - x,
// made even by Chebyshev on an interval of length g = 1 - l: E -> C(2k, k)/2^k 2 (g/4)^k, which is 3/16 g^2, 5/64 g^3 and
// 35/1024 g^4. Here E is far below roundoff.
TEST(minimax, error_vanishes_at_the_right_rate) {
  const double gap = 0x1p-40;
  EXPECT_NEAR(minimax_odd(1 - gap, 1, 5).error / (gap * gap * gap), 5.0 / 64, 1e-11);
  EXPECT_NEAR(minimax_odd(1 - gap, 1, 3).error / (gap * gap), 3.0 / 16, 1e-11);
  EXPECT_NEAR(minimax_odd(1 - gap, 1, 7).error / std::pow(gap, 4), 35.0 / 1024, 1e-11);
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
    for (const int degree : {3, 5, 7}) {
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
                          p.c * (1 + size * random.normal()), p.d * (1 + size * random.normal())};
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
    for (const int degree : {3, 5, 7}) {
      EXPECT_EQ(improvements(minimax_odd(range.l, range.u, degree).p, range, 50, random), 0)
          << range.l << " " << range.u;
    }
    better_than_taylor += improvements(minimax_odd(range.u, range.u, 5).p, range, 50, random);
  }
  EXPECT_GT(better_than_taylor, 100);
}

}  // namespace
}  // namespace steepest
