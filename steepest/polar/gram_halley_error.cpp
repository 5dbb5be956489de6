#include "steepest/polar/gram_halley_error.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "steepest/base/check.hpp"
#include "steepest/polar/restarts.hpp"

namespace steepest {
namespace {

// Since the last restart: of R, of Q X; of X at that restart, times what the exact steps since then made of it.
struct Errors {
  double delta, fresh, inherited;
};

// Whether I + c R stays positive definite.
bool advance(Errors& e, const HalleyStep& step, double perturbation) {
  const double beta = step.b / step.c;
  const double gamma = step.a - beta;
  const double definite = 1 - step.c * e.delta;  // 1 - eta
  if (definite <= 0) return false;
  const double A = beta + gamma / definite;
  e.fresh = A * e.fresh + gamma * std::sqrt(step.c) / 2 * e.delta / definite;
  e.inherited *= beta + 1.25 * gamma;
  e.delta = A * A * e.delta + perturbation;
  return true;
}

}  // namespace

GramHalleyError gram_halley_error(const HalleySchedule& schedule, std::span<const int> restarts, double perturbation) {
  check(0 <= perturbation && perturbation < 1, "[schedule] perturbation must lie in [0, 1); {} came", perturbation);
  check_restarts(restarts, schedule.size());
  Errors e{.delta = perturbation, .fresh = 0, .inherited = 0};
  double smallest = 1;
  for (std::size_t t = 0; t < schedule.size(); ++t) {
    if (std::find(restarts.begin(), restarts.end(), static_cast<int>(t)) != restarts.end())
      e = {.delta = perturbation, .fresh = 0, .inherited = e.inherited + e.fresh};
    smallest = std::min(smallest, 1 - schedule[t].c * e.delta);
    if (!advance(e, schedule[t], perturbation)) return {smallest, std::numeric_limits<double>::infinity()};
  }
  return {smallest, e.fresh + e.inherited};
}

}  // namespace steepest
