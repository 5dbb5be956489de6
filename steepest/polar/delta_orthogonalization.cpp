#include "steepest/polar/delta_orthogonalization.hpp"

#include <cmath>

#include "steepest/polar/schedule_exact.hpp"

namespace steepest {
namespace {

using exact::Real;

void check_options(const DeltaOptions& o) {
  exact::check_degree(o.degree);
  check(1 <= o.steps && o.steps <= 64, "[schedule] steps must lie in 1 .. 64; {} came", o.steps);
  check(0x1p-52 <= o.delta && o.delta < 1, "[schedule] delta must lie in [2^-52, 1); {} came", o.delta);
  check(1e-40 <= o.upper && o.upper <= 1e40, "[schedule] upper must lie in [1e-40, 1e40]; {} came", o.upper);
}

// log((1 - E)/E) of the greedy chain on [e^x, 1]: increasing in x, about linear where E is near 1. A chain that is far
// below delta before its end stops there.
Real logit(Real x, const DeltaOptions& o) {
  Real l = std::exp(x), u = 1, error = 1;
  for (int step = 0; step < o.steps && error > o.delta / 8; ++step) {
    const auto best = exact::optimum(l, u, o.degree);
    error = best.error;
    l = error < 0.5L ? 1 - error : best.p(l);  // 1 - E, without cancellation
    u = 1 + error;
  }
  return std::log(l / error);
}

// The zero of f in [low, high], f(low) < 0 < f(high), by regula falsi; the end that stays twice counts for half
// (Illinois). Ends at rounding.
template <class F>
Real zero(F&& f, Real low, Real high) {
  constexpr int most_passes = 60;
  Real f_low = f(low), f_high = f(high), x = low;
  for (int pass = 0, side = 0; pass < most_passes; ++pass) {
    x = (low * f_high - high * f_low) / (f_high - f_low);
    const Real y = f(x);
    if (std::abs(y) <= 1e-16L || x == low || x == high) break;
    if (y < 0) {
      low = x;
      f_low = y;
      if (side == -1) f_high /= 2;
      side = -1;
    } else {
      high = x;
      f_high = y;
      if (side == 1) f_low /= 2;
      side = 1;
    }
  }
  return x;
}

}  // namespace

DeltaSchedule delta_orthogonalization(const DeltaOptions& options) {
  check_options(options);
  const Real wanted = std::log((1 - Real{options.delta}) / options.delta);
  // On [l, 1] a step multiplies l by less than its slope for l = 0; from then on u < 2, and l/u grows by less than half
  // of that. So the last l is below 1 - delta for A = least.
  const Real gain = exact::optimum(0, 1, options.degree).p.a / 2;
  const Real least = std::log((1 - Real{options.delta}) / 2) - static_cast<Real>(options.steps) * std::log(gain);
  const Real x = zero([&](Real at) { return logit(at, options) - wanted; }, least, -1e-6L);
  DeltaSchedule result{.polynomials = {}, .lower = static_cast<double>(std::exp(x) * options.upper)};
  Real l = std::exp(x) * options.upper, u = options.upper;
  for (int step = 0; step < options.steps; ++step) {
    const auto best = exact::optimum(l, u, options.degree);
    result.polynomials.push_back(exact::rounded(best.p));
    l = best.error < 0.5L ? 1 - best.error : best.p(l);
    u = 1 + best.error;
  }
  return result;
}

}  // namespace steepest
