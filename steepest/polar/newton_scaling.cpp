#include "steepest/polar/newton_scaling.hpp"

#include <algorithm>
#include <cmath>

#include "steepest/base/check.hpp"

namespace steepest {
namespace {

// (v + 1/v)/2 - 1 for v = 1 + excess, without cancellation.
double excess_after(double excess) { return excess / (1 + excess) * excess / 2; }

// sqrt(1 + excess) - 1.
double excess_of_root(double excess) { return excess / (1 + std::sqrt(1 + excess)); }

}  // namespace

NewtonSchedule newton_schedule(double lower, double upper, double epsilon) {
  check(0 < lower && lower <= upper && std::isfinite(upper) && upper / lower <= 1e300,
        "[schedule] bounds must be positive, in order and at most 1e300 apart; [{}, {}] came", lower, upper);
  check(0x1p-52 <= epsilon && epsilon < 1, "[schedule] epsilon must lie in [2^-52, 1); {} came", epsilon);
  const double tolerance = 5 * epsilon / 2;
  NewtonSchedule schedule;
  if (std::max(1 - lower, upper - 1) <= tolerance) return schedule;
  double excess = excess_after(excess_of_root((upper - lower) / lower));  // of [1/rho, rho], rho = sqrt(upper/lower)
  schedule.push_back({.mu = 1 / (std::sqrt(lower) * std::sqrt(upper)), .upper = 1 + excess});
  while (excess > tolerance) {
    const double mu = 1 / std::sqrt(1 + excess);
    excess = excess_after(excess_of_root(excess));
    schedule.push_back({.mu = mu, .upper = 1 + excess});
  }
  return schedule;
}

}  // namespace steepest
