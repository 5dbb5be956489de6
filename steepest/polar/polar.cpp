#include "steepest/polar/polar.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "steepest/base/closest.hpp"
#include "steepest/polar/gram_halley_error.hpp"

namespace steepest {
namespace {

struct NamedMethod {
  PolarMethod method;
  std::string_view name;
  bool takes_steps;
};

constexpr std::array<NamedMethod, 7> methods{{
    {PolarMethod::newton_schulz_cubic, "newton_schulz_cubic", true},
    {PolarMethod::newton_schulz_quintic, "newton_schulz_quintic", true},
    {PolarMethod::jordan, "jordan", true},
    {PolarMethod::polar_express, "polar_express", true},
    {PolarMethod::gram_halley, "gram_halley", true},
    {PolarMethod::qdwh, "qdwh", false},
    {PolarMethod::svd, "svd", false},
}};

const NamedMethod& row(PolarMethod method) {
  return *std::find_if(methods.begin(), methods.end(), [&](const NamedMethod& row) { return row.method == method; });
}

/// Polar Express to convergence: the shortest schedule that leaves [l, 1] within `tolerance` of 1.
PolynomialSchedule converged_polar_express(PolarExpressOptions options, double tolerance) {
  constexpr int most_steps = 64;
  PolynomialSchedule schedule;
  for (options.steps = 1; options.steps <= most_steps; ++options.steps) {
    schedule = polar_express(options);
    const Interval range = image(schedule, {options.lower_bound, 1});
    if (std::max(1 - range.lower, range.upper - 1) <= tolerance) break;
  }
  return schedule;
}

PolynomialSchedule polynomials(const PolarOptions& options, double epsilon) {
  const auto steps = [&](int own) { return options.steps == 0 ? own : options.steps; };
  switch (options.method) {
    case PolarMethod::newton_schulz_cubic:
      return newton_schulz_cubic(steps(30));
    case PolarMethod::newton_schulz_quintic:
      return newton_schulz_quintic(steps(15));
    case PolarMethod::jordan:
      return options.coefficients ? repeated(*options.coefficients, steps(5)) : jordan(steps(5));
    case PolarMethod::polar_express: {
      const PolarExpressOptions express{options.lower_bound, options.steps, options.degree, options.safety,
                                        options.cushion};
      return options.steps == 0 ? converged_polar_express(express, std::max(epsilon, 0x1p-48)) : polar_express(express);
    }
    case PolarMethod::gram_halley:
    case PolarMethod::qdwh:
    case PolarMethod::svd:
      return {};
  }
  return {};
}

/// The first steps of gram_halley that need a fresh Gram, so that Cholesky sees I + c R >= 1/2 whatever the spectrum.
std::vector<int> gram_restarts(const HalleySchedule& schedule, double epsilon) {
  // Of ||X X'||_F = 1, which bounds ||R||_2: measured below eps/2 for sides up to 3072, so that 2 eps has room.
  const double perturbation = 2 * epsilon;
  std::vector<int> restarts;
  while (restarts.size() + 1 < schedule.size() &&
         !(gram_halley_error(schedule, restarts, perturbation).smallest_eigenvalue >= 0.5))
    restarts.push_back(static_cast<int>(restarts.size()) + 1);
  return restarts;
}

void check_options(const PolarOptions& options) {
  check(options.steps >= 0, "[polar] steps must be at least 1, or 0 for the method's own number; {} came",
        options.steps);
  check(takes_steps(options.method) || options.steps == 0, "[polar] {} fixes its own number of steps; steps = {} came",
        name(options.method), options.steps);
  check(options.lower_bound >= 0 && options.lower_bound < 1,
        "[polar] lower_bound must lie in (0, 1), or be 0 for unknown; {} came", options.lower_bound);
  check(options.degree == 5 || options.method == PolarMethod::polar_express,
        "[polar] degree is an option of polar_express; {} with degree = {} came", name(options.method), options.degree);
  check(!options.coefficients || options.method == PolarMethod::jordan,
        "[polar] coefficients are an option of jordan; {} came with some", name(options.method));
}

}  // namespace

std::string_view name(PolarMethod method) { return row(method).name; }

std::vector<std::string> polar_method_names() {
  std::vector<std::string> names;
  for (const NamedMethod& method : methods) names.emplace_back(method.name);
  return names;
}

PolarMethod polar_method(std::string_view wanted) {
  for (const NamedMethod& method : methods)
    if (method.name == wanted) return method.method;
  check(false, "[polar] unknown method '{}'; {}", wanted, closest_text(wanted, polar_method_names()));
  return {};
}

bool takes_steps(PolarMethod method) { return row(method).takes_steps; }

std::string_view name(Normalization normalization) {
  return normalization == Normalization::frobenius ? "frobenius" : "schatten4";
}

std::string_view name(Rank rank) { return rank == Rank::complete ? "complete" : "partial"; }

Normalization normalization_of(const PolarOptions& options) {
  const bool from_gram = options.method == PolarMethod::gram_halley;
  return options.normalization.value_or(from_gram ? Normalization::schatten4 : Normalization::frobenius);
}

PreparedPolar prepare_polar(const PolarOptions& options, double epsilon, Index smaller_side) {
  check_options(options);
  const bool in_gram_space = options.method == PolarMethod::gram_halley;
  PreparedPolar plan{options, {}, {}, {}, normalization_of(options)};
  double& bound = plan.options.lower_bound;
  if (options.method == PolarMethod::qdwh) {
    // Singular values are divided by at most ||X||_F <= sqrt(s) ||X||_2.
    const double known = bound == 0 ? epsilon : bound;
    bound = known / std::sqrt(static_cast<double>(std::max<Index>(1, smaller_side)));
    plan.halley = qdwh_schedule(bound, epsilon);
  } else if (options.method != PolarMethod::svd) {
    if (bound == 0) bound = 1e-3;
    if (in_gram_space) {
      plan.halley = gram_halley_schedule(bound, options.steps == 0 ? 2 : options.steps);
      plan.restarts = gram_restarts(plan.halley, epsilon);
    } else {
      plan.polynomials = polynomials(plan.options, epsilon);
    }
  }
  return plan;
}

namespace {

double polynomial_flops(const PolynomialSchedule& schedule, double s, double l) {
  double flops = 0;
  for (const OddPolynomial& p : schedule) {
    const double symmetric = (p.d != 0 ? 2.0 : 0.0) + (p.d == 0 && p.c != 0 ? 1.0 : 0.0);
    flops += 3 * s * s * l + symmetric * s * s * s;  // Y Y', B Y; A A, A C
  }
  return flops;
}

double gram_halley_flops(const PreparedPolar& plan, double s, double l) {
  const auto steps = static_cast<double>(plan.halley.size());
  const double blocks = static_cast<double>(plan.restarts.size()) + 1;
  return (steps + 2 * (steps - blocks)) * s * s * s + blocks * 3 * s * s * l;  // inverses; Q and R; Gram and Q X
}

/// R and the explicit Q of an m x n matrix by Householder's reflections.
double qr_flops(double m, double n) { return 4 * m * n * n - 4.0 / 3 * n * n * n; }

double qdwh_flops(const HalleySchedule& schedule, double s, double l) {
  double flops = qr_flops(l, s) + 3 * s * s * s + 2 * l * s * s;  // X P = Q R; the last Newton-Schulz step; Q U_R
  for (const HalleyStep& step : schedule)
    flops += step.factored_by_qr ? qr_flops(2 * s, s) + 2 * s * s * s : (3 + 1.0 / 3) * s * s * s;
  return flops;
}

}  // namespace

double polar_flops(const PreparedPolar& plan, Index m, Index n) {
  const auto s = static_cast<double>(std::min(m, n));
  const auto l = static_cast<double>(std::max(m, n));
  switch (plan.options.method) {
    case PolarMethod::svd:
      return 4 * s * s * l + 18 * s * s * s + 2 * s * s * l;  // nominal
    case PolarMethod::qdwh:
      return qdwh_flops(plan.halley, s, l);
    case PolarMethod::gram_halley:
      return gram_halley_flops(plan, s, l);
    default:
      return polynomial_flops(plan.polynomials, s, l);
  }
}

}  // namespace steepest
