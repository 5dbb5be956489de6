#include "steepest/polar/schedule.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#include "steepest/base/check.hpp"

namespace steepest {
namespace {

using Real = long double;
constexpr Real roundoff = std::numeric_limits<Real>::epsilon();

struct Odd {
  Real a, b, c;
  Real operator()(Real x) const { return x * (a + x * x * (b + x * x * c)); }
};

Odd exact(const OddPolynomial& p) { return {p.a, p.b, p.c}; }
OddPolynomial rounded(const Odd& p) {
  return {static_cast<double>(p.a), static_cast<double>(p.b), static_cast<double>(p.c)};
}

Odd times(const Odd& p, Real factor) { return {factor * p.a, factor * p.b, factor * p.c}; }

// x -> p(x / width)
Odd stretched(const Odd& p, Real width) {
  const Real square = width * width;
  return {p.a / width, p.b / (width * square), p.c / (width * square * square)};
}

// An odd P that takes its least value on [l, 1], `low`, and its largest, `low + rise`, alternately and one time more
// often than it has coefficients. 2 P / (2 low + rise) is then the optimum there (Chebyshev), with the error
// rise / (2 low + rise). The formulas for low and rise, in l and in gap = 1 - l, have no cancellation: the plain linear
// system for (a, b, c, E) loses every digit of 1 - E as l -> 0 and of E as l -> 1.
struct Shape {
  Odd P;
  Real low, rise;
};

// P' = e^2 - x^2 and P(l) = P(1): 3 e^2 = 1 + l + l^2.
Shape cubic_shape(Real l, Real gap) {
  const Real square = (1 + l + l * l) / 3;
  const Real e = std::sqrt(square);
  const Real y = gap * (2 + l) / (3 * (1 + e));  // 1 - e
  return {.P = {square, -Real{1} / 3, 0},
          .low = l * (1 + l) / 3,            // P(1)
          .rise = y * y * (1 + 2 * e) / 3};  // P(e) - P(1)
}

// Let P' = (t^2 - y^2)(t^2 - z^2). Then P(x) - P(y) has the factor (x - y)^2, so that P(x) = P(y) is linear in z^2:
// z^2 = (3 x^3 + 6 x^2 y + 4 x y^2 + 2 y^3) / (5 (x + 2 y)). Returns |z^2 - x^2| for |y - x| = distance.
Real square_offset(Real x, Real y, Real distance) {
  return 2 * distance * (x * x + 3 * x * y + y * y) / (5 * (x + 2 * y));
}

// Stationary points l < q < r < 1, and 1 - r.
struct Nodes {
  Real q, r, from_one;
};

// P(l) = P(r) gives q from r, and P(q) = P(1) gives r from q. Together they contract by 9
// to 11, whatever l is, so that 20 passes reach roundoff.
Nodes quintic_nodes(Real l, Real gap) {
  constexpr int most_passes = 40;
  Nodes n{.q = 0, .r = 1 - gap / 4, .from_one = gap / 4};  // l -> 1: Chebyshev's points
  for (int pass = 0; pass < most_passes; ++pass) {
    const Real before = n.from_one;
    const Real q2_l2 = square_offset(l, n.r, gap - n.from_one);  // q^2 - l^2
    const Real q_l = q2_l2 / (l + std::sqrt(l * l + q2_l2));     // q - l
    n.q = l + q_l;
    const Real one_r2 = square_offset(1, n.q, gap - q_l);  // 1 - r^2
    n.r = std::sqrt(1 - one_r2);
    n.from_one = one_r2 / (1 + n.r);  // 1 - r
    if (std::abs(n.from_one - before) <= 2 * roundoff * before) break;
  }
  return n;
}

// P' = (x^2 - q^2)(x^2 - r^2), P(l) = P(r) and P(q) = P(1).
Shape quintic_shape(Real l, Real gap) {
  const auto [q, r, y] = quintic_nodes(l, gap);
  const Odd P = {q * q * r * r, -(q * q + r * r) / 3, Real{1} / 5};
  // With z(x)^2 the square for which P(x) = P(r): P(1) - P(r) = (1 - r)^2 (1 + 2 r)/3 (z(1)^2 - z(l)^2), q = z(l).
  const Real slope = 3 * (1 + l) / 5 + 6 * r * r * r / (5 * (l + 2 * r) * (1 + 2 * r));  // of z^2 from l to 1
  return {.P = P, .low = P(l), .rise = y * y * (1 + 2 * r) / 3 * slope * gap};
}

struct Optimum {
  Odd p;
  Real error;
};

Optimum optimum(Real lower, Real upper, int degree) {
  const Real l = lower / upper;
  const Real gap = (upper - lower) / upper;
  const Shape shape = degree == 3 ? cubic_shape(l, gap) : quintic_shape(l, gap);
  const Real sum = 2 * shape.low + shape.rise;
  return {.p = stretched(times(shape.P, 2 / sum), upper), .error = shape.rise / sum};
}

void check_degree(int degree) { check(degree == 3 || degree == 5, "[schedule] degree is 3 or 5; {} came", degree); }
void check_steps(int steps) { check(steps >= 1, "[schedule] steps must be at least 1; {} came", steps); }
void check_safety(double safety) {
  check(safety >= 1 && std::isfinite(safety), "[schedule] safety must be finite and at least 1; {} came", safety);
}

void check_options(const PolarExpressOptions& o) {
  check_steps(o.steps);
  check_degree(o.degree);
  check_safety(o.safety);
  check(0 < o.lower_bound && o.lower_bound < 1, "[schedule] lower bound must lie in (0, 1); {} came", o.lower_bound);
  check(0 <= o.cushion && o.cushion < 1, "[schedule] cushion must lie in [0, 1); {} came", o.cushion);
}

// The positive zeros of p' = a + 3 b t + 5 c t^2, t = x^2, by the quadratic formula without cancellation.
// Where there is none, or infinity for c = 0, the entry is NaN or infinite and lies in no interval.
std::array<Real, 2> stationary_points(const Odd& p) {
  const Real root = std::sqrt(9 * p.b * p.b - 20 * p.a * p.c);
  const Real w = -(3 * p.b + std::copysign(root, p.b)) / 2;
  return {std::sqrt(w / (5 * p.c)), std::sqrt(p.a / w)};
}

constexpr Real infinity = std::numeric_limits<Real>::infinity();

struct Range {
  Real lower = infinity, upper = -infinity;

