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

NewtonScales::NewtonScales(double lower, double upper)
    : next_(1 / (std::sqrt(lower) * std::sqrt(upper))),
      excess_(excess_after(excess_of_root((upper - lower) / lower))) {}  // of [1/rho, rho], rho = sqrt(upper/lower)

double NewtonScales::next() {
  const double mu = next_;
  if (!first_) excess_ = excess_after(excess_of_root(excess_));
  first_ = false;
  next_ = 1 / std::sqrt(1 + excess_);
  return mu;
}

NewtonSchedule newton_schedule(double lower, double upper, double epsilon) {
  check(0 < lower && lower <= upper && std::isfinite(upper) && upper / lower <= 1e300,
        "[schedule] bounds must be positive, in order and at most 1e300 apart; [{}, {}] came", lower, upper);
  check(0x1p-52 <= epsilon && epsilon < 1, "[schedule] epsilon must lie in [2^-52, 1); {} came", epsilon);
  const double tolerance = 5 * epsilon / 2;
  NewtonSchedule schedule;
  if (std::max(1 - lower, upper - 1) <= tolerance) return schedule;
  NewtonScales scales(lower, upper);
  do {
    const double mu = scales.next();
    schedule.push_back({.mu = mu, .upper = 1 + scales.excess()});
  } while (scales.excess() > tolerance);
  return schedule;
}

}  // namespace steepest
