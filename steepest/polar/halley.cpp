#include "steepest/polar/halley.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "steepest/base/check.hpp"

namespace steepest {
namespace {

using Real = long double;  // l^4 of the smallest bound, and 1 - l of the last, have to survive

constexpr Real smallest_bound = 1e-20L;
constexpr Real largest_cholesky_weight = 100;
constexpr std::size_t most_steps = 6;  // enough for the smallest bound: the order is 3

struct Weights {
  Real a, b, c;
  // The image of [l, 1] is [f(l), 1].
  Real operator()(Real x) const { return x * (a + b * x * x) / (1 + c * x * x); }
};

// The best weights for singular values in [l, 1].
Weights best_weights(Real l) {
  const Real l2 = l * l;
  const Real d = std::cbrt(4 * (1 - l) * (1 + l) / (l2 * l2));  // (4 (1 - l^2)/l^4)^(1/3)
  const Real root = std::sqrt(1 + d);
  const Real a = root + std::sqrt(2 - d + 2 * (2 - l2) / (l2 * root));
  const Real b = (a - 1) * (a - 1) / 4;
  return {a, b, a + b - 1};
}

HalleyStep rounded(const Weights& f, Real lower) {
  return {.a = static_cast<double>(f.a),
          .b = static_cast<double>(f.b),
          .c = static_cast<double>(f.c),
          .lower = static_cast<double>(lower),
          .factored_by_qr = f.c > largest_cholesky_weight};
}

void check_lower_bound(double bound) {
  check(0 < bound && bound < 1, "[schedule] lower bound must lie in (0, 1); {} came", bound);
}

}  // namespace

HalleyStep halley_step(double lower_bound) {
  check_lower_bound(lower_bound);
  const Real l = std::max<Real>(lower_bound, smallest_bound);
  const Weights f = best_weights(l);
  return rounded(f, std::min<Real>(f(l), 1));
}

HalleySchedule qdwh_schedule(double lower_bound, double epsilon) {
  check_lower_bound(lower_bound);
  check(0x1p-52 <= epsilon && epsilon < 1, "[schedule] epsilon must lie in [2^-52, 1); {} came", epsilon);
  HalleySchedule schedule;
  Real l = std::max<Real>(lower_bound, smallest_bound);
  while (1 - l > 5 * static_cast<Real>(epsilon) / 2 && schedule.size() < most_steps) {
    const Weights f = best_weights(l);
    l = std::min<Real>(f(l), 1);
    schedule.push_back(rounded(f, l));
  }
  return schedule;
}

HalleySchedule gram_halley_schedule(double lower_bound, int steps) {
  check_lower_bound(lower_bound);
  check(1 <= steps && static_cast<std::size_t>(steps) <= most_steps, "[schedule] steps must lie in 1 .. 6; {} came",
        steps);
  HalleySchedule schedule;
  Real l = std::max<Real>(lower_bound, smallest_bound);
  for (int step = 0; step < steps; ++step) {
    const Weights f = best_weights(l);
    l = std::min<Real>(f(l), 1);
    schedule.push_back(rounded(f, l));
    schedule.back().factored_by_qr = false;
  }
  return schedule;
}

}  // namespace steepest
