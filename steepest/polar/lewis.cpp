#include "steepest/polar/lewis.hpp"

#include <numbers>

#include "steepest/base/check.hpp"

namespace steepest {

PolynomialSchedule lewis(double lower_bound, double epsilon) {
  constexpr std::size_t most_steps = 200;
  constexpr double slope = 1.5 * std::numbers::sqrt3 - 0.1;
  constexpr OddPolynomial steep{slope, -4.0 / 27 * slope * slope * slope, 0};
  constexpr OddPolynomial usual{1.5, -0.5, 0};
  check(0 < lower_bound && lower_bound < 1, "[schedule] lower bound must lie in (0, 1); {} came", lower_bound);
  check(0x1p-52 <= epsilon && epsilon < 1, "[schedule] epsilon must lie in [2^-52, 1); {} came", epsilon);
  PolynomialSchedule schedule;
  double l = lower_bound;
  while (l < 0.1 && schedule.size() < most_steps) {
    schedule.push_back(steep);
    l = evaluate(steep, l);
  }
  double rest = 1 - l;
  while (rest > epsilon / 2 && schedule.size() < most_steps) {
    schedule.push_back(usual);
    rest = rest * rest * (3 - rest) / 2;  // 1 - p(1 - rest)
  }
  return schedule;
}

}  // namespace steepest
