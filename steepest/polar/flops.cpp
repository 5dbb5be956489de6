#include <algorithm>

#include "steepest/polar/plan.hpp"

namespace steepest {
namespace {

/// A polynomial step by s x s matrices alone: A A, A C.
double symmetric_products(const OddPolynomial& p) { return p.d != 0 ? 2 : p.c != 0 ? 1 : 0; }

double polynomial_flops(const PolynomialSchedule& schedule, double s, double l) {
  double flops = 0;
  for (const OddPolynomial& p : schedule) flops += 3 * s * s * l + symmetric_products(p) * s * s * s;  // Y Y', B Y
  return flops;
}

/// The Gram, four power steps, A X.
double large_gap_flops(double s, double l) { return s * s * l + 8 * s * s + 2 * s * s * l; }

/// In a block of steps between restarts the first has no product for Q and the last none for R.
double gram_form_flops(const PreparedPolar& plan, double s, double l) {
  const auto steps = static_cast<double>(plan.polynomials.size());
  const double blocks = static_cast<double>(plan.restarts.size()) + 1;
  double flops = blocks * 3 * s * s * l + 3 * (steps - blocks) * s * s * s;
  for (const OddPolynomial& p : plan.polynomials) flops += symmetric_products(p) * s * s * s;
  return flops;
}

double gram_halley_flops(const PreparedPolar& plan, double s, double l) {
  const auto steps = static_cast<double>(plan.halley.size());
  const double blocks = static_cast<double>(plan.restarts.size()) + 1;
  return (steps + 2 * (steps - blocks)) * s * s * s + blocks * 3 * s * s * l;  // inverses; Q and R; Gram and Q X
}

/// R and the explicit Q of an m x n matrix by Householder's reflections.
double qr_flops(double m, double n) { return 4 * m * n * n - 4.0 / 3 * n * n * n; }

/// A step by Cholesky factorizations of the stack [X; rho I], X s x s: a pass, the defect, the corrected product; without X'X.
double stacked_step_flops(double s) { return (1 + 2.0 / 3 + 2 + 3) * s * s * s; }

/// X P = Q R before an iteration on s x s matrices; the last Newton-Schulz step and Q U_R after it.
double around_iteration_flops(double s, double l) { return qr_flops(l, s) + 3 * s * s * s + 2 * l * s * s; }

double halley_flops(const HalleySchedule& schedule, double s) {
  double flops = 0;
  for (const HalleyStep& step : schedule)
    flops += step.factored_by_qr ? stacked_step_flops(s) + s * s * s : 4 * s * s * s;
  return flops;
}

/// The terms of a step share the Gram, those by inverses a product.
double zolotarev_flops(const ZolotarevSchedule& schedule, double s) {
  double flops = 0;
  for (const ZolotarevStep& step : schedule) {
    const auto by_qr = static_cast<double>(std::count_if(
        step.terms.begin(), step.terms.end(), [](const ZolotarevTerm& term) { return term.factored_by_qr; }));
    const double by_inverse = static_cast<double>(step.terms.size()) - by_qr;
    flops += by_qr * stacked_step_flops(s) + (1 + by_inverse + (by_inverse > 0 ? 2 : 0)) * s * s * s;
  }
  return flops;
}

double polynomial_method_flops(const PreparedPolar& plan, double s, double l) {
  if (plan.form == PolynomialForm::gram) return gram_form_flops(plan, s, l);
  return polynomial_flops(plan.polynomials, s, l) + (plan.options.large_gap ? large_gap_flops(s, l) : 0);
}

}  // namespace

double through_qr_flops(Index m, Index n) {
  const auto s = static_cast<double>(std::min(m, n));
  const auto l = static_cast<double>(std::max(m, n));
  return qr_flops(l, s) + 2 * l * s * s;
}

double newton_flops(const PreparedPolar& plan, int steps, bool converged, Index m, Index n) {
  const auto s = static_cast<double>(std::min(m, n));
  return around_iteration_flops(s, static_cast<double>(std::max(m, n))) + 4 * steps * s * s * s +
         (converged ? 0 : halley_flops(plan.halley, s));
}

namespace {

/// W R for an upper triangular R of side n, by four blocks of columns without the zeros below them: 5/4 n^3, and what is left over
/// where 4 does not divide n.
double upper_product_flops(Index n) {
  double flops = 0;
  for (Index part = 1; part <= 4; ++part) {
    const Index end = n * part / 4;
    flops += 2.0 * static_cast<double>(n * end * (end - n * (part - 1) / 4));
  }
  return flops;
}

}  // namespace

double newton_halley_flops(const NewtonHalleySteps& steps, Index m, Index n) {
  const auto s = static_cast<double>(std::min(m, n));
  const auto l = static_cast<double>(std::max(m, n));
  const double reduction = 2 * l * s * s - 2.0 / 3 * s * s * s;  // X = Q R without an explicit Q
  const double before = reduction + (steps.newton - 1) * 4.0 / 3 * s * s * s + steps.newton * s * s * s / 3;
  const double on_gram = steps.gram > 0 ? 3.0 * steps.gram : 0;  // inverses, R, Q but for the first; Q P
  const double iterations =
      (4.0 * steps.halley + 5.0 * steps.zolotarev + 1 + on_gram + steps.taylor_products + 2) * s * s * s;
  const double factor = (steps.newton - 1) * 2 * s * s * s + 4 * l * s * s - 2 * s * s * s;  // Q W'
  const double after = factor + upper_product_flops(std::min(m, n));                         // W R
  return before + iterations + 12.0 * steps.norms * s * s + after;
}

double gram_zolotarev_flops(const GramZolotarevSteps& steps, Index m, Index n) {
  const auto s = static_cast<double>(std::min(m, n));
  const auto l = static_cast<double>(std::max(m, n));
  return (steps.inverses + steps.factorizations / 3.0) * s * s * s + steps.grams_given_up * s * s * l +
         (steps.restarts + 1) * 3 * s * s * l;
}

namespace {

/// Of one large singular value, on an engine that does not go over to another: Halley steps until a rung reaches, and that rung.
double ladder_flops(const ZolotarevLadder& ladder, Index m, Index n) {
  GramZolotarevSteps steps{.factorizations = ladder.reaches() ? 0 : 1};
  double lower = ladder.lower_bound;
  for (; lower < ladder.in_use().back().lower; lower = halley_step(lower).lower) {
    ++steps.inverses;
    ++steps.restarts;
  }
  steps.inverses += static_cast<int>(rung_for(ladder.in_use(), lower).step.terms.size());
  return gram_zolotarev_flops(steps, m, n);
}

}  // namespace

double polar_flops(const PreparedPolar& plan, Index m, Index n) {
  const auto s = static_cast<double>(std::min(m, n));
  const auto l = static_cast<double>(std::max(m, n));
  switch (plan.options.method) {
    case PolarMethod::svd:
      return 4 * s * s * l + 18 * s * s * s + 4 * s * s * l + 2 * s * s * s +  // nominal; P'X Q and P W
             2 * s * s * l + 3 * s * s * l;                                    // P Q'; a Newton-Schulz step
    case PolarMethod::gram_eigh:
      return s * s * l + 9 * s * s * s + 4 * s * s * l +
             3 * s * s * l;  // X'X; nominal; X V, U V'; a Newton-Schulz step
    case PolarMethod::qdwh:
      return around_iteration_flops(s, l) + halley_flops(plan.halley, s);
    case PolarMethod::zolo_pd:
      return around_iteration_flops(s, l) + zolotarev_flops(plan.zolotarev, s);
    case PolarMethod::newton:
      return newton_flops(plan, static_cast<int>(plan.newton.size()), true, m, n);
    case PolarMethod::newton_halley:
      return newton_halley_flops({.newton = 1, .halley = 1, .gram = 1, .taylor_products = 2, .norms = 3}, m, n);
    case PolarMethod::gram_halley:
      return gram_halley_flops(plan, s, l);
    case PolarMethod::gram_zolotarev:
      return ladder_flops(plan.ladder, m, n);
    default:
      return polynomial_method_flops(plan, s, l);
  }
}

}  // namespace steepest
