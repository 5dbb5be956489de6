#include "steepest/polar/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

#include "steepest/polar/schedule_exact.hpp"

namespace steepest {
namespace {

using exact::Odd;
using exact::Real;

void check_safety(double safety) {
  // The slope of a step at 0 is below 9 for degree 5: a larger safety takes back more than a step gains.
  check(safety >= 1 && safety <= 10, "[schedule] safety must lie in [1, 10]; {} came", safety);
}

void check_lower_bound(double bound) {
  check(0 < bound && bound < 1, "[schedule] lower bound must lie in (0, 1); {} came", bound);
}

void check_options(const PolarExpressOptions& o) {
  exact::check_steps(o.steps);
  exact::check_degree(o.degree);
  check_safety(o.safety);
  check_lower_bound(o.lower_bound);
  check(0 <= o.cushion && o.cushion < 1, "[schedule] cushion must lie in [0, 1); {} came", o.cushion);
}

// The optimum on [max(l, cushion u), u] by the factor that gives it the range asked for on [l, u]: largest value 1, or
// 1 - p(l) = max p - 1.
Odd best_step(Real l, Real u, const PolarExpressOptions& options) {
  const Real start = std::max<Real>(l, options.cushion * u);
  const auto [p, error] = exact::optimum(start, u, options.degree);
  if (options.uncentred) return times(p, 1 / (1 + error));
  return start > l ? times(p, 2 / (p(l) + 1 + error)) : p;
}

}  // namespace

PolynomialSchedule repeated(OddPolynomial p, int steps) {
  exact::check_steps(steps);
  return PolynomialSchedule(static_cast<std::size_t>(steps), p);
}

PolynomialSchedule with_steps(PolynomialSchedule schedule, int steps) {
  exact::check_steps(steps);
  check(!schedule.empty(), "[schedule] an empty schedule has no last step to repeat");
  const OddPolynomial last = schedule.back();
  schedule.resize(static_cast<std::size_t>(steps), last);
  return schedule;
}

PolynomialSchedule newton_schulz_cubic(int steps) { return repeated({1.5, -0.5, 0}, steps); }
PolynomialSchedule newton_schulz_quintic(int steps) { return repeated({1.875, -1.25, 0.375}, steps); }
PolynomialSchedule kovarik7(int steps) { return repeated({2.1875, -2.1875, 1.3125, -0.3125}, steps); }
PolynomialSchedule jordan(int steps) { return repeated({3.4445, -4.7750, 2.0315}, steps); }

PolynomialSchedule polar_express(const PolarExpressOptions& options) {
  check_options(options);
  PolynomialSchedule schedule;
  Real l = options.lower_bound;
  Real u = 1;
  for (int step = 1; step <= options.steps; ++step) {
    Odd p = best_step(l, u, options);
    if (step < options.steps) p = stretched(p, options.safety);
    schedule.push_back(rounded(p));
    l = std::min<Real>(p(l), 1);
    u = options.uncentred ? 1 : 2 - l;
  }
  return schedule;
}

double polar_express_error_bound(double lower_bound, int degree, int steps) {
  check_lower_bound(lower_bound);
  exact::check_degree(degree);
  exact::check_steps(steps);
  const double log_base = std::log1p(-lower_bound * lower_bound);  // log(1 - l^2)
  return std::exp(log_base * std::pow((degree + 1) / 2, steps));
}

OddPolynomial large_gap_start(double largest) {
  check(0 <= largest && largest <= 1, "[schedule] the largest singular value must lie in [0, 1]; {} came", largest);
  const double s1 = std::clamp(largest, std::numbers::sqrt2 / 2, 0.97);
  const double s2 = std::sqrt((1 - s1) * (1 + s1));
  const double b = -1 / (s1 * s2 * (s1 + s2));
  return {-b * (1 + s1 * s2), b, 0};  // s1^2 + s2^2 = 1
}

PolynomialSchedule with_safety(PolynomialSchedule schedule, double safety) {
  check_safety(safety);
  for (std::size_t i = 0; i + 1 < schedule.size(); ++i)
    schedule[i] = rounded(stretched(exact::exact(schedule[i]), safety));
  return schedule;
}

double evaluate(const OddPolynomial& p, double x) {
  const double t = x * x;
  return x * (p.a + t * (p.b + t * (p.c + t * p.d)));
}

double evaluate(const PolynomialSchedule& schedule, double x) {
  for (const OddPolynomial& p : schedule) x = evaluate(p, x);
  return x;
}

double slope_at_zero(const PolynomialSchedule& schedule) {
  double slope = 1;
  for (const OddPolynomial& p : schedule) slope *= p.a;
  return slope;
}

}  // namespace steepest
