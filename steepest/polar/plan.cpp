#include "steepest/polar/plan.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "steepest/polar/delta_orthogonalization.hpp"
#include "steepest/polar/gram_halley_error.hpp"
#include "steepest/polar/gram_space_bound.hpp"
#include "steepest/polar/gram_space_model.hpp"
#include "steepest/polar/lewis.hpp"
#include "steepest/polar/null_part.hpp"
#include "steepest/polar/presets.hpp"
#include "steepest/polar/restarts.hpp"
#include "steepest/polar/schedule_exact.hpp"

namespace steepest {
namespace {

/// Methods that go on until rounding is all that is left.
bool converges(const PolarOptions& o) {
  const bool by_lower_bound = o.method == PolarMethod::polar_express || o.method == PolarMethod::lewis;
  return !takes_steps(o.method) || (by_lower_bound && o.steps == 0);
}

constexpr int most_steps = 64;  // of polar_express to convergence

/// The steps of Polar Express with safety that take [l, 1] above 1/2. From there on singular values that rounding lifts out of the
/// range come back, and safety would keep the others from 1.
PolynomialSchedule steps_with_safety(PolarExpressOptions options) {
  PolynomialSchedule schedule;
  const Interval given{options.lower_bound, 1};
  for (options.steps = 2; options.safety != 1 && image(schedule, given).lower < 0.5 && options.steps <= most_steps;
       ++options.steps) {
    schedule = polar_express(options);
    schedule.pop_back();  // the last one has no safety
  }
  return schedule;
}

/// `start`, and Polar Express without safety on the range that it leaves.
PolynomialSchedule continued(PolynomialSchedule start, PolarExpressOptions options) {
  const Interval range = image(start, {options.lower_bound, 1});
  options.lower_bound = std::min(range.lower / range.upper, 1 - 0x1p-40);
  options.safety = 1;
  PolynomialSchedule rest = polar_express(options);
  rest.front() = exact::rounded(exact::stretched(exact::exact(rest.front()), range.upper));
  start.insert(start.end(), rest.begin(), rest.end());
  return start;
}

/// Polar Express to convergence: the shortest schedule that leaves [l, 1] near 1 to rounding. Refused where the roundings of a
/// normalization are magnified beyond that: without safety or a cushion the last of the steps rise steeply above their range.
PolynomialSchedule converged_polar_express(PolarExpressOptions options, double epsilon) {
  const double tolerance = std::max(epsilon, 0x1p-48);
  const PolynomialSchedule start = steps_with_safety(options);
  PolynomialSchedule schedule;
  const int most = most_steps - static_cast<int>(start.size());
  for (options.steps = 1; options.steps <= most; ++options.steps) {
    schedule = continued(start, options);
    if (largest_error(schedule, {options.lower_bound, 1}) <= tolerance) break;
  }
  const double rounded = largest_error(schedule, {options.lower_bound, 1 + 4 * epsilon});
  check(rounded <= 16 * epsilon,
        "[polar] polar_express of degree {} with safety {:g} and cushion {:g} does not converge from lower_bound {:g}: "
        "rounding leaves singular values {:.2g} from 1; safety 1.01 and cushion 0.3 do",
        options.degree, options.safety, options.cushion, options.lower_bound, rounded);
  return schedule;
}

/// The steps after the first where large_gap takes that one: it lifts l at least as far as its gentlest cubic does.
PolynomialSchedule polar_express_of(const PolarOptions& o, double epsilon) {
  const double lower = o.large_gap ? evaluate(large_gap_start(0), o.lower_bound) : o.lower_bound;
  const int steps = o.large_gap && o.steps > 0 ? o.steps - 1 : o.steps;
  const PolarExpressOptions express{lower, steps, o.degree, o.safety, o.cushion, o.uncentred};
  return steps == 0 ? converged_polar_express(express, epsilon) : polar_express(express);
}

/// The greedy optima without a cushion; without a lower bound, the steepest schedule that ends within delta of 1.
PolynomialSchedule cans_of(PolarOptions& o) {
  const int steps = o.steps == 0 ? 5 : o.steps;
  if (o.lower_bound > 0) return polar_express({o.lower_bound, steps, o.degree, o.safety, 0, false});
  const DeltaSchedule steepest_of_all = delta_orthogonalization({o.degree, steps, o.delta, 1});
  o.lower_bound = steepest_of_all.lower;
  return with_safety(steepest_of_all.polynomials, o.safety);
}

PolynomialSchedule polynomials(PolarOptions& o, double epsilon) {
  const auto steps = [&](int own) { return o.steps == 0 ? own : o.steps; };
  const auto cut = [&](const PolynomialSchedule& own) { return o.steps == 0 ? own : with_steps(own, o.steps); };
  switch (o.method) {
    case PolarMethod::newton_schulz_cubic:
      return newton_schulz_cubic(steps(30));
    case PolarMethod::newton_schulz_quintic:
      return newton_schulz_quintic(steps(15));
    case PolarMethod::kovarik7:
      return kovarik7(steps(12));
    case PolarMethod::jordan:
      return o.coefficients ? repeated(*o.coefficients, steps(5)) : jordan(steps(5));
    case PolarMethod::preset:
      return cut(preset_schedule(o.preset, Prescaling::bound));
    case PolarMethod::polar_express:
      return polar_express_of(o, epsilon);
    case PolarMethod::cans:
      return cans_of(o);
    case PolarMethod::lewis:
      return cut(lewis(o.lower_bound, epsilon));
    default:
      return {};
  }
}

/// The first steps of gram_halley that need a fresh Gram, so that Cholesky sees I + c R >= 1/2 whatever the spectrum.
std::vector<int> gram_halley_restarts(const HalleySchedule& schedule, double epsilon) {
  // Of ||X X'||_F = 1, which bounds ||R||_2: measured below eps/2 for sides up to 3072, so that 2 eps has room.
  const double perturbation = 2 * epsilon;
  std::vector<int> restarts;
  while (restarts.size() + 1 < schedule.size() &&
         !(gram_halley_error(schedule, restarts, perturbation).smallest_eigenvalue >= 0.5))
    restarts.push_back(static_cast<int>(restarts.size()) + 1);
  return restarts;
}

/// Restarts one after another, each as late as growth allows: for lists too long to try all places.
RestartPlan restarts_in_turn(const PolynomialSchedule& schedule, double perturbation, double largest_growth) {
  RestartPlan plan{{}, 1};
  PolynomialSchedule so_far;
  for (const OddPolynomial& p : schedule) {
    so_far.push_back(p);
    double growth = gram_growth(so_far, plan.before, perturbation);
    if (growth > largest_growth && so_far.size() > 1) {
      plan.before.push_back(static_cast<int>(so_far.size()) - 1);
      const double mended = gram_growth(so_far, plan.before, perturbation);
      if (mended < growth)
        growth = mended;
      else
        plan.before.pop_back();
    }
    plan.growth = growth;
  }
  return plan;
}

/// Restarts of the Gram form, none where no number of them makes it usable. Q magnifies rounding by the growth: to 1e-3 at
/// the most for lists that stop at errors larger than that; hardly at all for those that are to converge.
std::optional<std::vector<int>> gram_form_restarts(const PolynomialSchedule& schedule, double epsilon, bool accurate) {
  constexpr std::size_t longest_search = 8;
  const double perturbation = gram_perturbation(gram_epsilon(epsilon));
  const double largest = accurate ? 16 : std::max(100.0, 1e-3 / epsilon);
  const RestartPlan plan = schedule.size() <= longest_search ? place_restarts(schedule, perturbation, largest)
                                                             : restarts_in_turn(schedule, perturbation, largest);
  if (!(plan.growth <= 1 / epsilon)) return std::nullopt;
  return plan.before;
}

void plan_steps(PreparedPolar& plan, double epsilon) {
  PolarOptions& o = plan.options;
  if (o.lower_bound == 0 && o.method != PolarMethod::cans && reads(o.method, PolarOption::lower_bound))
    o.lower_bound = 1e-3;
  if (o.method == PolarMethod::gram_halley) {
    plan.halley = gram_halley_schedule(o.lower_bound, o.steps == 0 ? 2 : o.steps);
    plan.restarts = gram_halley_restarts(plan.halley, gram_epsilon(epsilon));
    return;
  }
  if (o.method == PolarMethod::gram_zolotarev) {
    plan.ladder = zolotarev_ladder(o.lower_bound, o.delta, gram_space_model(epsilon, 1).gram);
    return;
  }
  plan.polynomials = polynomials(o, epsilon);
  if (o.form == PolynomialForm::standard) return;
  if (auto restarts = gram_form_restarts(plan.polynomials, epsilon, converges(o))) {
    plan.restarts = std::move(*restarts);
    plan.form = PolynomialForm::gram;
  }
}

/// Singular values are divided by at most ||X||_F <= sqrt(s) ||X||_2.
void plan_iteration(PreparedPolar& plan, double epsilon, Index smaller_side) {
  PolarOptions& o = plan.options;
  const double known = o.lower_bound == 0 ? epsilon : o.lower_bound;
  check(known >= 1e-200, "[polar] lower_bound of {} must be at least 1e-200, or 0 for unknown; {} came", name(o.method),
        known);
  const double bound = known / std::sqrt(static_cast<double>(std::max<Index>(1, smaller_side)));
  if (o.method == PolarMethod::zolo_pd) {
    plan.zolotarev = zolotarev_schedule(bound, epsilon, o.order);
  } else {
    plan.halley = qdwh_schedule(bound, epsilon);
    if (o.method == PolarMethod::newton) plan.newton = newton_schedule(bound, 1, epsilon);
  }
  plan.estimates_bounds = o.lower_bound == 0 && o.method == PolarMethod::qdwh;
  const bool own_bounds = o.method == PolarMethod::newton || o.method == PolarMethod::newton_halley;
  if (!own_bounds || o.lower_bound != 0) o.lower_bound = bound;
}

}  // namespace

double converged_residual(PolarMethod method, double epsilon, Index smaller_side) {
  const bool by_svd = method == PolarMethod::svd;
  return (by_svd ? 20 + 3 * std::sqrt(static_cast<double>(smaller_side)) : 50) * epsilon / 2;
}

bool fills_null_part(const PreparedPolar& plan, Index m, Index n, double epsilon) {
  const PolarOptions& o = plan.options;
  if (o.rank == Rank::partial) return false;
  if (!takes_steps(o.method)) return true;
  const double excess = std::sqrt(static_cast<double>(std::min(m, n)));  // of ||X||_F over ||X||_2
  return plan.converges && o.lower_bound * excess <= null_threshold(m, n, epsilon);
}

PreparedPolar prepare_polar(const PolarOptions& options, double epsilon, Index smaller_side) {
  check_options(options);
  PreparedPolar plan;
  plan.options = options;
  plan.normalization = normalization_of(options);
  plan.converges = converges(options);
  plan.tolerance = options.tolerance > 0 ? options.tolerance
                   : plan.converges      ? converged_residual(options.method, epsilon, smaller_side)
                                         : 0;
  if (takes_steps(options.method))
    plan_steps(plan, epsilon);
  else if (reads(options.method, PolarOption::lower_bound) || options.method == PolarMethod::newton_halley)
    plan_iteration(plan, epsilon, smaller_side);
  return plan;
}

}  // namespace steepest
