#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "steepest/polar/schedule_exact.hpp"

namespace steepest {
namespace {

using exact::Odd;
using exact::Real;

constexpr Real roundoff = std::numeric_limits<Real>::epsilon();
constexpr Real infinity = std::numeric_limits<Real>::infinity();

struct Range {
  Real lower = infinity, upper = -infinity;

  // Takes in p(x) and its rounding error: fewer than 10 roundings of terms that sum to at most `size`. Overflow takes in
  // everything.
  void include(const Odd& p, Real x) {
    const Real size = Odd{std::abs(p.a), std::abs(p.b), std::abs(p.c), std::abs(p.d)}(std::abs(x));
    const bool finite = std::isfinite(size);
    lower = finite ? std::min(lower, p(x) - 10 * roundoff * size) : -infinity;
    upper = finite ? std::max(upper, p(x) + 10 * roundoff * size) : infinity;
  }
};

// The zeros of e + f t + g t^2 by the quadratic formula without cancellation. Where there is none, or infinity for
// g = 0, the entry is NaN or infinite and lies in no interval.
std::array<Real, 2> zeros(Real e, Real f, Real g) {
  const Real root = std::sqrt(f * f - 4 * e * g);
  const Real w = -(f + std::copysign(root, f)) / 2;
  return {w / g, e / w};
}

// p' as a polynomial in t = x^2.
Real slope(const Odd& p, Real t) { return p.a + t * (3 * p.b + t * (5 * p.c + t * 7 * p.d)); }

// The zero of p' between two t where it has opposite signs, by bisection to the last place.
Real zero_between(const Odd& p, Real from, Real to) {
  const bool falling = slope(p, from) > 0;
  for (Real middle = (from + to) / 2; middle != from && middle != to; middle = (from + to) / 2)
    (slope(p, middle) > 0) == falling ? from = middle : to = middle;
  return to;
}

// The zeros of p' in (0, largest), as t = x^2: between them p' is monotone, up to the zeros of its own derivative.
std::vector<Real> stationary_squares(const Odd& p, Real largest) {
  std::vector<Real> found;
  if (p.d == 0) {
    for (const Real t : zeros(p.a, 3 * p.b, 5 * p.c))
      if (0 < t && t < largest) found.push_back(t);
    return found;
  }
  std::vector<Real> ends = {0, largest};
  for (const Real t : zeros(3 * p.b, 10 * p.c, 21 * p.d))
    if (0 < t && t < largest) ends.push_back(t);
  std::sort(ends.begin(), ends.end());
  for (std::size_t i = 1; i < ends.size(); ++i)
    if ((slope(p, ends[i - 1]) > 0) != (slope(p, ends[i]) > 0)) found.push_back(zero_between(p, ends[i - 1], ends[i]));
  return found;
}

Range image(const Odd& p, const Range& x) {
  Range y;
  const Real widest = std::max(std::abs(x.lower), std::abs(x.upper));
  if (std::isfinite(widest)) {
    for (const Real t : stationary_squares(p, widest * widest)) {
      const Real s = std::sqrt(t);
      if (x.lower < s && s < x.upper) y.include(p, s);
      if (x.lower < -s && -s < x.upper) y.include(p, -s);
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

Interval image(const PolynomialSchedule& schedule, Interval interval) {
  const auto [lower, upper] = interval;
  check(std::isfinite(lower) && std::isfinite(upper) && lower <= upper,
        "[schedule] an interval has finite ends in order; [{}, {}] came", lower, upper);
  Range x{lower, upper};
  for (const OddPolynomial& p : schedule) x = image(exact::exact(p), x);
  return {rounded_down(x.lower), -rounded_down(-x.upper)};
}

double largest_error(const PolynomialSchedule& schedule, Interval interval) {
  const auto [lower, upper] = image(schedule, interval);
  return std::max(1 - lower, upper - 1);
}

double largest_safe_input(const PolynomialSchedule& schedule) {
  constexpr double ceiling = 2;
  const auto safe = [&](double x) {
    const auto [lower, upper] = image(schedule, {0, x});
    return -ceiling <= lower && upper <= ceiling;
  };
  double below = 0, above = 1;
  while (safe(above) && above < 1e10) above *= 2;
  for (int i = 0; i < 60; ++i) {
    const double middle = (below + above) / 2;
    (safe(middle) ? below : above) = middle;
  }
  return below;
}

}  // namespace steepest