  // Takes in p(x) and its rounding error: fewer than 8 roundings of terms that sum to at most `size`. Overflow takes in
  // everything.
  void include(const Odd& p, Real x) {
    const Real size = Odd{std::abs(p.a), std::abs(p.b), std::abs(p.c)}(std::abs(x));
    const bool finite = std::isfinite(size);
    lower = finite ? std::min(lower, p(x) - 8 * roundoff * size) : -infinity;
    upper = finite ? std::max(upper, p(x) + 8 * roundoff * size) : infinity;
  }
};

Range image(const Odd& p, const Range& x) {
  Range y;
  for (const Real point : stationary_points(p)) {
    for (const Real s : {point, -point}) {
      if (x.lower < s && s < x.upper) y.include(p, s);
    }
  }
  y.include(p, x.lower);
  y.include(p, x.upper);
  return y;
}

double rounded_down(Real x) {
  const auto nearest = static_cast<double>(x);
  return nearest > x ? std::nextafter(nearest, -std::numeric_limits<double>::infinity()) : nearest;
}

}  // namespace

PolynomialSchedule repeated(OddPolynomial p, int steps) {
  check_steps(steps);
  return PolynomialSchedule(static_cast<std::size_t>(steps), p);
}

PolynomialSchedule newton_schulz_cubic(int steps) { return repeated({1.5, -0.5, 0}, steps); }
PolynomialSchedule newton_schulz_quintic(int steps) { return repeated({1.875, -1.25, 0.375}, steps); }
PolynomialSchedule jordan(int steps) { return repeated({3.4445, -4.7750, 2.0315}, steps); }

Minimax minimax_odd(double lower, double upper, int degree) {
  check_degree(degree);
  check(0 <= lower && lower <= upper, "[schedule] 0 <= lower <= upper; [{}, {}] came", lower, upper);
  check(1e-50 <= upper && upper <= 1e50, "[schedule] upper must lie in [1e-50, 1e50]; {} came", upper);
  const Optimum best = optimum(lower, upper, degree);
  return {.p = rounded(best.p), .error = static_cast<double>(best.error)};
}

PolynomialSchedule polar_express(const PolarExpressOptions& options) {
  check_options(options);
  PolynomialSchedule schedule;
  Real l = options.lower_bound;
  Real u = 1;
  for (int step = 1; step <= options.steps; ++step) {
    const Real start = std::max(l, options.cushion * u);
    Odd p = optimum(start, u, options.degree).p;
    if (start > l) p = times(p, 2 / (p(l) + p(u)));  // 1 - p(l) = p(u) - 1
    if (step < options.steps) p = stretched(p, options.safety);
    schedule.push_back(rounded(p));
    l = std::min<Real>(p(l), 1);
    u = 2 - l;
  }
  return schedule;
}

PolynomialSchedule with_safety(PolynomialSchedule schedule, double safety) {
  check_safety(safety);
  for (std::size_t i = 0; i + 1 < schedule.size(); ++i) schedule[i] = rounded(stretched(exact(schedule[i]), safety));
  return schedule;
}

double evaluate(const OddPolynomial& p, double x) { return x * (p.a + x * x * (p.b + x * x * p.c)); }

double evaluate(const PolynomialSchedule& schedule, double x) {
  for (const OddPolynomial& p : schedule) x = evaluate(p, x);
  return x;
}

Interval image(const PolynomialSchedule& schedule, Interval interval) {
  const auto [lower, upper] = interval;
  check(std::isfinite(lower) && std::isfinite(upper) && lower <= upper,
        "[schedule] an interval has finite ends in order; [{}, {}] came", lower, upper);
  Range x{lower, upper};
  for (const OddPolynomial& p : schedule) x = image(exact(p), x);
  return {rounded_down(x.lower), -rounded_down(-x.upper)};
}

}  // namespace steepest
