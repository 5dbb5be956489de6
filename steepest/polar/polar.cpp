#include "steepest/polar/polar.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "steepest/base/closest.hpp"

namespace steepest {
namespace {

struct NamedMethod {
  PolarMethod method;
  std::string_view name;
  bool polynomial;
};

constexpr std::array<NamedMethod, 6> methods{{
    {PolarMethod::newton_schulz_cubic, "newton_schulz_cubic", true},
    {PolarMethod::newton_schulz_quintic, "newton_schulz_quintic", true},
    {PolarMethod::jordan, "jordan", true},
    {PolarMethod::polar_express, "polar_express", true},
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
    case PolarMethod::qdwh:
    case PolarMethod::svd:
      return {};
  }
  return {};
}

void check_options(const PolarOptions& options) {
  const bool polynomial = row(options.method).polynomial;
  check(options.steps >= 0, "[polar] steps must be at least 1, or 0 for the method's own number; {} came",
        options.steps);
  check(polynomial || options.steps == 0, "[polar] {} fixes its own number of steps; steps = {} came",
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

std::string_view name(Normalization normalization) {
  return normalization == Normalization::frobenius ? "frobenius" : "schatten4";
}

std::string_view name(Rank rank) { return rank == Rank::complete ? "complete" : "partial"; }

PreparedPolar prepare_polar(const PolarOptions& options, double epsilon, Index smaller_side) {
  check_options(options);
  PreparedPolar plan{options, {}, {}};
  double& bound = plan.options.lower_bound;
  if (options.method == PolarMethod::qdwh) {
    // Singular values are divided by at most ||X||_F <= sqrt(s) ||X||_2.
    const double known = bound == 0 ? epsilon : bound;
    bound = known / std::sqrt(static_cast<double>(std::max<Index>(1, smaller_side)));
    plan.halley = qdwh_schedule(bound, epsilon);
  } else if (options.method != PolarMethod::svd) {
    if (bound == 0) bound = 1e-3;
    plan.polynomials = polynomials(plan.options, epsilon);
  }
  return plan;
}

double polar_flops(const PreparedPolar& plan, Index m, Index n) {
  const auto s = static_cast<double>(std::min(m, n));
  const auto l = static_cast<double>(std::max(m, n));
  double flops = 0;
  for (const OddPolynomial& p : plan.polynomials)
    flops += s * s * l + (p.c == 0 ? 0 : s * s * s) + 2 * s * s * l;  // Y Y', A A, B Y
  if (plan.options.method == PolarMethod::svd) return 22 * s * s * l + 2 * s * s * l;
  if (plan.options.method != PolarMethod::qdwh) return flops;
  const auto qr = [](double rows, double cols) { return 4 * rows * cols * cols - 4.0 / 3 * cols * cols * cols; };
  const bool reduced = l > 1.15 * s;
  const double rows = reduced ? s : l;
  for (const HalleyStep& step : plan.halley)
    flops += step.factored_by_qr ? qr(rows + s, s) + 2 * rows * s * s : rows * s * s + s * s * s / 3 + 2 * rows * s * s;
  flops += rows * s * s + 2 * rows * s * s;  // the last Newton-Schulz step
  return reduced ? flops + qr(l, s) + 2 * l * s * s : flops;
}

}  // namespace steepest
